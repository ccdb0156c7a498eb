"""Every page of every visit, as of every day on which something became known, agrees with it."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest

from chancery.client import AsyncConnection, Visit
from chancery.client.errors import NotFound, VisitWithdrawn
from service.web.look_back import LookBack
from service.web.pages.record import Record
from tests.model.playbooks import as_story
from tests.model.playing import NOW
from tests.model.readings import READINGS
from tests.model.refusal import Refused
from tests.model.serving import recorded
from tests.model.stories import OWN, data
from tests.model.terms import Json
from tests.support.server import Server
from tests.web import telling
from tests.web.shown import shown, text
from tests.web.wording.agreeing import faults


def told(server: Server, stories: list[Json]) -> list[str]:
    """The visits of stories, recorded on a server. What a story has refused, is refused."""
    names, client = dict[str, None](), server.client()
    for command in (command for story in stories for command in story["commands"]):
        if not isinstance(recorded(client, command), Refused):
            names[command["visit"]] = None
    return list(names)


@pytest.fixture(scope="module")
def own(server: Server) -> list[str]:
    """The project's own stories."""
    return [telling.beijing(server), *told(server, OWN)]


@pytest.fixture(scope="module")
def playbooks(server: Server) -> list[str]:
    """Documented visits, if they are at hand."""
    entries = json.loads(data("playbooks/visits.json").read_text(encoding="utf-8"))
    return told(server, [as_story(entries, reading, NOW) for reading in READINGS])


async def all_wrong(web: httpx.AsyncClient, server: Server, names: list[str]) -> list[str]:
    """What is wrong with the pages of visits, now and as of every day of each."""
    found: list[str] = []
    async with AsyncConnection(server.address, timeout=20) as connection:
        for name in names:
            days = Record.of(await connection.history(name)).days
            for look in (LookBack(), *(LookBack({"known": day}) for day in days)):
                visit = await there(connection, name, look)
                address = f"/visits/{name}{look.query()}"
                found += [f"{address}: {fault}" async for fault in wrong(web, address, visit, look)]
    return found


async def there(connection: AsyncConnection, name: str, look: LookBack) -> Visit | str:
    """The visit as of a moment, or what the page is called if there is none."""
    try:
        return await connection.visit(name, **look.then)
    except VisitWithdrawn:
        return "Withdrawn"
    except NotFound:
        return "Not yet"


async def wrong(
    web: httpx.AsyncClient, address: str, visit: Visit | str, look: LookBack
) -> AsyncIterator[str]:
    """What is wrong with a page."""
    answer = await web.get(address)
    page = shown(answer)
    if isinstance(visit, str):
        where = page.text("main")
        if visit not in where:
            yield f"{answer.status_code}, and not {visit}"
        return
    if answer.status_code != 200:
        yield f"{answer.status_code}"
        return
    for fault in faults(page.text("p", class_="case"), visit, look.at(datetime.now(UTC))):
        yield fault
    assert visit.status is not None
    status = page.text("span", class_="tag")
    if status.lower() != visit.status:
        yield f"is called {status}"
    if visit.standing != page.text("span", class_="standing"):
        yield f"is not {visit.standing}"
    listed = {each.get("id") for each in page.all("li")}
    marks = [link for svg in page.all("svg", class_="tl") for link in svg.iter("a")]
    for mark in marks:
        if mark.attrib["href"].removeprefix("#") not in listed:
            yield f"{text(mark)} leads nowhere"


async def test_every_page_of_our_own_stories_agrees_with_the_contract(
    web: httpx.AsyncClient, server: Server, own: list[str]
) -> None:
    assert len(own) > 20
    assert await all_wrong(web, server, own) == []


async def test_every_page_of_the_playbooks_agrees_with_the_contract(
    web: httpx.AsyncClient, server: Server, playbooks: list[str]
) -> None:
    assert len(playbooks) >= 12
    assert await all_wrong(web, server, playbooks) == []
