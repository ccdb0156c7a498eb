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
    text,
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
    # 32 random bytes, from which the keys of the parts follow. They never leave the database.
    Column("nonce", LargeBinary, nullable=False),
    # Who asked, and the key that makes a retry harmless; the digest of the request, under the
    # nonce.
    Column("request_id", Bytewise),
    Column("actor", Bytewise, nullable=False),
    Column("request_digest", LargeBinary),
    # How many bytes of the body are header and content: what is before the restricted part.
    Column("open_length", BigInteger, nullable=False),
    # The encoded head of the RecordedEvent. Replay joins it with the body.
    Column("frame_prefix", LargeBinary, nullable=False),
    UniqueConstraint("visit_id", "version", name="log_visit_version"),
)

# Whose a request id is: its actor's, or nobody's, if it begins with this. Such an id is a digest
# of the change, and one for all actors: whoever imports a file again adds nothing.
FOR_ALL = "content:"
_IS_FOR_ALL = f"substr(request_id, 1, {len(FOR_ALL)}) = '{FOR_ALL}'"
REQUESTER = f"(CASE WHEN {_IS_FOR_ALL} THEN '' ELSE actor END)"
BY_REQUEST = "log_request"
Index(BY_REQUEST, text(REQUESTER), log.c.request_id, unique=True)


def request_key(actor: str, request_id: str) -> tuple[str, str]:
    """The unique key of a request: REQUESTER, and the request id."""
    return "" if request_id.startswith(FOR_ALL) else actor, request_id


# How the names and words of the current states are folded. Raised whenever any text is folded in
# another way: then the states of a database are made anew. See service.projections.words.
FOLDING = 1

# Which changes take out or correct others of their visit. There are few of them.
undoes = log.c.topic.in_(("corrected", "retracted"))
Index(
    "log_undoing",
    log.c.visit_id,
    log.c.version,
    sqlite_where=text("topic IN ('corrected', 'retracted')"),
    postgresql_where=text("topic IN ('corrected', 'retracted')"),
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
    # The name of the log, chosen when it was created, or when it last became another log.
    Column("origin", Bytewise, nullable=False),
    # The name that was chosen when it was created: what others know it by holds this one.
    Column("first_origin", Bytewise, nullable=False),
    # The verifier key of the log; null until a server has made its key.
    Column("public_key", Bytewise),
    # Why the log takes no more changes, for a person; null while it takes them.
    Column("closed", Bytewise),
    # The FOLDING under which the current states were written.
    Column("folding", SmallInteger, nullable=False, server_default="0"),
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
    "principal_country",
    "host_country",
    "trip",
    "window_start",
    "held_start",
    "last_heard_time",
    "overdue_at",
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
    # The serialized chancery.v1.Visit without the fields of the columns above.
    Column("state", LargeBinary, nullable=False),
    # What filters need. The status is empty for a withdrawn visit.
    Column("status", Bytewise, nullable=False),
    Column("standing", Bytewise, nullable=False),
    Column("principal", Bytewise, nullable=False),
    Column("principal_country", Bytewise, nullable=False),
    Column("host_country", Bytewise, nullable=False),
    Column("trip", Bytewise, nullable=False),
    # The first days of the windows as YYYY-MM-DD; null without a window, or if it has none.
    Column("window_start", Bytewise),
    Column("held_start", Bytewise),
    # The latest known time of a change that stands, in microseconds; 0 for a withdrawn visit.
    Column("last_heard_time", BigInteger, nullable=False),
    # When the last planned day is over everywhere, in microseconds; null unless it is planned.
    Column("overdue_at", BigInteger),
    # The words to search for, folded, each with a space before it.
    Column("words", Bytewise, nullable=False),
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

# What visits may have several of, or none. See service.store.states.rows.Label.
label = Table(
    "label",
    metadata,
    Column("kind", Bytewise, primary_key=True),
    Column("value", Bytewise, primary_key=True),
    Column("visit_id", Bytewise, primary_key=True),
    sqlite_with_rowid=False,
)

# The days of visits: planned, held, former and claimed ones, as YYYY-MM-DD. Where one end is open
# they reach to the first or the last day of the calendar. See service.store.states.rows.Span.
days = Table(
    "days",
    metadata,
    Column("kind", Bytewise, primary_key=True),
    Column("span", SmallInteger, primary_key=True, autoincrement=False),
    Column("first_day", Bytewise, primary_key=True),
    Column("last_day", Bytewise, primary_key=True),
    Column("visit_id", Bytewise, primary_key=True),
    Index("days_visit", "visit_id"),
    sqlite_with_rowid=False,
)

# The other names of visits, also of those that are withdrawn. No two visits share one.
alias = Table(
    "alias",
    metadata,
    Column("alias", Bytewise, primary_key=True),
    Column("visit_id", Bytewise, nullable=False),
    Index("alias_visit", "visit_id"),
)

# What follows from the log alone. ``chancery rebuild`` makes it again.
STATES = (visit, alias, word, label, days)


def unindexed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The same value, but no index is used for it."""
    nothing: Any = 0 if isinstance(column.type, BigInteger) else ""
    return literal(nothing) + column
