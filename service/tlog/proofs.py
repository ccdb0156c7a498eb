"""Inclusion and consistency proofs, after RFC 9162 section 2.1.

A proof is made from a function that gives the root of a complete subtree, and verified
from the roots alone. Indexes count leaves from 0: the entry at position p is leaf p - 1.
"""

from collections.abc import Callable, Sequence

from service.tlog.tree import HASH_SIZE, node_hash

# Gives the root of the complete subtree of 2**level leaves that begins with leaf
# index * 2**level.
Node = Callable[[int, int], bytes]


class InvalidProof(ValueError):
    """A proof proves nothing; the message says why."""


def range_root(begin: int, end: int, node: Node) -> bytes:
    """The root over the leaves from ``begin`` up to, and without, ``end``.

    Requires 0 <= begin < end, and a range as it occurs in a tree: one that begins with a
    multiple of the smallest power of two that is no smaller than its length.
    """
    size = end - begin
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return node(level, begin >> level)
    middle = begin + _split(size)
    return node_hash(range_root(begin, middle, node), range_root(middle, end, node))


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """PATH(index, D[size]) of section 2.1.3.1. Requires 0 <= index < size."""
    begin, end = 0, size
    path = []
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(range_root(middle, end, node))
            end = middle
        else:
            path.append(range_root(begin, middle, node))
            begin = middle
    return path[::-1]


def consistency_proof(first: int, second: int, node: Node) -> list[bytes]:
    """PROOF(first, D[second]) of section 2.1.4.1. Requires 0 <= first <= second.

    It is empty for first = 0 and for first = second, where there is nothing to prove.
    """
    if first == 0:
        return []
    begin, end = 0, second
    path = []
    while first != end:
        middle = begin + _split(end - begin)
        if first <= middle:
            path.append(range_root(middle, end, node))
            end = middle
        else:
            path.append(range_root(begin, middle, node))
            begin = middle
    if begin:
        path.append(range_root(begin, end, node))
    return path[::-1]


def verify_inclusion(
    leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that a leaf stands at an index of the tree with this root: section 2.1.3.2.

    :raises InvalidProof: it is not proved.
    """
    if not 0 <= index < size:
        raise InvalidProof(f"leaf {index} is not in a tree of {size} leaves")
    _check_hashes(leaf_hash, root, *proof)
    fn, sn, found = index, size - 1, leaf_hash
    for sibling in proof:
        if sn == 0:
            raise InvalidProof(f"the proof is too long: {len(proof)} hashes")
        if fn & 1 or fn == sn:
            found = node_hash(sibling, found)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = node_hash(found, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise InvalidProof(f"the proof is too short: {len(proof)} hashes")
    if found != root:
        raise InvalidProof(f"the proof leads to the root {found.hex()}, not to {root.hex()}")


def verify_consistency(
    first: int, second: int, proof: Sequence[bytes], first_root: bytes, second_root: bytes
) -> None:
    """Check that a tree begins with all leaves of an earlier one: section 2.1.4.2.

    :raises InvalidProof: it is not proved.
    """
    if not 0 <= first <= second:
        raise InvalidProof(f"a tree of {second} leaves is not behind one of {first}")
    _check_hashes(first_root, second_root, *proof)
    if first in (0, second):
        if proof:
            raise InvalidProof(f"the proof is too long: {len(proof)} hashes")
        if first == second and first_root != second_root:
            raise InvalidProof(
                f"two roots for {first} leaves: {first_root.hex()}, {second_root.hex()}"
            )
        return
    path = list(proof) if first & (first - 1) else [first_root, *proof]
    if not path:
        raise InvalidProof("the proof is too short: 0 hashes")
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if sn == 0:
            raise InvalidProof(f"the proof is too long: {len(proof)} hashes")
        if fn & 1 or fn == sn:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            new = node_hash(new, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise InvalidProof(f"the proof is too short: {len(proof)} hashes")
    for name, found, root in (("first", old, first_root), ("second", new, second_root)):
        if found != root:
            raise InvalidProof(
                f"the proof leads to the {name} root {found.hex()}, not to {root.hex()}"
            )


def _split(size: int) -> int:
    """The largest power of two that is smaller than ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def _check_hashes(*hashes: bytes) -> None:
    for each in hashes:
        if len(each) != HASH_SIZE:
            raise InvalidProof(f"a hash has {len(each)} bytes, not {HASH_SIZE}")
