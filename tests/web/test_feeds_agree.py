"""Whatever becomes of a visit, every file says of it what the contract says, as of any day."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import icalendar
import pytest

from chancery.client import Connection, Visit
from chancery.client.errors import NotFound
from service.exchange import names
from service.exchange.names import as_told
from tests.model.playbooks import as_story
from tests.model.readings import READINGS
from tests.model.serving import served
from tests.model.stories import OWN, data
from tests.model.telling import random_story
from tests.model.terms import Json
from tests.support.server import Server

FORMATS = ("ics", "json", "jsonld")


async def check(web: httpx.AsyncClient, server: Server, story: Json) -> None:
    """Hold each file against the contract, as of each moment at which something became known."""
    assert served(story, server.client()) == []
    visits = {command["visit"] for command in story["commands"]}
    checked = 0
    with Connection(server.address) as desk:
        for visit in visits:
            try:
                history = desk.history(visit)
            except NotFound:  # the story refuses it
                continue
            for moment in {as_told(each.known_time or each.record_time) for each in history}:
                await check_then(web, desk, visit, moment)
                checked += 1
    assert checked


async def check_then(web: httpx.AsyncClient, desk: Connection, visit: str, moment: str) -> None:
    """The same as of one moment."""
    name, then = visit.removeprefix("visits/"), {"known": moment}
    answers = {each: await web.get(f"/visits/{name}.{each}", params=then) for each in FORMATS}
    try:
        told = desk.visit(name, known_at=moment)
    except NotFound:
        assert {each.status_code for each in answers.values()} == {404}
        return
    assert json.loads(answers["json"].text)["name"] == told.name
    linked = json.loads(answers["jsonld"].text)
    assert (linked["visitStatus"], linked["visitStanding"]) == (told.status, told.standing)
    assert linked["identifier"].startswith(f"{told.id}@")
    check_event(icalendar.Calendar.from_ical(answers["ics"].content), told)
    who = told.details.principal.name if told.details.principal else ""
    sheet = await web.get("/visits.csv", params={"principal": who, **then})
    rows = csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig"), newline=""))
    (row,) = (each for each in rows if each["visit"] == told.id)
    assert (row["status"], row["standing"]) == (told.status, told.standing)


def check_event(calendar: Any, told: Visit) -> None:
    """The event is there if the visit has a day, and says how it stands."""
    events = list(calendar.walk("VEVENT"))
    days = names.days_of(told)
    if days is None or not (days[1].start or days[1].end):
        assert events == []
        return
    (event,) = events
    assert event["DTSTART"].dt == (days[1].start or days[1].end)
    assert event["SEQUENCE"] == told.version - 1
    assert str(event["X-CHANCERY-STATUS"].to_ical(), "utf-8") == told.status


@pytest.mark.parametrize("story", OWN[::4], ids=lambda story: story["id"])
async def test_they_agree_on_a_story_of_our_own(
    web: httpx.AsyncClient, server: Server, story: Json
) -> None:
    await check(web, server, story)


@pytest.mark.parametrize("seed", range(100, 102))
async def test_they_agree_on_a_random_story(
    web: httpx.AsyncClient, server: Server, seed: int
) -> None:
    await check(web, server, random_story(seed))


async def test_they_agree_on_every_documented_visit(web: httpx.AsyncClient, server: Server) -> None:
    entries = json.loads(data("playbooks/visits.json").read_text(encoding="utf-8"))
    for reading in READINGS:
        story = as_story(entries, reading, datetime.now(UTC) - timedelta(seconds=1))
        await check(web, server, story)
