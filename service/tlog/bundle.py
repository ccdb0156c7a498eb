"""Bundles: files that prove themselves. docs/auditing.md has the format byte by byte.

A bundle is a checkpoint, and then a walk over the log from its first position to the
checkpoint's last: entries, each with its body and nonce, and gaps, each with the roots of the
complete subtrees that cover what is left out. So one reader, which keeps no more than the peaks
of the tree, arrives at the checkpoint's root, whatever the bundle holds.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import BinaryIO

from service.tlog import tree
from service.tlog.note import Checkpoint, Note
from service.tlog.proofs import Node

MAGIC = b"chancery bundle v1\n"
MAX_NOTE = 1 << 20
MAX_BODY = 1 << 20

_CONTENTS = struct.Struct(">cQQB")  # kind, first, last, length of the visit's id
_LENGTH = struct.Struct(">I")
_ENTRY = struct.Struct(">QQ32s32sI")  # position, record time, nonce, leaf hash, length of the body
_LAST = struct.Struct(">Q")


class InvalidBundle(ValueError):
    """A bundle proves nothing; ``position`` is where, if that can be said."""

    def __init__(self, problem: str, position: int | None = None) -> None:
        self.problem = problem
        self.position = position
        super().__init__(problem if position is None else f"position {position}: {problem}")


class Kind(Enum):
    """What a bundle holds, as its file says."""

    LOG = b"L"
    RANGE = b"R"
    VISIT = b"V"


@dataclass(frozen=True)
class Contents:
    """What a bundle holds: the log, the positions from ``first`` to ``last``, or a visit."""

    kind: Kind = Kind.LOG
    first: int = 0
    last: int = 0
    visit_id: str = ""

    def is_within(self, size: int) -> bool:
        """Whether each field is as its kind has it, in a log of so many entries."""
        if self.kind is Kind.RANGE:
            return 1 <= self.first <= self.last <= size and not self.visit_id
        return self.first == self.last == 0 and bool(self.visit_id) == (self.kind is Kind.VISIT)

    def __bytes__(self) -> bytes:
        visit_id = self.visit_id.encode()
        return _CONTENTS.pack(self.kind.value, self.first, self.last, len(visit_id)) + visit_id


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the log; ``record_time`` is in microseconds since 1970, UTC."""

    position: int
    record_time: int
    nonce: bytes
    leaf_hash: bytes
    body: bytes

    def __bytes__(self) -> bytes:
        fixed = _ENTRY.pack(
            self.position, self.record_time, self.nonce, self.leaf_hash, len(self.body)
        )
        return b"E" + fixed + self.body

    @property
    def is_its_leaf(self) -> bool:
        """Whether the leaf hash is that of the other fields."""
        commitment = tree.commitment(self.nonce, self.body)
        leaf = tree.leaf(self.position, self.record_time, commitment)
        return tree.leaf_hash(leaf) == self.leaf_hash


def header(contents: Contents, checkpoint: str) -> bytes:
    """The beginning of a bundle, with its signed checkpoint."""
    note = checkpoint.encode()
    return MAGIC + bytes(contents) + _LENGTH.pack(len(note)) + note


def gap(size: int, last: int, node: Node) -> bytes:
    """The positions behind ``size`` up to ``last``, left out."""
    hashes = [node(level, index) for level, index in cover(size, last)]
    return b"G" + _LAST.pack(last) + b"".join(hashes)


def cover(begin: int, end: int) -> Iterator[tuple[int, int]]:
    """The level and index of each of the largest complete subtrees over ``[begin, end)``."""
    while begin < end:
        level = (end - begin).bit_length() - 1
        if begin:
            level = min(level, (begin & -begin).bit_length() - 1)
        yield level, begin >> level
        begin += 1 << level


class Bundle:
    """A bundle that is read from a file, front to back, once.

    :raises InvalidBundle: the file is none.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        if file.read(len(MAGIC)) != MAGIC:
            raise InvalidBundle("the file is no bundle of this version")
        try:
            kind, first, last, length = _CONTENTS.unpack(self._read(_CONTENTS.size))
            self.contents = Contents(Kind(kind), first, last, self._read(length).decode())
            self.note = Note.parse(self._block(MAX_NOTE).decode())
            self.checkpoint = Checkpoint.parse(self.note.text)
        except ValueError as error:
            raise InvalidBundle(f"the head of the bundle is damaged: {error}") from None
        if not self.contents.is_within(self.checkpoint.size):
            raise InvalidBundle("the head of the bundle is damaged: it does not say what it holds")

    def entries(self, since: Checkpoint | None = None) -> Iterator[tuple[int, Entry]]:
        """The entries, each of which matches its leaf, and where in the file each is.

        Only when they end, without an error, is it proved that they stand in the log of the
        checkpoint at their positions; and, if ``since`` is given, that this log goes on from
        that one. Whoever signed either is not looked at here: see :meth:`Note.verified_by`.

        :raises InvalidBundle: the bundle does not prove what it should.
        """
        if since is not None and since.size > self.checkpoint.size:
            raise InvalidBundle(
                f"the log was cut off: it had {since.size} changes at the checkpoint that was "
                f"kept, and has {self.checkpoint.size}"
            )
        size, peaks, record_time = 0, list[bytes](), 0
        _compare(since, size, peaks)
        while size < self.checkpoint.size:
            offset = self._file.tell()
            record = self._read(1, size + 1)
            if record == b"E":
                entry = self._entry(size)
                if entry.record_time < record_time:
                    raise InvalidBundle("was recorded before what is before it", entry.position)
                record_time = entry.record_time
                tree.push(peaks, size, entry.leaf_hash)
                size = entry.position
                yield offset, entry
            elif record == b"G":
                size = self._gap(size, peaks, since)
            else:
                raise InvalidBundle("begins with neither E nor G", size + 1)
            _compare(since, size, peaks)
        if self._file.read(1):
            raise InvalidBundle("something stands behind its last position", size)
        if self.contents.kind is Kind.VISIT and not record_time:
            raise InvalidBundle("it holds no change of its visit")
        if tree.root(peaks) != self.checkpoint.root:
            raise InvalidBundle(
                f"the {size} changes have the root {tree.root(peaks).hex()}, and the checkpoint "
                f"has {self.checkpoint.root.hex()}: some of them, or hashes of those left out, "
                "are not those of the log"
            )

    def entry_at(self, offset: int) -> Entry:
        """The entry that was found there before."""
        self._file.seek(offset + 1)
        return self._entry_here(1)

    def _entry(self, size: int) -> Entry:
        """The next entry; ``size`` is the position before it."""
        entry = self._entry_here(size + 1)
        if entry.position != size + 1:
            raise InvalidBundle(f"is missing; {entry.position} follows", size + 1)
        if not self._holds(entry.position):
            raise InvalidBundle("is not one that the bundle says it holds", entry.position)
        if not entry.is_its_leaf:
            raise InvalidBundle("is altered: it does not match its leaf", entry.position)
        return entry

    def _entry_here(self, expected: int) -> Entry:
        position, record_time, nonce, leaf_hash, length = _ENTRY.unpack(
            self._read(_ENTRY.size, expected)
        )
        if length > MAX_BODY:
            raise InvalidBundle(f"has a body of more than {MAX_BODY} bytes", expected)
        return Entry(position, record_time, nonce, leaf_hash, self._read(length, expected))

    def _gap(self, size: int, peaks: list[bytes], since: Checkpoint | None) -> int:
        """Add what is left out to the peaks, and give its last position."""
        last: int = _LAST.unpack(self._read(_LAST.size, size + 1))[0]
        if not size < last <= self.checkpoint.size:
            raise InvalidBundle(f"begins a gap up to {last}", size + 1)
        if self.contents.kind is Kind.LOG:
            raise InvalidBundle("is missing: a bundle of the whole log has no gaps", size + 1)
        if self.contents.kind is Kind.RANGE:
            missing = max(size + 1, self.contents.first)
            if missing <= min(last, self.contents.last):
                raise InvalidBundle("is missing", missing)
        if since is not None and size < since.size < last:
            raise InvalidBundle(
                f"it cannot be held against the checkpoint that was kept, of {since.size} "
                "changes: that has to be said when the bundle is made"
            )
        for level, index in cover(size, last):
            tree.push(peaks, index << level, self._read(tree.HASH_SIZE, size + 1), level)
        return last

    def _holds(self, position: int) -> bool:
        """Whether an entry may stand here."""
        contents = self.contents
        return contents.kind is not Kind.RANGE or contents.first <= position <= contents.last

    def _block(self, limit: int) -> bytes:
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size))
        if length > limit:
            raise InvalidBundle(f"the checkpoint has more than {limit} bytes")
        return self._read(length)

    def _read(self, count: int, position: int | None = None) -> bytes:
        """The next bytes; ``position`` is what they are of, if not of the head."""
        read = self._file.read(count)
        if len(read) < count:
            raise InvalidBundle("the file ends before it does", position)
        return read


def _compare(since: Checkpoint | None, size: int, peaks: Sequence[bytes]) -> None:
    if since is not None and since.size == size and tree.root(peaks) != since.root:
        raise InvalidBundle(
            f"the first {size} changes are not those of the checkpoint that was kept: it has the "
            f"root {since.root.hex()}, and they have {tree.root(peaks).hex()}"
        )
