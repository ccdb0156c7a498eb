"""Inclusion and consistency proofs, after RFC 9162 section 2.1.

A proof is made from a function that gives the root of a complete subtree, and verified from the
roots alone. Indexes count leaves from 0: the entry at position p is leaf p - 1.
"""

from collections.abc import Callable, Iterator, Sequence

from service.tlog.tree import HASH_SIZE, node_hash

# Gives the root of the complete subtree of 2**level leaves that begins with leaf
# index * 2**level, from the level and the index.
Node = Callable[[int, int], bytes]


class InvalidProof(ValueError):
    """A proof proves nothing; the message says why."""


class RootMismatch(InvalidProof):
    """A tree of ``size`` leaves has another root than it should have.

    ``expected`` is the root that was given, and ``found`` the one to which the proof leads.
    """

    def __init__(self, size: int, expected: bytes, found: bytes) -> None:
        self.size = size
        self.expected = expected
        self.found = found
        super().__init__(
            f"the tree of {size} leaves has the root {found.hex()}, not {expected.hex()}"
        )


def range_root(begin: int, end: int, node: Node) -> bytes:
    """The root over the leaves from ``begin`` up to, and without, ``end``.

    Requires 0 <= begin < end, and a range that occurs in a tree: ``begin`` is a multiple of the
    smallest power of two that is at least its length.
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

    It is empty if first = 0 or first = second: there is nothing to prove.
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
    """Check that the tree with this root has a leaf at an index: section 2.1.3.2.

    :raises InvalidProof: it is not proved; RootMismatch if the proof leads to another root.
    """
    if not 0 <= index < size:
        raise InvalidProof(f"leaf {index} is not in a tree of {size} leaves")
    _check_hashes(leaf_hash, root, *proof)
    found = leaf_hash
    for sibling, is_left in _climb(index, size - 1, proof):
        found = node_hash(sibling, found) if is_left else node_hash(found, sibling)
    if found != root:
        raise RootMismatch(size, root, found)


def verify_consistency(
    first: int, second: int, proof: Sequence[bytes], first_root: bytes, second_root: bytes
) -> None:
    """Check that a tree begins with all leaves of an earlier one: section 2.1.4.2.

    :raises InvalidProof: it is not proved; RootMismatch if the proof leads to another root.
    """
    if not 0 <= first <= second:
        raise InvalidProof(f"a tree of {second} leaves does not come after one of {first}")
    _check_hashes(first_root, second_root, *proof)
    if first in (0, second):
        if proof:
            raise InvalidProof("the proof is too long")
        if first == second and first_root != second_root:
            raise RootMismatch(first, first_root, second_root)
        return
    # The proof begins with the root of the subtree where the earlier tree ends. If that subtree
    # is the whole earlier tree, its root is known, and the proof leaves it out.
    path = [first_root, *proof] if first & (first - 1) == 0 else proof
    if not path:
        raise InvalidProof("the proof is too short")
    level = _trailing_ones(first - 1)
    old = new = path[0]
    for sibling, is_left in _climb((first - 1) >> level, (second - 1) >> level, path[1:]):
        if is_left:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
        else:
            new = node_hash(new, sibling)
    if old != first_root:
        raise RootMismatch(first, first_root, old)
    if new != second_root:
        raise RootMismatch(second, second_root, new)


def _climb(index: int, last: int, path: Sequence[bytes]) -> Iterator[tuple[bytes, bool]]:
    """From a node of a level to the root: each sibling on the way, and whether it is on the left.

    ``last`` is the index of the last node of that level. In the RFC the two are fn and sn.

    :raises InvalidProof: the path has more hashes, or fewer, than there are siblings on the way.
    """
    for sibling in path:
        if last == 0:
            raise InvalidProof("the proof is too long")
        is_left = bool(index & 1) or index == last
        if is_left:
            # Levels on which the node is the last one and has no sibling are skipped.
            skipped = _trailing_zeros(index)
            index, last = index >> skipped, last >> skipped
        yield sibling, is_left
        index, last = index >> 1, last >> 1
    if last != 0:
        raise InvalidProof("the proof is too short")


def _trailing_zeros(number: int) -> int:
    """How many zeros the binary number ends with; 0 for 0."""
    return (number & -number).bit_length() - 1 if number else 0


def _trailing_ones(number: int) -> int:
    """How many ones the binary number ends with."""
    return _trailing_zeros(number + 1)


def _split(size: int) -> int:
    """The largest power of two that is smaller than ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def _check_hashes(*hashes: bytes) -> None:
    for each in hashes:
        if len(each) != HASH_SIZE:
            raise InvalidProof(f"a hash has {len(each)} bytes, not {HASH_SIZE}")
