"""Visits that are not there: elsewhere, withdrawn, not yet, or not at all."""

from collections.abc import Callable

import httpx
import pytest

from chancery.client import Connection
from tests.web import telling
from tests.web.shown import changes, shown


async def test_another_name_leads_to_the_visits_own(
    web: httpx.AsyncClient, tell: Callable[..., str]
) -> None:
    tell(telling.mended, "renamed")
    answer = await web.get("/visits/renamed-alias?known=2024-11-30")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/visits/renamed?known=2024-11-30",
    )


async def test_a_withdrawn_visit_names_the_one_that_stays_and_keeps_its_history(
    web: httpx.AsyncClient, tell: Callable[..., str], beijing: str
) -> None:
    def withdrawn(connection: Connection, name: str) -> None:
        telling.moreau(connection, name)
        connection.retract(name, 1, merged_into="blinken-beijing-2023")

    answer = await web.get(tell(withdrawn, "withdrawn"))
    page = shown(answer)
    assert answer.status_code == 200
    assert page.links()["blinken-beijing-2023"] == beijing
    assert page.text("h1") == "Moreau to Rwanda"
    assert len(changes(page)) == 2
    assert "At the desk" not in answer.text


async def test_a_visit_that_was_not_known_yet_leads_to_the_first_day_on_which_it_was(
    web: httpx.AsyncClient, beijing: str
) -> None:
    answer = await web.get(f"{beijing}?known=2022-02-04")
    page = shown(answer)
    assert answer.status_code == 404
    assert page.text("h1") == "Not yet known"
    assert "The first word of it is of 14 November 2022." in page.text("p", class_="case")
    assert page.links()["See it as of 14 November 2022"] == f"{beijing}?known=2022-11-14"
    assert (await web.get(f"{beijing}?known=2022-11-14")).status_code == 200


async def test_a_visit_that_was_not_recorded_yet_leads_to_the_day_on_which_it_was(
    web: httpx.AsyncClient, beijing: str
) -> None:
    answer = await web.get(f"{beijing}?recorded=2023")
    page = shown(answer)
    assert answer.status_code == 404
    assert page.text("h1") == "Not yet recorded"
    (there,) = [link for name, link in page.links().items() if name.startswith("See it as of")]
    assert there.startswith(f"{beijing}?recorded=")


async def test_a_visit_that_there_is_not_offers_those_that_may_be_meant(
    web: httpx.AsyncClient, beijing: str
) -> None:
    for name in ("blinken-bejing-2023", "Blinken to Somewhere", "china"):
        answer = await web.get(f"/visits/{name}")
        page = shown(answer)
        assert answer.status_code == 404
        assert page.text("h1") == "No such visit"
        assert page.links()["Blinken to China"] == beijing
        assert page.one("input", id="words").get("value") == name.replace("-", " ")


@pytest.mark.parametrize(
    "name",
    ["%00", "%F0%9F%A6%86", "x" * 3000, "..%5C", "<script>", "%E2%80%AE", "-", " "],
    ids=repr,
)
async def test_an_address_that_names_no_visit_gets_a_page(
    web: httpx.AsyncClient, name: str
) -> None:
    answer = await web.get(f"/visits/{name}")
    assert answer.status_code == 404
    assert "No such visit" in answer.text
