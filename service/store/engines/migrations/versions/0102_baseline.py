"""The log, its head, its tree and segments, and the current state of each visit."""

import sqlalchemy as sa
from alembic import op

revision = "0102"
down_revision = None

_Position = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

# What lists are filtered and ordered by.
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


def upgrade() -> None:
    """Create the tables, and on PostgreSQL tell listeners whenever the log has grown."""
    _create_log()
    _create_tree()
    _create_states()
    _create_lookups()
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION tell_of_log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "PERFORM pg_notify('chancery_log', NEW.size::text); RETURN NULL; END $$"
        )
        op.execute(
            "CREATE TRIGGER tell_of_log AFTER UPDATE ON head "
            "FOR EACH ROW EXECUTE FUNCTION tell_of_log()"
        )


def _create_log() -> None:
    op.create_table(
        "log",
        sa.Column("position", _Position, primary_key=True, autoincrement=False),
        sa.Column("visit_id", _Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("topic", _Text, nullable=False),
        sa.Column("record_time", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("nonce", sa.LargeBinary, nullable=False),
        sa.Column("request_id", _Text),
        sa.Column("actor", _Text, nullable=False),
        sa.Column("request_digest", sa.LargeBinary),
        sa.Column("open_length", sa.BigInteger, nullable=False),
        sa.Column("frame_prefix", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("visit_id", "version", name="log_visit_version"),
    )
    requester = "(CASE WHEN substr(request_id, 1, 8) = 'content:' THEN '' ELSE actor END)"
    op.create_index("log_request", "log", [sa.text(requester), "request_id"], unique=True)
    undoes = sa.text("topic IN ('corrected', 'retracted')")
    op.create_index(
        "log_undoing",
        "log",
        ["visit_id", "version"],
        sqlite_where=undoes,
        postgresql_where=undoes,
    )
    op.create_table(
        "head",
        sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("record_time", sa.BigInteger, nullable=False),
        sa.Column("peaks", sa.LargeBinary, nullable=False),
        sa.Column("origin", _Text, nullable=False),
        sa.Column("first_origin", _Text, nullable=False),
        sa.Column("public_key", _Text),
        sa.Column("closed", _Text),
        sa.Column("folding", sa.SmallInteger, nullable=False, server_default="0"),
    )


def _create_tree() -> None:
    op.create_table(
        "tile",
        sa.Column("level", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hashes", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "segment",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("events", sa.LargeBinary, nullable=False),
    )


def _create_states() -> None:
    op.create_table(
        "visit",
        sa.Column("visit_id", _Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("create_time", sa.BigInteger, nullable=False),
        sa.Column("update_time", sa.BigInteger, nullable=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
        sa.Column("status", _Text, nullable=False),
        sa.Column("standing", _Text, nullable=False),
        sa.Column("principal", _Text, nullable=False),
        sa.Column("principal_country", _Text, nullable=False),
        sa.Column("host_country", _Text, nullable=False),
        sa.Column("trip", _Text, nullable=False),
        sa.Column("window_start", _Text),
        sa.Column("held_start", _Text),
        sa.Column("last_heard_time", sa.BigInteger, nullable=False),
        sa.Column("overdue_at", sa.BigInteger),
        sa.Column("words", _Text, nullable=False),
    )
    for column in _INDEXED:
        op.create_index(f"visit_{column}", "visit", [column, "visit_id"])


def _create_lookups() -> None:
    op.create_table(
        "word",
        sa.Column("word", _Text, primary_key=True),
        sa.Column("visit_id", _Text, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "label",
        sa.Column("kind", _Text, primary_key=True),
        sa.Column("value", _Text, primary_key=True),
        sa.Column("visit_id", _Text, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "days",
        sa.Column("kind", _Text, primary_key=True),
        sa.Column("span", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("first_day", _Text, primary_key=True),
        sa.Column("last_day", _Text, primary_key=True),
        sa.Column("visit_id", _Text, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("days_visit", "days", ["visit_id"])
    op.create_table(
        "alias",
        sa.Column("alias", _Text, primary_key=True),
        sa.Column("visit_id", _Text, nullable=False),
    )
    op.create_index("alias_visit", "alias", ["visit_id"])
