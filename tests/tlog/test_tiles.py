"""The tiles of a tree, however it grows."""

import random

import pytest

from service.tlog import tree
from service.tlog.tiles import HEIGHT, WIDTH, Edge, Tile, subtree_root
from tests.tlog import rfc6962

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


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 254, 255, 256, 257, 300, 511, 512, 770])
def test_the_edge_of_a_tree_is_cut_as_the_standard_cuts_it(size: int) -> None:
    """Up to two levels: the leaves, and the roots of each 256 of them."""
    leaves = [i.to_bytes(4, "big") for i in range(size)]
    hashes = [HASHES[begin : begin + WIDTH] for begin in range(0, size, WIDTH)]
    below = [b"".join(each)[: (size - i * WIDTH) * 32] for i, each in enumerate(hashes)]
    complete = below[: size // WIDTH]
    above = b"".join(rfc6962.tree_hash(leaves[i * 256 : i * 256 + 256]) for i in range(size // 256))
    last = b"".join(HASHES[size - size % WIDTH : size])

    edge, tiles = Edge().grown(HASHES[:size])

    assert edge.size == size
    assert edge.open_tiles == ((last, above) if above else (last,) if last else ())
    assert list(edge.peaks) == rfc6962.peaks(leaves)
    assert edge == Edge.of(size, edge.open_tiles)
    assert [each for each in tiles if each.level == 0] == [
        Tile(0, index, joined) for index, joined in enumerate(complete)
    ]
    assert [each for each in tiles if each.level] == ([Tile(1, 0, above)] if above else [])
    half, _ = Edge().grown(HASHES[: size // 2])
    assert half.grown(HASHES[size // 2 : size])[0] == edge


def test_only_tiles_that_became_complete_or_are_above_the_leaves_are_kept_again() -> None:
    """Leaves that do not complete a tile leave no tile to keep."""
    edge, _ = Edge().grown(HASHES[:300])
    assert edge.grown([]) == (edge, [])
    assert edge.grown(HASHES[300:511])[1] == []
    _, tiles = edge.grown(HASHES[300:512])
    assert [(each.level, each.index) for each in tiles] == [(0, 1), (1, 0)]


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
