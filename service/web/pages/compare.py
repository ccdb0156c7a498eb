"""A visit at two moments: what differs, and the changes that made it so."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from chancery.client import Comparison, Visit
from chancery.client.errors import InvalidRequest, NotFound, VisitNotFound
from chancery.client.keywords import AsOf
from service.exchange.dates import TwoReadings
from service.web import typed, wording
from service.web.board import with_query
from service.web.look_back import LookBack, problem_of
from service.web.page import Page
from service.web.pages.absent import absent
from service.web.pages.record import Record

NOW = "now"
_MISSING = {
    "NOT_RECORDED_BY_THEN": "Nothing of it was recorded here by then.",
    "NOT_KNOWN_BY_THEN": "Nothing was known of it by then.",
    "NOT_IN_FORCE_BY_THEN": "Nothing of it had taken effect by then.",
    "VISIT_WITHDRAWN": "It was withdrawn: the change that opened it was entered in error.",
}
_TIME, _PERIOD = "_time", "_period"


@dataclass(frozen=True)
class Pane:
    """The visit at one of the moments, or why it is not there."""

    said: str
    visit: Visit | None
    missing: str

    @property
    def look(self) -> LookBack:
        """The moment, as the address of the visit's page says it."""
        return LookBack({} if self.said == NOW else {"known": self.said})

    @property
    def title(self) -> str:
        """The moment in words: ``Known by the end of 4 February 2023``, ``Now``."""
        said = self.look.said or NOW
        return said[:1].upper() + said[1:]


@dataclass(frozen=True)
class Row:
    """A field that differs."""

    name: str
    old: list[Markup]
    new: list[Markup]


async def show(request: Request) -> Response:
    """The page that compares a visit at ``from`` and ``to``: days, months, years or instants."""
    page = replace(await Page.of(request), look=LookBack())
    name = request.path_params["id"]
    try:
        history = await page.connection.history(name)
        visit = history[0].visit.removeprefix("visits/") if history else name
    except (NotFound, InvalidRequest) as error:
        return await absent(page, name, error)
    if visit != name:
        return RedirectResponse(with_query(request, f"/visits/{visit}/compare"), 303)
    days = Record.of(history).days
    moments = _moments(request, days[0] if days else NOW)
    problems = {name: text for name, said in moments.items() if (text := _problem(said))}
    context = {"id": visit, "days": days, "moments": moments, "problems": problems}
    if problems:
        return page.draw("compare.html", 400, title=visit, **context)
    try:
        return await _compared(page, visit, moments, context)
    except VisitNotFound as error:
        return await absent(page, name, error)


async def _compared(
    page: Page, visit: str, moments: dict[str, str], context: dict[str, object]
) -> Response:
    first, second = moments["from"], moments["to"]
    try:
        found = await page.connection.compare(visit, _as_of(first), _as_of(second))
    except VisitNotFound:
        raise
    except NotFound as error:  # it is there at neither
        panes = [
            Pane(said, None, _MISSING.get(error.reason, str(error))) for said in (first, second)
        ]
        return page.draw("compare.html", title=visit, panes=panes, found=None, **context)
    panes = [
        Pane(first, found.before, _MISSING.get(found.before_missing, "")),
        Pane(second, found.after, _MISSING.get(found.after_missing, "")),
    ]
    shown = found.after or found.before
    return page.draw(
        "compare.html",
        title=shown.title if shown else visit,
        panes=panes,
        found=found,
        rows=list(rows(found)),
        record=Record.of(found.events),
        position=found.view_position,
        live=f"visits/{visit}",
        **context,
    )


def rows(found: Comparison) -> Iterator[Row]:
    """The fields that differ. A time and the period as which it was told are one of them."""
    paths = {each.path for each in found.field_changes}
    for change in found.field_changes:
        stem, is_period = change.path.removesuffix(_PERIOD), change.path.endswith(_PERIOD)
        if is_period and stem + _TIME in paths:
            continue
        if is_period or change.path.endswith(_TIME):
            stem = stem.removesuffix(_TIME)
            yield Row(
                wording.path(stem + _TIME), _time(found.before, stem), _time(found.after, stem)
            )
        else:
            yield Row(wording.path(change.path), *wording.differing(change))


def _time(visit: Visit | None, stem: str) -> list[Markup]:
    """A time of a visit as exactly as it was told, by the stem of its name."""
    time = getattr(visit, stem + _TIME, None)
    if time is None:
        return []
    return [Markup("{}").format(wording.short_when(time, getattr(visit, stem + _PERIOD, "")))]


def _moments(request: Request, first: str) -> dict[str, str]:
    query = request.query_params
    return {
        "from": _typed(query.get("from", "")) or first,
        "to": _typed(query.get("to", "")) or NOW,
    }


def _typed(said: str) -> str:
    with suppress(TwoReadings):
        return typed.usual(said.strip())
    return said.strip()


def _problem(said: str) -> str:
    return "" if said == NOW else problem_of(said)


def _as_of(said: str) -> AsOf | None:
    return None if said == NOW else AsOf(known_at=said)
