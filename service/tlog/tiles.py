"""The tree of a log in tiles of 256 hashes, after C2SP tlog-tiles.

Tile ``index`` of level L holds up to 256 roots of subtrees of 256**L leaves; the first of these
subtrees begins with leaf ``index * 256**(L + 1)``. A complete tile never changes. A proof in a
tree of n leaves takes a few tiles of each of the log256(n) levels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from service.tlog.proofs import Node
from service.tlog.tree import HASH_SIZE, append, node_hash, split

HEIGHT = 8
WIDTH = 1 << HEIGHT

# Gives the ``expanded`` hashes of a tile, from its level, its index, and how many hashes it has.
ReadTile = Callable[[int, int, int], bytes]


@dataclass(frozen=True)
class Tile:
    """A tile: its hashes, joined. It is complete if there are 256."""

    level: int
    index: int
    hashes: bytes


@dataclass(frozen=True)
class Edge:
    """The right edge of a tree of ``size`` leaves: the incomplete tile of each level.

    ``peaks`` are the peaks of the tree, the largest first.
    """

    size: int = 0
    open_tiles: tuple[bytes, ...] = ()
    peaks: tuple[bytes, ...] = ()

    @classmethod
    def of(cls, size: int, open_tiles: Sequence[bytes]) -> "Edge":
        """The edge of a tree, from its incomplete tiles: first that of level 0."""
        peaks: list[bytes] = []
        for tile in reversed(open_tiles):
            nodes, begin = split(tile), 0
            for height in range(HEIGHT - 1, -1, -1):
                if len(nodes) >> height & 1:
                    peaks.append(subtree_root(b"".join(nodes[begin : begin + (1 << height)])))
                    begin += 1 << height
        return cls(size, tuple(open_tiles), tuple(peaks))

    def grown(self, leaf_hashes: Sequence[bytes]) -> "tuple[Edge, list[Tile]]":
        """The edge after appending these leaves, and the tiles to store.

        These are the tiles of level 0 that became complete, and the tiles of other levels that
        changed.
        """
        size = self.size
        opened = [bytearray(tile) for tile in self.open_tiles]
        changed: dict[tuple[int, int], bytes] = {}
        for leaf_hash in leaf_hashes:
            size += 1
            level, node = 0, leaf_hash
            while True:
                if level == len(opened):
                    opened.append(bytearray())
                opened[level] += node
                is_complete = len(opened[level]) == WIDTH * HASH_SIZE
                if is_complete or level > 0:
                    index = (size - 1) >> (HEIGHT * (level + 1))
                    changed[level, index] = bytes(opened[level])
                if not is_complete:
                    break
                node = subtree_root(opened[level])
                opened[level].clear()
                level += 1
        tiles = [Tile(level, index, hashes) for (level, index), hashes in changed.items()]
        peaks = append(self.peaks, self.size, leaf_hashes)
        return Edge(size, tuple(map(bytes, opened)), tuple(peaks)), tiles


def expanded(hashes: bytes) -> bytes:
    """The hashes of a tile, followed by the roots of the complete subtrees over them.

    The roots come level by level: over each two hashes, then each four, up to the one over 256.
    """
    nodes = split(hashes)
    found = [hashes]
    while len(nodes) > 1:
        nodes = [node_hash(nodes[i], nodes[i + 1]) for i in range(0, len(nodes) - 1, 2)]
        found += nodes
    return b"".join(found)


def node_in(read_tile: ReadTile, size: int) -> Node:
    """Returns a function that gives the nodes of a tree of ``size`` leaves, from tiles."""

    def node(level: int, index: int) -> bytes:
        tile_level, height = level // HEIGHT, level % HEIGHT
        number, place = divmod(index, WIDTH >> height)
        count = min(WIDTH, (size >> (HEIGHT * tile_level)) - (number << HEIGHT))
        # The lower heights have count + count // 2 + count // 4 ... hashes before this one's.
        above = count >> height
        begin = place + 2 * (count - above) - count.bit_count() + above.bit_count()
        tile = read_tile(tile_level, number, count)
        return tile[begin * HASH_SIZE : (begin + 1) * HASH_SIZE]

    return node


def subtree_root(hashes: Sequence[int]) -> bytes:
    """The root over joined hashes, whose number is a power of two.

    :raises ValueError: it is not.
    """
    count, rest = divmod(len(hashes), HASH_SIZE)
    if rest or count == 0 or count & (count - 1):
        raise ValueError(f"{len(hashes)} bytes are not the hashes of a complete subtree")
    return expanded(bytes(hashes))[-HASH_SIZE:]
