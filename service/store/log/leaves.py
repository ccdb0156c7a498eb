"""The leaves of the log's tree: one for each entry."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import bindparam as param
from sqlalchemy import select

from service.codec.parts import parts_of
from service.store.errors import LogDamaged
from service.store.log.rows import LeafRow
from service.store.tables import log
from service.tlog import tree
from service.tlog.parts import NONCE_SIZE, Part, commitment, opened

# What leaves are made of: the columns of the entries after the position ``after``, in order.
LEAF_ROWS = (
    select(log.c.position, log.c.record_time, log.c.nonce, log.c.body)
    .where(log.c.position > param("after"))
    .order_by(log.c.position)
)


def leaf(row: LeafRow) -> bytes:
    """The leaf of an entry of the log.

    :raises LogDamaged: a column holds a value of another type, or the nonce has another length
        than 32 bytes.
    """
    with damage(row):
        committed = commitment(row.nonce, *parts_of(row.body))
        return tree.leaf(row.position, row.record_time, committed)


def leaf_hash(row: LeafRow) -> bytes:
    """The leaf hash of an entry of the log.

    :raises LogDamaged: see ``leaf``.
    """
    return tree.leaf_hash(leaf(row))


def parts(row: LeafRow) -> tuple[Part, ...]:
    """The parts of an entry of the log, each with its key.

    :raises LogDamaged: see ``leaf``.
    """
    with damage(row):
        return opened(row.nonce, parts_of(row.body))


@contextmanager
def damage(row: LeafRow) -> Iterator[None]:
    """Report values that no entry has, and a nonce of another length, as damage.

    :raises LogDamaged: see ``leaf``.
    """
    try:
        if len(row.nonce) != NONCE_SIZE:
            raise LogDamaged(row.position, f"the nonce has {len(row.nonce)} bytes")
        yield
    except (AttributeError, OverflowError, TypeError):
        raise LogDamaged(row.position) from None
