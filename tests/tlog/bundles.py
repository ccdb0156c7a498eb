"""A small log, and bundles of it."""

import io

from service.tlog import tree
from service.tlog.bundle import Bundle, BundleEntry, Contents, header
from service.tlog.note import Checkpoint, SignerKey, signers
from service.tlog.parts import opened

SIZE = 7
LOG = SignerKey("chancery.invalid/log", bytes(range(32)))
BODIES = [(b"header %d" % number, b"content", b"restricted") for number in range(1, SIZE + 1)]


def entry(position: int, record_time: int) -> BundleEntry:
    parts = opened(bytes([position]) * 32, BODIES[position - 1])
    return BundleEntry.of(position, record_time, parts)


ENTRIES = [entry(position, 1000 + position) for position in range(1, SIZE + 1)]


def node(level: int, index: int) -> bytes:
    """The root of a complete subtree of the leaves."""
    hashes = [each.leaf_hash for each in ENTRIES[index << level : (index + 1) << level]]
    return tree.root(tree.append([], 0, hashes))


def checkpoint(size: int = SIZE) -> Checkpoint:
    hashes = [each.leaf_hash for each in ENTRIES[:size]]
    return Checkpoint(LOG.name, size, tree.root(tree.append([], 0, hashes)))


def made(contents: Contents, *records: bytes) -> bytes:
    return header(contents, checkpoint().signed(LOG)) + b"".join(records)


def read(data: bytes, since: Checkpoint | None = None) -> list[int]:
    """The positions of the entries that a bundle proves; its log signed it."""
    bundle = Bundle(io.BytesIO(data))
    signers(bundle.note, [LOG.verifier])
    return [each.position for _, each in bundle.entries(since)]
