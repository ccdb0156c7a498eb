"""The tree of the log as it is stored: its nodes and its roots, at any size up to the head."""

from functools import lru_cache

from sqlalchemy import bindparam as param
from sqlalchemy import select

from service.store.engines.database import Database
from service.store.errors import LogDamaged
from service.store.log.tree_edge import COMMITTED, leaf_hash, tile_hashes
from service.store.tables import head, log
from service.tlog import tree
from service.tlog.proofs import Node, range_root
from service.tlog.tiles import WIDTH, expanded, node_in

# Tiles in memory, of 16 KiB at the most each.
CACHED_TILES = 4096


class TreeReader:
    """Reads from any thread. Requires sizes up to that of the log."""

    def __init__(self, database: Database) -> None:
        self._engine = database.readers
        self._read_tile = lru_cache(CACHED_TILES)(self._expanded)

    def nodes(self, size: int) -> Node:
        """Gives the root of a complete subtree of the tree of ``size`` leaves."""
        return node_in(self._read_tile, size)

    def root(self, size: int) -> bytes:
        """The root of the tree of ``size`` leaves.

        :raises LogDamaged: the tiles are not there, or not those of the head row.
        """
        root = range_root(0, size, self.nodes(size)) if size else tree.root([])
        with self._engine.connect() as connection:
            row = connection.execute(_HEAD).one()
        if row.size == size and root != tree.root(tree.split(row.peaks)):
            raise LogDamaged(size, "and those before it do not match the head row")
        return root

    def _expanded(self, level: int, number: int, count: int) -> bytes:
        begin = number * WIDTH
        with self._engine.connect() as connection:
            hashes = tile_hashes(connection, level, number)
            if level == 0 and count < WIDTH and not hashes:  # it may not be complete yet
                entries = connection.execute(_ENTRIES, {"begin": begin, "end": begin + count})
                hashes = b"".join(map(leaf_hash, entries))
        if len(hashes) < count * tree.HASH_SIZE:
            raise LogDamaged(
                (begin + count) * WIDTH**level, f"has no tile {number} of level {level}"
            )
        return expanded(hashes[: count * tree.HASH_SIZE])


_HEAD = select(head.c.size, head.c.peaks)
_ENTRIES = COMMITTED.where(log.c.position <= param("end"))
