"""The result of verifying: what holds, what that proves and what it does not."""

import base64
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from service.cli.draw import moments
from service.cli.terminal.output import visible
from service.codec.clock import from_microseconds, to_microseconds
from service.exchange import times
from service.tlog.bundle import BundleKind
from service.tlog.note import COSIGNATURE, Checkpoint, Signers, VerifierKey
from service.verify import Report

SECOND = 1_000_000  # in microseconds
LATEST = to_microseconds(datetime.max.replace(tzinfo=UTC))


def report_text(report: Report, keys: Sequence[VerifierKey], *, is_bundle: bool) -> RenderableType:
    """What was found, one fact per line, and what it proves. ``keys`` are those that were given."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _lines(report, keys, is_bundle):
        table.add_row(name, Text(visible(value)))
    holds = visible(_what(report)) if is_bundle else "the database"
    return Group(
        Text.assemble(("Verified: ", "bold green"), holds),
        "",
        table,
        "",
        Text.assemble(("Proved: ", "bold"), visible(" ".join(_proved(report, is_bundle)))),
        Text.assemble(("Not proved: ", "bold"), " ".join(_not_proved(report, is_bundle))),
    )


def _what(report: Report) -> str:
    contents = report.contents
    match contents.kind:
        case BundleKind.VISIT:
            return f"changes 1 to {report.changes} of visits/{contents.visit_id}"
        case BundleKind.RANGE:
            return f"the changes at positions {contents.first} to {contents.last}"
        case BundleKind.LOG:
            return f"the whole log of {report.changes} changes"


def _lines(
    report: Report, keys: Sequence[VerifierKey], is_bundle: bool
) -> Iterator[tuple[str, str]]:
    yield "Log", report.checkpoint.origin
    if is_bundle:
        yield "Checkpoint", _checkpoint(report.checkpoint)
        yield from _signed(report.signers, report.since_signers, keys)
    else:
        yield "Head", _checkpoint(report.checkpoint)
    if report.since is not None:
        yield "Extends", f"the checkpoint you kept: {_checkpoint(report.since)}"
        yield from _signed(report.since_signers, report.signers, keys)
    if report.changes:
        yield "Changes", f"{report.changes}: each leaf commits to the parts of its change"
        if report.withheld:
            yield "Withheld", f"the restricted part of {_changes(report.withheld)}"
        if report.destroyed:
            yield "Destroyed", f"the content of {_changes(report.destroyed)}, or it is withheld"
        dense = "" if report.contents.kind is BundleKind.VISIT else ", without a gap"
        yield "Positions", f"{report.first_position} to {report.last_position}{dense}"
        yield "Recorded", f"{_moment(report.first_time)} to {_moment(report.last_time)}, in order"
        visits = report.states.total() + report.partial + report.closed
        yield "Versions", f"of {_counted(visits)}, each without a gap"
        yield "States", f"derived from the changes: {', '.join(_states(report)) or 'none'}"
        if report.partial:
            yield (
                "",
                f"not for {_counted(report.partial)} whose first change is not in the bundle",
            )
        if report.closed:
            yield "", f"not for {_counted(report.closed)} of which a content is missing"
    if not is_bundle:
        yield "Columns", "those that repeat a part of a body agree with it"
        yield "Tree", "its tiles and the head row agree with the changes"
        yield "Current states", "the table agrees with the changes"


def _checkpoint(checkpoint: Checkpoint) -> str:
    return f"{checkpoint.size} changes, root {_root(checkpoint)}"


def _changes(count: int) -> str:
    return "1 change" if count == 1 else f"{count} changes"


def _counted(visits: int) -> str:
    return "1 visit" if visits == 1 else f"{visits} visits"


def _signed(
    signers: Signers, others: Signers, keys: Sequence[VerifierKey]
) -> Iterator[tuple[str, str]]:
    """Which keys signed a checkpoint, and which of those that were given did not.

    A key of the log that signed the other checkpoint need not have signed this one, since keys
    are rotated.
    """
    for key, stated in signers.items():
        when = [_moment(time * SECOND) for time in stated]
        yield "Signed by", ", ".join([_named(key), *when])
    for key in keys:
        if key not in signers and (key.kind == COSIGNATURE or key not in others):
            yield "Not signed by", _named(key)


def _named(key: VerifierKey) -> str:
    kind = "witness " if key.kind == COSIGNATURE else ""
    return f"{kind}{key.name}, key {key.key_id.hex()}"


def _states(report: Report) -> Iterator[str]:
    for status, count in sorted(report.states.items()):
        yield f"{count} {status}"


def _proved(report: Report, is_bundle: bool) -> Iterator[str]:
    contents, size = report.contents, report.checkpoint.size
    if not is_bundle:
        yield "Everything in the database follows from the changes in its log."
    elif contents.kind is BundleKind.VISIT:
        yield (
            f"Changes 1 to {report.changes} of visits/{contents.visit_id} are in the log as the "
            "bundle has them."
        )
    elif contents.kind is BundleKind.RANGE:
        yield f"The log has these changes at positions {contents.first} to {contents.last}."
    else:
        yield f"When the checkpoint was signed, the log had these {size} changes and no others."
    if report.since is not None:
        yield f"None of the first {report.since.size} was altered since the checkpoint was kept."


def _not_proved(report: Report, is_bundle: bool) -> Iterator[str]:
    contents = report.contents
    if not is_bundle:
        yield "That a checkpoint held elsewhere is of this log: the database has no signature."
    elif contents.kind is BundleKind.VISIT:
        yield f"That change {report.changes} is the visit's last: later ones may be left out."
    elif contents.kind is BundleKind.RANGE:
        yield "Anything about changes at other positions."
    if report.since is None:
        yield (
            "That the whole log was not rewritten before: keep "
            f"{'this bundle' if is_bundle else 'a checkpoint elsewhere'}, and pass it with --since "
            "next time."
        )
    else:
        yield "That others are shown the same log: compare checkpoints with them."


def problem(error: Exception) -> str:
    """What is wrong, in one line. It may quote a file that anybody can have written."""
    if isinstance(error, OSError):
        return f"cannot read {error.filename or 'the file'}: {error.strerror or error}"
    return visible(str(error))


def failure_json(error: Exception) -> dict[str, Any]:
    """What is wrong, as JSON, with the position if it is known."""
    position = getattr(error, "position", None)
    where = {} if position is None else {"position": str(position)}
    return {"verified": False, **where, "problem": getattr(error, "problem", problem(error))}


def report_json(report: Report, keys: Sequence[VerifierKey]) -> dict[str, Any]:
    """What was found, as JSON. Positions and counts are strings, as in a message's JSON."""
    contents = report.contents
    named = {
        BundleKind.LOG: {},
        BundleKind.RANGE: {"first": str(contents.first), "last": str(contents.last)},
        BundleKind.VISIT: {"visit": f"visits/{contents.visit_id}"},
    }
    found: dict[str, Any] = {
        "verified": True,
        "contents": contents.kind.name.lower(),
        **named[contents.kind],
        "origin": report.checkpoint.origin,
        "checkpoint": _checkpoint_json(report.checkpoint, report.signers, keys),
        "changes": str(report.changes),
        "states": {status: str(count) for status, count in sorted(report.states.items())},
        "visits_without_their_beginning": str(report.partial),
        "visits_without_a_content": str(report.closed),
        "restricted_parts_withheld": str(report.withheld),
        "contents_missing": str(report.destroyed),
    }
    if report.changes:
        found |= {
            "first_position": str(report.first_position),
            "last_position": str(report.last_position),
            "first_record_time": _time(report.first_time).ToJsonString(),
            "last_record_time": _time(report.last_time).ToJsonString(),
        }
    if report.since is not None:
        found["since"] = _checkpoint_json(report.since, report.since_signers, keys)
    return found


def _checkpoint_json(
    checkpoint: Checkpoint, signers: Signers, keys: Sequence[VerifierKey]
) -> dict[str, Any]:
    signed = [
        {"key": str(key)} | ({} if time is None else {"time": _time(time * SECOND).ToJsonString()})
        for key, stated in signers.items()
        for time in stated or (None,)
    ]
    return {
        "size": str(checkpoint.size),
        "root": _root(checkpoint),
        "signed_by": signed,
        "not_signed_by": [str(key) for key in keys if key not in signers],
    }


def _root(checkpoint: Checkpoint) -> str:
    return base64.b64encode(checkpoint.root).decode()


def _moment(microseconds: int) -> str:
    return moments.moment(_time(microseconds))


def _time(microseconds: int) -> Timestamp:
    """A time as a message; one after the calendar's end counts as that end."""
    return times.timestamp(from_microseconds(min(microseconds, LATEST)))
