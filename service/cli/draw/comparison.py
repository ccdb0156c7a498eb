"""A visit compared at two moments."""

from datetime import UTC, tzinfo

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from chancery.v1.error_pb2 import ErrorReason
from chancery.v1.history_service_pb2 import CompareVisitResponse
from chancery.v1.visit_pb2 import AsOf, Visit
from service.cli.draw import formatting
from service.cli.draw.timeline import timeline
from service.cli.draw.visit import as_of_line, heading, summary

MISSING = {
    ErrorReason.ERROR_REASON_NOT_RECORDED_BY_THEN: "not recorded by then",
    ErrorReason.ERROR_REASON_NOT_KNOWN_BY_THEN: "not known by then",
    ErrorReason.ERROR_REASON_NOT_IN_FORCE_BY_THEN: "not in force by then",
    ErrorReason.ERROR_REASON_VISIT_WITHDRAWN: "withdrawn",
}


def comparison(
    answer: CompareVisitResponse, before: AsOf, after: AsOf | None = None, zone: tzinfo = UTC
) -> RenderableType:
    """The visit at both moments, the fields that differ, and the changes between.

    ``before`` and ``after`` are the moments that were asked for, in ``zone``; None means now.
    """
    both = Table.grid(padding=(0, 2))
    both.add_column(no_wrap=True)
    both.add_column(overflow="fold")
    both.add_row(_moment(before, zone), _state(answer.before, answer.before_missing))
    both.add_row(_moment(after, zone), _state(answer.after, answer.after_missing))
    visit = answer.after if answer.HasField("after") else answer.before
    differing = _table(differences(answer)) if answer.field_changes else Text("Nothing differs")
    parts: list[RenderableType] = [heading(visit), "", both, "", differing]
    if answer.events:
        parts += ["", Text("Changes between", "bold"), timeline(answer.events)]
    if answer.more_events:
        parts.append(Text(f"There are more: chancery history {visit.name}", "italic"))
    return Group(*parts)


def differences(answer: CompareVisitResponse) -> dict[str, tuple[str, str]]:
    """The text before and after for each field that differs, by its name."""
    before, after = _facts(answer.before), _facts(answer.after)
    result = {}
    for change in answer.field_changes:
        field = change.path.removeprefix("details.").partition(".")[0]
        if field.endswith(formatting.PERIOD):
            field = field.removesuffix(formatting.PERIOD) + formatting.TIME
        known = before.get(field, ""), after.get(field, "")
        # The value of a field that this client does not know is shown as it came.
        plain = formatting.plain(change.old_value), formatting.plain(change.new_value)
        result[field] = known if any(known) else plain
    return result


def _moment(as_of: AsOf | None, zone: tzinfo) -> Text:
    return as_of_line(as_of, zone) if as_of is not None else Text("Now", "italic")


def _state(visit: Visit, missing: ErrorReason.ValueType) -> Text:
    """The visit's status and window, or why there is no visit."""
    return summary(visit) if visit.name else Text(MISSING.get(missing, "not there"), "bold")


def _facts(visit: Visit) -> dict[str, str]:
    """The text for each field that is set, by its name; several values on a line each."""
    result: dict[str, str] = {}
    for field, text in formatting.facts(visit):
        result[field] = f"{result[field]}\n{text}" if field in result else text
    return result


def _table(differences: dict[str, tuple[str, str]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Field", no_wrap=True)
    table.add_column("Before", overflow="fold")
    table.add_column("After", overflow="fold")
    for field, (before, after) in differences.items():
        table.add_row(field.replace("_", " ").capitalize(), Text(before), Text(after))
    return table
