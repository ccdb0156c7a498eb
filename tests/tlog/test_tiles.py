"""The tiles of a tree, however it grows."""

import random

import pytest

from service.tlog import tree
from service.tlog.tiles import HEIGHT, WIDTH, Edge, subtree_root

HASHES = [tree.leaf_hash(i.to_bytes(4, "big")) for i in range(70_000)]


@pytest.mark.parametrize("seed", range(5))
def test_tiles_are_the_same_however_many_leaves_come_at_once(seed: int) -> None:
    """Those kept, the open ones, and the peaks, at each step."""
    chance = random.Random(seed)
    edge, kept, peaks = Edge(), dict[tuple[int, int], bytes](), list[bytes]()
    while edge.size < len(HASHES):
        some = HASHES[edge.size : edge.size + chance.choice([1, 3, 50, 300, 5000])]
        peaks = tree.append(peaks, edge.size, some)
        edge, changed = edge.grown(some)
        kept |= {(each.level, each.index): each.hashes for each in changed}
        assert edge.peaks == tuple(peaks)
        assert edge == Edge.of(edge.size, edge.open_tiles)
    whole, tiles = Edge().grown(HASHES)
    assert edge == whole
    assert kept == {(each.level, each.index): each.hashes for each in tiles}


def test_a_tile_holds_the_roots_of_the_tiles_below_it() -> None:
    edge, tiles = Edge().grown(HASHES)
    kept = {(each.level, each.index): each.hashes for each in tiles}
    for number in range(len(HASHES) // WIDTH):
        below = kept[0, number]
        assert below == b"".join(HASHES[number * WIDTH : (number + 1) * WIDTH])
        above = tree.split(kept[1, number >> HEIGHT])
        assert above[number % WIDTH] == subtree_root(below)
    assert kept[2, 0] == subtree_root(kept[1, 0])
    assert len(tree.split(edge.open_tiles[0])) == len(HASHES) % WIDTH


@pytest.mark.parametrize("length", [0, 1, 31, 33, 96, 32 * 255])
def test_what_is_no_complete_subtree_has_no_root(length: int) -> None:
    with pytest.raises(ValueError, match="not the hashes of a complete subtree"):
        subtree_root(bytes(length))
