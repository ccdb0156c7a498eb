"""Visits and changes as files, over HTTP, from a real server."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser  # type: ignore[import-untyped]
import httpx
import icalendar
import pytest
from google.protobuf.json_format import Parse
from starlette.exceptions import HTTPException

from chancery.v1 import values_pb2 as values
from chancery.v1.info_service_pb2 import GetServerInfoRequest
from chancery.v1.visit_pb2 import Visit
from chancery.v1.visit_service_pb2 import ListVisitsResponse
from service.tlog.note import VerifierKey
from service.verify import verify_bundle
from service.web.board import Board, BoardSettings
from tests.support.board import client_of_board
from tests.support.server import Server
from tests.web.feed_story import BEIJING, FILES, PARIS, RETRACTED, paths, record


@pytest.fixture(scope="module", autouse=True)
def recorded(server: Server) -> None:
    """The server of the module has the visits."""
    record(server)


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
    settings = BoardSettings(public="https://board.example/desk/")
    async with client_of_board(server.address, settings) as web:
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
    async with client_of_board("127.0.0.1:1", patience=0.2) as web:
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
