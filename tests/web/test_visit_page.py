"""The page of a visit, in front of a real server."""

import json
from collections.abc import Callable

import httpx
import pytest

from chancery.client import Connection, RelatedVisit
from tests.support.board import HERE
from tests.support.server import Server
from tests.web import telling
from tests.web.shown import changes, shown, text


async def test_a_visit_is_a_sentence_then_a_drawing_then_who_said_what(
    web: httpx.AsyncClient, beijing: str
) -> None:
    page = shown(await web.get(beijing))
    assert page.text("title") == "Blinken to China: completed · Chancery"
    assert page.text("h1") == "Blinken to China"
    assert page.text("p", class_="kick") == "Antony Blinken, Secretary of State →to Beijing, China"
    assert page.text("p", class_="stat") == "Completedofficialknown since 19 June 2023"
    assert page.text("p", class_="case") == (
        "It took place from 18 to 19 June 2023; it was once planned for 5 to 6 February 2023."
    )
    assert [each.get("id") for each in changes(page)] == [f"v{n}" for n in range(16, 0, -1)]
    assert any(text(each).startswith("All entered on") for each in page.all("p", class_="small"))


async def test_each_mark_of_the_drawing_leads_to_an_item_of_the_list(
    web: httpx.AsyncClient, beijing: str
) -> None:
    page = shown(await web.get(beijing))
    there = {each.get("id") for each in page.all("li")}
    marks = [link for svg in page.all("svg", class_="tl") for link in svg.iter("a")]
    assert len(marks) > 20
    assert {mark.attrib["href"].removeprefix("#") for mark in marks} <= there


async def test_as_of_a_day_the_page_is_another_and_says_so(
    web: httpx.AsyncClient, beijing: str
) -> None:
    page = shown(await web.get(f"{beijing}?known=2023-02-04"))
    assert page.one("html").get("class") == "back"
    band = page.text("div", class_="moment")
    assert band.startswith(
        "Not the present case. Shown as known by the end of 4 February 2023, UTC."
    )
    assert page.text("p", class_="case") == (
        "Left open “when conditions allow” since 3 February 2023; it was planned for 5 to 6 "
        "February 2023."
    )
    links = page.links()
    assert links["Back to now"] == beijing
    assert links["What changed since"] == f"{beijing}/compare?from=2023-02-04"
    assert links["The day before on which something became known: 2023-02-03"] == (
        f"{beijing}?known=2023-02-03"
    )
    assert links["The next day on which something became known: 2023-02-06"] == (
        f"{beijing}?known=2023-02-06"
    )
    assert links["Calendar"] == "/calendar?known=2023-02-04"
    assert "10 later changes are left out: not known by the end of 4 February 2023." in (
        page.text("p", class_="note")
    )
    assert page.one("body").get("data-live") == ""


async def test_the_forms_of_the_desk_are_there_only_for_the_present(
    web: httpx.AsyncClient, tell: Callable[..., str]
) -> None:
    address = tell(telling.left_open, "desk-forms")
    links = shown(await web.get(address)).links()
    assert links["Plan again"] == f"{address}/reschedule"
    assert links["Leave open under a condition"] == f"{address}/defer"
    assert links["Correct a change"] == f"{address}/correct"
    then = shown(await web.get(f"{address}?known=2024-11-28")).links()
    assert not {"Plan again", "Correct a change"} & set(then)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("done=2", "Recorded as change 2: Made exact: 5 to 6 February 2023."),
        (
            "done=2&again=1",
            "Already recorded as change 2: Made exact: 5 to 6 February 2023. The same form was "
            "sent twice; nothing was done a second time.",
        ),
        ("done=99", ""),
        ("done=<b>", ""),
    ],
)
async def test_what_a_form_has_recorded_is_said_once(
    web: httpx.AsyncClient, beijing: str, query: str, said: str
) -> None:
    page = shown(await web.get(f"{beijing}?{query}"))
    assert "".join(text(each) for each in page.all("p", class_="ok")) == said
    assert page.text("span", class_="addr") == f"{HERE}{beijing}"


async def test_after_a_statement_is_recorded_it_is_said_what_it_counts_for(
    web: httpx.AsyncClient, server: Server, tell: Callable[..., str]
) -> None:
    address = tell(telling.disputed, "counted")
    page = shown(await web.get(f"{address}?done=3"))
    assert page.text("p", class_="ok") == (
        "Recorded as change 3: The host denies. It counts: it contradicts the status. The standing "
        "is disputed now."
    )
    with Connection(server.address, actor="carla") as connection:
        connection.state("counted", "report", "press", known="2024-11-28")
    page = shown(await web.get(f"{address}?done=4"))
    assert "It does not count for the standing: only what" in page.text("p", class_="ok")


async def test_a_side_that_is_silent_since_the_present_status_stands_with_what_it_said_before(
    web: httpx.AsyncClient, beijing: str
) -> None:
    said = " ".join(text(each) for each in shown(await web.get(beijing)).all("dd"))
    earlier = ", before the present status"
    assert f"reports of a visit” Wang Wenbin, Foreign Ministry, 7 June 2023{earlier}" in said
    assert f"Received by Qin Gang in Beijing” LaPresse, 18 June 2023{earlier}" in said
    assert "Office of the Historian, State Department, 18 October 2023" in said
    assert said.count(earlier) == 2


async def test_a_page_says_which_position_it_reflects_and_follows_from_there(
    web: httpx.AsyncClient, beijing: str
) -> None:
    page = shown(await web.get(beijing))
    body = page.one("body")
    assert body.get("data-visit") == "visits/blinken-beijing-2023"
    assert f"up to change {body.get('data-live')}." in page.text("footer")
    assert page.one("p", id="live").get("role") == "status"


async def test_a_page_carries_its_visit_as_linked_data(
    web: httpx.AsyncClient, beijing: str
) -> None:
    for query in ("", "?known=2023-02-04"):
        page = shown(await web.get(f"{beijing}{query}"))
        data = json.loads(page.one("script", type="application/ld+json").text or "")
        assert data == (await web.get(f"{beijing}.jsonld{query}")).json()
        assert data["url"] == f"http://127.0.0.1{beijing}{query}"


async def test_who_disagrees_is_said_in_the_sentence(
    web: httpx.AsyncClient, tell: Callable[..., str]
) -> None:
    page = shown(await web.get(tell(telling.disputed, "disputed")))
    assert page.text("p", class_="case") == (
        "Put off on 27 November 2024, with no new date; it was planned for 1 to 2 December 2024. "
        "The host disagrees: “There is nothing to postpone”."
    )
    assert page.text("span", class_="st-disputed") == "disputed"
    assert text(changes(page)[0]).startswith("3 12:40, 27 Nov 2024")


async def test_what_was_taken_back_or_corrected_says_by_which_change(
    web: httpx.AsyncClient, tell: Callable[..., str]
) -> None:
    page = shown(await web.get(tell(telling.mended, "mended")))
    by_id = {each.get("id"): each for each in changes(page)}
    assert "taken back by change 3" in text(by_id["v2"])
    assert by_id["v2"].get("class") == "out"
    assert "corrected by change 4" in text(by_id["v1"])
    assert "Change 2 taken back as entered in error." in text(by_id["v3"])
    assert page.links()["change 3"] == "#v3"
    assert "Planned for 3 to 4 December 2024" in page.text("p", class_="case")


async def test_a_new_plan_is_told_beside_the_one_that_it_ended(
    web: httpx.AsyncClient, tell: Callable[..., str]
) -> None:
    def moved(connection: Connection, name: str) -> None:
        telling.moreau(connection, name)
        connection.reschedule(name, window="2024-12-09", known="2024-11-05", basis=telling.GUEST)

    page = shown(await web.get(tell(moved, "moved")))
    assert "Planned again for 9 December 2024, instead of 1 to 2 December 2024." in (
        text(changes(page)[0])
    )


async def test_each_item_leads_to_its_moment_and_to_the_log(
    web: httpx.AsyncClient, tell: Callable[..., str]
) -> None:
    address = tell(telling.mended, "moments")
    first = changes(shown(await web.get(f"{address}?all=1")))[-1]
    links = {text(each).split()[0]: each.attrib["href"] for each in first.iter("a")}
    assert links["as"] == "?known=2024-11-04"
    assert links["log"].startswith("/changes?visit=moments#p")


ROUGH = ("<script>alert(1)</script>" + '"><img src=x onerror=alert(1)> {{ 7*7 }} & ', "לאחר החגים ")


@pytest.mark.parametrize("words", ROUGH, ids=["markup", "from the right"])
async def test_whatever_was_written_is_shown_as_text(
    web: httpx.AsyncClient, tell: Callable[..., str], words: str
) -> None:
    written = (words * 400)[:4000].strip()
    address = tell(telling.rough, f"rough-{len(words)}", written)
    answer = await web.get(address)
    page = shown(answer)
    assert answer.status_code == 200
    assert not list(page.all("img"))
    data, live = page.all("script")
    assert json.loads(data.text or "")["name"] == written[:60].strip()
    assert (data.get("type"), live.get("src")) == ("application/ld+json", "/static/live.js")
    said = page.text("ol", class_="record")
    assert written.removesuffix(".") in said
    assert page.text("h1") == written[:60].strip()
    for path in (f"{address}?known=2024-01-01", f"{address}/compare?from=2024-01-01"):
        assert (await web.get(path)).status_code == 200


async def test_a_long_history_shows_the_newest_in_full_and_the_rest_in_short(
    web: httpx.AsyncClient, tell: Callable[..., str]
) -> None:
    address = tell(telling.long, "long", 200)
    answer = await web.get(address)
    page = shown(answer)
    assert len(answer.content) < 60_000
    assert len(changes(page)) == 20
    there = {each.get("id") for each in page.all("li")}
    assert {f"v{number}" for number in range(1, 201)} <= there
    whole = shown(await web.get(page.links()["Show all 200 in full"]))
    assert len(changes(whole)) == 200


async def test_what_is_not_for_every_reader_is_marked_where_the_server_gives_it(
    web: httpx.AsyncClient, tell: Callable[..., str]
) -> None:
    page = shown(await web.get(tell(telling.mended, "notes")))
    told = page.text("div", class_="desk-only")
    assert told == "Not for every readerpress a friend of the house anonymousOnly for us"


async def test_related_visits_are_named_from_both_sides(
    web: httpx.AsyncClient, tell: Callable[..., str]
) -> None:
    def told(connection: Connection, name: str) -> None:
        telling.moreau(connection, name)
        telling.moreau(connection, f"{name}-again")
        connection.amend(f"{name}-again", related=RelatedVisit("continues", name))

    address = tell(told, "related")
    assert shown(await web.get(f"{address}-again")).links()["Moreau to Rwanda"] == address
    page = shown(await web.get(address))
    assert f"{address}-again" in page.links().values()
