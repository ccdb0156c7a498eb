"""The page of today: one sentence that answers the morning's five questions, then the evidence."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chancery.client import Visit, Word
from chancery.client.times import since
from service.exchange.dates import TwoReadings
from service.web import typed, wording
from service.web.drawing import agenda, agenda_key
from service.web.look_back import LookBack
from service.web.page import Page
from service.web.pages import today as asking
from service.web.pages.days import Days, first_day, heard
from service.web.pages.morning import morning, since_when
from service.web.pages.news import Item, Late, News, late, news
from service.web.pages.today import Today

# The days that are drawn: from the Monday of the last week on.
WEEKS = 8
# Other days with which news may begin.
EARLIER = ((1, "a day"), (3, "three days"), (7, "a week"))

# What one may record of a visit that is overdue, and the name of the form.
FORMS = (
    ("It took place", "complete"),
    ("It was put off", "postpone"),
    ("Record a statement", "state"),
)


@dataclass(frozen=True)
class Asked:
    """What an address asks of the page; ``error`` says why it is not as the address says."""

    days: Days
    error: str = ""


async def home(request: Request) -> Response:
    """The page of today, or as of another moment."""
    page = await Page.of(request)
    query = _asked(request.query_params.getlist("since"), page)
    days, connection = query.days, page.connection

    async def told() -> tuple[Today, News]:
        if page.look:
            found = await asking.then(connection, days, page.look.then)
        else:
            found = await asking.now(connection, days)
        return found, await news(connection, found.changed.visits, days.since, page.look.then)

    if page.look:
        (found, new), old = await told(), Late()
    else:
        (found, new), old = await asyncio.gather(told(), late(connection, days.since))
    return page.draw(
        "home.html",
        400 if query.error else 200,
        error=query.error,
        around=days,
        neighbours=_neighbours(page.look, days.today),
        weekday=f"{days.today:%A}",
        since=since_when(days),
        earlier=[(days.today - timedelta(back), name) for back, name in EARLIER],
        sentence=morning(found, days),
        today=found,
        news=new,
        late=old,
        upcoming=_upcoming(found),
        key=agenda_key(has_ended=False),
        drawing=_drawing(found, days, page.look),
        today_position=page.info.head_position if page.info else 0,
        told=Telling(page, days, found),
    )


@dataclass(frozen=True)
class Telling:
    """What the page says of its visits beside what all pages say."""

    page: Page
    days: Days
    today: Today

    def day_name(self, day: date) -> str:
        """``Today, 28 November``; as of another moment nothing is today."""
        back = (self.days.today - day).days
        near = {0: "Today", 1: "Yesterday"}.get(back) if not self.page.look else None
        year = f" {day.year}" if day.year != self.days.today.year else ""
        return f"{near or f'{day:%A}'}, {day.day} {day:%B}{year}"

    def headline(self, item: Item) -> Markup:
        """What a change did, with the window that it ended."""
        ended = (each for each in item.visit.previous_windows if each.version == item.event.version)
        before = next(ended, None)
        return wording.headline(item.event, before.window if before else None)

    def forms(self, visit: Visit) -> list[tuple[str, str]]:
        """What one may record of a visit that is overdue, and the addresses of the forms."""
        return [(text, f"/visits/{visit.id}/{action}") for text, action in FORMS]

    def overdue(self, visit: Visit) -> str:
        """For how long a visit is overdue: ``4 days``."""
        return wording.plural(wording.overdue_days(visit, self.days.at), "day")

    def quiet(self, visit: Visit) -> str:
        """For how long nothing was heard of a visit."""
        days = self.quiet_days(visit)
        return wording.age(days) if days > 1 else f"heard {wording.ago(days)}"

    def quiet_days(self, visit: Visit) -> int:
        """The same in days."""
        return max(0, (self.days.today - heard(visit).astimezone(UTC).date()).days)

    @property
    def quietest(self) -> int:
        """The most days for which nothing was heard of a visit that waits."""
        return max([*map(self.quiet_days, self.today.waiting.visits), 1])

    def voice(self, word: Word) -> Markup:
        """Who contradicts: ``Host``."""
        return Markup(wording.plain(wording.voice(word)).removeprefix("the ").capitalize())

    def contradiction(self, word: Word) -> Markup:
        """What the side says instead."""
        said = word.statement
        if said is None:
            return Markup("spoke otherwise with change {}").format(word.version)
        if said.text:
            return Markup("<q><bdi>{}</bdi></q>").format(said.text.strip().removesuffix("."))
        if said.claimed_window:
            return Markup("names {}").format(wording.window(said.claimed_window))
        return Markup("{}").format(said.claimed_status or wording.verb(said.kind))


def _asked(given: Sequence[str], page: Page) -> Asked:
    """With which day news begin: the day before the moment, unless the address says another."""
    at, is_past = page.at, bool(page.look)
    usual = datetime.combine(at.date() - timedelta(1), time.min, UTC)
    said = next((text.strip() for text in reversed(given) if text.strip()), "")
    if not said:
        return Asked(Days(at, usual, is_past))
    try:
        began = since(typed.usual(said)).ToDatetime(tzinfo=UTC)
    except TwoReadings as error:
        return Asked(Days(at, usual, is_past), f"{error}.")
    except ValueError:
        told = (
            f"“{said[:40]}” is no day. Write it as {usual:%Y-%m-%d}, {usual:%Y-%m} or {usual:%Y}."
        )
        return Asked(Days(at, usual, is_past), told)
    if began > at and is_past:  # the day was chosen before the moment
        return Asked(Days(at, usual, is_past))
    if began > at:
        told = f"“{said[:40]}” is not over yet: give an earlier day, such as {usual:%Y-%m-%d}."
        return Asked(Days(at, usual, is_past), told)
    return Asked(Days(at, began, is_past))


def _neighbours(look: LookBack, day: date) -> list[date]:
    """The days beside the one that a page is about, if it is about what was known on a day."""
    if look.given.keys() != {"known"}:
        return []
    days = day - timedelta(1), day + timedelta(1)
    return [each for each in days if each <= datetime.now(UTC).date()]


def _upcoming(found: Today) -> list[Visit]:
    """Whom the drawing shows: the visits that are due, behind those that are overdue."""
    return sorted([*found.overdue.visits, *found.due.visits], key=first_day)


def _drawing(found: Today, days: Days, look: LookBack) -> Markup | None:
    """The windows of eight weeks, with those that have passed; None if there are none."""
    monday = days.today - timedelta(days.today.weekday() + 7)
    shown = [visit for visit in _upcoming(found) if _ends(visit) >= monday]
    if not shown:
        return None
    return agenda(
        shown,
        monday,
        7 * WEEKS,
        days.at,
        address=lambda visit: f"/visits/{visit.id}{look.query()}",
    )


def _ends(visit: Visit) -> date:
    return (visit.window and visit.window.end) or date.max


ROUTES = (Route("/", home, methods=["GET"]),)
