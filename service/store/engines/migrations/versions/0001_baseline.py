"""The log, its head, and the current state of each visit."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_Position = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the tables."""
    _create_log()
    _create_states()


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
        sa.Column("frame_prefix", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("visit_id", "version", name="log_visit_version"),
        sa.UniqueConstraint("actor", "request_id", name="log_actor_request"),
    )
    op.create_table(
        "head",
        sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("record_time", sa.BigInteger, nullable=False),
        sa.Column("peaks", sa.LargeBinary, nullable=False),
        sa.Column("origin", _Text, nullable=False),
    )


def _create_states() -> None:
    op.create_table(
        "visit",
        sa.Column("visit_id", _Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("create_time", sa.BigInteger, nullable=False),
        sa.Column("update_time", sa.BigInteger, nullable=False),
        sa.Column("effective_time", sa.BigInteger),
        sa.Column("known_time", sa.BigInteger),
        sa.Column("state", sa.LargeBinary, nullable=False),
        sa.Column("status", _Text, nullable=False),
        sa.Column("standing", _Text, nullable=False),
        sa.Column("principal", _Text, nullable=False),
        sa.Column("principal_country", _Text, nullable=False),
        sa.Column("host_country", _Text, nullable=False),
        sa.Column("trip", _Text, nullable=False),
        sa.Column("window_start", _Text),
        sa.Column("window_end", _Text),
        sa.Column("words", _Text, nullable=False),
    )
    op.create_index("visit_update_time", "visit", ["update_time", "visit_id"])
    op.create_index("visit_window_start", "visit", ["window_start", "visit_id"])
    op.create_table(
        "alias",
        sa.Column("alias", _Text, primary_key=True),
        sa.Column("visit_id", _Text, primary_key=True),
    )
    op.create_index("alias_visit", "alias", ["visit_id"])
