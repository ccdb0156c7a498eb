"""Verifying a bundle, from its file and what the auditor brings, and nothing else."""

from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path

from service import codec
from service.codec.clock import from_microseconds
from service.codec.parts import part_ends
from service.tlog.bundle import Bundle, BundleEntry, BundleKind, Contents, InvalidBundle
from service.tlog.note import Note, VerifierKey, signers
from service.tlog.parts import CONTENT, RESTRICTED
from service.tlog.tree import HASH_SIZE
from service.verify.report import WITHDRAWN, Progress, Report
from service.verify.rules import AgainstRules, Replay

# Progress is reported after so many changes.
PROGRESS_EVERY = 1000


class History:
    """Where the changes of a visit are in the file, and what they were when they were checked.

    Their versions are contiguous. ``is_open`` says whether all have their content.
    """

    def __init__(self, first_version: int) -> None:
        self.first_version = first_version
        self.is_open = True
        self._offsets = array("Q")
        self._positions = array("Q")
        self._hashes = bytearray()

    def __len__(self) -> int:
        return len(self._offsets)

    @property
    def next_version(self) -> int:
        """The version of the next change."""
        return self.first_version + len(self)

    def add(self, offset: int, entry: BundleEntry) -> None:
        """Add the next change."""
        self._offsets.append(offset)
        self._positions.append(entry.position)
        self._hashes += entry.leaf_hash
        self.is_open = self.is_open and _is_given(entry, CONTENT)

    def entries(self, bundle: Bundle) -> Iterator[BundleEntry]:
        """The changes, read once more.

        :raises InvalidBundle: the file was changed meanwhile.
        """
        for number, offset in enumerate(self._offsets):
            leaf_hash = self._hashes[number * HASH_SIZE : (number + 1) * HASH_SIZE]
            yield bundle.entry_at(offset, self._positions[number], bytes(leaf_hash))


def verify_bundle(
    path: Path, keys: Sequence[VerifierKey], since: Note | None, progress: Progress
) -> Report:
    """Verify everything that a bundle claims.

    The changes are read twice: first in the order of the log, to compare them with the
    checkpoint, then visit by visit, so that only one visit at a time is in memory.

    The first key that has the name of the log is its present one. Others of that name are
    retired, and good for ``since`` alone.

    :raises InvalidBundle: something in it is not as it should be.
    :raises InvalidNote: the log did not sign the checkpoint with its present key, or ``since``
        with none of them, ``since`` is of another log, or a witness has cosigned neither.
    :raises OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        bundle = Bundle(file)
        report = Report(bundle.contents, bundle.checkpoint, signers(bundle.note, keys))
        report.continue_from(since, keys)
        histories = _read_log(bundle, report, progress)
        done = report.changes
        for visit_id, history in histories.items():
            if history.first_version > 1:
                report.partial += 1
            elif not history.is_open:
                report.closed += 1
            else:
                report.states[_status(bundle, visit_id, history)] += 1
            done += len(history)
            progress(done, 2 * report.changes)
        return report


def _read_log(bundle: Bundle, report: Report, progress: Progress) -> dict[str, History]:
    """Compare the changes with the checkpoints, and return where those of each visit are."""
    histories: dict[str, History] = {}
    total = 2 * _expected(bundle)
    for offset, entry in bundle.entries(report.since):
        _count(entry, report)
        visit_id, version = _key(entry)
        _check_place(bundle.contents, visit_id, entry.position)
        history = histories.get(visit_id)
        if history is None:
            is_whole = bundle.contents.kind is not BundleKind.RANGE
            history = histories[visit_id] = History(1 if is_whole else max(1, version))
        if version != history.next_version:
            raise InvalidBundle(
                f"the entry is change {version} of visits/{visit_id}, but change "
                f"{history.next_version} comes next",
                entry.position,
            )
        history.add(offset, entry)
        if report.changes % PROGRESS_EVERY == 0:
            progress(report.changes, total)
    return histories


def _count(entry: BundleEntry, report: Report) -> None:
    """Count a change, unless a witness contradicts its record time."""
    if misdated := report.misdated(entry.position, entry.record_time):
        raise InvalidBundle(misdated, entry.position)
    report.count(entry.position, entry.record_time)
    report.withheld += not _is_given(entry, RESTRICTED)
    report.destroyed += not _is_given(entry, CONTENT)


def _key(entry: BundleEntry) -> tuple[str, int]:
    """The visit and the version of a change, whose parts must be those of its fields."""
    try:
        key = codec.event_key(entry.given, has_content=_is_given(entry, CONTENT))
    except ValueError as error:
        raise InvalidBundle(
            f"the change is not as a server writes it: {error}", entry.position
        ) from None
    header, content, _ = (len(part.content or b"") for part in entry.parts)
    if part_ends(entry.given) != (header, header + content):
        raise InvalidBundle("a field of the change is in another part", entry.position)
    return key


def _is_given(entry: BundleEntry, part: int) -> bool:
    return entry.parts[part].content is not None


def _expected(bundle: Bundle) -> int:
    """How many changes the bundle has, at most."""
    if bundle.contents.kind is BundleKind.RANGE:
        return bundle.contents.last - bundle.contents.first + 1
    return bundle.checkpoint.size


def _check_place(contents: Contents, visit_id: str, position: int) -> None:
    if contents.kind is BundleKind.VISIT and visit_id != contents.visit_id:
        raise InvalidBundle(
            f"the entry is of visits/{visit_id}, not of the bundle's visit", position
        )


def _status(bundle: Bundle, visit_id: str, history: History) -> str:
    """The status of a visit, derived again from its changes, each of which must be by the rules."""
    replay = Replay(visit_id)
    for entry in history.entries(bundle):
        try:
            event = codec.event_from_bytes(entry.given, from_microseconds(entry.record_time))
            replay.follow(event, is_restricted_withheld=not _is_given(entry, RESTRICTED))
        except AgainstRules as error:
            raise InvalidBundle(str(error), entry.position) from None
        except (AttributeError, LookupError, OverflowError, TypeError, ValueError) as error:
            raise InvalidBundle(
                f"the change cannot be applied to its visit: {error}", entry.position
            ) from None
    status = replay.visit.state.status
    return WITHDRAWN if status is None else status.value
