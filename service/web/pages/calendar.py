"""The calendar: the windows of some months drawn, the same as a list, and those on no day."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from markupsafe import Markup
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chancery.client import AsyncConnection, Visit, Window
from service.web import wording
from service.web.drawing import agenda, agenda_key
from service.web.page import Page
from service.web.pages.days import first_day, heard
from service.web.pages.some import Number, Some, some
from service.web.terms import PLANNED, WAITING

# Visits that are drawn and listed, and that are on no day.
DRAWN, SHELVED = 100, 50
# What has days that were planned. A visit that was called off shows in its days that it was.
DATED = (*PLANNED, "cancelled")
MONTHS, MOST = 4, 24
CHOICES = (1, 4, 12)
FIRST_YEAR, LAST_YEAR = 1800, 2999

_MONTH = re.compile(r"(\d{4})-(\d{2})(-\d{2})?", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(frozen=True)
class Months:
    """Months in a row, from a first one. ``problems`` says what of the address is not so."""

    first: date
    number: int
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def last(self) -> date:
        """The last day."""
        return moved(self.first, self.number) - timedelta(1)

    @property
    def days(self) -> int:
        """How many days they have."""
        return (self.last - self.first).days + 1

    def __str__(self) -> str:
        return wording.span(self.first, self.last, rough=True)


async def calendar(request: Request) -> Response:
    """The windows of some months, now or as of another moment."""
    page = await Page.of(request)
    months = asked(request.query_params, page.at.date())
    found, shelf = await asyncio.gather(
        _with_days(page, months),
        _some(page, SHELVED, "last_heard_time", statuses=WAITING),
    )
    return page.draw(
        "calendar.html",
        400 if months.problems else 200,
        months=months,
        choices=CHOICES,
        earlier=_within(moved(months.first, -months.number)),
        later=_within(moved(months.first, months.number)),
        found=found,
        shelf=Some(sorted(shelf.visits, key=heard), shelf.number),
        groups=groups(found.visits),
        key=agenda_key(),
        drawing=_drawing(page, months, found.visits),
        calendar_position=page.info.head_position if page.info else 0,
    )


def asked(query: QueryParams, today: date) -> Months:
    """The months that an address asks for; what it says wrongly is as if it said nothing."""
    first, number, problems = today.replace(day=1), MONTHS, dict[str, str]()
    if said := query.get("from", "").strip():
        try:
            first = _month(said)
        except ValueError:
            problems["from"] = (
                f"“{said[:40]}” is no month. Write it as {today:%Y-%m}, of the years "
                f"{FIRST_YEAR} to {LAST_YEAR}."
            )
    if said := query.get("months", "").strip():
        if _NUMBER.fullmatch(said) and 1 <= int(said) <= MOST:
            number = int(said)
        else:
            problems["months"] = (
                f"“{said[:40]}” is not allowed. Give a number of months from 1 to {MOST}."
            )
    return Months(first, number, problems)


def _month(said: str) -> date:
    """The first day of a month.

    :raises ValueError: there is no such month, or it is not within the years that can be drawn.
    """
    found = _MONTH.fullmatch(said)
    if not found or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        raise ValueError
    return date.fromisoformat(said if found[3] else f"{said}-01").replace(day=1)


def moved(month: date, by: int) -> date:
    """The first day of the month so many months later."""
    number = month.year * 12 + month.month - 1 + by
    return date(number // 12, number % 12 + 1, 1)


def _within(month: date) -> date:
    """The month, or the nearest one that can be drawn."""
    return min(max(month, date(FIRST_YEAR, 1, 1)), date(LAST_YEAR, 12, 1))


async def _with_days(page: Page, months: Months) -> Some:
    """The visits that are planned for these days or were held then, in their order."""
    window = {"days": (months.first, months.last)}
    planned, held = await asyncio.gather(
        _some(page, DRAWN, "window.start", statuses=DATED, day_kinds=["planned"], **window),
        _some(
            page, DRAWN, "held_window.start", statuses=["completed"], day_kinds=["held"], **window
        ),
    )
    visits = sorted([*planned.visits, *held.visits], key=first_day)
    return Some(visits[:DRAWN], planned.number + held.number)


async def _some(page: Page, limit: int, order_by: str, **which: Any) -> Some:
    """The first visits that meet a question. As of another moment, the first by name."""
    connection: AsyncConnection = page.connection
    if not page.look:
        return await some(connection, limit, order_by=order_by, **which)
    found = await connection.visits(limit=limit + 1, **which, **page.look.then)
    return Some(found[:limit], Number(min(limit, len(found)), len(found) > limit))


def groups(visits: Sequence[Visit]) -> list[tuple[str, bool, list[Visit]]]:
    """Visits by the week in which they begin; those only roughly known by their months."""
    keyed = sorted((_place(visit), visit.name, visit) for visit in visits)
    return [
        (place.name, place.is_rough, [visit for _, _, visit in of_place])
        for place, of_place in groupby(keyed, key=lambda each: each[0])
    ]


@dataclass(frozen=True, order=True)
class _Place:
    """Where a visit stands in the list."""

    first: date
    is_rough: bool
    name: str


def _place(visit: Visit) -> _Place:
    window = visit.held_window or visit.window or Window()
    first, last = window.start or window.end or date.min, window.end or window.start or date.max
    if window.approximate or window.start is None or window.end is None:
        begin, end = first.replace(day=1), moved(last, 1) - timedelta(1)
        return _Place(begin, True, f"Roughly, {wording.span(begin, end, rough=True)}")
    monday = first - timedelta(first.weekday())
    return _Place(monday, False, f"Week of {wording.day(monday)}")


def _drawing(page: Page, months: Months, visits: Sequence[Visit]) -> Markup | None:
    if not visits:
        return None
    return agenda(
        visits,
        months.first,
        months.days,
        page.at,
        address=lambda visit: f"/visits/{visit.id}{page.look.query()}",
    )


ROUTES = (Route("/calendar", calendar, methods=["GET"]),)
