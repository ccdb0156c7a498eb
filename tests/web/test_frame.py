"""The frame of every page: the ways to other pages and to other moments."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.support.board import HERE
from tests.web.shown import shown, text

ELSEWHERE = "/visits/nothing"


async def test_a_page_names_the_sections_and_keeps_the_moment_on_the_way_to_them(
    web: httpx.AsyncClient,
) -> None:
    links = shown(await web.get(f"{ELSEWHERE}?known=2023-02&valid=2023")).links()
    for name, path in (("Today", "/"), ("Visits", "/visits"), ("Changes", "/changes")):
        assert links[name] == f"{path}?known=2023-02&valid=2023"
    assert links["Skip to the content"] == "#main"


async def test_the_section_of_a_page_is_marked(web: httpx.AsyncClient) -> None:
    page = shown(await web.get(ELSEWHERE))
    assert [text(each) for each in page.all("a") if each.get("aria-current")] == ["Visits"]


async def test_looking_back_needs_no_script_and_keeps_what_else_the_address_says(
    web: httpx.AsyncClient,
) -> None:
    page = shown(await web.get(f"{ELSEWHERE}?all=1&known=2023-02-03&done=4"))
    form = page.one("details", class_="look").find("form")
    assert form is not None
    fields = {each.get("name"): each.get("value") for each in form.iter("input")}
    assert fields == {"all": "1", "known": "2023-02-03", "valid": "", "recorded": ""}
    assert (form.get("method"), form.get("action")) == ("get", ELSEWHERE)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("known=2023-02-03", "known by the end of 3 February 2023"),
        ("known=2023-02", "known by the end of February 2023"),
        ("known=2023", "known by the end of 2023"),
        ("known=2023-02-03T14:30:00Z", "known by 14:30 UTC on 3 February 2023"),
        (
            "known=2023-02-03&valid=2023-02-10",
            "known by the end of 3 February 2023 and in force at the end of 10 February 2023",
        ),
        ("recorded=2023", "recorded here by the end of 2023"),
    ],
)
async def test_another_moment_is_said_in_words(
    web: httpx.AsyncClient, query: str, said: str
) -> None:
    page = shown(await web.get(f"{ELSEWHERE}?{query}"))
    band = page.text("div", class_="moment")
    assert band.startswith(f"Not the present case. Shown as {said}, UTC.")
    assert f"as {said} · Chancery" in page.text("title")
    assert page.one("html").get("class") == "back"


async def test_this_year_so_far_is_another_moment_too(web: httpx.AsyncClient) -> None:
    year = datetime.now(UTC).year
    band = shown(await web.get(f"{ELSEWHERE}?known={year}")).text("div", class_="moment")
    assert f"Shown as known by now, in {year}, UTC." in band


async def test_a_moment_that_is_none_is_said_beside_its_field_and_in_the_page(
    web: httpx.AsyncClient,
) -> None:
    answer = await web.get("/visits/x/compare?known=soon")
    assert answer.status_code == 404  # a page about two moments of its own reads no other
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date()
    page = shown(await web.get(f"{ELSEWHERE}?known=2023-02-31&recorded={tomorrow}"))
    assert page.text("span", id="look-known-error") == (
        "“2023-02-31” is no day. Write it as 2023-02-03, 2023-02 or 2023."
    )
    assert "lies ahead" in page.text("span", id="look-recorded-error")
    field = page.one("input", id="look-known")
    assert (field.get("value"), field.get("aria-invalid")) == ("2023-02-31", "true")
    assert page.one("details", class_="look").get("open") is not None
    assert [each.get("role") for each in page.all("p", class_="bad")] == ["alert", "alert"]
    assert not list(page.all("div", class_="moment"))


async def test_a_moment_may_be_typed_as_people_write_a_day(web: httpx.AsyncClient) -> None:
    for typed in ("4 Feb 2023", "4.2.2023", "2023-02-04"):
        page = shown(await web.get(ELSEWHERE, params={"known": typed}))
        assert "known by the end of 4 February 2023" in page.text("div", class_="moment")
        assert page.text("span", class_="addr").endswith(f"{ELSEWHERE}?known=2023-02-04")
    page = shown(await web.get(ELSEWHERE, params={"known": "3/2/2023"}))
    assert page.text("span", id="look-known-error") == (
        "“3/2/2023” can be 3 February 2023 or 2 March 2023: write 2023-02-03 or 2023-03-02."
    )


async def test_a_page_carries_its_address(web: httpx.AsyncClient) -> None:
    page = shown(await web.get(f"{ELSEWHERE}?all=1&known=2023"))
    assert page.text("span", class_="addr") == f"{HERE}{ELSEWHERE}?all=1&known=2023"


async def test_no_page_has_a_style_or_a_script_of_its_own_or_asks_another_host(
    web: httpx.AsyncClient,
) -> None:
    page = shown(await web.get(ELSEWHERE))
    for each in page.all():
        assert not {name for name in each.attrib if name == "style" or name.startswith("on")}
        for name in ("src", "action"):
            assert each.get(name, "/").startswith("/")
    assert all(each.attrib["href"].startswith("/") for each in page.all("link"))
    assert [each.text for each in page.all("script")] == [None]
