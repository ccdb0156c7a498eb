"""The tree of the log in tiles, made from its entries, and the log's public key."""

import sqlalchemy as sa
from alembic import op

from service.tlog import tree
from service.tlog.tiles import Edge

revision = "0002"
down_revision = "0001"

ENTRIES_AT_A_TIME = 10_000
_Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the table and fill it, and add the column."""
    op.add_column("head", sa.Column("public_key", _Text))
    tile = op.create_table(
        "tile",
        sa.Column("level", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hashes", sa.LargeBinary, nullable=False),
    )
    connection = op.get_bind()
    kept: dict[tuple[int, int], bytes] = {}
    edge = Edge()
    while hashes := _leaf_hashes(connection, edge.size):
        edge, tiles = edge.grown(hashes)
        kept.update(((t.level, t.index), t.hashes) for t in tiles)
    rows = [{"level": level, "number": n, "hashes": h} for (level, n), h in kept.items()]
    if rows:
        connection.execute(sa.insert(tile), rows)


def _leaf_hashes(connection: sa.Connection, after: int) -> list[bytes]:
    entries = connection.execute(
        sa.text(
            "SELECT position, record_time, nonce, body FROM log WHERE position > :after "
            "ORDER BY position LIMIT :limit"
        ),
        {"after": after, "limit": ENTRIES_AT_A_TIME},
    )
    return [
        tree.leaf_hash(tree.leaf(e.position, e.record_time, tree.commitment(e.nonce, e.body)))
        for e in entries
    ]
