"""The days that a history names: one row for each window, and how each ended."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from chancery.client import (
    Amended,
    Cancelled,
    Completed,
    Corrected,
    Deferred,
    Disclosed,
    Event,
    Postponed,
    Rescheduled,
    Scheduled,
    Visit,
    Window,
)
from chancery.client.words import SideWord, StatusWord
from service.web.drawing.story import known_day
from service.web.terms import STATUS_OF, statement_of

Fate = Literal["plan", "exact", "moved", "held", "claim"]
"""What became of a window: it is the plan, was made more exact, was moved away from or entered in
error, was held, or is merely named by somebody."""

# How many rows there are at most of days that somebody names, and of all others.
MOST_CLAIMS, MOST_PLANS = 12, 24
# What becomes of the window in a field, as long as nothing later ends it.
FATES: dict[str, Fate] = {"window_given_up": "moved", "window": "plan", "held_window": "held"}


@dataclass(frozen=True)
class Row:
    """A window, the day on which it became known, and what became of it.

    ``status`` is the one that it was planned under, which gives its colour. ``side`` names it, if
    somebody merely does.
    """

    window: Window
    version: int
    known: int
    fate: Fate
    status: StatusWord
    side: SideWord | None = None
    is_taken_back: bool = False


def rows_of(visit: Visit | None, events: Iterable[Event], end: int) -> tuple[Row, ...]:
    """The rows, in the order in which they were recorded. None became known after ``end``."""
    ordered = sorted(events, key=lambda event: event.version)
    by_version = {event.version: event for event in ordered}
    rows: list[Row] = []
    status: StatusWord = "scheduled"
    for event in ordered:
        status = STATUS_OF.get(event.change_type, status)
        rows += (row for row in _told(event, status, by_version, end) if not _is_again(row, rows))
    return tuple(_latest(_settled(rows, ordered, _endings(visit))))


def _told(
    event: Event, status: StatusWord, by_version: dict[int, Event], end: int
) -> Iterator[Row]:
    """The rows of one change; of a value that was misled and corrected later, one for each."""
    claimed = (statement := statement_of(event)) and statement.claimed_window
    if statement and claimed:
        known, side = known_day(event, end), statement.side
        taken = bool(event.retracted_by)
        fate: Fate = "moved" if taken else "claim"
        yield Row(claimed, event.version, known, fate, status, side, taken)
    for field, usual in FATES.items():
        values = _values(event, field, by_version, end)
        for number, (window, known) in enumerate(values, start=1):
            taken = bool(event.retracted_by)
            fate = usual if number == len(values) and not taken else "moved"
            colour: StatusWord = "scheduled" if field == "window_given_up" else status
            yield Row(window, event.version, known, fate, colour, None, taken)


def _values(
    event: Event, field: str, by_version: dict[int, Event], end: int
) -> list[tuple[Window, int]]:
    """The window that a change names, and what corrections put in its place, with known days.

    A slip of the pen was never known: only what the world was told wrongly stays beside it.
    """
    named = _named(event, field)
    values = [(named, known_day(event, end))] if named else []
    for version in event.corrected_by:
        correction = by_version.get(version)
        if correction is None or not isinstance(correction.change, Corrected):
            continue
        if field in correction.change.update_mask:
            right = getattr(correction.change, field)
            is_slip = correction.known_time is None
            known = known_day(event if is_slip else correction, end)
            values = [] if is_slip else values
            values += [(right, known)] if right else []
    return values


def _named(event: Event, field: str) -> Window | None:
    change = event.change
    if field == "window" and isinstance(change, Scheduled | Rescheduled | Amended):
        return change.window
    if field == "held_window" and isinstance(change, Disclosed | Completed | Amended):
        return change.held_window
    if isinstance(change, Postponed | Deferred | Cancelled | Rescheduled):
        return change.window_given_up if field == "window_given_up" else None
    return None


def _is_again(row: Row, rows: Sequence[Row]) -> bool:
    """Whether somebody only names the same days again."""
    claims = (one for one in reversed(rows) if one.fate == "claim" and one.side == row.side)
    last = next(claims, None)
    return row.fate == "claim" and last is not None and last.window == row.window


def _latest(rows: Iterable[Row]) -> list[Row]:
    """As many of the last rows as a drawing bears; the list has all of them."""
    ordered = list(rows)
    claims = [row for row in ordered if row.fate == "claim"][:-MOST_CLAIMS]
    others = [row for row in ordered if row.fate != "claim"][:-MOST_PLANS]
    left_out = {id(row) for row in (*claims, *others)}
    return [row for row in ordered if id(row) not in left_out]


def _endings(visit: Visit | None) -> dict[int, Fate]:
    """How the change of a version ended the window before it, as the visit says."""
    previous = visit.previous_windows if visit else ()
    return {one.version: "exact" if one.ending == "made exact" else "moved" for one in previous}


def _settled(rows: list[Row], events: Sequence[Event], endings: dict[int, Fate]) -> Iterator[Row]:
    """The rows with what became of each: a plan stands until a later change ends it."""
    standing = [event for event in events if not event.retracted_by]
    for row in rows:
        later = [event for event in standing if event.version > row.version]
        if row.fate == "plan":
            yield _ended(row, standing, later, endings)
        elif row.fate == "held" and any(_named(event, "held_window") for event in later):
            yield replace(row, fate="exact")
        else:
            yield row


def _ended(row: Row, standing: list[Event], later: list[Event], endings: dict[int, Fate]) -> Row:
    for event in later:
        change = event.change
        is_cleared = isinstance(change, Amended) and "window" in change.update_mask
        is_new = is_cleared or _named(event, "window") is not None
        if event.change_type in ("postponed", "deferred") or is_new:
            usual: Fate = "exact" if event.change_type == "amended" else "moved"
            return replace(row, fate=endings.get(event.version, usual))
    statuses = [STATUS_OF[each.change_type] for each in standing if each.change_type in STATUS_OF]
    return replace(row, fate="moved") if statuses[-1:] == ["cancelled"] else row
