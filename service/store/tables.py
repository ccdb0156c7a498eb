"""The tables. What each column of the log means is fixed, because auditors check it."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    literal,
)

metadata = MetaData()

# With SQLite only a column of type INTEGER is the rowid, which has 64 bits.
Position = BigInteger().with_variant(Integer, "sqlite")
# Text that is ordered by its bytes, as SQLite does by default.
Bytewise = Text().with_variant(Text(collation="C"), "postgresql")

log = Table(
    "log",
    metadata,
    # 1, 2, 3 ... dense, in commit order: the log's only order.
    Column("position", Position, primary_key=True, autoincrement=False),
    # The visit, and the number of the change within it.
    Column("visit_id", Bytewise, nullable=False),
    Column("version", BigInteger, nullable=False),
    # The short fixed name of the event type.
    Column("topic", Bytewise, nullable=False),
    # Microseconds since 1970, UTC; never decreasing with position.
    Column("record_time", BigInteger, nullable=False),
    # The serialized chancery.v1.VisitEvent.
    Column("body", LargeBinary, nullable=False),
    # 32 random bytes: the key of the body's commitment.
    Column("nonce", LargeBinary, nullable=False),
    # Who asked, and the key that makes a retry harmless; the digest of the request.
    Column("request_id", Bytewise),
    Column("actor", Bytewise, nullable=False),
    Column("request_digest", LargeBinary),
    # The encoded head of the RecordedEvent. Replay joins it with the body.
    Column("frame_prefix", LargeBinary, nullable=False),
    UniqueConstraint("visit_id", "version", name="log_visit_version"),
    UniqueConstraint("actor", "request_id", name="log_actor_request"),
)

# One row: the append lock, the position counter and the Merkle state in one.
head = Table(
    "head",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    # The number of entries in the log, which is the last position.
    Column("size", BigInteger, nullable=False),
    # The record time of the last entry.
    Column("record_time", BigInteger, nullable=False),
    # The peaks of the tree, 32 bytes each, the largest subtree first.
    Column("peaks", LargeBinary, nullable=False),
    # The name of the log, chosen when it was created.
    Column("origin", Bytewise, nullable=False),
    # The verifier key of the log; null until a server has made its key.
    Column("public_key", Bytewise),
    # Why the log takes no more changes, for a person; null while it takes them.
    Column("closed", Bytewise),
)

# The tree of the log in tiles of up to 256 hashes: the complete ones of level 0, and all of the
# other levels. See service.tlog.tiles.
tile = Table(
    "tile",
    metadata,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    # The hashes, 32 bytes each.
    Column("hashes", LargeBinary, nullable=False),
)

# Complete stretches of the log, joined as replay sends them. See service.store.log.segments.
segment = Table(
    "segment",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    # The frame prefix and the body of each change, in their order.
    Column("events", LargeBinary, nullable=False),
)

# What lists are filtered and ordered by. Within one value the visits are ordered by their ids.
_INDEXED = (
    "update_time",
    "status",
    "standing",
    "principal",
    "principal_country",
    "host_country",
    "trip",
    "window_start",
    "window_end",
    "planned_until",
    "long_until",
)

# The current state of each visit. Written with the log, and rebuilt from it alone.
visit = Table(
    "visit",
    metadata,
    Column("visit_id", Bytewise, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("create_time", BigInteger, nullable=False),
    Column("update_time", BigInteger, nullable=False),
    # The times of the last status change; null for a withdrawn visit.
    Column("effective_time", BigInteger),
    Column("known_time", BigInteger),
    # The serialized chancery.v1.Visit without the fields of the columns above.
    Column("state", LargeBinary, nullable=False),
    # What filters need. The status is empty for a withdrawn visit.
    Column("status", Bytewise, nullable=False),
    Column("standing", Bytewise, nullable=False),
    Column("principal", Bytewise, nullable=False),
    Column("principal_country", Bytewise, nullable=False),
    Column("host_country", Bytewise, nullable=False),
    Column("trip", Bytewise, nullable=False),
    # Days as YYYY-MM-DD; null without a window.
    Column("window_start", Bytewise),
    Column("window_end", Bytewise),
    # The words to search for, folded, each with a space before it.
    Column("words", Bytewise, nullable=False),
    # The end of the window: if the visit is planned, and if the window is longer than 31 days.
    Column("planned_until", Bytewise),
    Column("long_until", Bytewise),
    *(Index(f"visit_{column}", column, "visit_id") for column in _INDEXED),
)

# The words by which visits are found.
word = Table(
    "word",
    metadata,
    Column("word", Bytewise, primary_key=True),
    Column("visit_id", Bytewise, primary_key=True),
    sqlite_with_rowid=False,
)

# The other names of visits. Several visits may share an alias.
alias = Table(
    "alias",
    metadata,
    Column("alias", Bytewise, primary_key=True),
    Column("visit_id", Bytewise, primary_key=True),
    Index("alias_visit", "visit_id"),
)

# What follows from the log alone. ``chancery rebuild`` makes it again.
STATES = (visit, alias, word)


def unindexed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The same value, but no index is used for it."""
    nothing: Any = 0 if isinstance(column.type, BigInteger) else ""
    return literal(nothing) + column
