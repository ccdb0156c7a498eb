"""Visits as calendars, sheets and JSON: those that a filter finds, or a single one."""

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from chancery.client import Visit, questions, results
from chancery.v1 import visit_pb2
from service.exchange import icalendar, jsonld, jsonlines, sheets
from service.web import filters
from service.web.feeds.asked import Asked
from service.web.feeds.conditional import Edition, File, answered, unchanged
from service.web.feeds.plainly import Handler
from service.web.feeds.streaming import PAGE, Frame, Pages, streamed
from service.web.filters import BadAddress, VisitFilters
from service.web.look_back import TIMES

CALENDAR = "text/calendar; charset=utf-8"
JSON = "application/json"


@dataclass(frozen=True)
class Format:
    """A format: how a visit is written in it, and what stands around all."""

    ending: str
    media_type: str
    write: Callable[[Asked, Visit], str]
    frame: Callable[[Asked], Frame]
    is_kept: bool = False

    def file(self, asked: Asked, stem: str) -> File:
        """The file that an answer is."""
        name = asked.file_name(stem, self.ending)
        return File(name, self.media_type, self.is_kept)


def several(form: Format) -> Handler:
    """Answers with the visits that the address asks for."""

    async def answer(request: Request) -> Response:
        which = filters.read(request.query_params)
        asked = await Asked.of(request)
        changed = asked.last.record_time if asked.last else None
        ages = which.which.get("overdue", False)
        edition = Edition.of(asked, asked.position, changed, ages=ages)
        if edition.is_had(request):
            return unchanged(asked, edition)

        def write(found: Sequence[visit_pb2.Visit]) -> list[str]:
            read = (results.visit(each, asked.position) for each in found)
            return [text for each in read if (text := form.write(asked, each))]

        body = await streamed(_pages(asked, which), write, form.frame(asked))
        return answered(asked, edition, form.file(asked, "visits"), body)

    return answer


def one(form: Format) -> Handler:
    """Answers with the visit of the address."""

    async def answer(request: Request) -> Response:
        _check_single(request)
        asked = await Asked.of(request)
        visit = await asked.connection.visit(request.path_params["id"], **asked.look.then)
        edition = Edition.of(asked, visit.position, visit.update_time)
        if edition.is_had(request):
            return unchanged(asked, edition)
        frame = form.frame(asked)
        body = frame.head + form.write(asked, visit) + frame.tail
        return answered(asked, edition, form.file(asked, visit.id), body)

    return answer


async def _pages(asked: Asked, which: VisitFilters) -> Pages[visit_pb2.Visit]:
    """The visits, a page of the server at a time, at least as new as the edition says."""
    keywords: dict[str, Any] = {**which.which, **asked.look.then, "min_position": asked.position}
    request = questions.list_visits(which.query, which.order_by, **keywords)
    request.page_size = PAGE
    pages: Any = asked.connection.messages.list_visits(request)
    async with aclosing(pages):
        async for page in pages:
            yield page.visits


def _check_single(request: Request) -> None:
    unknown = [name for name in request.query_params if name not in TIMES]
    if unknown:
        text = f"is no parameter here; choose from {', '.join(TIMES)}"
        raise BadAddress(dict.fromkeys(unknown, text))


def _event(asked: Asked, visit: Visit) -> str:
    return icalendar.event(visit, asked.origin, asked.page)


def _linked(asked: Asked, visit: Visit) -> str:
    return jsonld.event(visit, asked.origin, asked.page) + "\n"


LISTS = (
    Format(
        "ics",
        CALENDAR,
        _event,
        lambda asked: Frame(icalendar.head(asked.titled("Visits")), "", icalendar.TAIL),
        is_kept=True,
    ),
    Format(
        "json",
        JSON,
        lambda asked, visit: jsonlines.line(visit),
        lambda asked: Frame(jsonlines.HEAD, jsonlines.BETWEEN, jsonlines.tail(asked.position)),
    ),
    Format(
        "csv",
        "text/csv; charset=utf-8; header=present",
        lambda asked, visit: sheets.lines([sheets.visit(visit)]),
        lambda asked: Frame(sheets.MARK + sheets.lines([sheets.VISITS])),
        is_kept=True,
    ),
)
SINGLE = (
    Format(
        "ics",
        CALENDAR,
        _event,
        lambda asked: Frame(icalendar.head("Visit"), "", icalendar.TAIL),
        is_kept=True,
    ),
    Format(
        "json", JSON, lambda asked, visit: jsonlines.line(visit), lambda asked: Frame("", "", "\n")
    ),
    Format("jsonld", "application/ld+json", _linked, lambda asked: Frame()),
)
