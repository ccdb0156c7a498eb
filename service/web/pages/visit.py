"""The page of one visit: the case in a sentence, drawn, and who said what."""

import asyncio
from dataclasses import dataclass

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from chancery.client import Event, Visit
from chancery.client.errors import InvalidRequest, NotFound, VisitWithdrawn
from chancery.client.words import ChangeWord
from service.exchange import jsonld
from service.web import wording
from service.web.board import with_query
from service.web.drawing import NARROW, plan_of, timeline, timeline_key
from service.web.page import Page
from service.web.pages.absent import absent, withdrawn
from service.web.pages.done import Done
from service.web.pages.record import Record
from service.web.pages.stands import stands
from service.web.terms import FORM_OF, WAITING

# What any status allows.
ALWAYS: tuple[ChangeWord, ...] = ("statement recorded", "amended", "corrected", "retracted")
# So many days are offered in a list to choose from; of more, a field is typed into.
SHOWN_DAYS = 40
# The parameters that only say what became of a form.
_DONE, _AGAIN = "done", "again"


@dataclass(frozen=True)
class Asked:
    """What the page of a visit is made of: ``events`` are those that count at the moment."""

    visit: Visit
    events: tuple[Event, ...]
    everything: tuple[Event, ...]
    position: int


async def show(request: Request) -> Response:
    """The page of a visit, now or as of another moment."""
    page = await Page.of(request)
    name = request.path_params["id"]
    try:
        visit = await page.connection.visit(name, **page.look.then)
    except VisitWithdrawn as error:
        visit = await withdrawn(page, name, error)
    except (NotFound, InvalidRequest) as error:
        return await absent(page, name, error)
    if visit.id != name:
        return RedirectResponse(with_query(request, f"/visits/{visit.id}"), 303)
    asked, related = await asyncio.gather(_asked(page, visit), _related(page, visit))
    return drawn(page, asked, related)


def drawn(page: Page, asked: Asked, related: tuple[Visit, ...]) -> Response:
    """The page, from all that was asked for it."""
    visit, events = asked.visit, asked.events
    record, whole = Record.of(events, visit), Record.of(asked.everything)
    return page.draw(
        "visit.html",
        visit=visit,
        position=asked.position,
        live=visit.name,
        drawings=drawings(None if visit.status is None else visit, events, page),
        record=record,
        shown=record.shown(bool(page.request.query_params.get("all"))),
        hidden=len(whole.items) - len(record.items),
        days=whole.days,
        shown_days=SHOWN_DAYS,
        neighbours=whole.neighbours(page.look.given.get("known", ""), page.at),
        stands=stands(visit, events),
        linked=linked(page, visit),
        opening=_of_the_status(visit, events),
        quiet=_quiet(page, visit),
        titles={each.name: each.title for each in related},
        named_by=_named_by(visit, related),
        verbs=FORM_OF,
        always=ALWAYS,
        done=_done(page, asked),
    )


def drawings(visit: Visit | None, events: tuple[Event, ...], page: Page) -> dict[str, Markup]:
    """The timeline, wide and narrow, and its key."""
    plan = plan_of(visit, events, page.at.date(), is_past=bool(page.look))
    return {
        "wide": timeline(plan, prefix="w"),
        "narrow": timeline(plan, width=NARROW, prefix="n"),
        "key": timeline_key(plan),
    }


def linked(page: Page, visit: Visit) -> Markup:
    """The visit as linked data, to stand in a script of that type; empty if it was withdrawn."""
    if visit.status is None or page.info is None:
        return Markup()
    # Whatever could end the script is escaped.
    return Markup(
        jsonld.event(
            visit,
            page.info.first_log_origin,
            lambda name: page.public(f"/visits/{name}{page.look.query()}"),
        )
    )


async def _asked(page: Page, visit: Visit) -> Asked:
    history = page.connection.history
    if page.look:
        everything, counted = await asyncio.gather(
            history(visit.name), history(visit.name, **page.look.then)
        )
    else:
        everything = counted = await history(visit.name)
    # Whatever came in between, the live line is to announce.
    position = min(visit.view_position, everything.view_position)
    return Asked(visit, counted.items, everything.items, position)


async def _related(page: Page, visit: Visit) -> tuple[Visit, ...]:
    """The visits that are related to this one, whichever of the two says so.

    Only as things stand: as of another moment, the server would fold every visit that there is.
    """
    if page.look:
        return ()
    found = await page.connection.visits(related_to=visit.name, limit=20)
    return found.items


def _done(page: Page, asked: Asked) -> Done | None:
    """The change that a form has just recorded, if one has."""
    query = page.request.query_params
    again = bool(query.get(_AGAIN))
    return Done.of(query.get(_DONE, ""), again, asked.visit, asked.everything)


def _named_by(visit: Visit, related: tuple[Visit, ...]) -> list[Visit]:
    """The visits that name this one, and that it does not name itself."""
    named = {f"visits/{each.name.removeprefix('visits/')}" for each in visit.details.related}
    return [each for each in related if each.name not in named]


def _quiet(page: Page, visit: Visit) -> str:
    """For how long nothing was heard of a visit that waits for a date; empty for others."""
    if visit.status not in WAITING or not visit.last_heard_time:
        return ""
    days = (page.at.date() - visit.last_heard_time.date()).days
    if days > 1:
        return f"Quiet for {wording.age(days)}."
    then = {0: "that day", 1: "the day before"} if page.look else {0: "today", 1: "yesterday"}
    return f"Last heard {then[max(days, 0)]}."


def _of_the_status(visit: Visit, events: tuple[Event, ...]) -> Event | None:
    """The change that made the status."""
    return next((event for event in events if event.version == visit.status_version), None)
