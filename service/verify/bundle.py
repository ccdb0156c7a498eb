"""Verifying a bundle, from its file and what the auditor brings, and nothing else."""

from array import array
from collections.abc import Sequence
from pathlib import Path

from domain.visit import Visit
from service import codec
from service.codec.clock import EPOCH, from_microseconds
from service.tlog.bundle import Bundle, BundleKind, Contents, InvalidBundle
from service.tlog.note import Note, VerifierKey, signers
from service.verify.report import WITHDRAWN, Progress, Report

# Progress is reported after so many changes.
PROGRESS_EVERY = 1000


class History:
    """The offsets in the file of the changes of a visit. Their versions are contiguous."""

    def __init__(self, first_version: int) -> None:
        self.first_version = first_version
        self.offsets = array("Q")

    @property
    def next_version(self) -> int:
        """The version of the next change."""
        return self.first_version + len(self.offsets)


def verify_bundle(
    path: Path, keys: Sequence[VerifierKey], since: Note | None, progress: Progress
) -> Report:
    """Verify everything that a bundle claims.

    The changes are read twice: first in the order of the log, to compare them with the
    checkpoint, then visit by visit, so that only one visit at a time is in memory.

    :raises InvalidBundle: something in it is not as it should be.
    :raises InvalidNote: the log did not sign the checkpoint with any of the keys, or not
        ``since``, or ``since`` is of another log.
    :raises OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        bundle = Bundle(file)
        report = Report(bundle.contents, bundle.checkpoint, signers(bundle.note, keys))
        report.continue_from(since, keys)
        histories = _read_log(bundle, report, progress)
        done = report.changes
        for visit_id, history in histories.items():
            if history.first_version == 1:
                report.states[_status(bundle, visit_id, history)] += 1
            else:
                report.partial += 1
            done += len(history.offsets)
            progress(done, 2 * report.changes)
        return report


def _read_log(bundle: Bundle, report: Report, progress: Progress) -> dict[str, History]:
    """Compare the changes with the checkpoints, and return where those of each visit are."""
    histories: dict[str, History] = {}
    total = 2 * _expected(bundle)
    for offset, entry in bundle.entries(report.since):
        report.count(entry.position, entry.record_time)
        try:
            visit_id, version = codec.event_key(entry.body)
        except ValueError as error:
            raise InvalidBundle(f"the body cannot be read: {error}", entry.position) from None
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
        history.offsets.append(offset)
        if report.changes % PROGRESS_EVERY == 0:
            progress(report.changes, total)
    return histories


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
    """The status of a visit, derived again from its changes."""
    visit = Visit.blank(visit_id, EPOCH)
    for offset in history.offsets:
        entry = bundle.entry_at(offset)
        try:
            event = codec.event_from_bytes(entry.body, from_microseconds(entry.record_time))
            event.mutate(visit)
        except (AttributeError, LookupError, OverflowError, TypeError, ValueError) as error:
            raise InvalidBundle(
                f"the change cannot be applied to its visit: {error}", entry.position
            ) from None
    status = visit.state.status
    return WITHDRAWN if status is None else status.value
