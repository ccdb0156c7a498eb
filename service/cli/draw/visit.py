"""A visit on the screen: on one line, or as a card with its facts and timeline."""

from collections.abc import Iterator, Sequence
from datetime import UTC, tzinfo

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from chancery.client.words import STANDING, STATEMENT_KIND, STATUS
from chancery.v1.desk_service_pb2 import AppliedChange, RecordStatementResponse
from chancery.v1.event_pb2 import RecordedEvent, VisitEvent
from chancery.v1.values_pb2 import Side, StatementKind, Status
from chancery.v1.visit_pb2 import AsOf, Standing, Visit
from service.cli.draw import formatting, moments
from service.cli.draw.timeline import timeline

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
NEVER_COUNTING = (StatementKind.STATEMENT_KIND_REPORT, StatementKind.STATEMENT_KIND_DECLINE)


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
        line.append(f": {moments.window(visit.held_window)}")
    elif visit.HasField("window"):
        line.append(f": {moments.window(visit.window)}")
    elif visit.conditions:
        line.append(f": {formatting.condition(visit.conditions[-1].condition)}")
    return line


def recorded(done: AppliedChange | RecordStatementResponse) -> RenderableType:
    """The result of recording a change, with the times that it was given."""
    event = done.event
    change = f"version {event.event.version} of {event.event.visit}"
    if not event.position:
        what = f"Valid, not recorded: {change} would be "
    elif done.replayed:
        what = f"Already recorded at position {event.position}: {change} was "
    else:
        what = f"Recorded at position {event.position}: {change} is "
    lines = Text.assemble(what, summary(done.visit))
    if times := _times(event.event):
        lines.append(f"\n{times}")
    return lines


def weight(done: RecordStatementResponse) -> Text:
    """Whether a statement counts for the standing: for which status and how, or why not."""
    if done.counts_for:
        version = done.event.event.version
        stances = [w.stance for w in done.visit.words if w.version == version and w.counts]
        stance = f": it {formatting.STANCES.get(stances[0], 'counts')}" if stances else ""
        return Text(f"It counts for the status {STATUS.of(done.counts_for)}{stance}")
    return Text(f"It does not count for the standing: {_why_not(done)}")


def _why_not(done: RecordStatementResponse) -> str:
    statement = done.event.event.statement_recorded.statement
    if statement.side not in (Side.SIDE_GUEST, Side.SIDE_HOST):
        return "only the words of guest and host do"
    if statement.kind in NEVER_COUNTING:
        return f"a {STATEMENT_KIND.of(statement.kind)} never does"
    if not done.firm:
        return (
            "it is not firm, which is on the record, or in a document, readout or official record"
        )
    if done.event.event.version not in {word.version for word in done.visit.words}:
        return "it was said before the present status, or its speaker has said something since"
    if statement.kind == StatementKind.STATEMENT_KIND_DOUBT:
        return "it ends the speaker's earlier word"
    return "it is not about the present status"


def _times(event: VisitEvent) -> str:
    """``Known 24 March 2023``; also when it took effect, if that is another time."""
    known = moments.when(event.known_time, event.known_period)
    effective = moments.when(event.effective_time, event.effective_period)
    if not event.HasField("known_time"):
        return ""
    has_both = event.HasField("effective_time") and effective != known
    return f"In force since {effective}, known {known}" if has_both else f"Known {known}"


def heading(visit: Visit) -> Text:
    """Title and name, on two lines."""
    return Text.assemble((title(visit), "bold"), "\n", (visit.name, "dim"))


def as_of_line(as_of: AsOf, zone: tzinfo = UTC) -> Text:
    """The moment that the answer is about: ``As known by the end of 1 March 2023 (UTC)``."""
    return Text(f"As {moments.as_of(as_of, zone)}", "italic")


def card(
    visit: Visit, events: Sequence[RecordedEvent], about: Text | None = None
) -> RenderableType:
    """The whole visit: its status, its facts, and its timeline.

    ``about`` is the line about the moment that was asked for, if any.
    """
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    label = ""
    for name, value in _facts(visit):
        facts.add_row("" if name == label else name, value)
        label = name
    parts: list[RenderableType] = [heading(visit)]
    if about is not None:
        parts.append(about)
    parts += ["", facts]
    if events:
        parts += ["", Text("Timeline", "bold"), timeline(events)]
    return Group(*parts)


def _facts(visit: Visit) -> Iterator[tuple[str, RenderableType]]:
    yield "Status", status(visit)
    yield "Since", Text(_since(visit))
    if visit.HasField("last_heard_time"):
        heard = moments.when(visit.last_heard_time, visit.last_heard_period)
        yield "Last heard", Text(heard)
    if visit.under_way:
        yield "Under way", Text("yes: the principal has arrived")
    if visit.reason:
        yield "Reason", Text(visit.reason)
    for condition in visit.conditions:
        yield "Condition", Text(formatting.current_condition(condition))
    yield from _days(visit)
    for field, value in formatting.facts(visit.details):
        if field != "title":
            yield field.replace("_", " ").capitalize(), Text(value)
    for word in visit.words:
        yield "Last words", Text(formatting.word(word))


def _days(visit: Visit) -> Iterator[tuple[str, RenderableType]]:
    """When it was held, and is, was and should be planned."""
    if visit.HasField("held_window"):
        yield "Held", Text(moments.window(visit.held_window))
    if visit.HasField("window"):
        yield "Planned", Text(moments.window(visit.window))
    for window in visit.previous_windows:
        yield "Before", Text(formatting.previous_window(window))
    for claimed in visit.claimed_windows:
        yield "Claimed", Text(formatting.claimed_window(claimed))


def _since(visit: Visit) -> str:
    since = moments.when(visit.effective_time, visit.effective_period)
    known = moments.when(visit.known_time, visit.known_period)
    return since if known == since else f"{since}; known {known}"
