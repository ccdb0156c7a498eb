"""A visit at two moments, side by side."""

import httpx
import pytest

from tests.web.shown import Shown, shown, text

COMPARE = "/visits/blinken-beijing-2023/compare"


pytestmark = pytest.mark.usefixtures("beijing")


def panes(page: Shown) -> list[str]:
    return [text(each) for each in page.all("section", class_="pane")]


def rows(page: Shown) -> dict[str, list[str]]:
    """Old and new, by the name of the field."""
    found = {}
    for row in page.one("tbody"):
        name, *cells = (text(cell) for cell in row)
        found[name] = cells
    return found


async def test_two_days_are_told_side_by_side_with_what_differs_and_the_changes_between(
    web: httpx.AsyncClient,
) -> None:
    page = shown(await web.get(f"{COMPARE}?from=2023-02-03&to=2023-06-14"))
    assert panes(page) == [
        "Known by the end of 3 February 2023 When conditions allowofficial Left open “when "
        "conditions allow” since 3 February 2023; it was planned for 5 to 6 February 2023. "
        "The page as of then",
        "Known by the end of 14 June 2023 Rescheduledofficial Planned again, for 18 to 19 June "
        "2023; before, for 5 to 6 February 2023. The page as of then",
    ]
    told = rows(page)
    assert told["status"] == ["when conditions allow", "rescheduled"]
    assert told["days planned"] == ["nothing", "18 to 19 June 2023"]
    assert told["took effect"] == ["3 Feb 2023", "14 Jun 2023"]
    assert page.text("h2", id="between") == "Seven changes between"
    assert [each.get("id") for each in page.one("ol", class_="record")] == [
        f"v{number}" for number in range(12, 5, -1)
    ]


async def test_without_moments_the_first_day_is_compared_with_now(web: httpx.AsyncClient) -> None:
    page = shown(await web.get(COMPARE))
    assert panes(page)[0].startswith("Known by the end of 14 November 2022")
    assert panes(page)[1].startswith("Now Completed")
    assert page.one("input", id="from").get("value") == "2022-11-14"
    assert page.one("input", id="to").get("value") == "now"


async def test_the_sides_can_be_swapped(web: httpx.AsyncClient) -> None:
    page = shown(await web.get(f"{COMPARE}?from=2023-02-03"))
    swapped = shown(await web.get(page.links()["Swap"]))
    assert [one.split()[0] for one in panes(swapped)] == ["Now", "Known"]


async def test_times_are_compared_as_well_as_days(web: httpx.AsyncClient) -> None:
    page = shown(await web.get(f"{COMPARE}?from=2023-02-03T10:00:00Z&to=2023-02"))
    assert panes(page)[0].startswith("Known by 10:00 UTC on 3 February 2023")
    assert panes(page)[1].startswith("Known by the end of February 2023")


async def test_a_side_at_which_the_visit_was_not_known_says_so(web: httpx.AsyncClient) -> None:
    page = shown(await web.get(f"{COMPARE}?from=2022&to=2000"))
    assert panes(page)[1] == "Known by the end of 2000 Nothing was known of it by then."
    assert rows(page)["status"] == ["scheduled", "nothing"]
    neither = shown(await web.get(f"{COMPARE}?from=1999&to=2000"))
    assert [pane.endswith("Nothing was known of it by then.") for pane in panes(neither)] == [
        True,
        True,
    ]


async def test_what_is_the_same_at_both_moments_is_said_to_be(web: httpx.AsyncClient) -> None:
    page = shown(await web.get(f"{COMPARE}?from=2023-02-07&to=2023-02-08"))
    assert page.text("p", class_="empty") == "Nothing differs between these moments."
    assert page.text("h2", id="between") == "No changes between"


async def test_a_moment_that_is_none_is_said_beside_its_field(web: httpx.AsyncClient) -> None:
    answer = await web.get(f"{COMPARE}?from=<b>&to=2999-01-01")
    page = shown(answer)
    assert answer.status_code == 400
    assert page.text("span", id="from-error") == (
        "“<b>” is no day. Write it as 2023-02-03, 2023-02 or 2023."
    )
    assert page.text("span", id="to-error") == (
        "“2999-01-01” lies ahead, and nobody knows it yet. Write a day up to today."
    )
    assert page.one("input", id="from").get("value") == "<b>"
    assert page.one("input", id="from").get("aria-describedby") == "from-error"


async def test_another_name_leads_to_the_visits_own(web: httpx.AsyncClient) -> None:
    answer = await web.get("/visits/blinken-china/compare?from=2023")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{COMPARE}?from=2023")


async def test_a_visit_that_there_is_not_cannot_be_compared(web: httpx.AsyncClient) -> None:
    answer = await web.get("/visits/nothing-like-it/compare")
    assert answer.status_code == 404
    assert shown(answer).text("h1") == "No such visit"
