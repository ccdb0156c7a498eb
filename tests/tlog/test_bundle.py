"""A bundle proves what it holds, and no part of it can be missing or another."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from service.tlog import tree
from service.tlog.bundle import (
    MAGIC,
    MAX_BODY,
    MAX_NOTE,
    Bundle,
    BundleEntry,
    BundleKind,
    Contents,
    InvalidBundle,
    cover,
    gap,
    header,
)
from service.tlog.note import Checkpoint, InvalidNote, SignerKey
from service.tlog.parts import joined_commitment
from tests.tlog import rfc6962
from tests.tlog.bundles import ENTRIES, LOG, SIZE, checkpoint, made, node, read

WHOLE = made(Contents(), *map(bytes, ENTRIES))
RANGE = made(
    Contents(BundleKind.RANGE, 3, 4),
    gap(0, 2, node),
    bytes(ENTRIES[2]),
    bytes(ENTRIES[3]),
    gap(4, 6, node),
    gap(6, SIZE, node),
)
PUBLIC = made(Contents(), *(bytes(each.without_restricted()) for each in ENTRIES))
BUNDLES = {"the whole log": WHOLE, "a range": RANGE, "the public parts of the log": PUBLIC}


def refused(data: bytes, since: Checkpoint | None = None) -> ValueError:
    with pytest.raises((InvalidBundle, InvalidNote)) as caught:
        read(data, since)
    return caught.value


def covering(begin: int, end: int) -> Iterator[tuple[int, int]]:
    """The largest subtree that begins there and ends by the end, again and again."""
    while begin < end:
        level = max(n for n in range(8) if begin % 2**n == 0 and begin + 2**n <= end)
        yield level, begin // 2**level
        begin += 2**level


def test_a_gap_is_covered_by_the_largest_complete_subtrees() -> None:
    """For every gap up to position 70: none overlaps, none is missing, none could be larger."""
    for begin in range(71):
        assert list(cover(begin, begin)) == []
        for end in range(begin + 1, 71):
            assert list(cover(begin, end)) == list(covering(begin, end))


def test_any_gap_leads_to_the_root_of_the_log() -> None:
    """Whichever range of any length a bundle holds."""
    leaves = [
        tree.leaf(
            each.position,
            each.record_time,
            joined_commitment([part.commitment for part in each.parts]),
        )
        for each in ENTRIES
    ]
    assert checkpoint().root == rfc6962.tree_hash(leaves)
    for first in range(1, SIZE + 1):
        for last in range(first, SIZE + 1):
            held = [bytes(each) for each in ENTRIES[first - 1 : last]]
            before = [gap(0, first - 1, node)] if first > 1 else []
            behind = [gap(last, SIZE, node)] if last < SIZE else []
            data = made(Contents(BundleKind.RANGE, first, last), *before, *held, *behind)
            assert read(data) == list(range(first, last + 1))


@pytest.mark.parametrize("data", BUNDLES.values(), ids=BUNDLES)
def test_every_truncation_is_refused(data: bytes) -> None:
    """At each length; where the head is whole, a position is named."""
    file = io.BytesIO(data)
    Bundle(file)
    for length in range(len(data)):
        error = refused(data[:length])
        if length >= file.tell():
            assert isinstance(error, InvalidBundle)
            assert error.position is not None


@pytest.mark.parametrize("data", BUNDLES.values(), ids=BUNDLES)
def test_every_flipped_bit_is_refused(data: bytes) -> None:
    """Each bit of each byte: of the head, the checkpoint, the entries and the gaps."""
    for at in range(len(data)):
        for bit in range(8):
            refused(data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :])


def test_every_flipped_bit_of_an_entry_is_found_at_its_position() -> None:
    at = len(made(Contents()))
    for each in ENTRIES:
        for place in range(at, at + len(bytes(each))):
            for bit in range(8):
                error = refused(
                    WHOLE[:place] + bytes([WHOLE[place] ^ 1 << bit]) + WHOLE[place + 1 :]
                )
                assert isinstance(error, InvalidBundle)
                assert error.position == each.position
        at += len(bytes(each))


@pytest.mark.parametrize("position", range(1, SIZE))
def test_an_entry_that_was_left_out_is_missed_at_its_position(position: int) -> None:
    """The next entry is sound, but it is not the one that has to follow."""
    error = refused(made(Contents(), *map(bytes, ENTRIES[: position - 1] + ENTRIES[position:])))
    assert isinstance(error, InvalidBundle)
    assert error.position == position
    assert "is missing" in error.problem


def test_an_entry_is_read_again_where_it_was_found() -> None:
    """In any order, whatever was read in between."""
    for data, held in (WHOLE, ENTRIES), (RANGE, ENTRIES[2:4]):
        bundle = Bundle(io.BytesIO(data))
        found = [(offset, each.position, each.leaf_hash) for offset, each in bundle.entries()]
        assert [bundle.entry_at(*each) for each in reversed(found)] == held[::-1]


def test_an_entry_that_was_changed_before_it_is_read_again_is_refused() -> None:
    """By each flipped bit, and by another entry of the log in its place, which is sound."""
    file = io.BytesIO(WHOLE)
    bundle = Bundle(file)
    found = [(offset, each.position, each.leaf_hash) for offset, each in bundle.entries()]
    (offset, position, leaf_hash), record = found[2], bytes(ENTRIES[2])
    others = [bytes(ENTRIES[3]), bytes(replace(ENTRIES[3], position=position)), record[:20]]
    for place in range(len(record)):
        for bit in range(8):
            others.append(record[:place] + bytes([record[place] ^ 1 << bit]) + record[place + 1 :])
    for other in others:
        file.seek(offset)
        file.write(other)
        if len(other) < len(record):
            file.truncate()
        with pytest.raises(InvalidBundle) as caught:
            bundle.entry_at(offset, position, leaf_hash)
        assert caught.value.position == position
        file.seek(0)
        file.write(WHOLE)
    assert bundle.entry_at(offset, position, leaf_hash) == ENTRIES[2]


class Counting(io.BytesIO):
    """A file that knows how much was asked of it at once."""

    most = 0

    def read(self, count: int | None = -1) -> bytes:
        assert count is not None
        self.most = max(self.most, count)
        return super().read(count)


def long_note() -> bytes:
    return MAGIC + bytes(Contents()) + (MAX_NOTE + 1).to_bytes(4, "big")


def long_body() -> bytes:
    record = bytes(ENTRIES[0])
    return made(Contents(), record[:82] + (MAX_BODY + 1).to_bytes(4, "big"))


@pytest.mark.parametrize("data", [long_note(), long_body()], ids=["a checkpoint", "a body"])
def test_no_length_that_a_file_names_makes_the_reader_ask_for_more_than_is_allowed(
    data: bytes,
) -> None:
    file = Counting(data + b"\xff" * 100)
    with pytest.raises(InvalidBundle, match="more than"):
        list(Bundle(file).entries())
    assert file.most < 1000


def test_bytes_after_the_last_position_are_noticed_without_reading_them_all() -> None:
    """However much follows."""
    file = Counting(WHOLE + b"\xff" * 100_000)
    with pytest.raises(InvalidBundle, match="after the last position"):
        list(Bundle(file).entries())
    assert file.most < 1000


def test_a_bundle_is_held_against_any_earlier_checkpoint_that_it_passes() -> None:
    for size in range(SIZE + 1):
        assert read(WHOLE, checkpoint(size)) == list(range(1, SIZE + 1))
    for size in (0, 2, 3, 4, 6, 7):
        assert read(RANGE, checkpoint(size)) == [3, 4]


@pytest.mark.parametrize("size", [1, 5])
def test_a_gap_that_was_not_parted_there_cannot_be_held_against_a_checkpoint(size: int) -> None:
    assert "when you export the bundle" in str(refused(RANGE, checkpoint(size)))


@pytest.mark.parametrize("data", BUNDLES.values(), ids=BUNDLES)
def test_an_earlier_checkpoint_of_another_log_is_refused(data: bytes) -> None:
    for size in (0, 2, 3, 4, 6, 7):
        refused(data, Checkpoint(LOG.name, size, bytes(32)))


@pytest.mark.parametrize("data", BUNDLES.values(), ids=BUNDLES)
def test_a_log_that_was_cut_off_is_refused(data: bytes) -> None:
    assert "cut off" in str(refused(data, Checkpoint(LOG.name, SIZE + 1, bytes(32))))


WRONG_CONTENTS: Sequence[Contents] = [
    Contents(BundleKind.LOG, 1, SIZE),
    Contents(BundleKind.LOG, visit_id="beijing"),
    Contents(BundleKind.RANGE),
    Contents(BundleKind.RANGE, 0, 3),
    Contents(BundleKind.RANGE, 4, 3),
    Contents(BundleKind.RANGE, 1, SIZE + 1),
    Contents(BundleKind.RANGE, 1, SIZE, "beijing"),
    Contents(BundleKind.VISIT),
    Contents(BundleKind.VISIT, 1, SIZE, "beijing"),
]


@pytest.mark.parametrize("contents", WRONG_CONTENTS, ids=str)
def test_contents_that_no_bundle_has_are_refused(contents: Contents) -> None:
    assert "does not say what it holds" in str(refused(made(contents, *map(bytes, ENTRIES))))


def test_a_bundle_of_a_visit_without_a_change_is_refused() -> None:
    """It would verify, and say nothing of the visit that it names."""
    empty = made(Contents(BundleKind.VISIT, visit_id="nobody"), gap(0, SIZE, node))
    error = refused(empty)
    assert isinstance(error, InvalidBundle)
    assert error.problem == "the bundle has no change of its visit"


def test_an_entry_that_was_dated_back_is_refused_where_it_stands() -> None:
    """Its leaf is that of its time, so that only the order tells."""
    earlier = BundleEntry.of(4, 999, ENTRIES[3].parts)
    error = refused(made(Contents(), *map(bytes, [*ENTRIES[:3], earlier, *ENTRIES[4:]])))
    assert isinstance(error, InvalidBundle)
    assert error.position == 4


def test_a_bundle_without_the_signature_of_its_log_is_refused() -> None:
    other = SignerKey(LOG.name, bytes(32))
    data = header(Contents(), checkpoint().signed(other)) + b"".join(map(bytes, ENTRIES))
    assert "none of the keys" in str(refused(data))
