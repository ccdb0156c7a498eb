"""The page of today: its sentence, and the evidence below."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import httpx
import pytest

from chancery.client import AsyncConnection, Basis, Condition, Connection, Visit, draft
from chancery.v1.desk_service_pb2 import Change
from service.web.pages import news, today
from service.web.pages.days import Days
from service.web.pages.morning import morning
from service.web.pages.some import Number, Some
from service.web.pages.today import Today, now, sorted_out, then
from tests.support.board import client_of_board
from tests.support.holders import GuardedServer, guarded
from tests.support.place import SqliteFile
from tests.support.server import Server
from tests.web.reading import (
    TEXTS,
    check_refused,
    link_to,
    links_of,
    sentence_of,
    text_of,
    today_utc,
    visits_of,
)

pytestmark = pytest.mark.usefixtures("invented")

GUEST = Basis("guest", "on the record", "Office of the guest")
HOST = Basis("host", "on the record", "Office of the host")


def told(**numbers: Number) -> str:
    """The sentence for these numbers; those that are not given are none."""
    days = Days(
        datetime.now(UTC), datetime.combine(today_utc() - timedelta(1), datetime.min.time(), UTC)
    )

    def some(name: str) -> Some:
        return Some((), numbers.get(name, Number()))

    found = Today(
        total=Number(),
        changed=some("changed"),
        overdue=some("overdue"),
        disputed=some("disputed"),
        due=some("due"),
        later=some("later"),
        waiting=some("waiting"),
        silent=some("silent"),
        held=some("held"),
    )
    return morning(found, days).striptags().replace("\N{NO-BREAK SPACE}", " ")


def test_the_sentence_answers_five_questions_in_words() -> None:
    assert told(
        changed=Number(6), overdue=Number(1), disputed=Number(2), due=Number(7), waiting=Number(4)
    ) == (
        "Six visits have changed since yesterday; one is overdue; the sides disagree about two. "
        "Seven are due in six weeks, and four wait without a date."
    )


def test_the_sentence_says_of_what_there_is_none() -> None:
    assert told() == (
        "Nothing has changed since yesterday; none is overdue; no sides disagree. "
        "None is due in six weeks, and none waits without a date."
    )


def test_the_sentence_has_the_singular_and_counts_to_a_thousand() -> None:
    one = Number(1)
    assert told(changed=one, overdue=one, disputed=one, due=one, waiting=one) == (
        "One visit has changed since yesterday; one is overdue; the sides disagree about one. "
        "One is due in six weeks, and one waits without a date."
    )
    assert told(due=Number(1000, True), waiting=Number(600), silent=Number(600)) == (
        "Nothing has changed since yesterday; none is overdue; no sides disagree. "
        "More than 1,000 are due in six weeks, and more than 1,000 wait without a date."
    )


async def test_each_number_leads_to_its_evidence(web: httpx.AsyncClient) -> None:
    answer = await web.get("/")
    assert answer.status_code == 200
    for anchor in ("changed", "look", "coming", "open"):
        assert f'href="#{anchor}"' in answer.text
        assert f'id="{anchor}"' in answer.text


async def test_changes_come_by_the_day_on_which_they_became_known(web: httpx.AsyncClient) -> None:
    said = text_of(await web.get("/"))
    assert said.index("Delacroix to Algeria") < said.index("Moreau to Rwanda")
    assert "Put off, with no new date. The security of the delegation." in said
    assert "instead of “in " in said  # the window that a new plan ended


async def test_what_was_entered_about_earlier_days_is_folded_away(web: httpx.AsyncClient) -> None:
    answer = await web.get("/")
    folded = answer.text[answer.text.index('<details class="folded">') :]
    assert "21 changes entered since yesterday about earlier days" in text_of(folded)
    news = answer.text[: answer.text.index('<details class="folded">')]
    assert "Became known after it was held" not in news


async def test_overdue_visits_come_with_the_forms_that_end_it(web: httpx.AsyncClient) -> None:
    answer = await web.get("/")
    assert "Overdue by 4 days. Planned for" in text_of(answer)
    for form in ("complete", "postpone", "state"):
        assert f"/visits/lindqvist-canada/{form}" in links_of(answer)


async def test_disputed_visits_show_the_record_beside_what_the_side_says(
    web: httpx.AsyncClient,
) -> None:
    said = text_of(await web.get("/"))
    assert "Host Kigali has withdrawn the invitation: there is nothing to postpone" in said


async def test_visits_without_a_date_begin_with_the_quietest(web: httpx.AsyncClient) -> None:
    answer = await web.get("/")
    waiting = answer.text[answer.text.index('id="open"') :]
    order = [waiting.index(name) for name in ("arslan-egypt", "tanaka-kenya", "delacroix-algeria")]
    assert order == sorted(order)


async def test_since_moves_the_beginning_of_the_news(web: httpx.AsyncClient) -> None:
    answer = await web.get("/")
    week = await web.get(link_to(answer, "a week"))
    assert len(visits_of(week)) >= len(visits_of(answer))
    assert f"since {today_utc() - timedelta(7):%-d %B %Y}" in sentence_of(week)
    assert "Al-Mutairi to Iraq" in text_of(week)


@pytest.mark.parametrize("since", ["soon", "2026-13-01", "9" * 60_000, "2999-01-01", "<b>"])
async def test_a_bad_since_is_said_and_the_page_begins_with_yesterday(
    web: httpx.AsyncClient, since: str
) -> None:
    answer = await web.get("/", params={"since": since})
    check_refused(answer, "Since when is not understood.", "changed since yesterday")


async def test_as_of_another_day_the_sentence_is_that_of_the_day(
    web: httpx.AsyncClient, connection: AsyncConnection
) -> None:
    day = today_utc() - timedelta(3)
    answer = await web.get("/", params={"known": day.isoformat()})
    assert "the sides disagree about one." in sentence_of(answer)  # Moreau's host spoke later
    assert "one is overdue" in sentence_of(answer)
    assert "/visits/lindqvist-canada/complete" not in links_of(answer)
    assert not [
        link for link in links_of(answer) if link.startswith("/visits/") and "?" not in link
    ]
    moreau = await connection.visit("moreau-rwanda", known_at=day)
    assert moreau.standing == "official"


async def test_a_day_of_news_that_lies_after_another_moment_is_passed_over(
    web: httpx.AsyncClient,
) -> None:
    moment = {"known": str(today_utc() - timedelta(30)), "since": str(today_utc() - timedelta(2))}
    answer = await web.get("/", params=moment)
    assert answer.status_code == 200
    assert "since the day before" in sentence_of(answer)


async def test_before_anything_was_known_there_is_a_way_back(web: httpx.AsyncClient) -> None:
    answer = await web.get("/", params={"known": "1990"})
    assert answer.status_code == 200
    assert sentence_of(answer).startswith("Nothing has changed")
    assert "Back to now" in text_of(answer)


async def test_an_import_hides_no_news(
    web: httpx.AsyncClient, connection: AsyncConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "OF_THE_LOG", 5)
    for number in range(8):
        change = draft.schedule(
            f"archive-{number}", title="Old", principal="Somebody", known="2019", basis=GUEST
        )
        await connection.record(change)
    said = text_of(await web.get("/"))
    assert "Put off, with no new date. The security of the delegation." in said
    assert "More than 5 changes entered since yesterday about earlier days" in said


def story(random: Random, number: int) -> Iterator[Change]:
    """A few changes of one visit, on days around today."""
    name, known = f"story-{number}", today_utc() - timedelta(random.randint(5, 500))
    first = today_utc() + timedelta(random.randint(-30, 60))
    window = (first, first + timedelta(random.randint(0, 20)))
    yield draft.schedule(
        name, title=name, principal="Somebody", host="FR", window=window, known=known, basis=GUEST
    )
    later = min(known + timedelta(random.randint(0, 3)), today_utc())
    match random.randrange(5):
        case 0:
            yield draft.postpone(name, known=later, basis=GUEST)
        case 1:
            words = Condition("when it is quiet", "guest")
            yield draft.defer(name, condition=words, known=later, basis=GUEST)
        case 2:
            held = (today_utc() - timedelta(3), today_utc() - timedelta(2))
            yield draft.complete(name, held_window=held, basis=GUEST)
        case 3:
            yield draft.state(name, "deny", "host", known=later, basis=HOST)
        case _:
            pass


@pytest.mark.parametrize("seed", range(5))
async def test_the_page_says_the_numbers_of_the_contract(
    web: httpx.AsyncClient, connection: AsyncConnection, seed: int
) -> None:
    random = Random(seed)
    for number in range(12):
        for change in story(random, 100 * seed + number):
            await connection.record(change)
    since = today_utc() - timedelta(random.randint(1, 30))
    answer = await web.get("/", params={"since": since.isoformat()})
    days = Days(datetime.now(UTC), datetime.combine(since, datetime.min.time(), UTC))
    counted = await now(connection, days)
    told = sorted_out((await connection.visits())[:], days)
    for name in ("changed", "overdue", "disputed", "due", "later", "waiting", "silent", "held"):
        by_contract, by_hand = getattr(counted, name), getattr(told, name)
        assert by_contract.number == by_hand.number, name
        assert {each.name for each in by_contract.visits} <= {
            visit.name for visit in (await connection.visits()) if _is(name, visit, days)
        }
    expected = morning(counted, days).striptags().replace("\N{NO-BREAK SPACE}", " ")
    assert sentence_of(answer) == expected
    assert (await connection.count(overdue=True)).visit_count == counted.overdue.number.least


def _is(name: str, visit: Visit, days: Days) -> bool:
    found = sorted_out([visit], days)
    return bool(getattr(found, name).number)


async def test_as_of_another_moment_a_thousand_visits_are_looked_at(
    connection: AsyncConnection, monkeypatch: pytest.MonkeyPatch
) -> None:

    monkeypatch.setattr(today, "COUNTED", 3)
    days = Days(datetime.now(UTC), datetime.now(UTC) - timedelta(1))
    found = await then(connection, days, {"known_at": today_utc()})
    assert found.is_cut
    assert str(found.total) == "more than 3"


@pytest.mark.parametrize("kind", TEXTS)
async def test_whatever_somebody_wrote_is_shown_as_text(
    web: httpx.AsyncClient, connection: AsyncConnection, kind: str
) -> None:
    text = TEXTS[kind]
    name = f"hostile-{list(TEXTS).index(kind)}"
    window = (today_utc() - timedelta(9), today_utc() - timedelta(9))
    await connection.schedule(
        name, title=text[:190], principal=text[:190], host="FR", window=window, basis=GUEST
    )
    await connection.state(name, "deny", "host", text=text, basis=HOST, speaker=text[:190])
    await connection.postpone(f"{name}-open", title=text[:190], principal="Somebody", reason=text)
    answer = await web.get("/")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "onclick=x>" not in answer.text


async def test_a_reader_sees_no_forms(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("guarded")
    with guarded(SqliteFile(folder / "chancery.db"), folder) as server:
        _record_overdue(server)
        async with client_of_board(server.address) as client:
            for role, sees in (("reader", False), ("editor", True)):
                shown = {"Authorization": f"Bearer {server.holders.tokens[role]}"}
                answer = await client.get("/", headers=shown)
                assert "Overdue by" in text_of(answer)
                assert ("/visits/late/complete" in links_of(answer)) is sees
                assert ("/visits/new" in links_of(answer)) is sees


def _record_overdue(server: GuardedServer) -> None:
    with Connection(server.address, token=server.holders.tokens["editor"]) as connection:
        window = (today_utc() - timedelta(9), today_utc() - timedelta(9))
        connection.schedule("late", title="Late", principal="Somebody", window=window)


async def test_an_empty_record_leads_to_the_form_that_opens_it(own_server: Server) -> None:
    async with client_of_board(own_server.address) as client:
        answer = await client.get("/")
        assert "No visit is on record yet. Record the first" in text_of(answer)
        assert link_to(answer, "Record the first") == "/visits/new"
        for path in ("/visits", "/calendar", "/changes"):
            assert (await client.get(path)).status_code == 200
