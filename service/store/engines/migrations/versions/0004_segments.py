"""Complete stretches of the log, joined as replay sends them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the table. It is filled as the log grows, and by ``chancery rebuild``."""
    op.create_table(
        "segment",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("events", sa.LargeBinary, nullable=False),
    )
