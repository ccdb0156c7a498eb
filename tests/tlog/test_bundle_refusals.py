"""What is said of a bundle that proves nothing, and of which position."""

from dataclasses import replace

import pytest

from service.tlog import tree
from service.tlog.bundle import (
    MAGIC,
    MAX_BODY,
    MAX_NOTE,
    BundleEntry,
    BundleKind,
    Contents,
    InvalidBundle,
    cover,
    gap,
    header,
)
from service.tlog.note import Checkpoint
from service.tlog.parts import opened
from tests.tlog.bundles import ENTRIES, LOG, SIZE, checkpoint, entry, made, node, read

RANGE = Contents(BundleKind.RANGE, 3, 4)
HELD = [bytes(each) for each in ENTRIES]
LONG = BundleEntry.of(1, 1000, opened(bytes(32), (bytes(MAX_BODY), b"", b"!")))
HEADLESS = replace(ENTRIES[0], parts=(ENTRIES[0].parts[0].withheld(), *ENTRIES[0].parts[1:]))


def gap_record(last: int, *hashes: bytes) -> bytes:
    return b"G" + last.to_bytes(8, "big") + b"".join(hashes)


@pytest.mark.parametrize(
    ("data", "position", "problem"),
    [
        pytest.param(b"", None, "the file is empty", id="nothing"),
        pytest.param(b"chancery\n", None, "the file is not a bundle", id="text"),
        pytest.param(b"\x1f\x8b" + bytes(40), None, "the file is not a bundle", id="archive"),
        pytest.param(
            b"chancery bundle v1\n",
            None,
            "the bundle has another version than chancery bundle v2",
            id="version",
        ),
        pytest.param(
            made(Contents(), *HELD).replace(b"\n", b"\r\n"),
            None,
            "the line ends of the bundle were converted on its way: copy it again as a binary file",
            id="line ends",
        ),
        pytest.param(
            MAGIC + b"X" + made(Contents())[len(MAGIC) + 1 :],
            None,
            "the head of the bundle is damaged: there is no such kind of bundle",
            id="kind",
        ),
        pytest.param(
            made(Contents()).replace("\u2014".encode(), b"\x97" * 3),
            None,
            "the head of the bundle is damaged: its text is not UTF-8",
            id="encoding",
        ),
        pytest.param(
            made(Contents())[:30],
            None,
            "the head of the bundle is damaged: the file ends too early",
            id="half a head",
        ),
        pytest.param(made(Contents()), 1, "the file ends too early", id="no entry"),
        pytest.param(
            made(Contents(), HELD[0][:9]), 1, "the file ends too early", id="half an entry"
        ),
        pytest.param(
            made(Contents(), HELD[0], b"X"),
            2,
            "the record is neither an entry nor a gap",
            id="record",
        ),
        pytest.param(
            made(Contents(), *HELD, b"!"),
            SIZE,
            "the file goes on after the last position",
            id="trailing",
        ),
        pytest.param(
            made(Contents(), HELD[1]), 1, "the entry is missing; 2 follows", id="no first entry"
        ),
        pytest.param(
            made(Contents(), HELD[0], gap(1, SIZE, node)),
            2,
            "the entry is missing: a whole log has no gaps",
            id="gap",
        ),
        pytest.param(
            made(RANGE, gap_record(0)),
            1,
            "a gap begins here and ends at position 0",
            id="empty gap",
        ),
        pytest.param(
            made(RANGE, gap(0, 2, node), *HELD[2:4], gap_record(4)),
            5,
            "a gap begins here and ends at position 4",
            id="a gap that goes back",
        ),
        pytest.param(
            made(RANGE, gap_record(SIZE + 1)),
            1,
            f"a gap begins here and ends at position {SIZE + 1}",
            id="a gap beyond the log",
        ),
        pytest.param(
            made(RANGE, gap(0, 2, node), *HELD[2:4], b"G\x00"),
            5,
            "the file ends too early",
            id="no end of a gap",
        ),
        pytest.param(
            made(Contents(), HELD[0], HELD[1][:-1] + b"!", *HELD[2:]),
            2,
            "the entry was altered: it does not match its leaf",
            id="another body",
        ),
        pytest.param(
            made(Contents(), HELD[0], HELD[1][:82] + (MAX_BODY + 1).to_bytes(4, "big")),
            2,
            f"the change has more than {MAX_BODY} bytes",
            id="a long part",
        ),
        pytest.param(
            made(Contents(), bytes(LONG)),
            1,
            f"the change has more than {MAX_BODY} bytes",
            id="parts that are long together",
        ),
        pytest.param(
            made(Contents(), HELD[0], HELD[1][:49] + b"X" + HELD[1][50:]),
            2,
            "a part is neither given nor withheld",
            id="a part of another kind",
        ),
        pytest.param(
            made(Contents(), bytes(HEADLESS)),
            1,
            "the header of the change is withheld",
            id="no header",
        ),
        pytest.param(
            made(RANGE, gap(0, 3, node)), 3, "the entry is missing", id="first of a range"
        ),
        pytest.param(
            made(RANGE, gap(0, 2, node), HELD[2], gap(3, SIZE, node)),
            4,
            "the entry is missing",
            id="last of a range",
        ),
        pytest.param(
            made(RANGE, gap(0, SIZE, node)), 3, "the entry is missing", id="the whole range"
        ),
        pytest.param(
            made(RANGE, HELD[0]),
            1,
            "the entry is outside of the range of the bundle",
            id="before the range",
        ),
        pytest.param(
            made(RANGE, gap(0, 2, node), *HELD[2:5]),
            5,
            "the entry is outside of the range of the bundle",
            id="after the range",
        ),
        pytest.param(
            made(RANGE, gap(0, 2, node)[:-1]), 1, "the file ends too early", id="half a gap"
        ),
    ],
)
def test_a_bundle_is_refused_with_its_position(
    data: bytes, position: int | None, problem: str
) -> None:
    with pytest.raises(InvalidBundle) as refused:
        read(data)
    assert (refused.value.problem, refused.value.position) == (problem, position)
    assert str(refused.value) == (f"position {position}: {problem}" if position else problem)


def test_a_bundle_whose_root_is_not_that_of_its_checkpoint_names_both() -> None:
    """Each entry matches its leaf, but the log signed another tree."""
    signed = Checkpoint(LOG.name, SIZE, bytes(32)).signed(LOG)
    with pytest.raises(InvalidBundle) as refused:
        read(header(Contents(), signed) + b"".join(HELD))
    assert str(refused.value) == (
        f"the {SIZE} changes have the root {checkpoint().root.hex()}, but the checkpoint has "
        f"{bytes(32).hex()}: some of the changes, or of the hashes in the gaps, are not the log's"
    )


def test_an_earlier_checkpoint_of_another_log_is_named_with_both_roots() -> None:
    with pytest.raises(InvalidBundle) as refused:
        read(made(Contents(), *HELD), Checkpoint(LOG.name, 3, bytes(32)))
    assert str(refused.value) == (
        "the first 3 changes are not those of the checkpoint that was kept: it has the root "
        f"{bytes(32).hex()}, and they have {checkpoint(3).root.hex()}"
    )


def test_a_bundle_that_cannot_be_compared_says_what_to_do() -> None:
    gapped = made(RANGE, gap(0, 2, node), *HELD[2:4], gap(4, SIZE, node))
    with pytest.raises(InvalidBundle) as refused:
        read(gapped, checkpoint(5))
    assert str(refused.value) == (
        "the bundle cannot be compared with the checkpoint that was kept, of 5 changes: give that "
        "checkpoint when you export the bundle"
    )


def test_a_log_that_was_cut_off_says_by_how_much() -> None:
    with pytest.raises(InvalidBundle) as refused:
        read(made(Contents(), *HELD), Checkpoint(LOG.name, SIZE + 1, bytes(32)))
    assert str(refused.value) == (
        f"the log was cut off: it had {SIZE + 1} changes at the checkpoint that was kept, and has "
        f"{SIZE}"
    )


def test_a_bundle_of_an_empty_log_is_sound() -> None:
    """It has nothing to hold; only a bundle of a visit must hold a change."""
    empty = header(Contents(), Checkpoint(LOG.name, 0, tree.root([])).signed(LOG))
    assert read(empty) == []


def test_an_entry_as_old_as_the_one_before_is_in_order() -> None:
    """Changes that are recorded together have one time."""
    entries = [entry(position, 1000) for position in range(1, SIZE + 1)]
    root = tree.root(tree.append([], 0, [each.leaf_hash for each in entries]))
    head = header(Contents(), Checkpoint(LOG.name, SIZE, root).signed(LOG))
    assert read(head + b"".join(map(bytes, entries))) == list(range(1, SIZE + 1))


def test_the_longest_checkpoint_and_the_longest_body_are_read() -> None:
    """Their bounds are still allowed."""
    longest = BundleEntry.of(1, 1000, opened(bytes(32), (bytes(MAX_BODY - 1), b"!", b"")))
    text = str(Checkpoint(LOG.name, 1, longest.leaf_hash))
    room = MAX_NOTE - len(f"{text}\n\n{LOG.sign(text)}".encode())
    text += "x" * room + "\n"
    note = f"{text}\n{LOG.sign(text)}"
    assert len(note.encode()) == MAX_NOTE
    assert read(header(Contents(), note) + bytes(longest)) == [1]


def test_a_position_that_no_leaf_can_have_is_refused() -> None:
    """The first of its eight bytes is reserved."""
    last = 1 << 56
    behind = BundleEntry.of(last, 1000, ENTRIES[0].parts)
    signed = Checkpoint(LOG.name, last, bytes(32)).signed(LOG)
    of_range = Contents(BundleKind.RANGE, last, last)
    hashes = [bytes(32)] * len(list(cover(0, last - 1)))
    with pytest.raises(InvalidBundle) as refused:
        read(header(of_range, signed) + gap_record(last - 1, *hashes) + bytes(behind))
    assert str(refused.value) == f"position {last}: no log has so many entries"


def bundle_of(contents: Contents, *record_times: int) -> bytes:
    """A bundle of a log whose entries were recorded at these times, with all of them."""
    entries = [entry(position, time) for position, time in enumerate(record_times, 1)]
    root = tree.root(tree.append([], 0, [each.leaf_hash for each in entries]))
    signed = Checkpoint(LOG.name, len(entries), root).signed(LOG)
    return header(contents, signed) + b"".join(map(bytes, entries))


def test_a_bundle_of_a_visit_is_read() -> None:
    """Of whatever time its only change is."""
    of_visit = Contents(BundleKind.VISIT, visit_id="beijing")
    assert read(bundle_of(of_visit, 1000, 1000, 1001)) == [1, 2, 3]
    assert read(bundle_of(of_visit, 1)) == [1]


def test_a_record_time_that_goes_back_is_refused() -> None:
    with pytest.raises(InvalidBundle) as refused:
        read(bundle_of(Contents(), 1000, 1001, 1000))
    assert str(refused.value) == "position 3: the record time goes back"


def test_contents_that_no_bundle_has_are_refused_with_the_reason() -> None:
    with pytest.raises(InvalidBundle) as refused:
        read(bundle_of(Contents(BundleKind.VISIT), 1000))
    assert str(refused.value) == (
        "the head of the bundle is damaged: it does not say what it holds"
    )
