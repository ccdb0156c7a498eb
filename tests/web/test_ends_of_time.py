"""The first and the last moments of the calendar, where adding a day or a time zone leads out."""

from datetime import date
from functools import partial
from itertools import product

import httpx
import pytest

from chancery.client import Connection
from chancery.client.details import Window
from tests.support.server import Server

VISITS = ("first", "last", "rough", "from", "by", "off", "held")
OF_VISITS = tuple(f"/visits/{name}" for name in VISITS)
PAGES = ("/", "/visits", "/calendar", "/changes", "/visits/last", "/visits/last/compare")
FILES = ("/visits.ics", "/visits.csv", "/visits.json", "/visits/last.ics", "/visits/last.jsonld")
LOGS = ("/changes.csv", "/changes.atom")
MOMENTS = ("0001-01-01", "0001", "0001-01-01T00:00:00Z", "0003-01-01", "9999-12-31")
BEYOND = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00")
RANGES = {
    "/": ("since",),
    "/visits": ("from", "to", "updated_since", "quiet_since"),
    "/visits.csv": ("heard_since",),
    "/visits/last/compare": ("from", "to"),
    "/calendar": ("from",),
    "/changes": ("from", "to", "known_from"),
    "/changes.atom": ("known_to",),
}
FIRST, LAST = date.min, date.max


@pytest.fixture(scope="module", autouse=True)
def at_the_ends(server: Server) -> None:
    """Visits with the first and the last day that there are, in every place that has one."""
    both = Window(FIRST, LAST, approximate=True)
    with Connection(server.address) as connection:
        plan = partial(connection.schedule, title="t", principal="p", known="0001", host="FR")
        plan("first", window=FIRST)
        plan("last", window=LAST)
        plan("rough", window=Window(date(9999, 12, 1), LAST, approximate=True))
        plan("from", window=(LAST, None))
        plan("by", window=(None, FIRST))
        plan("off", window=both)
        connection.postpone("off", known="0001-01-01")
        connection.reschedule("off", window=LAST, known="0001-01-01T00:00:00Z")
        connection.state("off", "confirm", "host", claimed_window=both, known="0001-02")
        connection.disclose("held", title="t", principal="p", held_window=FIRST, known="0001")


async def test_a_visit_on_the_first_or_the_last_day_of_the_calendar_takes_no_page_down(
    web: httpx.AsyncClient,
) -> None:
    endings = ("", "/compare?from=0003-01-01&to=2023", ".ics", ".jsonld", ".json", "/reschedule")
    paths = [visit + ending for visit in OF_VISITS for ending in endings]
    paths += ["/calendar?from=9999-12", "/calendar?from=0001-01&months=36", "/?known=0003-01-01"]
    for path in (*PAGES, *FILES, *LOGS, *paths):
        answer = await web.get(path)
        assert answer.status_code in (200, 400, 404, 409), f"{path}: {answer.text}"
    for path in (*PAGES, *FILES, *LOGS, *OF_VISITS):
        assert (await web.get(path)).status_code == 200, path


async def test_the_ends_of_the_calendar_can_be_asked_of_every_address(
    web: httpx.AsyncClient,
) -> None:
    asked = [(path, "known") for path in (*PAGES, *FILES, *LOGS)]
    asked += [("/visits/last", "valid"), ("/visits/last", "recorded")]
    asked += [(path, name) for path, names in RANGES.items() for name in names]
    for (path, name), moment in product(asked, (*MOMENTS, *BEYOND)):
        answer = await web.get(path, params={name: moment})
        assert answer.status_code in (200, 400, 404), f"{answer.url}: {answer.text}"
        assert answer.text, str(answer.url)


async def test_a_moment_before_all_history_is_refused_beside_its_field(
    web: httpx.AsyncClient,
) -> None:
    for moment in ("0001-01-01", "0001"):
        answer = await web.get("/", params={"known": moment})
        assert answer.status_code == 400
        assert f"“{moment}” lies before all history here. Write a later day." in answer.text
    assert (await web.get("/", params={"known": "0003-01-01"})).status_code == 200
