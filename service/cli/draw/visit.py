"""A visit on the screen: on one line, or as a card with its facts and timeline."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from chancery.v1.desk_service_pb2 import AppliedChange
from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.visit_pb2 import PRECISION_DAY, AsOf, Standing, Status, Visit
from service.cli.draw import formatting
from service.cli.draw.retractions import last_status_change
from service.cli.draw.timeline import timeline
from service.cli.notation.enums import STANDING, STATUS

STATUS_STYLES = {
    Status.STATUS_SCHEDULED: "bold cyan",
    Status.STATUS_POSTPONED: "bold yellow",
    Status.STATUS_WHEN_CONDITIONS_ALLOW: "bold magenta",
    Status.STATUS_RESCHEDULED: "bold blue",
    Status.STATUS_COMPLETED: "bold green",
    Status.STATUS_CANCELLED: "bold red",
}
STANDING_STYLES = {
    Standing.STANDING_REPORTED: "yellow",
    Standing.STANDING_OFFICIAL: "green",
    Standing.STANDING_DISPUTED: "red",
}


def title(visit: Visit) -> str:
    """The title, or who goes where if there is none."""
    details = visit.details
    where = details.host.country or details.host.organisation
    return details.title or f"{details.principal.name} to {where}"


def status(visit: Visit) -> Text:
    """Status and standing, in colour: ``completed, official``."""
    if not visit.status:
        return Text("withdrawn", "bold")
    return Text.assemble(
        (STATUS.of(visit.status), STATUS_STYLES.get(visit.status, "bold")),
        ", ",
        (STANDING.of(visit.standing), STANDING_STYLES.get(visit.standing, "")),
    )


def summary(visit: Visit) -> Text:
    """Status, standing, and the window or condition, on one line."""
    line = status(visit)
    if visit.HasField("held_window"):
        line.append(f": {formatting.window(visit.held_window)}")
    elif visit.HasField("window"):
        line.append(f": {formatting.window(visit.window)}")
    elif visit.conditions:
        line.append(f": {formatting.condition(visit.conditions[-1])}")
    return line


def recorded(done: AppliedChange) -> RenderableType:
    """The result of recording a change."""
    event = done.event
    change = f"version {event.event.version} of {event.event.visit}"
    if not event.position:
        what = f"Valid, not recorded: {change} would be "
    elif done.replayed:
        what = f"Already recorded at position {event.position}: {change} was "
    else:
        what = f"Recorded at position {event.position}: {change} is "
    return Text.assemble(what, summary(done.visit))


def heading(visit: Visit) -> Text:
    """Title and name, on two lines."""
    return Text.assemble((title(visit), "bold"), "\n", (visit.name, "dim"))


def as_of_line(as_of: AsOf) -> Text:
    """The moment that the answer is about: ``As known by the end of 1 March 2023 (UTC)``."""
    return Text(f"As {formatting.as_of(as_of)}", "italic")


def card(
    visit: Visit, events: Sequence[RecordedEvent], as_of: AsOf | None = None
) -> RenderableType:
    """The whole visit: its status, its facts, and its timeline."""
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    label = ""
    for name, value in _facts(visit, events):
        facts.add_row("" if name == label else name, value)
        label = name
    parts: list[RenderableType] = [heading(visit)]
    if as_of is not None:
        parts.append(as_of_line(as_of))
    parts += ["", facts]
    if events:
        parts += ["", Text("Timeline", "bold"), timeline(events)]
    return Group(*parts)


def _facts(visit: Visit, events: Sequence[RecordedEvent]) -> Iterator[tuple[str, RenderableType]]:
    yield "Status", status(visit)
    yield "Since", Text(_since(visit, events))
    if visit.reason:
        yield "Reason", Text(visit.reason)
    for condition in visit.conditions:
        yield "Condition", Text(formatting.condition(condition))
    if visit.HasField("held_window"):
        yield "Held", Text(formatting.window(visit.held_window))
    if visit.HasField("window"):
        yield "Planned", Text(formatting.window(visit.window))
    for window in visit.previous_windows:
        yield "Before", Text(formatting.window(window))
    for field, value in formatting.facts(visit.details):
        if field != "title":
            yield field.replace("_", " ").capitalize(), Text(value)
    for statement in visit.statements:
        yield "Last words", Text(formatting.statement(statement))


def _since(visit: Visit, events: Sequence[RecordedEvent]) -> str:
    change = last_status_change(events)
    since = formatting.when(
        visit.effective_time, change.effective_precision if change else PRECISION_DAY
    )
    known = formatting.when(visit.known_time, change.known_precision if change else PRECISION_DAY)
    return since if known == since else f"{since}; known {known}"
