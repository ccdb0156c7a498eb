"""What a desk asks in the morning, asked of the server: now, or as of another moment."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from chancery.client import AsyncConnection, Visit
from chancery.client.keywords import Then
from service.web.pages.days import Days, Test, first_day, heard, is_disputed
from service.web.pages.some import COUNTED, Number, Some, some
from service.web.terms import PLANNED, WAITING

# Visits of each kind that the page shows.
CHANGED, LOOKED_AT, DRAWN, LATER, LISTED, SILENT, HELD = 8, 5, 25, 3, 12, 5, 6
# Visits with days after six weeks that are asked for, to find those that begin after them.
AFTER = 10
NEWEST = "last_heard_time desc"
BY_DAY = "window.start"


@dataclass(frozen=True)
class Today:
    """The visits that the page of today tells of. ``is_cut`` says that not all were looked at."""

    total: Number
    changed: Some
    """Something about them became known lately."""
    overdue: Some
    disputed: Some
    due: Some
    """Planned for a day within six weeks."""
    later: Some
    """Planned for later days alone."""
    waiting: Some
    """Without a date. Those of which nothing was heard for the longest come first."""
    silent: Some
    """Without a date, and nothing was heard for more than a year."""
    held: Some
    is_cut: bool = False

    @property
    def without_a_date(self) -> Number:
        """How many wait, however long nothing was heard of them."""
        return self.waiting.number + self.silent.number


async def now(connection: AsyncConnection, days: Days) -> Today:
    """What there is now, by the filters of the contract."""

    def ask(limit: int, order_by: str, **which: Any) -> Any:
        return some(connection, limit, order_by=order_by, **which)

    first, last = days.due
    names = ("changed", "overdue", "disputed", "due", "waiting", "silent", "held")
    total, not_over, after, *found = await asyncio.gather(
        connection.count(),
        connection.count(**_planned(first, None)),
        connection.visits(order_by=BY_DAY, limit=AFTER, **_planned(last + timedelta(1), None)),
        ask(CHANGED, NEWEST, heard_since=days.since),
        ask(LOOKED_AT, BY_DAY, overdue=True),
        ask(LOOKED_AT, NEWEST, standings=["disputed"]),
        ask(DRAWN, BY_DAY, **_planned(first, last)),
        ask(LISTED, "last_heard_time", statuses=WAITING, heard_since=days.silent_since),
        ask(SILENT, NEWEST, statuses=WAITING, quiet_since=days.silent_since),
        ask(
            HELD,
            "held_window.start desc",
            statuses=["completed"],
            days=days.lately,
            day_kinds=["held"],
        ),
    )
    told = dict(zip(names, found, strict=True))
    # The contract asks for a day within a range, and a rough window may begin before it. So later
    # are all that are not over, without those that are due.
    number = Number.of(not_over) - told["due"].number
    later = Some(list(filter(days.is_later, after))[:LATER], number)
    return Today(total=Number.of(total), later=later, **told)


def _planned(first: date, last: date | None) -> dict[str, Any]:
    return {"statuses": PLANNED, "days": (first, last), "day_kinds": ["planned"]}


async def then(connection: AsyncConnection, days: Days, moment: Then) -> Today:
    """What there was as of another moment. At most the first thousand visits are looked at.

    As of another moment the server lists by name alone, and folds each visit for each list. So it
    is asked once.
    """
    found = await connection.visits(limit=COUNTED + 1, **moment)
    return sorted_out(found[:COUNTED], days, is_cut=len(found) > COUNTED)


def sorted_out(visits: Sequence[Visit], days: Days, *, is_cut: bool = False) -> Today:
    """What is to be told of these visits."""

    def those(limit: int, test: Test, key: Callable[[Visit], Any], *, last: bool = False) -> Some:
        chosen = sorted(filter(test, visits), key=key, reverse=last)
        return Some.first(limit, chosen, more=is_cut)

    return Today(
        total=Number(len(visits), is_cut),
        changed=those(CHANGED, days.has_changed, heard, last=True),
        overdue=those(LOOKED_AT, days.is_overdue, first_day),
        disputed=those(LOOKED_AT, is_disputed, heard, last=True),
        due=those(DRAWN, days.is_due, first_day),
        later=those(LATER, days.is_later, first_day),
        waiting=those(LISTED, days.waits, heard),
        silent=those(SILENT, days.is_silent, heard, last=True),
        held=those(HELD, days.was_just_held, first_day, last=True),
        is_cut=is_cut,
    )
