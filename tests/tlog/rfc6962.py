"""RFC 6962 section 2.1, written down as it stands: slow, and easy to compare."""

from collections.abc import Sequence
from hashlib import sha256


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """MTH(D[n]): the root of the tree with these leaves."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + tree_hash(leaves[:k]) + tree_hash(leaves[k:])).digest()


def peaks(leaves: Sequence[bytes]) -> list[bytes]:
    """The roots of the largest complete subtrees, from the left."""
    found = []
    while leaves:
        size = 1
        while size * 2 <= len(leaves):
            size *= 2
        found.append(tree_hash(leaves[:size]))
        leaves = leaves[size:]
    return found


def inclusion_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n]) of RFC 9162, section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if index < k:
        return [*inclusion_path(index, leaves[:k]), tree_hash(leaves[k:])]
    return [*inclusion_path(index - k, leaves[k:]), tree_hash(leaves[:k])]


def consistency_path(first: int, leaves: Sequence[bytes], complete: bool = True) -> list[bytes]:
    """PROOF(m, D[n]) of RFC 9162, section 2.1.4.1: its SUBPROOF, from b = true on."""
    if first == len(leaves):
        return [] if complete else [tree_hash(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if first <= k:
        return [*consistency_path(first, leaves[:k], complete), tree_hash(leaves[k:])]
    return [*consistency_path(first - k, leaves[k:], False), tree_hash(leaves[:k])]
