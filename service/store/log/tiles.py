"""The tiles of the log's tree as they are stored, and the tree's right edge made from them."""

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy import bindparam as param

from service.store.errors import LogDamaged
from service.store.log.leaves import LEAF_ROWS, leaf_hash
from service.store.log.rows import HeadRow
from service.store.tables import log, tile
from service.tlog import tree
from service.tlog.tiles import HEIGHT, WIDTH, Edge, Tile

_LAST_POSITION = select(func.max(log.c.position))
_TILE = select(tile.c.hashes).where(
    tile.c.level == param("level"), tile.c.number == param("number")
)


def read_tile(connection: Connection, level: int, number: int) -> bytes:
    """The hashes of a tile as they are stored; empty if there is no such tile."""
    hashes = connection.execute(_TILE, {"level": level, "number": number}).scalar()
    return hashes if isinstance(hashes, bytes) else b""


def write_tiles(connection: Connection, tiles: list[Tile]) -> None:
    """Store tiles that are new or have grown."""
    for each in tiles:
        connection.execute(
            delete(tile).where(tile.c.level == each.level, tile.c.number == each.index)
        )
        connection.execute(
            insert(tile).values(level=each.level, number=each.index, hashes=each.hashes)
        )


def read_edge(connection: Connection, head: HeadRow, known: Edge | None = None) -> Edge:
    """The right edge of the tree at the size of the head row, checked against that row.

    ``known`` is the edge at an earlier time, if the caller has it: then only the entries that
    others have appended since are read.

    :raises LogDamaged: the head row, the last entries and the tiles do not match.
    """
    if known is not None and 0 <= head.size - known.size <= WIDTH:
        if known.size < head.size:
            others = connection.execute(LEAF_ROWS, {"after": known.size})
            known, _ = known.grown([leaf_hash(row) for row in others])
        if known.size == head.size and b"".join(known.peaks) == head.peaks:
            return known
    return _edge_from_tiles(connection, head)


def _edge_from_tiles(connection: Connection, head: HeadRow) -> Edge:
    begin = max(0, head.size - 1) // WIDTH * WIDTH  # of the last tile of leaves
    if (last := connection.execute(_LAST_POSITION).scalar() or 0) != head.size:
        raise LogDamaged(
            head.size, f"the head row ends the log here, but its last entry is at position {last}"
        )
    rows = connection.execute(LEAF_ROWS, {"after": begin}).all()
    if [row.position for row in rows] != list(range(begin + 1, head.size + 1)):
        raise LogDamaged(head.size, "an entry is missing", first=begin + 1)
    if rows and rows[-1].record_time != head.record_time:
        raise LogDamaged(head.size, "the entry has another record time than the head row")
    edge, tiles = _edge_of_complete_tiles(connection, begin).grown([leaf_hash(row) for row in rows])
    is_stored = all(read_tile(connection, each.level, each.index) == each.hashes for each in tiles)
    if not is_stored or b"".join(edge.peaks) != head.peaks:
        raise LogDamaged(head.size, "the entries, the tiles and the head row do not match", first=1)
    return edge


def _edge_of_complete_tiles(connection: Connection, size: int) -> Edge:
    """The edge of a tree whose size is a multiple of 256, from the tiles."""
    opened = []
    level = 0
    while size >> (HEIGHT * level):
        count = (size >> (HEIGHT * level)) % WIDTH
        number = size >> (HEIGHT * (level + 1))
        hashes = read_tile(connection, level, number)[: count * tree.HASH_SIZE] if count else b""
        if len(hashes) != count * tree.HASH_SIZE:
            raise LogDamaged(size, f"tile {number} of level {level} is missing or too short")
        opened.append(hashes)
        level += 1
    return Edge.of(size, opened)
