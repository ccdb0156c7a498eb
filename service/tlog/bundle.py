"""Bundles: files that prove themselves. docs/log-format.md has the format byte by byte.

A bundle is a checkpoint, followed by a walk over the log from position 1 to the checkpoint's
size. On the way there are entries, each with its parts or the commitments to them, and gaps, each
with the roots of the complete subtrees over what is left out. So whatever a bundle holds, one
reader computes the checkpoint's root, and only keeps the peaks of the tree.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import BinaryIO

from service.tlog import tree
from service.tlog.note import Checkpoint, Note
from service.tlog.parts import HEADER, PARTS, RESTRICTED, Part, joined_commitment
from service.tlog.proofs import Node

MAGIC = b"chancery bundle v2\n"
MAX_NOTE = 1 << 20
MAX_BODY = 1 << 20

_CONTENTS = struct.Struct(">cQQB")  # kind, first, last, length of the visit id
_LENGTH = struct.Struct(">I")
_ENTRY = struct.Struct(">QQ32s")  # position, record time, leaf hash
_GIVEN, _WITHHELD = b"P", b"C"
_LAST = struct.Struct(">Q")


class InvalidBundle(ValueError):
    """A bundle proves nothing: ``problem`` says why, and ``position`` where, if that is known."""

    def __init__(self, problem: str, position: int | None = None) -> None:
        self.problem = problem
        self.position = position
        super().__init__(problem if position is None else f"position {position}: {problem}")


class BundleKind(Enum):
    """What a bundle holds, by the letter that its file has for it."""

    LOG = b"L"
    RANGE = b"R"
    VISIT = b"V"


@dataclass(frozen=True)
class Contents:
    """What a bundle holds: the whole log, the positions ``first`` to ``last``, or a visit."""

    kind: BundleKind = BundleKind.LOG
    first: int = 0
    last: int = 0
    visit_id: str = ""

    def is_within(self, size: int) -> bool:
        """Whether the fields fit the kind, in a log of ``size`` entries."""
        if self.kind is BundleKind.RANGE:
            return 1 <= self.first <= self.last <= size and not self.visit_id
        is_visit = self.kind is BundleKind.VISIT
        return self.first == self.last == 0 and bool(self.visit_id) == is_visit

    def __bytes__(self) -> bytes:
        visit_id = self.visit_id.encode()
        return _CONTENTS.pack(self.kind.value, self.first, self.last, len(visit_id)) + visit_id


@dataclass(frozen=True, slots=True)
class BundleEntry:
    """An entry of the log in a bundle; ``record_time`` is in microseconds since 1970, UTC.

    ``parts`` are its header, content and restricted part. The header is always given.
    """

    position: int
    record_time: int
    leaf_hash: bytes
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, position: int, record_time: int, parts: Sequence[Part]) -> "BundleEntry":
        """An entry with these parts, and the leaf hash that follows."""
        return cls(position, record_time, _leaf_hash(position, record_time, parts), tuple(parts))

    def __bytes__(self) -> bytes:
        fixed = _ENTRY.pack(self.position, self.record_time, self.leaf_hash)
        return b"E" + fixed + b"".join(map(_written, self.parts))

    @property
    def given(self) -> bytes:
        """The parts that are given, joined: the serialized VisitEvent if all are."""
        return b"".join(part.content or b"" for part in self.parts)

    @property
    def matches_leaf(self) -> bool:
        """Whether the leaf hash follows from the other fields."""
        return _leaf_hash(self.position, self.record_time, self.parts) == self.leaf_hash

    def without_restricted(self) -> "BundleEntry":
        """The entry with the commitment to its restricted part alone."""
        public = (*self.parts[:RESTRICTED], self.parts[RESTRICTED].withheld())
        return replace(self, parts=public)


def _leaf_hash(position: int, record_time: int, parts: Sequence[Part]) -> bytes:
    commitment = joined_commitment([part.commitment for part in parts])
    return tree.leaf_hash(tree.leaf(position, record_time, commitment))


def _written(part: Part) -> bytes:
    if part.content is None:
        return _WITHHELD + part.commitment
    return _GIVEN + part.key + _LENGTH.pack(len(part.content)) + part.content


def header(contents: Contents, checkpoint: str) -> bytes:
    """The beginning of a bundle, with its signed checkpoint."""
    note = checkpoint.encode()
    return MAGIC + bytes(contents) + _LENGTH.pack(len(note)) + note


def gap(size: int, last: int, node: Node) -> bytes:
    """A gap: the positions after ``size`` up to ``last`` are left out."""
    hashes = [node(level, index) for level, index in cover(size, last)]
    return b"G" + _LAST.pack(last) + b"".join(hashes)


def cover(begin: int, end: int) -> Iterator[tuple[int, int]]:
    """The largest complete subtrees over the leaves ``[begin, end)``, by level and index."""
    while begin < end:
        level = (end - begin).bit_length() - 1
        if begin:
            level = min(level, (begin & -begin).bit_length() - 1)
        yield level, begin >> level
        begin += 1 << level


class Bundle:
    """A bundle that is read from a file once, from front to back.

    :raises InvalidBundle: the file is not a bundle.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        if (magic := file.read(len(MAGIC))) != MAGIC:
            raise InvalidBundle(_why_no_bundle(magic))
        try:
            kind, first, last, length = _CONTENTS.unpack(self._read(_CONTENTS.size))
            self.contents = Contents(_kind(kind), first, last, _text(self._read(length)))
            self.note = Note.parse(_text(self._block(MAX_NOTE)))
            self.checkpoint = Checkpoint.parse(self.note.text)
        except ValueError as error:
            raise InvalidBundle(f"the head of the bundle is damaged: {error}") from None
        if not self.contents.is_within(self.checkpoint.size):
            raise InvalidBundle("the head of the bundle is damaged: it does not say what it holds")

    def entries(self, since: Checkpoint | None = None) -> Iterator[tuple[int, BundleEntry]]:
        """The entries, each with its offset in the file. Each matches its leaf.

        Once they have ended without an error, it is proved that the log of the checkpoint has
        them at their positions and, if ``since`` is given, that it continues the log of that
        checkpoint. This does not check who signed either: see :meth:`Note.verified_by`.

        :raises InvalidBundle: the bundle does not prove this.
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
                    raise InvalidBundle("the record time goes back", entry.position)
                record_time = entry.record_time
                tree.push(peaks, size, entry.leaf_hash)
                size = entry.position
                yield offset, entry
            elif record == b"G":
                size = self._gap(size, peaks, since)
            else:
                raise InvalidBundle("the record is neither an entry nor a gap", size + 1)
            _compare(since, size, peaks)
        self._check_end(size, peaks, has_entries=record_time > 0)

    def entry_at(self, offset: int, position: int, leaf_hash: bytes) -> BundleEntry:
        """The entry at this offset, which ``entries`` has returned before, once more.

        :raises InvalidBundle: the file was changed meanwhile: it is not the entry that had this
            position and leaf hash.
        """
        self._file.seek(offset)
        if self._read(1, position) == b"E":
            entry = self._entry_here(position)
            if entry.position == position and entry.leaf_hash == leaf_hash and entry.matches_leaf:
                return entry
        raise InvalidBundle("the file was changed while it was read", position)

    def _check_end(self, size: int, peaks: Sequence[bytes], *, has_entries: bool) -> None:
        if self._file.read(1):
            raise InvalidBundle("the file goes on after the last position", size)
        if self.contents.kind is BundleKind.VISIT and not has_entries:
            raise InvalidBundle("the bundle has no change of its visit")
        if tree.root(peaks) != self.checkpoint.root:
            raise InvalidBundle(
                f"the {size} changes have the root {tree.root(peaks).hex()}, but the checkpoint "
                f"has {self.checkpoint.root.hex()}: some of the changes, or of the hashes in the "
                "gaps, are not the log's"
            )

    def _entry(self, size: int) -> BundleEntry:
        """The next entry; ``size`` is the position before it."""
        entry = self._entry_here(size + 1)
        if entry.position != size + 1:
            raise InvalidBundle(f"the entry is missing; {entry.position} follows", size + 1)
        if entry.position > tree.MAX_POSITION:
            raise InvalidBundle("no log has so many entries", entry.position)
        if not self._holds(entry.position):
            raise InvalidBundle("the entry is outside of the range of the bundle", entry.position)
        if not entry.matches_leaf:
            raise InvalidBundle("the entry was altered: it does not match its leaf", entry.position)
        return entry

    def _entry_here(self, expected: int) -> BundleEntry:
        position, record_time, leaf_hash = _ENTRY.unpack(self._read(_ENTRY.size, expected))
        parts = tuple(self._part(expected) for _ in range(PARTS))
        if parts[HEADER].content is None:
            raise InvalidBundle("the header of the change is withheld", expected)
        if sum(len(part.content or b"") for part in parts) > MAX_BODY:
            raise InvalidBundle(f"the change has more than {MAX_BODY} bytes", expected)
        return BundleEntry(position, record_time, leaf_hash, parts)

    def _part(self, expected: int) -> Part:
        """The next part of the entry at a position."""
        kind, known = self._read(1, expected), self._read(tree.HASH_SIZE, expected)
        if kind == _WITHHELD:
            return Part(known)
        if kind != _GIVEN:
            raise InvalidBundle("a part is neither given nor withheld", expected)
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size, expected))
        if length > MAX_BODY:
            raise InvalidBundle(f"the change has more than {MAX_BODY} bytes", expected)
        return Part.given(known, self._read(length, expected))

    def _gap(self, size: int, peaks: list[bytes], since: Checkpoint | None) -> int:
        """Add a gap to the peaks, and return its last position."""
        last: int = _LAST.unpack(self._read(_LAST.size, size + 1))[0]
        if not size < last <= self.checkpoint.size:
            raise InvalidBundle(f"a gap begins here and ends at position {last}", size + 1)
        if self.contents.kind is BundleKind.LOG:
            raise InvalidBundle("the entry is missing: a whole log has no gaps", size + 1)
        if self.contents.kind is BundleKind.RANGE:
            missing = max(size + 1, self.contents.first)
            if missing <= min(last, self.contents.last):
                raise InvalidBundle("the entry is missing", missing)
        if since is not None and size < since.size < last:
            raise InvalidBundle(
                f"the bundle cannot be compared with the checkpoint that was kept, of {since.size} "
                "changes: give that checkpoint when you export the bundle"
            )
        for level, index in cover(size, last):
            tree.push(peaks, index << level, self._read(tree.HASH_SIZE, size + 1), level)
        return last

    def _holds(self, position: int) -> bool:
        """Whether the bundle may have an entry at this position."""
        contents = self.contents
        return contents.kind is not BundleKind.RANGE or contents.first <= position <= contents.last

    def _block(self, limit: int) -> bytes:
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size))
        if length > limit:
            raise InvalidBundle(f"the checkpoint has more than {limit} bytes")
        return self._read(length)

    def _read(self, count: int, position: int | None = None) -> bytes:
        """The next bytes. ``position`` is the one they belong to; None in the head."""
        read = self._file.read(count)
        if len(read) < count:
            raise InvalidBundle("the file ends too early", position)
        return read


def _why_no_bundle(magic: bytes) -> str:
    """Why a file with these first bytes is not a bundle that can be read."""
    if not magic:
        return "the file is empty"
    if magic.splitlines()[0] == MAGIC.strip():
        return (
            "the line ends of the bundle were converted on its way: copy it again as a binary file"
        )
    if magic.startswith(MAGIC[: MAGIC.rindex(b"v") + 1]):
        return f"the bundle has another version than {MAGIC.decode().strip()}"
    return "the file is not a bundle"


def _kind(letter: bytes) -> BundleKind:
    try:
        return BundleKind(letter)
    except ValueError:
        raise ValueError("there is no such kind of bundle") from None


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ValueError("its text is not UTF-8") from None


def _compare(since: Checkpoint | None, size: int, peaks: Sequence[bytes]) -> None:
    if since is not None and since.size == size and tree.root(peaks) != since.root:
        raise InvalidBundle(
            f"the first {size} changes are not those of the checkpoint that was kept: it has the "
            f"root {since.root.hex()}, and they have {tree.root(peaks).hex()}"
        )
