"""Visits and changes as files, over HTTP, from a real server."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any

import feedparser  # type: ignore[import-untyped]
import httpx
import icalendar
import pytest
from google.protobuf.json_format import Parse
from starlette.exceptions import HTTPException

from chancery.client import AsyncConnection
from chancery.v1 import values_pb2 as values
from chancery.v1.info_service_pb2 import GetServerInfoRequest
from chancery.v1.visit_pb2 import Visit
from chancery.v1.visit_service_pb2 import ListVisitsResponse
from service.tlog.note import VerifierKey
from service.verify import verify_bundle
from service.web.app import make_app
from service.web.board import Board, BoardSettings
from service.web.feeds import conditional
from service.web.feeds.streaming import Frame, streamed
from tests.support.holders import NAMES, GuardedServer, guarded
from tests.support.messages import (
    basis,
    cancelled,
    condition,
    deferred,
    postponed,
    rescheduled,
    retracted,
    scheduled,
    window,
)
from tests.support.place import SqliteFile
from tests.support.server import Server

BEIJING, PARIS, RETRACTED = "blinken-beijing", "charles-france", "nobody"
FRANCE = {
    "host": values.Host(country="FR"),
    "title": "Charles III to France",
    "aliases": ["Le roi à Paris"],
}
# Every address, and the type of what it answers.
FILES = {
    "/visits.ics": "text/calendar; charset=utf-8",
    f"/visits/{BEIJING}.ics": "text/calendar; charset=utf-8",
    "/visits.json": "application/json",
    f"/visits/{BEIJING}.json": "application/json",
    f"/visits/{BEIJING}.jsonld": "application/ld+json",
    "/changes.atom": "application/atom+xml; charset=utf-8",
    "/visits.csv": "text/csv; charset=utf-8; header=present",
    "/changes.csv": "text/csv; charset=utf-8; header=present",
    "/log.bundle": "application/octet-stream",
    f"/visits/{BEIJING}.bundle": "application/octet-stream",
}
paths = pytest.mark.parametrize("path", FILES)


def record(server: Server, **shown: Any) -> None:
    """A visit that was planned, put off and planned again, and one that was called off."""
    client = server.client(**shown)
    client.record(f"visits/{BEIJING}", scheduled(), known="2023-01-17")
    client.record(
        f"visits/{BEIJING}",
        postponed(),
        known="2023-02-03",
        reason="A balloon",
        note="Secret note",
        sources=[basis(speaker="Deep Throat")],
    )
    client.record(f"visits/{BEIJING}", rescheduled(), known="2023-06-14")
    client.record(f"visits/{PARIS}", scheduled(window("2023-03-26", "2023-03-29"), **FRANCE))
    client.record(f"visits/{PARIS}", cancelled())
    client.record(f"visits/{RETRACTED}", scheduled())
    client.record(f"visits/{RETRACTED}", retracted(1))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with some visits."""
    with Server(tmp_path_factory.mktemp("feeds") / "chancery.db") as server:
        record(server)
        yield server


@pytest.fixture(scope="module")
def guarded_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedServer]:
    """A server that knows its callers, with the same visits."""
    folder = tmp_path_factory.mktemp("guarded")
    with guarded(SqliteFile(folder / "chancery.db"), folder) as server:
        record(server, token=server.holders.tokens["editor"])
        yield server


@pytest.fixture
async def guarded_web(guarded_server: GuardedServer) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the board in front of it, without credentials."""
    async with AsyncConnection(guarded_server.address) as connection:
        app = make_app(Board(connection, BoardSettings()))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            yield client


async def events_of(web: httpx.AsyncClient, path: str) -> dict[str, Any]:
    """The events of a calendar, by their titles."""
    answer = await web.get(path)
    assert answer.status_code == 200, answer.text
    read: Any = icalendar.Calendar.from_ical(answer.content)
    return {str(each["SUMMARY"]): each for each in read.walk("VEVENT")}


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    """The rows of a sheet."""
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


# What is in them


@paths
async def test_each_file_says_what_it_is_and_how_it_is_called(
    web: httpx.AsyncClient, path: str
) -> None:
    answer = await web.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == FILES[path]
    name = path.rpartition("/")[2]
    assert answer.headers["content-disposition"].endswith(f'; filename="{name}"')


async def test_a_calendar_has_the_visits_and_leads_to_their_pages(web: httpx.AsyncClient) -> None:
    events = await events_of(web, "/visits.ics")
    beijing = events["The secretary of state to Beijing"]
    assert beijing["URL"] == f"http://127.0.0.1/visits/{BEIJING}"
    assert beijing["SEQUENCE"] == 2
    assert list(events) == ["The secretary of state to Beijing", "Cancelled: Charles III to France"]


async def test_a_calendar_as_of_a_day_has_what_was_known_then(web: httpx.AsyncClient) -> None:
    events = await events_of(web, "/visits.ics?known=2023-02")
    (event,) = events.values()
    assert event["SUMMARY"] == "Postponed: The secretary of state to Beijing"
    assert event["URL"] == f"http://127.0.0.1/visits/{BEIJING}?known=2023-02"
    answer = await web.get("/visits.ics?known=2023-02")
    assert 'filename="visits-known-2023-02.ics"' in answer.headers["content-disposition"]
    assert "X-WR-CALNAME:Visits (known 2023-02)" in answer.text


async def test_the_calendar_of_one_visit_has_it_alone(web: httpx.AsyncClient) -> None:
    assert list(await events_of(web, f"/visits/{PARIS}.ics")) == [
        "Cancelled: Charles III to France"
    ]
    past = await events_of(web, f"/visits/{BEIJING}.ics?known=2023-01&valid=2023-02-01")
    assert list(past) == ["The secretary of state to Beijing"]


async def test_an_alias_leads_to_the_visit_under_its_own_name(web: httpx.AsyncClient) -> None:
    answer = await web.get("/visits/Le roi à Paris.ics")
    assert f'filename="{PARIS}.ics"' in answer.headers["content-disposition"]
    assert f"/visits/{PARIS}\r\n" in answer.text
    bundle = await web.get("/visits/Le roi à Paris.bundle")
    assert 'filename="Le-roi-Paris.bundle"' in bundle.headers["content-disposition"]


async def test_visits_are_json_as_the_contract_has_it(web: httpx.AsyncClient) -> None:
    listed = Parse((await web.get("/visits.json")).text, ListVisitsResponse())
    assert [each.name for each in listed.visits] == [f"visits/{BEIJING}", f"visits/{PARIS}"]
    assert listed.view_position >= 7
    single = Parse((await web.get(f"/visits/{BEIJING}.json")).text, Visit())
    assert single.status == values.STATUS_RESCHEDULED
    assert single.allowed_changes


async def test_a_visit_is_linked_data(web: httpx.AsyncClient) -> None:
    event = json.loads((await web.get(f"/visits/{BEIJING}.jsonld")).text)
    assert event["eventStatus"] == "https://schema.org/EventRescheduled"
    assert (event["startDate"], event["previousStartDate"]) == ("2023-06-18", "2023-02-05")


async def test_visits_are_rows(web: httpx.AsyncClient) -> None:
    found = rows(await web.get("/visits.csv?host=FR&status=cancelled&status=postponed"))
    assert [(each["visit"], each["status"]) for each in found] == [(PARIS, "cancelled")]


async def test_a_feed_has_each_change_the_newest_first(
    web: httpx.AsyncClient, server: Server
) -> None:
    found = feedparser.parse((await web.get("/changes.atom")).content)
    assert not found.bozo
    assert [each.title for each in found.entries] == [
        f"{RETRACTED}: retracted: change 1",
        f"{RETRACTED}: scheduled for 2023-02-05 to 2023-02-06",
        "Charles III to France: cancelled",
        "Charles III to France: scheduled for 2023-03-26 to 2023-03-29",
        "The secretary of state to Beijing: rescheduled for 2023-06-18 to 2023-06-19",
        "The secretary of state to Beijing: postponed",
        "The secretary of state to Beijing: scheduled for 2023-02-05 to 2023-02-06",
    ]
    origin = server.client().info.GetServerInfo(GetServerInfoRequest()).log_origin
    assert found.feed.id == f"urn:uuid:{origin.rpartition('/')[2]}"
    assert "status: scheduled -> cancelled" in found.entries[2].content[0].value


async def test_changes_are_rows_the_oldest_first(web: httpx.AsyncClient) -> None:
    found = rows(await web.get(f"/changes.csv?visit={BEIJING}&type=postponed&type=rescheduled"))
    assert [(each["position"], each["change"]) for each in found] == [
        ("2", "postponed"),
        ("3", "rescheduled"),
    ]
    assert (found[0]["note"], found[0]["known"]) == ("Secret note", "2023-02-03")
    retracted_one = rows(await web.get(f"/changes.csv?visit={RETRACTED}"))[0]
    assert retracted_one["retracted_by"] == "2"


async def test_changes_as_of_a_moment_say_nothing_of_what_came_later(
    web: httpx.AsyncClient,
) -> None:
    by_then = rows(await web.get("/changes.csv?known=2023-03"))
    assert [each["position"] for each in by_then] == ["1", "2"]
    in_force = rows(await web.get(f"/changes.csv?valid=2023-03&visit={BEIJING}"))
    assert [each["position"] for each in in_force] == ["1", "2"]
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    recorded = rows(await web.get("/changes.csv", params={"recorded": now, "visit": RETRACTED}))
    assert [each["retracted_by"] for each in recorded] == ["", ""]
    feed = feedparser.parse((await web.get("/changes.atom?known=2023-03")).content)
    newest, _ = feed.entries
    assert newest.title == "The secretary of state to Beijing: postponed"


@pytest.mark.parametrize("name", ["log", f"visits/{BEIJING}"])
async def test_a_bundle_verifies(
    web: httpx.AsyncClient, server: Server, tmp_path: Path, name: str
) -> None:
    file = tmp_path / "bundle"
    file.write_bytes((await web.get(f"/{name}.bundle")).content)
    key = server.client().info.GetServerInfo(GetServerInfoRequest()).public_key
    verify_bundle(file, [VerifierKey.parse(key)], None, lambda *_: None)


async def test_an_address_of_the_settings_stands_in_links(server: Server) -> None:
    async with AsyncConnection(server.address) as connection:
        app = make_app(Board(connection, BoardSettings(public="https://board.example/desk/")))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as web:
            events = await events_of(web, f"/visits/{PARIS}.ics")
    (event,) = events.values()
    assert event["URL"] == f"https://board.example/desk/visits/{PARIS}"


# What cannot be asked


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/visits.ics?colour=red", "colour: is no parameter here; choose from q, status, "),
        ("/visits.csv?status=gone", "status: unknown status 'gone'; choose from scheduled, "),
        ("/visits.json?host=ZZ", "host: "),
        ("/visits.json?from=2023-02-30", "from: '2023-02-30' does not exist"),
        ("/visits.json?known=soon", "known: "),
        ("/visits.json?known=2999", "known: "),
        ("/visits.json?known=2023&known=2024", "known: may be given only once"),
        ("/visits.json?known=2023&sort=update_time", "sort: "),
        ("/visits.json?q=%2B%2B", "q: "),
        (f"/visits/{BEIJING}.ics?status=postponed", "status: is no parameter here; choose from kn"),
        ("/changes.atom?status=postponed", "status: is no parameter here; choose from visit, type"),
        ("/changes.csv?type=gone", "type: unknown type of change 'gone'"),
        ("/changes.csv?from=2024&to=2023", "from: must not be after "),
        ("/changes.csv?known=2023&known_to=2024", "known: may not be given together with known_to"),
        ("/log.bundle?known=2023", "known: is no parameter here"),
    ],
)
async def test_what_is_wrong_with_an_address_is_named(
    web: httpx.AsyncClient, path: str, told: str
) -> None:
    answer = await web.get(path)
    assert answer.status_code == 400
    assert answer.text.startswith(told)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert (await web.head(path)).status_code == 400


@pytest.mark.parametrize("ending", ["ics", "json", "jsonld", "bundle"])
async def test_a_visit_that_there_is_not_is_404_in_plain_text(
    web: httpx.AsyncClient, ending: str
) -> None:
    for name in ("no-such-visit", "NO SUCH/x", RETRACTED):
        answer = await web.get(f"/visits/{name.replace('/', '')}.{ending}")
        if name == RETRACTED and ending == "bundle":
            assert answer.status_code == 200  # its history stays
        else:
            assert answer.status_code == 404, answer.text
            assert answer.headers["content-type"] == "text/plain; charset=utf-8"


async def test_a_server_that_is_away_is_503_with_when_to_come_again() -> None:
    async with AsyncConnection("127.0.0.1:1", timeout=0.2) as connection:
        app = make_app(Board(connection, BoardSettings()))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as web:
            answer = await web.get("/visits.ics")
    assert answer.status_code in (503, 504)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.status_code == 504 or answer.headers["retry-after"] == "1"


async def test_what_the_board_itself_refuses_is_plain_text_too(
    web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise HTTPException(502, "The board cannot pass on who you are.")

    monkeypatch.setattr(Board, "connection", refuse)
    answer = await web.get("/visits.ics")
    assert (answer.status_code, answer.text) == (502, "The board cannot pass on who you are.\n")


# Conditional requests


@paths
async def test_who_has_an_edition_already_does_not_get_it_again(
    web: httpx.AsyncClient, path: str
) -> None:
    first = await web.get(path)
    tag = first.headers["etag"]
    assert tag.startswith('"')
    for tags in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await web.get(path, headers={"If-None-Match": tags})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        assert again.headers["cache-control"] == "no-cache"
        assert "content-type" not in again.headers
    for tags in ('"other"', tag.strip('"'), '"'):
        assert (await web.get(path, headers={"If-None-Match": tags})).status_code == 200


@paths
async def test_the_head_of_a_file_is_that_of_the_file(web: httpx.AsyncClient, path: str) -> None:
    whole, head = await web.get(path), await web.head(path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "content-type", "content-disposition", "cache-control"):
        assert head.headers[name] == whole.headers[name]
    assert head.headers.get("content-length") in (None, whole.headers.get("content-length"))
    tags = {"If-None-Match": whole.headers["etag"]}
    assert (await web.head(path, headers=tags)).status_code == 304


async def test_each_address_and_moment_has_an_edition_of_its_own(web: httpx.AsyncClient) -> None:
    addresses = [*FILES, "/visits.ics?host=FR", "/visits.ics?known=2023", "/visits.ics?overdue=1"]
    tags = {(await web.get(path)).headers["etag"] for path in addresses}
    assert len(tags) == len(addresses)


async def test_what_is_overdue_has_a_new_edition_each_day(
    web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = ["/visits.csv?overdue=1", "/visits.csv"]
    first = [(await web.get(path)).headers["etag"] for path in paths]
    assert [(await web.get(path)).headers["etag"] for path in paths] == first
    monkeypatch.setattr(conditional, "EVERYWHERE", conditional.EVERYWHERE + timedelta(days=1))
    later = [(await web.get(path)).headers["etag"] for path in paths]
    assert later[0] != first[0]
    assert later[1] == first[1]


async def test_a_change_makes_a_new_edition_of_its_visit_and_of_lists_alone(
    web: httpx.AsyncClient, server: Server
) -> None:
    changed = ["/visits.ics", "/changes.atom", "/visits/other.ics"]
    server.client().record("visits/other", scheduled())
    before = {path: (await web.get(path)).headers["etag"] for path in [*changed, *FILES]}
    server.client().record("visits/other", deferred(condition("when the weather is fine")))
    after = {path: (await web.get(path)).headers["etag"] for path in [*changed, *FILES]}
    assert all(before[path] != after[path] for path in changed)
    assert before[f"/visits/{BEIJING}.ics"] == after[f"/visits/{BEIJING}.ics"]
    server.client().record("visits/other", retracted(1))


@pytest.mark.parametrize(
    "path", ["/visits.ics", f"/visits/{BEIJING}.ics", "/visits.json?overdue=1"]
)
async def test_what_has_not_changed_since_is_not_sent(web: httpx.AsyncClient, path: str) -> None:
    if "last-modified" not in (await web.get(path)).headers:
        await asyncio.sleep(1.1)  # a change that is younger has no time: see below
    modified = parsedate_to_datetime((await web.get(path)).headers["last-modified"])

    async def status(since: str, **more: str) -> int:
        headers = {"If-Modified-Since": since, **more}
        return (await web.get(path, headers=headers)).status_code

    def told(moment: datetime) -> str:
        return format_datetime(moment.astimezone(UTC), usegmt=True)

    assert await status(told(modified)) == 304
    assert await status(told(modified + timedelta(days=1))) == 304
    assert await status(told(modified - timedelta(seconds=1))) == 200
    assert await status("yesterday") == 200
    # A tag counts more than a time.
    assert await status(told(modified), **{"If-None-Match": '"other"'}) == 200


async def test_within_the_second_of_a_change_no_time_is_told_since_another_may_come(
    web: httpx.AsyncClient, server: Server
) -> None:
    server.client().record("visits/just-now", scheduled())
    answer = await web.get("/visits/just-now.ics")
    assert "last-modified" not in answer.headers
    now = format_datetime(datetime.now(UTC) + timedelta(seconds=5), usegmt=True)
    again = await web.get("/visits/just-now.ics", headers={"If-Modified-Since": now})
    assert again.status_code == 200
    server.client().record("visits/just-now", retracted(1))


# Who may see what


def bearer(server: GuardedServer, role: str) -> dict[str, str]:
    """The header of a caller of that role."""
    return {"Authorization": f"Bearer {server.holders.tokens[role]}"}


@paths
async def test_without_credentials_nothing_is_answered(
    guarded_web: httpx.AsyncClient, path: str
) -> None:
    answer = await guarded_web.get(path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["cache-control"] == "no-store"
    again = await guarded_web.get(path, headers={"If-None-Match": "*"})
    assert again.status_code == 401


@paths
async def test_what_a_caller_may_see_is_for_that_caller_alone(
    guarded_web: httpx.AsyncClient, guarded_server: GuardedServer, path: str
) -> None:
    answers = [
        await guarded_web.get(path, headers=bearer(guarded_server, role))
        for role in ("reader", "auditor")
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "private, no-cache"
        assert answer.headers["vary"] == "Authorization, Cookie"
    assert answers[0].headers["etag"] != answers[1].headers["etag"]


async def test_a_reader_is_told_nothing_that_is_restricted(
    guarded_web: httpx.AsyncClient, guarded_server: GuardedServer
) -> None:
    restricted = [NAMES["editor"], "Secret note", "Deep Throat"]
    for path in ("/changes.csv", "/changes.atom", "/log.bundle", f"/visits/{BEIJING}.bundle"):
        read = await guarded_web.get(path, headers=bearer(guarded_server, "reader"))
        assert read.status_code == 200
        for text in restricted:
            assert text.encode() not in read.content, path
    whole = await guarded_web.get("/changes.csv", headers=bearer(guarded_server, "auditor"))
    for text in restricted:
        assert text in whole.text
    asked = await guarded_web.get("/changes.csv?actor=x", headers=bearer(guarded_server, "reader"))
    assert asked.status_code == 403


# Long answers


async def test_others_have_a_turn_while_a_long_answer_is_written() -> None:
    async def pages() -> Any:
        for _ in range(3):
            yield list(range(100))

    turns, is_done = 0, False

    async def other() -> None:
        nonlocal turns
        while not is_done:
            turns += 1
            await asyncio.sleep(0)

    def write(numbers: Sequence[int]) -> list[str]:
        return list(map(str, numbers))

    task = asyncio.create_task(other())
    body = await streamed(pages(), write, Frame("[", ",", "]"))
    text = b"".join([part async for part in body])
    is_done = True
    await task
    assert json.loads(text) == [*range(100)] * 3
    assert turns >= 15
