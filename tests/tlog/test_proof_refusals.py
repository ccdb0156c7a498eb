"""What is said of a proof that proves nothing."""

import pytest

from service.tlog import tree
from service.tlog.proofs import InvalidProof, RootMismatch, verify_consistency, verify_inclusion
from tests.tlog import rfc6962

ROOTS = [rfc6962.tree_hash([bytes([i]) for i in range(size)]) for size in range(8)]


@pytest.mark.parametrize(
    ("index", "size", "proof", "problem"),
    [
        (3, 3, [], "leaf 3 is not in a tree of 3 leaves"),
        (-1, 3, [], "leaf -1 is not in a tree of 3 leaves"),
        (0, 2, [], "the proof is too short"),
        (0, 1, [bytes(32)], "the proof is too long"),
        (0, 2, [bytes(31)], "a hash has 31 bytes, not 32"),
    ],
)
def test_a_proof_of_inclusion_is_refused_with_the_reason(
    index: int, size: int, proof: list[bytes], problem: str
) -> None:
    with pytest.raises(InvalidProof) as refused:
        verify_inclusion(bytes(32), index, size, proof, ROOTS[size])
    assert str(refused.value) == problem


@pytest.mark.parametrize(
    ("first", "second", "proof", "problem"),
    [
        (4, 3, [], "a tree of 3 leaves does not come after one of 4"),
        (3, 7, [], "the proof is too short"),
        (2, 7, [], "the proof is too short"),
        (0, 7, [bytes(32)], "the proof is too long"),
        (7, 7, [bytes(32)], "the proof is too long"),
        (1, 2, [bytes(32), bytes(32)], "the proof is too long"),
        (1, 2, [bytes(33)], "a hash has 33 bytes, not 32"),
    ],
)
def test_a_proof_of_consistency_is_refused_with_the_reason(
    first: int, second: int, proof: list[bytes], problem: str
) -> None:
    with pytest.raises(InvalidProof) as refused:
        verify_consistency(first, second, proof, bytes(32), ROOTS[second])
    assert str(refused.value) == problem


def test_a_root_that_is_not_the_expected_one_is_named_beside_it() -> None:
    """For either tree of a proof of consistency, and for that of a proof of inclusion."""
    leaves = [bytes([i]) for i in range(7)]
    proof, other = rfc6962.consistency_path(3, leaves), bytes(32)
    for first, second, size, found in (
        (other, ROOTS[7], 3, ROOTS[3]),
        (ROOTS[3], other, 7, ROOTS[7]),
    ):
        with pytest.raises(RootMismatch) as refused:
            verify_consistency(3, 7, proof, first, second)
        error = refused.value
        assert (error.size, error.expected, error.found) == (size, other, found)
        assert str(error) == (
            f"the tree of {size} leaves has the root {found.hex()}, not {other.hex()}"
        )
    with pytest.raises(RootMismatch) as refused:
        verify_inclusion(tree.leaf_hash(b"\x02"), 2, 7, rfc6962.inclusion_path(2, leaves), other)
    assert (refused.value.size, refused.value.found) == (7, ROOTS[7])
    with pytest.raises(RootMismatch) as refused:
        verify_consistency(7, 7, [], ROOTS[7], other)
    assert (refused.value.size, refused.value.expected, refused.value.found) == (7, ROOTS[7], other)


SHORT, LEAF = bytes(31), tree.leaf_hash(b"leaf")


@pytest.mark.parametrize(
    ("leaf_hash", "proof", "root"), [(SHORT, [], LEAF), (LEAF, [SHORT], LEAF), (LEAF, [], SHORT)]
)
def test_every_hash_of_a_proof_of_inclusion_has_32_bytes(
    leaf_hash: bytes, proof: list[bytes], root: bytes
) -> None:
    with pytest.raises(InvalidProof, match=r"^a hash has 31 bytes, not 32$"):
        verify_inclusion(leaf_hash, 0, 1 + len(proof), proof, root)


@pytest.mark.parametrize(
    ("hash_of_proof", "first_root", "second_root"),
    [(SHORT, LEAF, LEAF), (LEAF, SHORT, LEAF), (LEAF, LEAF, SHORT)],
)
def test_every_hash_of_a_proof_of_consistency_has_32_bytes(
    hash_of_proof: bytes, first_root: bytes, second_root: bytes
) -> None:
    with pytest.raises(InvalidProof, match=r"^a hash has 31 bytes, not 32$"):
        verify_consistency(1, 2, [hash_of_proof], first_root, second_root)
