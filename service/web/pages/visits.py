"""The list of visits: by facets with their counts, by words, in several orders, page by page."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chancery.client import AsyncConnection, Visits, questions, results
from chancery.client.errors import InvalidRequest
from service.web import filters
from service.web.filters import BadAddress, VisitFilters
from service.web.page import Page
from service.web.pages.addresses import Address
from service.web.pages.facets import Facet, counted, facets
from service.web.pages.paging import filled
from service.web.pages.some import Number

SIZE = 50
# Pages of the server that are read for one of ours: as of another moment they may be empty.
READ = 10
USUAL_ORDER = "update_time desc"
# The orders that there are, as an address has them, and what each is called.
ORDERS = (
    ("-update_time", "last entry"),
    ("-last_heard_time", "last heard"),
    ("last_heard_time", "longest quiet"),
    ("window.start", "days planned"),
    ("-held_window.start", "days held"),
    ("name", "name"),
)
# What the form asks for: the name of the parameter, its label and an example.
FIELDS = (
    ("q", "Words", "blinken beijing"),
    ("principal", "Guest, in full", "Antony Blinken"),
    ("from", "Days from", "2026-12-01"),
    ("to", "to", "2026-12"),
    ("host", "Host", "France"),
)
# What other parameters mean, for the list of filters that can be taken away.
MEANT = {
    "principal_country": "country of the guest",
    "destination": "place in",
    "trip": "journey",
    "days": "days that were",
    "under_way": "under way",
    "overdue": "overdue",
    "related": "related to",
    "updated_since": "entered since",
    "heard_since": "heard of since",
    "quiet_since": "quiet since",
}
ONLY = ("overdue", "under_way")


@dataclass(frozen=True)
class Listed:
    """A page of the list."""

    visits: Sequence[Any] = ()
    count: Number | None = None
    """How many meet the filter; None if counting took too long."""
    facets: Sequence[Facet] = ()
    next_page: str = ""
    """The token of the next page; empty on the last one."""
    position: int = 0
    problems: Mapping[str, str] = field(default_factory=dict)
    """What is wrong with the address, by the names of its parameters."""


async def visits(request: Request) -> Response:
    """The visits that an address asks for, now or as of another moment."""
    page = await Page.of(request)
    try:
        asked = filters.read(request.query_params, {"page"})
        found = await _listed(page, asked)
    except BadAddress as error:
        found = Listed(problems=error.problems)
    except InvalidRequest as error:
        found = Listed(problems=filters.refused(error).problems)
    address = _address(page)
    return page.draw(
        "visits.html",
        400 if found.problems else 200,
        found=found,
        address=address,
        page_number=address.given("page"),
        orders=ORDERS if not page.look else (),
        order=next(iter(address.given("sort")), ORDERS[0][0]),
        fields=FIELDS,
        chips=_chips(address),
        list_position=found.position,
    )


def _address(page: Page) -> Address:
    """The address of the page, with the words of the contract as its links have them."""
    pairs = [
        (name, value.strip().lower().replace(" ", "-").replace("_", "-"))
        if name in ("status", "standing")
        else (name, value)
        for name, value in page.others
    ]
    return Address(page.path, [*dict.fromkeys(pairs), *page.look.given.items()])


async def _listed(page: Page, asked: VisitFilters) -> Listed:
    """The page of the list that an address asks for.

    :raises InvalidRequest: the server does not take the filter, or the token of the page.
    """
    token = page.request.query_params.get("page", "")
    order = asked.order_by or USUAL_ORDER
    which: dict[str, Any] = {**asked.which, **page.look.then}
    (found, next_page), counts = await asyncio.gather(
        _page(page.connection, asked.query, "" if page.look else order, which, token),
        counted(page.connection, asked.query, which),
    )
    return Listed(
        visits=found,
        count=Number.of(counts.total) if counts else None,
        facets=facets(counts, _address(page), which),
        next_page=next_page,
        position=found.view_position,
    )


async def _page(
    connection: AsyncConnection, query: str, order: str, which: Mapping[str, Any], token: str
) -> tuple[Visits, str]:
    """Visits, and the token of what follows them."""
    request = questions.list_visits(query, order, **which)
    request.page_size, request.page_token = SIZE, token
    whole = await filled(connection.messages.list_visits(request), "visits", SIZE, READ)
    return results.listed(whole), whole.next_page_token


def _chips(address: Address) -> list[tuple[Markup, Address]]:
    """The filters that no facet shows, each with the address without it."""
    chips = []
    for name, value in address.pairs:
        if name in MEANT:
            told = Markup("{}").format(MEANT[name])
            if name not in ONLY:
                told += Markup(" <bdi>{}</bdi>").format(value)
            chips.append((told, address.toggled(name, value).without("page")))
    return chips


ROUTES = (Route("/visits", visits, methods=["GET"]),)
