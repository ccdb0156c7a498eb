"""Verifying a bundle, from nothing but its file and what the auditor brings."""

from array import array
from collections.abc import Sequence
from pathlib import Path

from domain.visit import Visit
from service import codec
from service.codec.clock import EPOCH, from_microseconds
from service.tlog.bundle import Bundle, Contents, InvalidBundle, Kind
from service.tlog.note import Note, VerifierKey, signers
from service.verify.report import WITHDRAWN, Progress, Report

TOLD_EVERY = 1000


class History:
    """Where in the file the changes of a visit are: their versions are contiguous."""

    def __init__(self, first_version: int) -> None:
        self.first_version = first_version
        self.offsets = array("Q")

    @property
    def next_version(self) -> int:
        """The version of the change to come."""
        return self.first_version + len(self.offsets)


def verify_bundle(
    path: Path, keys: Sequence[VerifierKey], since: Note | None, progress: Progress
) -> Report:
    """Verify all that a bundle claims.

    The changes are read twice: first as the log has them, where they are held against the
    checkpoint; then visit by visit, so that not more than one of them is in memory.

    :raises InvalidBundle: something in it is not as it should be.
    :raises InvalidNote: nobody whose key was given signed the checkpoint, or ``since``.
    :raises OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        bundle = Bundle(file)
        report = Report(bundle.contents, bundle.checkpoint, signers(bundle.note, keys))
        report.go_on_from(since, keys)
        histories = _in_the_log(bundle, report, progress)
        done = report.changes
        for visit_id, history in histories.items():
            if history.first_version == 1:
                report.states[_status(bundle, visit_id, history)] += 1
            else:
                report.partial += 1
            done += len(history.offsets)
            progress(done, 2 * report.changes)
        return report


def _in_the_log(bundle: Bundle, report: Report, progress: Progress) -> dict[str, History]:
    """Hold the changes against the checkpoints, and find those of each visit."""
    histories: dict[str, History] = {}
    total = 2 * _expected(bundle)
    for offset, entry in bundle.entries(report.since):
        report.count(entry.position, entry.record_time)
        try:
            visit_id, version = codec.event_key(entry.body)
        except ValueError as error:
            raise InvalidBundle(f"cannot be read: {error}", entry.position) from None
        _check_place(bundle.contents, visit_id, entry.position)
        history = histories.get(visit_id)
        if history is None:
            is_whole = bundle.contents.kind is not Kind.RANGE
            history = histories[visit_id] = History(1 if is_whole else max(1, version))
        if version != history.next_version:
            raise InvalidBundle(
                f"is change {version} of visits/{visit_id}, where change {history.next_version} "
                "is expected",
                entry.position,
            )
        history.offsets.append(offset)
        if report.changes % TOLD_EVERY == 0:
            progress(report.changes, total)
    return histories


def _expected(bundle: Bundle) -> int:
    """How many changes the bundle has, at most."""
    if bundle.contents.kind is Kind.RANGE:
        return bundle.contents.last - bundle.contents.first + 1
    return bundle.checkpoint.size


def _check_place(contents: Contents, visit_id: str, position: int) -> None:
    if contents.kind is Kind.VISIT and visit_id != contents.visit_id:
        raise InvalidBundle(f"is of visits/{visit_id}, and not of the bundle's visit", position)


def _status(bundle: Bundle, visit_id: str, history: History) -> str:
    """The status that the changes of a visit leave, derived again."""
    visit = Visit.blank(visit_id, EPOCH)
    for offset in history.offsets:
        entry = bundle.entry_at(offset)
        try:
            event = codec.event_from_bytes(entry.body, from_microseconds(entry.record_time))
            event.mutate(visit)
        except (AttributeError, LookupError, OverflowError, TypeError, ValueError) as error:
            raise InvalidBundle(
                f"cannot be applied to its visit: {error}", entry.position
            ) from None
    status = visit.state.status
    return WITHDRAWN if status is None else status.value
