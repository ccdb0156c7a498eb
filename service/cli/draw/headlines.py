"""What a change did, on one line."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from chancery.client.error import ACTIONS
from chancery.v1.event_pb2 import (
    Amended,
    Cancelled,
    Corrected,
    Deferred,
    DetailItems,
    Postponed,
    Rescheduled,
    VisitEvent,
)
from chancery.v1.values_pb2 import Window
from service.cli.draw import formatting, moments
from service.cli.draw.marks import taken_out


def headline(event: VisitEvent) -> Text:
    """What changed; a change of status is bold."""
    return Text(_what(event), "bold" if event.WhichOneof("change") in ACTIONS else "")


def changes(versions: Sequence[int]) -> str:
    """``change 2``, ``changes 2 and 3``, ``changes 2, 3 and 4``."""
    *first, last = map(str, versions)
    return f"changes {', '.join(first)} and {last}" if first else f"change {last}"


def _what(event: VisitEvent) -> str:
    match event.WhichOneof("change"):
        case "scheduled" if event.scheduled.HasField("window"):
            return "Scheduled" + _for(event.scheduled.window)
        case "scheduled":
            return "Scheduled, without a date"
        case "disclosed":
            return f"Disclosed; held {moments.window(event.disclosed.held_window)}"
        case "postponed":
            return "Postponed" + _until(event.postponed) + _given_up(event.postponed)
        case "deferred":
            return "Left open" + _until(event.deferred) + _given_up(event.deferred)
        case "rescheduled":
            change = event.rescheduled
            return "Rescheduled" + _for(change.window) + _given_up(change)
        case "completed" if event.completed.HasField("held_window"):
            return f"Completed; held {moments.window(event.completed.held_window)}"
        case "completed":
            return "Completed"
        case "cancelled":
            return "Cancelled" + _until(event.cancelled) + _given_up(event.cancelled)
        case _:
            return _what_else(event)


def _what_else(event: VisitEvent) -> str:
    """What a change did that is no change of status."""
    match event.WhichOneof("change"):
        case "amended":
            return f"Amended: {'; '.join(_amendments(event.amended))}"
        case "corrected":
            change = event.corrected
            return f"Corrected change {change.corrected_version}: {'; '.join(_values(change))}"
        case "statement_recorded":
            said = formatting.statement(event.statement_recorded.statement)
            return said[:1].upper() + said[1:]
        case "retracted":
            merged = event.retracted.merged_into
            into = f", a duplicate of {merged}" if merged else ""
            return f"Retracted {changes(taken_out(event))}{into}"
        case _:
            return "A type of change that this client does not know"


def _for(window: Window) -> str:
    """`` for 18 to 19 June 2023``; ``, from 1 June 2023`` if it is open at an end."""
    is_open = window.HasField("start") != window.HasField("end")
    return (", " if is_open else " for ") + moments.window(window)


def _until(change: Postponed | Deferred | Cancelled) -> str:
    return (
        f" until {formatting.condition(change.condition)}" if change.HasField("condition") else ""
    )


def _given_up(change: Postponed | Deferred | Rescheduled | Cancelled) -> str:
    given_up = change.HasField("window_given_up")
    return f"; given up {moments.window(change.window_given_up)}" if given_up else ""


def _amendments(amended: Amended) -> Iterator[str]:
    yield from _values(amended)
    for verb, items in ("added", amended.added), ("removed", amended.removed):
        yield from (f"{name} {verb} {value}" for name, value in _items(items))


def _items(items: DetailItems) -> Iterator[tuple[str, str]]:
    """The names and texts of single items."""
    yield from (("aliases", alias) for alias in items.aliases)
    yield from (("related", formatting.related(each)) for each in items.related)
    yield from (("other names", name) for name in items.principal_other_names)
    for names in (*items.counterpart_other_names, *items.city_other_names):
        yield f"other names of {names.name}", "; ".join(names.other_names)


def _values(change: Amended | Corrected) -> Iterator[str]:
    """The new value of each field that the mask names."""
    told: dict[str, list[str]] = {}
    for name, text in formatting.facts(change):
        told.setdefault(name, []).append(text)
    for path in change.update_mask.paths:
        field = path.removeprefix("details.")
        yield f"{field.replace('_', ' ')} {'; '.join(told.get(field, ())) or 'cleared'}"
