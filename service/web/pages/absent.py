"""A visit that is not there: not yet, not any more, or not at all."""

from contextlib import suppress

from starlette.responses import Response

from chancery.client import Event, Visit, VisitDetails
from chancery.client.errors import (
    InvalidRequest,
    NotFound,
    NotInForceByThen,
    NotKnownByThen,
    NotRecordedByThen,
    VisitNotFound,
    VisitWithdrawn,
)
from chancery.v1 import visit_pb2
from service.web.page import Page
from service.web.pages.record import Record

# So many visits are offered instead.
_OFFERED = 8
# So many of the words are tried one by one, if no visit has them all.
_TRIED = 3


async def withdrawn(page: Page, name: str, error: VisitWithdrawn) -> Visit:
    """What a visit was that was withdrawn: without a status, and with the facts of its opening."""
    history = await page.connection.history(name, **page.look.then)
    details = next(filter(None, map(_details, history)), VisitDetails())
    return Visit(
        name=history[0].visit if history else error.visit,
        details=details,
        merged_into=error.merged_into,
        version=len(history),
        view_position=history.view_position,
        message=visit_pb2.Visit(),
    )


async def absent(page: Page, name: str, error: NotFound | InvalidRequest) -> Response:
    """A page about a visit that is not there at the moment asked, or that is not there at all."""
    if isinstance(error, NotKnownByThen | NotRecordedByThen | NotInForceByThen):
        return await _not_yet(page, name, error)
    words = " ".join(name.replace("-", " ").split()[:10])
    nearest = error.nearest if isinstance(error, VisitNotFound) else ()
    offered = await _offered(page, words, nearest)
    return page.draw("no_visit.html", 404, name=name, words=words, offered=offered)


async def _not_yet(page: Page, name: str, error: NotFound) -> Response:
    history = await page.connection.history(name)
    items = Record.of(history).items
    first = items[-1] if items else None
    kind = {NotKnownByThen: "known", NotInForceByThen: "valid"}.get(type(error), "recorded")
    visit = history[0].visit if history else error.visit
    title = next((details.title for each in history if (details := _details(each))), "")
    return page.draw(
        "not_yet.html", 404, id=visit.removeprefix("visits/"), title=title, kind=kind, first=first
    )


async def _offered(page: Page, words: str, nearest: tuple[str, ...]) -> list[Visit]:
    """Visits that may have been meant: of a similar id, or of the same words."""
    found: dict[str, Visit] = {}
    if nearest:
        for visit in await page.connection.batch(nearest[:_OFFERED], **page.look.then):
            found[visit.name] = visit
    longest = sorted(set(words.split()), key=len, reverse=True)
    for several in (words, *longest[:_TRIED]):
        if found:
            break
        with suppress(InvalidRequest):  # what was typed may be no words at all
            for visit in await page.connection.visits(several, limit=_OFFERED, **page.look.then):
                found[visit.name] = visit
    return list(found.values())[:_OFFERED]


def _details(event: Event) -> VisitDetails | None:
    """The facts that a change gives, if it opens a visit."""
    return getattr(event.change, "details", None) if event.version == 1 else None
