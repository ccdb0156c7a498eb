"""The changes of a visit, one below the other: what, when, why, and who said so."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from chancery.v1.event_pb2 import EventAnnotation, RecordedEvent
from service.cli.draw import formatting, moments
from service.cli.draw.headlines import changes, headline
from service.cli.draw.marks import Marks, derived


def timeline(events: Sequence[RecordedEvent], marks: Marks | None = None) -> Table:
    """The changes of one visit, with what later changes did to them.

    ``marks`` say what that is; None if it follows from these changes.
    """
    marks = derived(events) if marks is None else marks
    table = _table()
    for event in events:
        change = event.event
        what = marked(headline(change), marks.get((change.visit, change.version)))
        _add(table, event, change.version, what)
    return table


def entry(
    event: RecordedEvent, *more: RenderableType, mark: EventAnnotation | None = None
) -> Table:
    """One change of the log, with its position and visit, and ``more`` below it."""
    table = _table()
    change = event.event
    what = marked(headline(change), mark)
    what = Text.assemble((f"{change.visit} ", "cyan"), f"{change.version}: ", what)
    _add(table, event, event.position, what, *more)
    return table


def marked(what: Text, mark: EventAnnotation | None) -> Text:
    """What changed, struck through if it was retracted, with the changes that did so."""
    if mark is None:
        return what
    if mark.retracted_by_version:
        what.stylize("strike")
        what.append(f"  (retracted by change {mark.retracted_by_version})", "not strike red")
    elif mark.corrected_by_versions:
        what.append(f"  (corrected by {changes(mark.corrected_by_versions)})", "yellow")
    return what


def effective(event: RecordedEvent) -> str:
    """When the change took effect, as it was told."""
    change = event.event
    if change.HasField("effective_time"):
        return moments.when(change.effective_time, change.effective_period)
    return moments.when(event.record_time)


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
    lines += [Text(f"Confidential: {formatting.basis(source)}") for source in change.sources]
    if change.note:
        lines.append(Text(f"Note: {change.note}"))
    lines.append(Text(_recorded(event), "dim"))
    date_above_time = effective(event).replace(", ", "\n")
    table.add_row(str(number), Text(date_above_time), Group(*lines, *more))


def _recorded(event: RecordedEvent) -> str:
    change = event.event
    line = f"recorded {moments.moment(event.record_time)}"
    if change.actor:
        line += f" by {change.actor}"
    known = moments.when(change.known_time, change.known_period)
    if change.HasField("known_time") and known != effective(event):
        line = f"known {known}, {line}"
    return line
