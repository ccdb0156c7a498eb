"""Proofs agree with a slow transcription of RFC 9162, and whatever is not one is refused."""

import random
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from service.tlog import tree
from service.tlog.proofs import (
    InvalidProof,
    consistency_proof,
    inclusion_proof,
    range_root,
    verify_consistency,
    verify_inclusion,
)
from service.tlog.tiles import Edge, expanded, node_in
from tests.tlog import rfc6962

LEAVES = [i.to_bytes(4, "big") for i in range(300)]
ROOTS = [rfc6962.tree_hash(LEAVES[:size]) for size in range(301)]
AROUND: list[Any] = [255, 256, 257, 300, 511, 770]
AROUND += [pytest.param(size, marks=pytest.mark.slow) for size in (65_535, 65_536, 65_537)]


@cache
def node(level: int, index: int) -> bytes:
    return rfc6962.tree_hash(LEAVES[index << level : (index + 1) << level])


def test_every_leaf_of_every_size_is_proved_as_the_standard_proves_it() -> None:
    """All sizes up to 64, and in each larger one up to 300 its ends and some leaves between."""
    for size in range(1, 301):
        chosen = range(size) if size <= 64 else {0, 1, size // 2, size - 2, size - 1}
        for index in chosen:
            proof = inclusion_proof(index, size, node)
            assert proof == rfc6962.inclusion_path(index, LEAVES[:size])
            verify_inclusion(tree.leaf_hash(LEAVES[index]), index, size, proof, ROOTS[size])


def test_every_size_is_proved_to_go_on_from_every_smaller_one() -> None:
    for second in range(301):
        smaller = range(second + 1) if second <= 64 else {0, 1, 64, second // 2, second - 1, second}
        for first in smaller:
            proof = consistency_proof(first, second, node)
            if first:
                assert proof == rfc6962.consistency_path(first, LEAVES[:second])
            verify_consistency(first, second, proof, ROOTS[first], ROOTS[second])


@pytest.mark.parametrize("size", AROUND)
def test_proofs_from_tiles_hold_around_the_sizes_at_which_tiles_fill(size: int) -> None:
    leaves = [i.to_bytes(4, "big") for i in range(size)]
    hashes = [tree.leaf_hash(leaf) for leaf in leaves]
    edge, tiles = Edge().grown(hashes)
    kept = {(each.level, each.index): each.hashes for each in tiles}

    def read_tile(level: int, index: int, count: int) -> bytes:
        hashes = kept.get((level, index)) or edge.open_tiles[level]
        return expanded(hashes[: count * tree.HASH_SIZE])

    from_tile = node_in(read_tile, size)
    root = range_root(0, size, from_tile)
    assert root == tree.root(tree.append([], 0, hashes)) == tree.root(edge.peaks)
    assert root == rfc6962.tree_hash(leaves)
    for index in {0, 1, 254, 255, size // 2, size - 2, size - 1} & set(range(size)):
        proof = inclusion_proof(index, size, from_tile)
        verify_inclusion(hashes[index], index, size, proof, root)
        assert proof == rfc6962.inclusion_path(index, leaves)
    for first in {1, 254, 255, 256, size // 2, size - 1} & set(range(size)):
        proof = consistency_proof(first, size, from_tile)
        first_root = range_root(0, first, node_in(read_tile, first))
        verify_consistency(first, size, proof, first_root, root)
        assert proof == rfc6962.consistency_path(first, leaves)


# What is no proof


def malformed(proof: list[bytes]) -> Iterator[list[bytes]]:
    """What a proof may be made into."""
    yield [*proof, bytes(32)]
    yield [bytes(32), *proof]
    if proof:
        yield proof[:-1]
        yield proof[1:]
        yield [*proof[:-1], proof[-1][:-1]]
        yield [*proof[:-1], proof[-1] + b"\x00"]
        yield [*proof[:-1], bytes([proof[-1][0] ^ 1]) + proof[-1][1:]]
        yield [*proof, proof[-1]]
    if len(proof) > 1:
        yield proof[::-1]


def refused(verify: Callable[..., None], *arguments: object) -> None:
    with pytest.raises(InvalidProof):
        verify(*arguments)


def test_every_malformed_proof_of_inclusion_is_refused() -> None:
    """Too long, too short, of another length of hash, altered, or for another place."""
    for size in (1, 2, 3, 7, 8, 9, 100, 256):
        for index in {0, size // 2, size - 1}:
            leaf = tree.leaf_hash(LEAVES[index])
            proof = inclusion_proof(index, size, node)
            for other in malformed(proof):
                refused(verify_inclusion, leaf, index, size, other, ROOTS[size])
            for place in {-1, size, index + 1, index - 1} - {index}:
                refused(verify_inclusion, leaf, place, size, proof, ROOTS[size])
            refused(verify_inclusion, leaf, index, size, proof, ROOTS[size + 1])
            refused(verify_inclusion, bytes(32), index, size, proof, ROOTS[size])
            refused(verify_inclusion, leaf[:-1], index, size, proof, ROOTS[size])


def test_every_malformed_proof_of_consistency_is_refused() -> None:
    for second in (1, 2, 3, 7, 8, 9, 100, 256):
        for first in {1, second // 2 or 1, max(1, second - 1), second}:
            proof = consistency_proof(first, second, node)
            roots = (ROOTS[first], ROOTS[second])
            for other in malformed(proof):
                refused(verify_consistency, first, second, other, *roots)
            refused(verify_consistency, first, second, proof, bytes(32), ROOTS[second])
            refused(verify_consistency, first, second, proof, ROOTS[first], bytes(32))
            refused(verify_consistency, second + 1, second, proof, *roots)
            refused(verify_consistency, -1, second, proof, *roots)
    refused(verify_consistency, 0, 5, [bytes(32)], ROOTS[0], ROOTS[5])


def test_an_empty_proof_of_consistency_is_refused_between_any_two_sizes() -> None:
    """Only the empty tree, and a tree and itself, need no hashes."""
    for second in range(2, 20):
        for first in range(1, second):
            refused(verify_consistency, first, second, [], ROOTS[first], ROOTS[second])


def test_no_single_flipped_bit_of_a_proof_is_overlooked() -> None:
    chance = random.Random(1)
    for _ in range(300):
        size = chance.randrange(2, 301)
        index = chance.randrange(size)
        proof = inclusion_proof(index, size, node)
        at, bit = chance.randrange(len(proof)), chance.randrange(256)
        flipped = bytearray(proof[at])
        flipped[bit // 8] ^= 1 << bit % 8
        proof[at] = bytes(flipped)
        leaf = tree.leaf_hash(LEAVES[index])
        refused(verify_inclusion, leaf, index, size, proof, ROOTS[size])
