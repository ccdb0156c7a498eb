"""The Merkle tree agrees with RFC 6962, with its known roots, and with a slow transcription."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.tlog import tree
from tests.support.examples import examples
from tests.tlog import rfc6962

reproducible = settings(max_examples=examples(100))

# The leaves and roots with which Certificate Transparency's implementations test themselves.
KNOWN_LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
KNOWN_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def peaks_of(leaves: Sequence[bytes]) -> list[bytes]:
    return tree.append([], 0, map(tree.leaf_hash, leaves))


def numbered(size: int) -> list[bytes]:
    return [i.to_bytes(4, "big") for i in range(size)]


@pytest.mark.parametrize(("size", "root"), list(enumerate(KNOWN_ROOTS)))
def test_the_root_of_known_leaves_is_the_known_one(size: int, root: str) -> None:
    """Certificate Transparency's leaves have its roots."""
    assert tree.root(peaks_of(KNOWN_LEAVES[:size])).hex() == root
    assert rfc6962.tree_hash(KNOWN_LEAVES[:size]).hex() == root


def test_the_peaks_of_every_size_are_those_of_the_standard() -> None:
    """A tree that grows leaf by leaf agrees with the standard at each of 300 sizes."""
    grown: list[bytes] = []
    leaves = numbered(300)
    for size, leaf in enumerate(leaves):
        grown = tree.append(grown, size, [tree.leaf_hash(leaf)])
        assert grown == rfc6962.peaks(leaves[: size + 1])
        assert tree.root(grown) == rfc6962.tree_hash(leaves[: size + 1])


@reproducible
@given(st.lists(st.integers(0, 70), max_size=8))
def test_the_peaks_do_not_depend_on_how_leaves_are_gathered(batches: list[int]) -> None:
    """Appending in batches of any sizes, empty ones too, gives the peaks of all at once."""
    leaves = numbered(sum(batches))
    grown: list[bytes] = []
    size = 0
    for batch in batches:
        hashes = (tree.leaf_hash(leaf) for leaf in leaves[size : size + batch])
        grown = tree.append(grown, size, hashes)
        size += batch
    assert grown == peaks_of(leaves) == rfc6962.peaks(leaves)


@reproducible
@given(st.integers(1, 200), st.data())
def test_another_leaf_or_another_order_gives_another_root(size: int, data: st.DataObject) -> None:
    """No leaf can be altered, dropped, repeated or moved behind the root's back."""
    leaves = numbered(size)
    at = data.draw(st.integers(0, size - 1))
    to = data.draw(st.integers(0, size - 1))
    altered = [*leaves[:at], leaves[at] + b"!", *leaves[at + 1 :]]
    dropped = leaves[:at] + leaves[at + 1 :]
    repeated = [*leaves[: at + 1], *leaves[at:]]
    moved = list(leaves)
    moved[at], moved[to] = moved[to], moved[at]
    root = tree.root(peaks_of(leaves))
    for other in (altered, dropped, repeated, *([moved] if at != to else [])):
        assert tree.root(peaks_of(other)) != root


@pytest.mark.parametrize("size", [0, 1, 2, 7, 8, 255, 256, 257])
def test_there_is_a_peak_for_each_bit_of_the_size(size: int) -> None:
    """The peaks are as many as the size has bits that are set, each a hash."""
    peaks = peaks_of(numbered(size))
    assert len(peaks) == size.bit_count()
    assert all(len(peak) == tree.HASH_SIZE for peak in peaks)


def test_appending_leaves_the_given_peaks_alone() -> None:
    """What is given to append is as it was, so that a failed commit can be tried again."""
    before = peaks_of(numbered(7))
    kept = list(before)
    tree.append(before, 7, [tree.leaf_hash(b"eighth")])
    assert before == kept


@reproducible
@given(st.integers(0, 2**56 - 1), st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_a_leaf_is_two_big_endian_numbers_and_the_commitment(
    position: int, record_time: int, commitment: bytes
) -> None:
    """A leaf has 48 bytes: position, record time, commitment. The first byte is 0."""
    leaf = tree.leaf(position, record_time, commitment)
    assert len(leaf) == 48
    assert leaf[0] == 0
    assert int.from_bytes(leaf[:8], "big") == position
    assert int.from_bytes(leaf[8:16], "big") == record_time
    assert leaf[16:] == commitment


def test_a_leaf_and_a_node_of_the_same_bytes_have_different_hashes() -> None:
    """Two hashes that are joined do not pass for a leaf."""
    left, right = tree.leaf_hash(b"left"), tree.leaf_hash(b"right")
    assert tree.node_hash(left, right) != tree.leaf_hash(left + right)
