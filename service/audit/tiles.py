"""Tiles of the log's tree and of its entries, as C2SP tlog-tiles has them."""

from dataclasses import dataclass

from domain.errors import InvalidValue
from service.live.reads import Reads
from service.queries.freshness import Freshness
from service.store.errors import LogDamaged
from service.store.log.tree_reader import TreeReader
from service.tlog import tree
from service.tlog.tiles import HEIGHT, WIDTH

# Levels of a tree with as many leaves as a position can name.
LEVELS = 8


@dataclass(frozen=True)
class Tiles:
    """Gives tiles in readers' threads."""

    reads: Reads
    tree: TreeReader
    freshness: Freshness

    async def hashes(self, level: int, index: int, width: int) -> bytes:
        """The first hashes of a tile of the tree, so many of them.

        :raises InvalidValue: there is no such level, index or width.
        :raises PositionBeyondHead: the log does not reach that far.
        :raises LogDamaged: the tile is missing or too short.
        """
        if not 0 <= level < LEVELS:
            raise InvalidValue.of("level", f"must be 0 to {LEVELS - 1}")
        await self._check(level, index, width)
        return await self.reads.run(self.tree.hashes, level, index, width)

    async def entries(self, index: int, width: int) -> bytes:
        """The first leaves of a tile of entries, each with its length in front.

        :raises InvalidValue: there is no such index or width.
        :raises PositionBeyondHead: the log does not reach that far.
        :raises LogDamaged: an entry is missing, or does not match its commitment.
        """
        await self._check(0, index, width)
        return await self.reads.run(self._entries, index, width)

    def _entries(self, index: int, width: int) -> bytes:
        leaves = self.tree.leaves(index, width)
        hashes = tree.split(self.tree.hashes(0, index, width))
        for place, (leaf, expected) in enumerate(zip(leaves, hashes, strict=True)):
            if tree.leaf_hash(leaf) != expected:
                position = index * WIDTH + place + 1
                raise LogDamaged(position, "the entry does not match its commitment")
        return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)

    async def _check(self, level: int, index: int, width: int) -> None:
        if index < 0:
            raise InvalidValue.of("index", "must not be negative")
        if not 1 <= width <= WIDTH:
            raise InvalidValue.of("width", f"must be 1 to {WIDTH}")
        last_leaf = (index * WIDTH + width) << (HEIGHT * level)
        await self.freshness.check_position("the last leaf of the tile", last_leaf)
