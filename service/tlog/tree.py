"""The Merkle tree of a log, after RFC 6962 section 2.1.

A tree of n leaves is represented by its peaks: the roots of its largest complete subtrees, from
left to right, one for each bit that is set in n, the largest first. They are all it takes to
append leaves and to compute the current root.
"""

from collections.abc import Iterable, Sequence
from functools import reduce
from hashlib import sha256

HASH_SIZE = 32
# The first of the eight bytes that a position has in a leaf is reserved.
MAX_POSITION = (1 << 56) - 1


def leaf(position: int, record_time: int, commitment: bytes) -> bytes:
    """A leaf: position and record time (microseconds) in 8 bytes big endian each, then the
    commitment. Requires a position below 2**56: the first byte is reserved."""
    return position.to_bytes(8, "big") + record_time.to_bytes(8, "big") + commitment


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 || leaf)."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def split(hashes: bytes) -> list[bytes]:
    """The single hashes of joined ones."""
    return [hashes[i : i + HASH_SIZE] for i in range(0, len(hashes), HASH_SIZE)]


def append(peaks: Sequence[bytes], size: int, leaf_hashes: Iterable[bytes]) -> list[bytes]:
    """The peaks after appending leaves to a tree of ``size`` leaves with these ``peaks``."""
    grown = list(peaks)
    for leaf_hash in leaf_hashes:
        push(grown, size, leaf_hash)
        size += 1
    return grown


def push(peaks: list[bytes], size: int, node: bytes, level: int = 0) -> None:
    """Append a complete subtree of ``2**level`` leaves, with the root ``node``, to a tree.

    Changes ``peaks`` in place from those of the tree of ``size`` leaves to those of the new
    one. Requires that ``size`` is a multiple of ``2**level``.
    """
    remaining = size >> level
    while remaining & 1:
        node = node_hash(peaks.pop(), node)
        remaining >>= 1
    peaks.append(node)


def root(peaks: Sequence[bytes]) -> bytes:
    """The root of the tree with these peaks; SHA-256 of nothing for the empty tree."""
    if not peaks:
        return sha256(b"").digest()
    return reduce(lambda right, left: node_hash(left, right), reversed(peaks))
