"""The leaves of the log's tree: one for each entry."""

from sqlalchemy import bindparam as param
from sqlalchemy import select

from service.store.errors import LogDamaged
from service.store.log.rows import LeafRow
from service.store.tables import log
from service.tlog import tree

NONCE_SIZE = 32

# What leaves are made of: the columns of the entries after the position ``after``, in order.
LEAF_ROWS = (
    select(log.c.position, log.c.record_time, log.c.nonce, log.c.body)
    .where(log.c.position > param("after"))
    .order_by(log.c.position)
)


def leaf(row: LeafRow) -> bytes:
    """The leaf of an entry of the log.

    :raises LogDamaged: a column holds a value of another type, or the nonce has another length
        than 32 bytes. HMAC pads its key with zeros: a nonce with zeros at its end would give
        the same commitment as one without them.
    """
    try:
        if len(row.nonce) != NONCE_SIZE:
            raise LogDamaged(row.position, f"the nonce has {len(row.nonce)} bytes")
        commitment = tree.commitment(row.nonce, row.body)
        return tree.leaf(row.position, row.record_time, commitment)
    except (AttributeError, OverflowError, TypeError):
        raise LogDamaged(row.position) from None


def leaf_hash(row: LeafRow) -> bytes:
    """The leaf hash of an entry of the log.

    :raises LogDamaged: see ``leaf``.
    """
    return tree.leaf_hash(leaf(row))
