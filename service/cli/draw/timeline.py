"""The changes of a visit, one below the other: what, when, why, and who said so."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from chancery.v1.event_pb2 import (
    Amended,
    Cancelled,
    Deferred,
    Postponed,
    RecordedEvent,
    VisitEvent,
)
from chancery.v1.visit_pb2 import PRECISION_INSTANT
from service.cli.draw import formatting
from service.cli.draw.retractions import STATUS_CHANGES, retractions


def timeline(events: Sequence[RecordedEvent]) -> Table:
    """The changes of one visit, with retracted ones struck through."""
    retracted_by = retractions(events)
    table = _table()
    for event in events:
        what = headline(event.event)
        if retraction := retracted_by.get(event.event.version):
            what.stylize("strike")
            what.append(f"  (retracted by change {retraction})", "red")
        _add(table, event, event.event.version, what)
    return table


def entry(event: RecordedEvent, *more: RenderableType) -> Table:
    """One change of the log, with its position and visit, and ``more`` below it."""
    table = _table()
    change = event.event
    what = Text.assemble((f"{change.visit} ", "cyan"), f"{change.version}: ", headline(change))
    _add(table, event, event.position, what, *more)
    return table


def headline(event: VisitEvent) -> Text:
    """What changed, on one line; a change of status is bold."""
    return Text(_what(event), "bold" if event.WhichOneof("change") in STATUS_CHANGES else "")


def effective(event: RecordedEvent) -> str:
    """When the change took effect, with the precision that is known."""
    change = event.event
    if change.HasField("effective_time"):
        return formatting.when(change.effective_time, change.effective_precision)
    return formatting.when(event.record_time, PRECISION_INSTANT)


def _table() -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", min_width=4, no_wrap=True)
    table.add_column(min_width=17, no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _add(
    table: Table, event: RecordedEvent, number: int, what: Text, *more: RenderableType
) -> None:
    change = event.event
    lines: list[RenderableType] = [what]
    if change.reason:
        lines.append(Text(f"Why: {change.reason}"))
    lines += [Text(formatting.basis(basis)) for basis in change.basis]
    lines.append(Text(_recorded(event), "dim"))
    date_above_time = effective(event).replace(", ", "\n")
    table.add_row(str(number), Text(date_above_time), Group(*lines, *more))


def _what(event: VisitEvent) -> str:
    match event.WhichOneof("change"):
        case "scheduled":
            return f"Scheduled for {formatting.window(event.scheduled.window)}"
        case "disclosed":
            return f"Disclosed; held {formatting.window(event.disclosed.held_window)}"
        case "postponed":
            return "Postponed" + _until(event.postponed)
        case "deferred":
            return "Left open" + _until(event.deferred)
        case "rescheduled":
            return f"Rescheduled for {formatting.window(event.rescheduled.window)}"
        case "completed" if event.completed.HasField("held_window"):
            return f"Completed; held {formatting.window(event.completed.held_window)}"
        case "completed":
            return "Completed"
        case "cancelled":
            return "Cancelled" + _until(event.cancelled)
        case "amended":
            verb = "Corrected" if event.amended.correction else "Amended"
            return f"{verb}: {'; '.join(_amendments(event.amended))}"
        case "statement_recorded":
            said = formatting.statement(event.statement_recorded.statement)
            return said[:1].upper() + said[1:]
        case "retracted":
            merged = event.retracted.merged_into
            into = f", a duplicate of {merged}" if merged else ""
            return f"Retracted change {event.retracted.retracted_version}{into}"
        case _:
            return "A type of change that this client does not know"


def _until(change: Postponed | Deferred | Cancelled) -> str:
    return (
        f" until {formatting.condition(change.condition)}" if change.HasField("condition") else ""
    )


def _amendments(amended: Amended) -> Iterator[str]:
    for path in amended.update_mask.paths:
        field = path.removeprefix("details.")
        if field == "window":
            values = [formatting.window(amended.window)] if amended.HasField("window") else []
        else:
            values = [text for name, text in formatting.facts(amended.details) if name == field]
        yield f"{field.replace('_', ' ')} {'; '.join(values) or 'cleared'}"


def _recorded(event: RecordedEvent) -> str:
    change = event.event
    line = f"recorded {formatting.moment(event.record_time)} by {change.actor}"
    known = formatting.when(change.known_time, change.known_precision)
    if change.HasField("known_time") and known != effective(event):
        line = f"known {known}, {line}"
    return line
