"""Who changed what, when, why and on whose word; and whether the log that says so is whole."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from chancery.client import AsyncConnection, AuditedChange, FieldChange, Visit, questions, results
from chancery.client.errors import InvalidRequest, VisitNotFound
from chancery.client.keywords import WhichChanges
from chancery.client.words import CHANGE_TYPE
from service.web import filters, wording
from service.web.board import with_query
from service.web.filters import BadAddress
from service.web.form_body import sent
from service.web.page import Page
from service.web.pages.addresses import Address
from service.web.pages.log import Checked, Log, checked
from service.web.pages.paging import filled

SIZE = 40
# Pages of the server that are read for one of ours: where little meets a filter, they are empty.
READ = 5
# Fields that are shown of a change; the others are folded away.
IN_FULL = 4
# What says nothing beside the row's own times.
TIMES = frozenset(
    f"{time}_{form}" for time in ("effective", "known", "last_heard") for form in ("time", "period")
)
TYPES = [(word.replace(" ", "-"), word) for word in CHANGE_TYPE.choices().split(", ")]


@dataclass(frozen=True)
class Listed:
    """A page of changes, and the visits that they are of."""

    changes: Sequence[AuditedChange] = ()
    visits: Mapping[str, Visit] = field(default_factory=dict)
    next_page: str = ""
    """The token of the next page; empty on the last one."""
    problems: Mapping[str, str] = field(default_factory=dict)
    """What is wrong with the address, by the names of its parameters."""


async def changes(request: Request) -> Response:
    """The changes that an address asks for, the newest first."""
    page = await Page.of(request)
    try:
        which = filters.read_changes(request.query_params, {"page"})
        found = await _listed(page, which)
    except BadAddress as error:
        found = Listed(problems=error.problems)
    except InvalidRequest as error:
        found = Listed(problems=filters.refused(error).problems)
    except VisitNotFound as error:
        found = Listed(problems={"visit": str(error)})
    return await _draw(page, found)


async def verify(request: Request) -> Response:
    """The newest changes, and whether the log verifies: with a key that was given, or without.

    It is work, so it is asked for by POST: no link, crawler or page of another site begins it.
    """
    page = await Page.of(request)
    form = await sent(request)
    log = await Log.of(page)
    found, verdict = await asyncio.gather(_listed(page, {}), checked(page, log, form))
    return await _draw(page, found, log=log, verdict=verdict)


async def verify_again(request: Request) -> Response:
    """Whoever comes back by the address of a verification begins anew."""
    return RedirectResponse(with_query(request, "/changes"), 303)


async def _draw(
    page: Page, found: Listed, *, log: Log | None = None, verdict: Checked | None = None
) -> Response:
    log = log or await Log.of(page)
    status = 400 if found.problems else 200
    address = Address("/changes", [*page.others, *page.look.given.items()])
    return page.draw(
        "changes.html",
        verdict.status if verdict else status,
        found=found,
        log=log,
        verdict=verdict or Checked(),
        address=address,
        page_number=address.given("page"),
        is_filtered=bool(address.without("page").pairs),
        types=TYPES,
        fields=_fields,
        in_full=IN_FULL,
        is_told_who=not page.info or page.info.caller_role != "reader",
        changes_position=page.info.head_position if page.info else 0,
    )


async def _listed(page: Page, which: WhichChanges) -> Listed:
    """A page of changes, as far as they were recorded or known by the moment of the page.

    :raises InvalidRequest: the server does not take the filter, or the token of the page.
    :raises VisitNotFound: there is no such visit.
    """
    keywords: dict[str, Any] = dict(which)
    for name, keyword in filters.UNTIL.items():
        if name in page.look.given:
            keywords.setdefault(keyword, page.look.given[name])
    request = questions.list_changes(True, **keywords)
    request.page_size = SIZE
    request.page_token = page.request.query_params.get("page", "")
    answers = page.connection.messages.list_changes(request)
    whole = await filled(answers, "changes", SIZE, READ)
    found = results.listed_changes(whole)
    return Listed(found, await _visits(page.connection, found), whole.next_page_token)


async def _visits(
    connection: AsyncConnection, found: Sequence[AuditedChange]
) -> Mapping[str, Visit]:
    """The visits of some changes, by name; those that were withdrawn are not there."""
    names = {each.event.visit for each in found}
    return {visit.name: visit for visit in await connection.batch(names)} if names else {}


def _fields(change: AuditedChange) -> list[FieldChange]:
    """What a change did to the fields: the status first, the details last."""

    def place(each: FieldChange) -> tuple[bool, bool]:
        return each.path not in ("status", "standing"), each.path.startswith("details")

    shown = (each for each in change.field_changes if each.path not in TIMES)
    return sorted((each for each in shown if any(wording.differing(each))), key=place)


ROUTES = (
    Route("/changes", changes, methods=["GET"]),
    Route("/changes/verify", verify, methods=["POST"]),
    Route("/changes/verify", verify_again, methods=["GET"]),
)
