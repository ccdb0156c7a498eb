"""What differs in a visit between two moments."""

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
    answer: CompareVisitResponse, before: AsOf, after: AsOf | None = None
) -> RenderableType:
    """How the visit stood at both moments, the fields that differ, and the changes between.

    ``before`` and ``after`` are the moments that were asked for; None is now.
    """
    stood = Table.grid(padding=(0, 2))
    stood.add_column(no_wrap=True)
    stood.add_column(overflow="fold")
    stood.add_row(_moment(before), _stood(answer.before, answer.before_missing))
    stood.add_row(_moment(after), _stood(answer.after, answer.after_missing))
    visit = answer.after if answer.HasField("after") else answer.before
    differing = _table(differences(answer)) if answer.differences else Text("Nothing differs")
    parts: list[RenderableType] = [heading(visit), "", stood, "", differing]
    if answer.changes:
        parts += ["", Text("Changes between", "bold"), timeline(answer.changes)]
    if answer.more_changes:
        parts.append(Text(f"And more: chancery history {visit.name}", "italic"))
    return Group(*parts)


def differences(answer: CompareVisitResponse) -> dict[str, tuple[str, str]]:
    """By the name of each field that differs, what it held before and after."""
    before, after = _facts(answer.before), _facts(answer.after)
    result = {}
    for change in answer.differences:
        field = change.path.removeprefix("details.").partition(".")[0]
        told = before.get(field, ""), after.get(field, "")
        # A field of a later contract is told as it came.
        plain = formatting.plain(change.old_value), formatting.plain(change.new_value)
        result[field] = told if any(told) else plain
    return result


def _moment(as_of: AsOf | None) -> Text:
    return as_of_line(as_of) if as_of is not None else Text("Now", "italic")


def _stood(visit: Visit, missing: ErrorReason.ValueType) -> Text:
    """How the visit stood, or why it was not there."""
    return summary(visit) if visit.name else Text(MISSING.get(missing, "not there"), "bold")


def _facts(visit: Visit) -> dict[str, str]:
    """By the name of each field that is set, the phrases for it, one on each line."""
    result: dict[str, str] = {}
    for field, phrase in formatting.facts(visit):
        result[field] = f"{result[field]}\n{phrase}" if field in result else phrase
    return result


def _table(differences: dict[str, tuple[str, str]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Field", no_wrap=True)
    table.add_column("Before", overflow="fold")
    table.add_column("After", overflow="fold")
    for field, (before, after) in differences.items():
        table.add_row(field.replace("_", " ").capitalize(), Text(before), Text(after))
    return table
