"""Reading the tree of the log: its nodes and its roots, at any size up to the head."""

from functools import lru_cache

from sqlalchemy import bindparam as param
from sqlalchemy import select

from service.store.engines.database import Database
from service.store.errors import LogDamaged
from service.store.log.leaves import LEAF_ROWS, leaf, leaf_hash
from service.store.log.tiles import read_tile
from service.store.tables import head, log
from service.tlog import tree
from service.tlog.proofs import Node, range_root
from service.tlog.tiles import WIDTH, expanded, node_in

# Tiles in memory, up to 16 KiB each.
CACHED_TILES = 4096

_HEAD = select(head.c.size, head.c.peaks)
_LEAF_ROWS_UNTIL = LEAF_ROWS.where(log.c.position <= param("until"))


class TreeReader:
    """Reads the tree, from any thread. Requires sizes up to that of the log."""

    def __init__(self, database: Database) -> None:
        self._engine = database.readers
        self._read_tile = lru_cache(CACHED_TILES)(self._expanded)

    def nodes(self, size: int) -> Node:
        """Returns a function that gives the nodes of the tree of ``size`` leaves."""
        return node_in(self._read_tile, size)

    def root(self, size: int) -> bytes:
        """The root of the tree of ``size`` leaves.

        :raises LogDamaged: a tile is missing, or the tiles do not match the head row.
        """
        root = range_root(0, size, self.nodes(size)) if size else tree.root([])
        with self._engine.connect() as connection:
            row = connection.execute(_HEAD).one()
        if row.size == size and root != tree.root(tree.split(row.peaks)):
            raise LogDamaged(size, "the tiles and the head row do not match", first=1)
        return root

    def _expanded(self, level: int, number: int, count: int) -> bytes:
        """The first ``count`` hashes of a tile, and the nodes above them."""
        return expanded(self.hashes(level, number, count))

    def leaves(self, number: int, count: int) -> list[bytes]:
        """The first ``count`` leaves of a tile of level 0.

        :raises LogDamaged: an entry is missing, or cannot be read.
        """
        begin = number * WIDTH
        bounds = {"after": begin, "until": begin + count}
        with self._engine.connect() as connection:
            rows = connection.execute(_LEAF_ROWS_UNTIL, bounds).all()
        for position, row in enumerate(rows, start=begin + 1):
            if row.position != position:
                raise LogDamaged(position, "the entry is missing")
        if len(rows) < count:
            raise LogDamaged(begin + len(rows) + 1, "the entry is missing")
        return list(map(leaf, rows))

    def hashes(self, level: int, number: int, count: int) -> bytes:
        """The first ``count`` hashes of a tile.

        :raises LogDamaged: it is missing or too short.
        """
        begin = number * WIDTH
        with self._engine.connect() as connection:
            hashes = read_tile(connection, level, number)
            if level == 0 and count < WIDTH and not hashes:  # it is stored once it is complete
                bounds = {"after": begin, "until": begin + count}
                hashes = b"".join(map(leaf_hash, connection.execute(_LEAF_ROWS_UNTIL, bounds)))
        if len(hashes) < count * tree.HASH_SIZE:
            raise LogDamaged(
                (begin + count) * WIDTH**level,
                f"tile {number} of level {level} is missing or too short",
            )
        return hashes[: count * tree.HASH_SIZE]
