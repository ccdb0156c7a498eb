"""The right edge of the log's tree, read from what is stored and held against the head row."""

from typing import Any

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy import bindparam as param

from service.store.errors import LogDamaged
from service.store.tables import log, tile
from service.tlog import tree
from service.tlog.tiles import HEIGHT, WIDTH, Edge, Tile

NONCE_SIZE = 32

# What leaves are made of, of the entries behind a position.
COMMITTED = (
    select(log.c.position, log.c.record_time, log.c.nonce, log.c.body)
    .where(log.c.position > param("begin"))
    .order_by(log.c.position)
)
_TILE = select(tile.c.hashes).where(
    tile.c.level == param("level"), tile.c.number == param("number")
)


def leaf(row: Any) -> bytes:
    """The leaf of an entry of the log.

    :raises LogDamaged: its columns hold other types of values than were stored, or a nonce of
        another length: HMAC takes one that ends with zeros for the same without them.
    """
    try:
        if len(row.nonce) != NONCE_SIZE:
            raise LogDamaged(row.position, f"has a nonce of {len(row.nonce)} bytes")
        commitment = tree.commitment(row.nonce, row.body)
        return tree.leaf(row.position, row.record_time, commitment)
    except (AttributeError, OverflowError, TypeError):
        raise LogDamaged(row.position) from None


def leaf_hash(row: Any) -> bytes:
    """The leaf hash of an entry of the log.

    :raises LogDamaged: as ``leaf`` does.
    """
    return tree.leaf_hash(leaf(row))


def edge_of(connection: Connection, head: Any, known: Edge | None = None) -> Edge:
    """The edge of the tree that the head row tells of.

    ``known`` is that of the tree at an earlier time, where it is known: then only what others
    appended since is read.

    :raises LogDamaged: the head row, the last entries and the tiles do not belong together.
    """
    if known is not None and 0 <= head.size - known.size <= WIDTH:
        if known.size < head.size:
            others = connection.execute(COMMITTED, {"begin": known.size})
            known, _ = known.grown([leaf_hash(row) for row in others])
        if known.size == head.size and b"".join(known.peaks) == head.peaks:
            return known
    begin = max(0, head.size - 1) // WIDTH * WIDTH  # of the last tile of leaves
    last = select(func.max(log.c.position))
    if (found := connection.execute(last).scalar() or 0) != head.size:
        raise LogDamaged(head.size, f"should be the last, but that is {found}")
    rows = connection.execute(COMMITTED, {"begin": begin}).all()
    if [row.position for row in rows] != list(range(begin + 1, head.size + 1)):
        raise LogDamaged(head.size, "does not follow densely on those before it")
    if rows and rows[-1].record_time != head.record_time:
        raise LogDamaged(head.size, "was not recorded when the head row says")
    edge, tiles = _before(connection, begin).grown([leaf_hash(row) for row in rows])
    is_kept = all(tile_hashes(connection, each.level, each.index) == each.hashes for each in tiles)
    if not is_kept or b"".join(edge.peaks) != head.peaks:
        raise LogDamaged(head.size, "and those before it do not match the head row and the tiles")
    return edge


def _before(connection: Connection, size: int) -> Edge:
    """The edge of a tree of so many leaves, a multiple of 256, as the tiles have it."""
    opened = []
    level = 0
    while size >> (HEIGHT * level):
        count = (size >> (HEIGHT * level)) % WIDTH
        number = size >> (HEIGHT * (level + 1))
        hashes = tile_hashes(connection, level, number)[: count * tree.HASH_SIZE] if count else b""
        if len(hashes) != count * tree.HASH_SIZE:
            raise LogDamaged(size, f"has no tile {number} of level {level}")
        opened.append(hashes)
        level += 1
    return Edge.of(size, opened)


def tile_hashes(connection: Connection, level: int, number: int) -> bytes:
    """The hashes of a tile as they are stored; nothing where there is none."""
    hashes = connection.execute(_TILE, {"level": level, "number": number}).scalar()
    return hashes if isinstance(hashes, bytes) else b""


def keep(connection: Connection, tiles: list[Tile]) -> None:
    """Store tiles that are new, or that have grown."""
    for each in tiles:
        connection.execute(
            delete(tile).where(tile.c.level == each.level, tile.c.number == each.index)
        )
        connection.execute(
            insert(tile).values(level=each.level, number=each.index, hashes=each.hashes)
        )
