"""The list of visits: facets with counts, words, orders, pages."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from chancery.client import AsyncConnection
from chancery.client.words import StatusWord
from service.web.pages import facets, visits
from service.web.wording import country, status
from tests.web.reading import (
    TEXTS,
    check_refused,
    link_to,
    links_of,
    parameters,
    text_of,
    today_utc,
    visits_of,
)

pytestmark = pytest.mark.usefixtures("invented")

VISITS = 17


async def test_all_visits_are_listed_with_their_status_standing_and_days(
    web: httpx.AsyncClient,
) -> None:
    answer = await web.get("/visits")
    assert answer.status_code == 200
    assert len(visits_of(answer)) == VISITS
    said = text_of(answer)
    assert "17 visits" in said
    assert "Lucía Ibarra, President →to Washington, United States" in said
    assert "overdue, was" in said


async def test_each_value_of_a_facet_leads_to_as_many_visits_as_it_says(
    web: httpx.AsyncClient, connection: AsyncConnection
) -> None:
    answer = await web.get("/visits")
    counts = await connection.count(count_by=["status", "standing", "host country"])
    for group in counts.groups:
        for each in group.counts[:3]:
            if not each.value:
                continue
            name = each.value
            if group.count_by == "status":
                word: StatusWord = each.value  # type: ignore[assignment]
                name = status(word)
            elif group.count_by == "host country":
                name = country(each.value)
            chosen = await web.get(link_to(answer, f"{name} {each.visit_count}"))
            assert len(visits_of(chosen)) == each.visit_count
            assert f"Take away the filter {name} {each.visit_count}" in text_of(chosen)


async def test_a_facet_counts_as_if_nothing_were_chosen_in_it(web: httpx.AsyncClient) -> None:
    answer = await web.get("/visits?status=postponed")
    assert len(visits_of(answer)) == 2
    both = await web.get(link_to(answer, "When conditions allow 2"))
    assert parameters(str(both.url))["status"] == ["postponed", "when-conditions-allow"]
    assert len(visits_of(both)) == 4
    back = await web.get(link_to(both, "Take away the filter Postponed 2"))
    assert parameters(str(back.url))["status"] == ["when-conditions-allow"]


async def test_words_find_visits_and_keep_the_facets(web: httpx.AsyncClient) -> None:
    answer = await web.get("/visits?q=foreign&status=scheduled")
    assert "for “foreign”" not in text_of(await web.get("/visits"))
    assert "for “foreign”" in text_of(answer)
    assert '<input type="hidden" name="status" value="scheduled">' in answer.text


@pytest.mark.parametrize("order", [value for value, _ in visits.ORDERS])
async def test_the_list_is_in_the_order_of_the_contract(
    web: httpx.AsyncClient, connection: AsyncConnection, order: str
) -> None:
    answer = await web.get("/visits", params={"sort": order})
    asked = f"{order[1:]} desc" if order.startswith("-") else order
    assert visits_of(answer) == [visit.id for visit in await connection.visits(order_by=asked)]


async def test_pages_lead_through_the_whole_list_once(
    web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visits, "SIZE", 5)
    answer = await web.get("/visits?sort=name&standing=official&standing=disputed")
    found = visits_of(answer)
    while "Next page" in answer.text:
        answer = await web.get(link_to(answer, "Next page"))
        assert len(visits_of(answer)) <= 5
        assert "First page" in answer.text
        found += visits_of(answer)
    assert found == sorted(found)
    assert len(found) == len(set(found)) == VISITS - 1


async def test_as_of_another_moment_the_list_is_by_name(
    web: httpx.AsyncClient, connection: AsyncConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visits, "SIZE", 4)
    known = today_utc() - timedelta(20)
    answer = await web.get("/visits", params={"known": str(known), "sort": "-update_time"})
    assert answer.status_code == 200
    assert "as of another moment, by name" in text_of(answer)
    found = visits_of(answer)
    while "Next page" in answer.text:
        answer = await web.get(link_to(answer, "Next page"))
        assert parameters(str(answer.url))["known"] == [str(known)]
        found += visits_of(answer)
    assert found == [visit.id for visit in await connection.visits(known_at=known)]


async def test_as_of_another_moment_facets_count_what_was_then(
    web: httpx.AsyncClient, connection: AsyncConnection
) -> None:
    known = str(today_utc() - timedelta(3))
    answer = await web.get("/visits", params={"known": known})
    postponed = await connection.count(statuses=["postponed"], known_at=known)
    assert postponed.visit_count == 1
    chosen = await web.get(link_to(answer, "Postponed 1"))
    assert visits_of(chosen) == ["tanaka-kenya"]
    assert parameters(str(chosen.url))["known"] == [known]


async def test_where_counting_takes_too_long_the_list_has_no_counts(
    web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "PATIENCE", 0)
    answer = await web.get("/visits?known=2026-01")
    assert answer.status_code == 200
    assert "there are no counts" in text_of(answer)


async def test_other_filters_can_be_taken_away_one_by_one(web: httpx.AsyncClient) -> None:
    answer = await web.get("/visits?overdue=1&heard_since=2020&destination=CA")
    assert visits_of(answer) == ["lindqvist-canada"]
    left = await web.get(link_to(answer, "Take away the filter place in CA"))
    assert parameters(str(left.url)) == {"overdue": ["1"], "heard_since": ["2020"]}


async def test_the_same_list_is_to_be_had_as_files(web: httpx.AsyncClient) -> None:
    links = links_of(await web.get("/visits?status=postponed&q=rwanda"))
    for ending in ("ics", "csv", "json"):
        file = next(link for link in links if link.startswith(f"/visits.{ending}"))
        assert parameters(file) == {"status": ["postponed"], "q": ["rwanda"]}
        answer = await web.get(file)
        assert answer.status_code == 200
        assert "moreau-rwanda" in answer.text


async def test_an_empty_list_says_what_to_try(web: httpx.AsyncClient) -> None:
    said = text_of(await web.get("/visits?q=atlantis"))
    assert "No visit meets all of this. Show all visits, or take a filter away." in said
    assert "not in offices and countries" in said
    assert "No visit was on record then." in text_of(await web.get("/visits?known=1990"))


async def test_a_visit_is_opened_from_wherever_it_was_looked_for(web: httpx.AsyncClient) -> None:
    for address in ("/", "/visits", "/visits?q=atlantis"):
        assert link_to(await web.get(address), "Open a visit") == "/visits/new", address
    assert "/visits/new" not in links_of(await web.get("/visits?known=2026-01"))


async def test_the_last_entry_is_told_in_short(web: httpx.AsyncClient) -> None:
    now = datetime.now(UTC)
    for order in ("-update_time", "-last_heard_time"):
        assert f"{now.day} {now:%b} {now.year}" in text_of(await web.get(f"/visits?sort={order}"))


BAD = {
    "status=busy": ("status", "unknown status 'busy'", "choose from scheduled"),
    "sort=title": ("sort", "'title' is no order", "last_heard_time"),
    "page=abc": ("page",),
    "host=Atlantis": ("host", "or two letters"),
    "from=2026-13-01": ("from", "does not exist"),
    "from=2026-12&to=2026-11": ("to", "lies before from"),
    "days=held": ("days", "give from, to or both"),
    "overdue=perhaps": ("overdue", "or leave it out"),
    "stat=postponed": ("stat", "is no parameter here", "choose from q, status"),
    "trip=a&trip=b": ("trip", "may be given only once"),
    "q=a+b+c+d+e+f+g+h+i+j+k": ("q", "10"),
    "q=" + "a" * 60_000: ("q",),
    "status=" + "x" * 60_000: ("status", "unknown status"),
    "quiet_since=soon": ("quiet_since", "is not a time"),
}


@pytest.mark.parametrize("query", BAD, ids=lambda query: query[:30])
async def test_a_bad_address_is_refused_with_what_is_allowed(
    web: httpx.AsyncClient, query: str
) -> None:
    answer = await web.get(f"/visits?{query}")
    check_refused(answer, "This address cannot be answered as it is.", *BAD[query])


async def test_what_a_field_says_wrongly_stands_beside_it(web: httpx.AsyncClient) -> None:
    answer = await web.get("/visits?from=soon")
    assert 'id="w-from-error"' in answer.text
    assert 'aria-invalid="true" aria-describedby="w-from-error"' in answer.text


async def test_days_are_found_as_people_type_them(web: httpx.AsyncClient) -> None:
    planned = datetime.now(UTC) + timedelta(3)
    plain, typed = [
        await web.get("/visits", params={"from": day, "to": day})
        for day in (f"{planned:%Y-%m-%d}", f"{planned.day} {planned:%B %Y}")
    ]
    assert visits_of(typed) == visits_of(plain) != []
    either = await web.get("/visits?from=7/12/2026")
    check_refused(either, "This address cannot", "can be 7 December 2026 or 12 July 2026")


@pytest.mark.parametrize("kind", TEXTS)
async def test_whatever_somebody_wrote_is_shown_as_text(
    web: httpx.AsyncClient, connection: AsyncConnection, kind: str
) -> None:
    text = TEXTS[kind]
    name = f"hostile-{list(TEXTS).index(kind)}"
    await connection.schedule(
        name, title=text[:190], principal=text[:190], host=text[:190], trip="rude"
    )
    answer = await web.get("/visits", params={"trip": "rude", "q": text[:9]})
    assert name in visits_of(await web.get("/visits", params={"trip": "rude"}))
    for page in (answer, await web.get("/visits", params={"q": text[:2000]})):
        assert "<script>alert" not in page.text
        assert "onclick=x>" not in page.text
