"""Changes as a feed and as a sheet."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from chancery.client import AuditedChange, questions, results, times
from chancery.client.keywords import WhichChanges
from chancery.v1.audit_service_pb2 import ListChangesResponse, RecordedChange
from service.exchange import atom as feeds
from service.exchange import sheets
from service.web import filters
from service.web.feeds.asked import Asked
from service.web.feeds.conditional import Edition, File, answered, unchanged
from service.web.feeds.streaming import Frame, Pages, streamed, together
from service.web.filters import BadAddress
from service.web.look_back import LookBack

# Changes on a page of the server: each comes with all fields that it changed.
PAGE = 100
# Changes that a feed has: the newest.
NEWEST = 200


async def atom(request: Request) -> Response:
    """The newest changes that the address asks for, as Atom has them."""
    which, asked = await _asked(request)
    edition = _edition(asked)
    if edition.is_had(request):
        return unchanged(asked, edition)
    found = await _newest(asked, which)
    about = feeds.Feed(
        asked.origin, asked.titled("Changes"), asked.address, asked.query, asked.changes_page
    )
    body = feeds.feed(about, found, await _titles(asked, found), asked.page)
    file = File(asked.file_name("changes", "atom"), "application/atom+xml; charset=utf-8", False)
    return answered(asked, edition, file, '<?xml version="1.0" encoding="utf-8"?>\n' + body)


async def sheet(request: Request) -> Response:
    """The changes that the address asks for, the oldest first, a row for each."""
    which, asked = await _asked(request)
    edition = _edition(asked)
    if edition.is_had(request):
        return unchanged(asked, edition)

    def write(found: Sequence[RecordedChange]) -> list[str]:
        return [sheets.lines(map(sheets.change, map(_read, found)))]

    frame = Frame(sheets.MARK + sheets.lines([sheets.CHANGES]))
    body = await streamed(_pages(asked, which), write, frame)
    media_type = "text/csv; charset=utf-8; header=present"
    return answered(asked, edition, File(asked.file_name("changes", "csv"), media_type, True), body)


async def _asked(request: Request) -> tuple[WhichChanges, Asked]:
    which: Any = filters.read_changes(request.query_params)
    asked = await Asked.of(request)
    for name, keyword in filters.UNTIL.items():
        if name in asked.look.given:
            if keyword in which:
                other = filters.FIELDS[keyword]
                raise BadAddress({name: f"may not be given together with {other}"})
            which[keyword] = asked.look.given[name]
    return which, asked


def _edition(asked: Asked) -> Edition:
    return Edition.of(asked, asked.position, asked.last.record_time if asked.last else None)


async def _newest(asked: Asked, which: WhichChanges) -> Sequence[AuditedChange]:
    """The newest changes, with the fields that they changed; reading those takes long."""
    found: list[AuditedChange] = []
    async with aclosing(_pages(asked, which, backwards=True)) as pages:
        async for page in pages:
            for few in together(page[: NEWEST - len(found)]):
                found += results.listed_changes(ListChangesResponse(changes=few))
                await asyncio.sleep(0)
            if len(found) == NEWEST:
                break
    return found


async def _pages(
    asked: Asked, which: WhichChanges, *, backwards: bool = False
) -> Pages[RecordedChange]:
    """The changes, a page of the server at a time."""
    keywords: Any = {**which, "min_position": asked.position}
    request = questions.list_changes(backwards, **keywords)
    request.page_size = PAGE
    pages: Any = asked.connection.messages.list_changes(request)
    async with aclosing(pages):
        async for page in pages:
            found = [each for each in page.changes if _was_in_force(each, asked.look)]
            for each in found:
                _forget_later(each, asked.look)
            yield found


def _read(change: RecordedChange) -> AuditedChange:
    """The change, without what became of its fields."""
    return AuditedChange(results.event(change.event, change.annotation), message=change)


def _was_in_force(change: RecordedChange, look: LookBack) -> bool:
    if "valid" not in look.given:
        return True
    moment = times.asked(look.given["valid"])
    return change.effective_time.ToNanoseconds() <= moment.ToNanoseconds()


def _forget_later(change: RecordedChange, look: LookBack) -> None:
    """Leave out what may have come later: marks, and how other changes had left the visit."""
    if look:
        change.ClearField("annotation")
        if set(look.given) != {"recorded"}:
            change.ClearField("field_changes")


async def _titles(asked: Asked, found: Sequence[AuditedChange]) -> dict[str, str]:
    """The titles of the visits that changed, as of the same moment."""
    visits = dict.fromkeys(each.event.visit for each in found)
    if not visits:
        return {}
    known = await asked.connection.batch(visits, **asked.look.then)
    return {each.name: each.title for each in known}
