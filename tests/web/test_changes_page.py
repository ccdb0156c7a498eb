"""The page of changes: who changed what, when, why and on whose word."""

import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import httpx
import pytest

from chancery.client import AsyncConnection, Basis, Connection
from service.web.pages import changes
from tests.support.board import client_of_board
from tests.support.holders import NAMES, GuardedServer, guarded
from tests.support.place import SqliteFile
from tests.web.reading import (
    TEXTS,
    check_refused,
    link_to,
    links_of,
    parameters,
    text_of,
    today_utc,
)

pytestmark = pytest.mark.usefixtures("invented")

CHANGES = 28
GUEST = Basis("guest", "on the record", "Office of the guest")


@pytest.fixture(scope="module")
def guarded_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedServer]:
    """A server that knows its callers, with one visit on record."""
    folder = tmp_path_factory.mktemp("guarded")
    with guarded(SqliteFile(folder / "chancery.db"), folder) as server:
        token = server.holders.tokens["editor"]
        with Connection(server.address, token=token) as connection:
            source = Basis("host", "background", "a friend", quote="in confidence")
            connection.schedule(
                "watched", title="Watched", principal="Somebody", sources=[source], note="call back"
            )
        yield server


@pytest.fixture
async def guarded_web(guarded_server: GuardedServer) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the board in front of that server."""
    async with client_of_board(guarded_server.address) as client:
        yield client


def numbers_of(answer: httpx.Response) -> list[int]:
    """The positions of the changes on a page, in their order."""
    rows = answer.text.split('<tr id="p')[1:]
    return [int(row.partition('"')[0]) for row in rows]


async def test_the_newest_change_comes_first(web: httpx.AsyncClient) -> None:
    answer = await web.get("/changes")
    assert answer.status_code == 200
    found = numbers_of(answer)
    assert found == sorted(found, reverse=True)
    assert len(found) >= CHANGES


async def test_each_change_shows_what_was_and_what_became(web: httpx.AsyncClient) -> None:
    answer = await web.get("/changes?visit=de-jong-indonesia&type=cancelled")
    assert re.search(r"<del>(<bdi>)?scheduled(</bdi>)?</del>", answer.text)
    assert re.search(r"<ins>(<bdi>)?cancelled(</bdi>)?</ins>", answer.text)
    said = text_of(answer)
    assert "The cabinet resigned" in said
    assert "host Foreign Ministry, Jakarta" in said


async def test_many_fields_are_folded_away(web: httpx.AsyncClient) -> None:
    answer = await web.get("/changes?visit=kipkorir-china")
    assert "more fields" in text_of(answer)
    assert "Ruth Kipkorir" in text_of(answer)


async def test_changes_are_found_by_visit_type_actor_and_time(web: httpx.AsyncClient) -> None:
    by_visit = await web.get("/changes?visit=delacroix-algeria")
    assert len(numbers_of(by_visit)) == 4
    by_type = await web.get("/changes?visit=delacroix-algeria&type=deferred&type=scheduled")
    assert len(numbers_of(by_type)) == 2
    actor = await web.get("/changes?visit=delacroix-algeria&actor=unverified:ben")
    assert len(numbers_of(actor)) == 1
    assert numbers_of(await web.get("/changes?to=2020")) == []
    today = await web.get("/changes", params={"from": str(today_utc())})
    assert len(numbers_of(today)) >= CHANGES
    last = await web.get("/changes", params={"known_from": str(today_utc()), "type": "cancelled"})
    assert len(numbers_of(last)) <= 1


async def test_who_recorded_a_change_leads_to_all_that_they_recorded(
    web: httpx.AsyncClient,
) -> None:
    answer = await web.get("/changes?visit=delacroix-algeria")
    bens = await web.get(link_to(answer, "ben"))
    assert parameters(str(bens.url)) == {
        "visit": ["delacroix-algeria"],
        "actor": ["unverified:ben"],
    }


async def test_a_name_as_the_page_shows_it_leads_to_the_name_in_full(
    web: httpx.AsyncClient,
) -> None:
    none = await web.get("/changes?visit=delacroix-algeria&actor=ben")
    assert "is found with a word in front: unverified:ben" in text_of(none)
    assert len(numbers_of(await web.get(link_to(none, "unverified:ben")))) == 1


async def test_pages_lead_through_all_changes_once(
    web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "SIZE", 7)
    answer = await web.get("/changes?type=scheduled")
    found = numbers_of(answer)
    while "Older" in answer.text:
        answer = await web.get(link_to(answer, "Older"))
        assert "The newest" in answer.text
        found += numbers_of(answer)
    assert found == sorted(set(found), reverse=True)
    assert len(found) >= 13


async def test_what_was_taken_back_or_corrected_says_so(
    web: httpx.AsyncClient, connection: AsyncConnection
) -> None:
    await connection.schedule("erred", title="Erred", principal="Somebody", host="FR", basis=GUEST)
    await connection.correct("erred", 1, title="Corrected")
    await connection.state("erred", "deny", "host", text="Never", basis=GUEST)
    await connection.retract("erred", 3)
    said = text_of(await web.get("/changes?visit=erred"))
    assert "corrected by change 2" in said
    assert "taken back by change 4" in said


async def test_as_of_another_moment_later_changes_are_left_out(web: httpx.AsyncClient) -> None:
    answer = await web.get("/changes?visit=moreau-rwanda", params={"known": str(today_utc())})
    before = today_utc() - timedelta(3)
    then = await web.get("/changes", params={"visit": "moreau-rwanda", "known": str(before)})
    assert len(numbers_of(then)) == 1
    assert answer.status_code == 200


async def test_the_panel_has_the_checkpoint_and_how_to_keep_it(
    web: httpx.AsyncClient, connection: AsyncConnection
) -> None:
    answer = await web.get("/changes")
    origin, size, root = (await connection.checkpoint()).checkpoint.split("\n")[:3]
    said = text_of(answer)
    assert f"The log is sealed up to change {int(size):,}" in said
    assert f"Log {origin}" in said
    assert f"Root {root}" in said
    assert {"/checkpoint", "/log.bundle"} <= set(links_of(answer))


async def test_a_filter_that_nothing_meets_says_what_to_try(web: httpx.AsyncClient) -> None:
    said = text_of(await web.get("/changes?actor=nobody"))
    assert "No change meets all of this. Show all changes, or leave a field empty." in said


BAD = {
    "visit=nope": ("visit", "nope"),
    "visit=" + "x" * 60_000: ("visit",),
    "visit=%00": ("visit",),
    "type=renamed": ("type", "unknown type of change 'renamed'"),
    "from=soon": ("from", "is not a time"),
    "to=2026-02-30": ("to", "does not exist"),
    "page=abc": ("page",),
    "page=" + "x" * 60_000: ("page",),
    "verify=1": ("verify", "is no parameter here"),
}


@pytest.mark.parametrize("query", BAD, ids=lambda query: query[:30])
async def test_a_bad_filter_is_refused_with_what_is_allowed(
    web: httpx.AsyncClient, query: str
) -> None:
    answer = await web.get(f"/changes?{query}")
    check_refused(answer, "This address cannot be answered as it is.", *BAD[query])
    if "verify" not in query and "page" not in query:
        name = query.partition("=")[0]
        assert f'id="f-{name}-error"' in answer.text


async def test_a_reader_is_not_told_who_recorded_and_may_not_ask(
    guarded_web: httpx.AsyncClient, guarded_server: GuardedServer
) -> None:
    tokens = guarded_server.holders.tokens
    shown = {role: {"Authorization": f"Bearer {tokens[role]}"} for role in NAMES}
    reader = await guarded_web.get("/changes", headers=shown["reader"])
    auditor = await guarded_web.get("/changes", headers=shown["auditor"])
    for secret in (NAMES["editor"], "in confidence", "call back", "Recorded by"):
        assert secret not in reader.text
        assert secret in auditor.text
    refused = await guarded_web.get("/changes?actor=Rita", headers=shown["reader"])
    assert refused.status_code == 403


@pytest.mark.parametrize("kind", TEXTS)
async def test_whatever_somebody_wrote_is_shown_as_text(
    web: httpx.AsyncClient, connection: AsyncConnection, kind: str
) -> None:
    text = TEXTS[kind]
    name = f"hostile-{list(TEXTS).index(kind)}"
    basis = Basis("guest", "on the record", text[:190], quote=text, outlet=text[:190])
    await connection.schedule(
        name,
        title=text[:190],
        principal=text[:190],
        purpose=text,
        reason=text,
        note=text,
        basis=basis,
        sources=basis,
    )
    await connection.for_caller(actor=text[:30].strip()).state(
        name, "deny", "host", text=text, basis=basis
    )
    answer = await web.get("/changes", params={"visit": name})
    assert len(numbers_of(answer)) == 2
    assert "<script>alert" not in answer.text
    assert "onclick=x>" not in answer.text
