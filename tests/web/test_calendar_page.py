"""The calendar: windows drawn, the same as a list, and visits on no day."""

from datetime import date, timedelta

import httpx
import pytest

from chancery.client import AsyncConnection, Basis, Window
from service.web.pages import calendar
from service.web.pages.calendar import moved
from tests.web.reading import (
    TEXTS,
    check_refused,
    link_to,
    parameters,
    text_of,
    today_utc,
    visits_of,
)

pytestmark = pytest.mark.usefixtures("invented")

GUEST = Basis("guest", "on the record", "Office of the guest")


async def test_what_is_drawn_is_listed_as_well(web: httpx.AsyncClient) -> None:
    answer = await web.get("/calendar")
    assert answer.status_code == 200
    drawing = answer.text[answer.text.index("<svg", answer.text.index("<main")) :]
    drawing = drawing[: drawing.index("</svg>")]
    shelf = answer.text[answer.text.index('id="shelf"') :]
    listed = [name for name in visits_of(answer) if f"/visits/{name}" not in shelf]
    assert len(listed) > 5
    for name in listed:
        assert f"/visits/{name}" in drawing


async def test_a_visit_that_was_called_off_is_struck_in_its_days(web: httpx.AsyncClient) -> None:
    answer = await web.get("/calendar")
    assert "de-jong-indonesia" in visits_of(answer)
    drawing = answer.text[answer.text.index("<svg", answer.text.index("<main")) :]
    assert "called off" in drawing[: drawing.index("</svg>")]
    assert "called off, was " in text_of(answer)


async def test_the_list_is_by_weeks_and_keeps_rough_windows_apart(web: httpx.AsyncClient) -> None:
    day = today_utc() - timedelta(9)
    monday = day - timedelta(day.weekday())
    said = text_of(await web.get("/calendar", params={"from": f"{day:%Y-%m}"}))
    assert f"Week of {monday:%-d %B %Y} Bianchi to Japan" in said
    assert f"Roughly, {moved(today_utc(), 1):%B %Y}" in said


async def test_visits_without_a_date_are_on_a_shelf(web: httpx.AsyncClient) -> None:
    answer = await web.get("/calendar")
    shelf = text_of(answer.text[answer.text.index('id="shelf"') : answer.text.index("</main>")])
    assert "Arslan to Egypt" in shelf
    assert "once the ceasefire holds (guest), since" in shelf
    assert "Kipkorir" not in shelf


async def test_earlier_and_later_show_as_many_months(web: httpx.AsyncClient) -> None:
    answer = await web.get("/calendar?from=2026-11&months=2")
    assert "November to December 2026" in text_of(answer)
    later = await web.get(link_to(answer, "Later"))
    assert parameters(str(later.url)) == {"from": ["2027-01"], "months": ["2"]}
    assert parameters(link_to(later, "Earlier")) == {"from": ["2026-11"], "months": ["2"]}


async def test_an_empty_calendar_leads_to_more_months(web: httpx.AsyncClient) -> None:
    answer = await web.get("/calendar?from=1850-01&months=1")
    assert "No visit has a day in January 1850." in text_of(answer)
    assert parameters(link_to(answer, "Show twelve months")) == {
        "from": ["1850-01"],
        "months": ["12"],
    }


async def test_the_ends_of_time_can_be_looked_at(web: httpx.AsyncClient) -> None:
    for month in ("1800-01", "2999-12"):
        answer = await web.get(f"/calendar?from={month}&months=24")
        assert answer.status_code == 200


async def test_of_many_visits_the_first_are_drawn_and_the_page_says_so(
    web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar, "DRAWN", 3)
    answer = await web.get("/calendar?months=12")
    said = text_of(answer)
    assert "The first 3 are drawn" in said
    assert parameters(link_to(answer, "look through the list")).keys() == {"from", "to"}


async def test_as_of_another_moment_the_calendar_is_that_of_then(
    web: httpx.AsyncClient, connection: AsyncConnection
) -> None:
    before = today_utc() - timedelta(2)
    answer = await web.get("/calendar", params={"known": str(before)})
    assert "De Jong to Indonesia" in text_of(answer)  # called off since
    assert "called off, was" not in text_of(answer)


async def test_a_window_that_is_open_at_an_end_is_listed_roughly(
    web: httpx.AsyncClient, connection: AsyncConnection
) -> None:
    await connection.schedule(
        "open-end", title="Open", principal="Somebody", window=(date(2031, 3, 5), None)
    )
    await connection.schedule(
        "open-start", title="By then", principal="Somebody", window=(None, date(2031, 3, 20))
    )
    words = Window(as_stated="some day")
    await connection.schedule("words", title="Words alone", principal="Somebody", window=words)
    answer = await web.get("/calendar?from=2031-03&months=1")
    assert {"open-end", "open-start"} <= set(visits_of(answer))
    assert "Roughly, March 2031" in text_of(answer)


BAD = {
    "months=0": "Give a number of months from 1 to 24.",
    "months=-1": "Give a number of months from 1 to 24.",
    "months=1000000000": "Give a number of months from 1 to 24.",
    "months=four": "Give a number of months from 1 to 24.",
    "months=" + "9" * 50_000: "Give a number of months from 1 to 24.",
    "from=2026-13": "is no month",
    "from=0001-01": "of the years 1800 to 2999",
    "from=December": "is no month",
    "from=2026": "is no month",
    "from=2026-02-30": "is no month",
    "known=soon": "The moment in the address is not understood.",
}


@pytest.mark.parametrize("query", BAD, ids=lambda query: query[:30])
async def test_a_bad_address_is_said_and_the_usual_months_are_shown(
    web: httpx.AsyncClient, query: str
) -> None:
    answer = await web.get(f"/calendar?{query}")
    check_refused(answer, BAD[query], "On no day")


@pytest.mark.parametrize("kind", TEXTS)
async def test_whatever_somebody_wrote_is_shown_as_text(
    web: httpx.AsyncClient, connection: AsyncConnection, kind: str
) -> None:
    text = TEXTS[kind]
    name = f"hostile-{list(TEXTS).index(kind)}"
    window = Window(date(2032, 5, 1), date(2032, 5, 9), approximate=True, as_stated=text[:190])
    await connection.schedule(
        name, title=text[:190], principal="Somebody", window=window, basis=GUEST
    )
    answer = await web.get("/calendar?from=2032-05")
    assert name in visits_of(answer)
    assert "<script>alert" not in answer.text
    assert "onclick=x>" not in answer.text
