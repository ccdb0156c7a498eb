"""Edits of a bundle, and the position that the verifier must name for each."""

import random
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

from chancery.v1.event_pb2 import VisitEvent
from service.codec.parts import parts_of as split
from service.tlog import tree
from service.tlog.bundle import Bundle, BundleEntry, BundleKind, cover, header
from service.tlog.note import Checkpoint, SignerKey
from service.tlog.parts import CONTENT, HEADER, RESTRICTED, Part
from tests.verify.logs import EARLIER, ENTRIES, Kept

NONE = frozenset({None})
ANY = frozenset({None, *range(ENTRIES + 2)})


@dataclass(frozen=True)
class Edit:
    """An edited bundle, and the positions that may be named for the edit; None for no position.

    ``since`` is the size of the checkpoint that it is verified against, if any.
    """

    edited: bytes
    named: Set[int | None]
    since: int = 0


@dataclass(frozen=True)
class Gap:
    """A record of what is left out, up to its position."""

    position: int
    hashes: bytes

    def __bytes__(self) -> bytes:
        return b"G" + self.position.to_bytes(8, "big") + self.hashes


Records = Sequence[BundleEntry | Gap]


@dataclass(frozen=True)
class Parts:
    """A bundle in parts; ``entries`` are the indexes of the records that are entries."""

    kept: Kept
    kind: BundleKind
    head: bytes
    records: Records
    entries: Sequence[int]

    def position(self, i: int) -> int:
        """The first position of the record at an index."""
        return self.records[i - 1].position + 1 if i else 1

    def chosen(self, chance: random.Random, behind: int = 0) -> tuple[int, BundleEntry]:
        """Any entry but the last (and the first ``behind``), with its index."""
        i = chance.choice(self.entries[behind:-1])
        entry = self.records[i]
        assert isinstance(entry, BundleEntry)
        return i, entry

    def without(self, i: int, *instead: BundleEntry | Gap) -> Records:
        """The records, with others in place of one."""
        return [*self.records[:i], *instead, *self.records[i + 1 :]]

    def under(self, checkpoint: str, records: Records) -> bytes:
        """A bundle of records under another checkpoint."""
        return header(Bundle(BytesIO(self.head)).contents, checkpoint) + joined(records)


def joined(records: Sequence[BundleEntry | Gap | bytes]) -> bytes:
    """The bytes of records."""
    return b"".join(map(bytes, records))


def parts_of(kept: Kept, kind: BundleKind, *, public: bool = False) -> Parts:
    """A kept bundle, in parts."""
    data = kept.public[kind] if public else kept.bundles[kind]
    bundle = Bundle(BytesIO(data))
    found = dict(bundle.entries())
    head = header(bundle.contents, kept.checkpoint(ENTRIES))
    records, at, size = list[BundleEntry | Gap](), len(head), 0
    while at < len(data):
        record: BundleEntry | Gap | None = found.get(at)
        if record is None:
            last = int.from_bytes(data[at + 1 : at + 9], "big")
            end = at + 9 + tree.HASH_SIZE * len(list(cover(size, last)))
            record = Gap(last, data[at + 9 : end])
        records.append(record)
        at, size = at + len(bytes(record)), record.position
    entries = [i for i, record in enumerate(records) if isinstance(record, BundleEntry)]
    return Parts(kept, kind, head, records, entries)


def flipped(chance: random.Random, data: bytes) -> bytes:
    """The same bytes, with one bit flipped."""
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def with_its_leaf(entry: BundleEntry) -> BundleEntry:
    """The entry, with the leaf hash that fits its other fields."""
    return BundleEntry.of(entry.position, entry.record_time, entry.parts)


def with_part(entry: BundleEntry, number: int, part: Part) -> BundleEntry:
    """The entry with another part, and its leaf hash as it was."""
    return replace(entry, parts=(*entry.parts[:number], part, *entry.parts[number + 1 :]))


def another(chance: random.Random, part: Part) -> Part:
    """The part, with one bit flipped or one byte more or less."""
    if part.content is None:
        return Part(flipped(chance, part.commitment))
    contents = [part.content + b"\x00"]
    if part.content:
        contents += [flipped(chance, part.content), part.content[:-1]]
    others = [Part.given(part.key, content) for content in contents]
    return chance.choice([*others, Part.given(flipped(chance, part.key), part.content)])


def forged(entry: BundleEntry) -> BundleEntry:
    """The entry with another reason, and the leaf hash that fits."""
    event = VisitEvent.FromString(entry.given)
    event.reason += "forged"
    _, content, _ = split(event.SerializeToString(deterministic=True))
    part = Part.given(entry.parts[CONTENT].key, content)
    return with_its_leaf(with_part(entry, CONTENT, part))


def root_of(records: Records) -> bytes:
    """The root that the records lead to."""
    peaks, size = list[bytes](), 0
    for record in records:
        if isinstance(record, BundleEntry):
            tree.push(peaks, size, record.leaf_hash)
        else:
            subtrees = zip(cover(size, record.position), tree.split(record.hashes), strict=True)
            for (level, index), node in subtrees:
                tree.push(peaks, index << level, node, level)
        size = record.position
    return tree.root(peaks)


# The edits


def a_bit_of_an_entry(parts: Parts, chance: random.Random) -> Edit:
    """In its position, record time, leaf hash, or a part."""
    i, entry = parts.chosen(chance)
    data = bytes(entry)
    edited = joined([*parts.records[:i], data[:1] + flipped(chance, data[1:])])
    return Edit(parts.head + edited + joined(parts.records[i + 1 :]), {entry.position})


def a_field_of_an_entry(parts: Parts, chance: random.Random) -> Edit:
    """Each field is hit equally often, however long it is."""
    i, entry = parts.chosen(chance)
    altered: dict[str, Any] = chance.choice(
        [
            {"position": entry.position ^ 1 << chance.randrange(64)},
            {"record_time": entry.record_time ^ 1 << chance.randrange(64)},
            {"leaf_hash": flipped(chance, entry.leaf_hash)},
        ]
    )
    records = parts.without(i, replace(entry, **altered))
    return Edit(parts.head + joined(records), {entry.position})


def a_part_of_an_entry(parts: Parts, chance: random.Random) -> Edit:
    """Each part is hit equally often: its bytes, its key, or the commitment to it."""
    i, entry = parts.chosen(chance)
    number = chance.choice([HEADER, CONTENT, RESTRICTED])
    altered = with_part(entry, number, another(chance, entry.parts[number]))
    return Edit(parts.head + joined(parts.without(i, altered)), {entry.position})


def a_part_for_another(parts: Parts, chance: random.Random) -> Edit:
    """One part of another change, or two parts of one that change places."""
    i, entry = parts.chosen(chance)
    _, other = parts.chosen(chance)
    number = chance.choice([HEADER, CONTENT, RESTRICTED])
    altered = with_part(entry, number, other.parts[number])
    if entry == other or altered == entry:
        header, content, restricted = entry.parts
        altered = replace(entry, parts=(content, header, restricted))
    return Edit(parts.head + joined(parts.without(i, altered)), {entry.position})


def a_byte_in_the_next_part(parts: Parts, chance: random.Random) -> Edit:
    """The joined bytes are as they were."""
    i, entry = parts.chosen(chance)
    header, content, restricted = entry.parts
    assert header.content is not None
    assert content.content is not None
    altered = replace(
        entry,
        parts=(
            Part.given(header.key, header.content[:-1]),
            Part.given(content.key, header.content[-1:] + content.content),
            restricted,
        ),
    )
    return Edit(parts.head + joined(parts.without(i, altered)), {entry.position})


def a_header_withheld(parts: Parts, chance: random.Random) -> Edit:
    """Its commitment leads to the right root."""
    i, entry = parts.chosen(chance)
    altered = with_part(entry, HEADER, entry.parts[HEADER].withheld())
    return Edit(parts.head + joined(parts.without(i, altered)), {entry.position})


def a_restricted_part_made_up(parts: Parts, chance: random.Random) -> Edit:
    """Somebody else's name under a key of the forger's own, with the leaf hash that fits."""
    i, entry = parts.chosen(chance)
    _, _, made_up = split(VisitEvent(actor="somebody else").SerializeToString())
    part = Part.given(chance.randbytes(32), made_up)
    altered = with_its_leaf(with_part(entry, RESTRICTED, part))
    return Edit(parts.head + joined(parts.without(i, altered)), NONE)


def a_body_with_its_leaf(parts: Parts, chance: random.Random) -> Edit:
    """The leaf hash fits the altered body: only the root differs."""
    i, entry = parts.chosen(chance)
    return Edit(parts.head + joined(parts.without(i, forged(entry))), NONE)


def an_earlier_time_with_its_leaf(parts: Parts, chance: random.Random) -> Edit:
    """It is dated before all others."""
    i, entry = parts.chosen(chance, behind=1)
    earlier = with_its_leaf(replace(entry, record_time=chance.randrange(entry.record_time // 2)))
    return Edit(parts.head + joined(parts.without(i, earlier)), {entry.position})


def an_entry_dropped(parts: Parts, chance: random.Random) -> Edit:
    """The next record is read in its place."""
    i, entry = parts.chosen(chance)
    named = ANY if parts.kind is BundleKind.VISIT else {entry.position}
    return Edit(parts.head + joined(parts.without(i)), named)


def an_entry_left_out(parts: Parts, chance: random.Random) -> Edit:
    """A gap with its leaf hash takes its place, which leads to the right root."""
    i, entry = parts.chosen(chance)
    following = parts.records[parts.entries[parts.entries.index(i) + 1]]
    missed = following if parts.kind is BundleKind.VISIT else entry
    records = parts.without(i, Gap(entry.position, entry.leaf_hash))
    return Edit(parts.head + joined(records), {missed.position})


def an_entry_repeated(parts: Parts, chance: random.Random) -> Edit:
    """It comes twice in a row."""
    i, entry = parts.chosen(chance)
    return Edit(parts.head + joined(parts.without(i, entry, entry)), {entry.position + 1})


def an_entry_put_in_elsewhere(parts: Parts, chance: random.Random) -> Edit:
    """It also comes before another record."""
    i, entry = parts.chosen(chance)
    j = chance.choice([each for each in range(len(parts.records)) if each != i])
    records = parts.without(j, entry, parts.records[j])
    named = {parts.position(j)} if parts.position(j) != entry.position else ANY
    return Edit(parts.head + joined(records), named)


def two_entries_swapped(parts: Parts, chance: random.Random) -> Edit:
    """Each takes the other's place."""
    i, j = sorted(chance.sample(parts.entries, 2))
    records = list(parts.records)
    records[i], records[j] = records[j], records[i]
    return Edit(parts.head + joined(records), {parts.records[i].position})


def the_end_cut_off(parts: Parts, chance: random.Random) -> Edit:
    """The file ends within or before a record."""
    i = chance.randrange(len(parts.records))
    record = bytes(parts.records[i])
    rest = [*parts.records[:i], record[: chance.randrange(len(record))]]
    return Edit(parts.head + joined(rest), {parts.position(i)})


def something_appended(parts: Parts, chance: random.Random) -> Edit:
    """Random bytes, or the last record once more."""
    garbage = chance.randbytes(chance.randrange(1, 200))
    behind = chance.choice([garbage, bytes(parts.records[-1])])
    return Edit(parts.head + joined(parts.records) + behind, {ENTRIES})


def a_bit_anywhere(parts: Parts, chance: random.Random) -> Edit:
    """In the head, the checkpoint, an entry or a gap."""
    return Edit(flipped(chance, parts.head + joined(parts.records)), ANY)


def a_bit_of_the_head(parts: Parts, chance: random.Random) -> Edit:
    """In what the bundle says it holds, or in the checkpoint."""
    return Edit(flipped(chance, parts.head) + joined(parts.records), ANY)


def a_checkpoint_of_another_key(parts: Parts, chance: random.Random) -> Edit:
    """A key of the same name signed it."""
    other = SignerKey(parts.kept.key.name, chance.randbytes(32))
    checkpoint = replace(parts.kept, key=other).checkpoint(ENTRIES)
    return Edit(parts.under(checkpoint, parts.records), NONE)


def a_checkpoint_of_another_size(parts: Parts, chance: random.Random) -> Edit:
    """The log signed it, and all records are unchanged."""
    checkpoint = parts.kept.checkpoint(chance.randrange(ENTRIES))
    return Edit(parts.under(checkpoint, parts.records), ANY)


def the_log_signed_anew(parts: Parts, chance: random.Random) -> Edit:
    """An entry is altered and signed with the log's own key: an earlier checkpoint shows it."""
    i, entry = parts.chosen(chance)
    while entry.position > EARLIER:
        i, entry = parts.chosen(chance)
    records = parts.without(i, forged(entry))
    checkpoint = Checkpoint(parts.kept.key.name, ENTRIES, root_of(records))
    return Edit(parts.under(checkpoint.signed(parts.kept.key), records), NONE, since=EARLIER)


def the_log_of_before(parts: Parts, chance: random.Random) -> Edit:
    """The whole log at a smaller size, with its true checkpoint: a later checkpoint shows it."""
    i, _ = parts.chosen(chance)
    checkpoint = parts.kept.checkpoint(parts.records[i].position)
    return Edit(parts.under(checkpoint, parts.records[: i + 1]), NONE, since=ENTRIES)


EDITS: Sequence[Callable[[Parts, random.Random], Edit]] = [
    a_bit_of_an_entry,
    a_field_of_an_entry,
    a_part_of_an_entry,
    a_part_for_another,
    a_byte_in_the_next_part,
    a_header_withheld,
    a_restricted_part_made_up,
    a_body_with_its_leaf,
    an_earlier_time_with_its_leaf,
    an_entry_dropped,
    an_entry_left_out,
    an_entry_repeated,
    an_entry_put_in_elsewhere,
    two_entries_swapped,
    the_end_cut_off,
    something_appended,
    a_bit_anywhere,
    a_bit_of_the_head,
    a_checkpoint_of_another_key,
    a_checkpoint_of_another_size,
    the_log_signed_anew,
    the_log_of_before,
]
