"""With access control on, a page shows what its caller may see, and offers what they may do."""

from collections.abc import Iterator

import httpx
import pytest

from chancery.client import Connection
from tests.support.holders import GuardedServer, guarded
from tests.support.place import SqliteFile
from tests.web import telling
from tests.web.shown import Shown, shown

MENDED = "/visits/mended"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedServer]:
    """A server that knows its callers, and has a visit with sources and a note."""
    folder = tmp_path_factory.mktemp("guarded")
    with guarded(SqliteFile(folder / "chancery.db"), folder) as running:
        token = running.holders.tokens["editor"]
        with Connection(running.address, token=token, timeout=20) as connection:
            telling.mended(connection, "mended")
        yield running


async def seen_by(web: httpx.AsyncClient, server: GuardedServer, role: str, path: str) -> Shown:
    """A page as the holder of a token sees it."""
    token = server.holders.tokens[role]
    answer = await web.get(path, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    return shown(answer)


async def test_a_reader_sees_no_sources_no_notes_and_no_forms(
    web: httpx.AsyncClient, server: GuardedServer
) -> None:
    page = await seen_by(web, server, "reader", MENDED)
    said = page.text("main")
    assert "Amended: purpose Talks" in said
    for secret in ("a friend of the house", "Only for us", "Not for every reader", "At the desk"):
        assert secret not in said


async def test_an_editor_sees_them(web: httpx.AsyncClient, server: GuardedServer) -> None:
    page = await seen_by(web, server, "editor", MENDED)
    said = page.text("main")
    assert "a friend of the house" in said
    assert "Only for us" in said
    assert page.links()["Put off"] == f"{MENDED}/postpone"


async def test_who_asks_stands_in_the_corner(web: httpx.AsyncClient, server: GuardedServer) -> None:
    page = await seen_by(web, server, "reader", MENDED)
    assert "reader" in page.text("p", class_="caller")


async def test_a_caller_without_a_token_gets_no_visit(web: httpx.AsyncClient) -> None:
    answer = await web.get(MENDED)
    assert answer.status_code == 401
    assert "Moreau" not in answer.text


async def test_two_tokens_at_once_are_none(web: httpx.AsyncClient, server: GuardedServer) -> None:
    """A proxy that adds one of its own to that of whoever asks decides nothing by the order."""
    tokens = [server.holders.tokens[role] for role in ("editor", "reader")]
    both = [("Authorization", f"Bearer {token}") for token in tokens]
    for path in (MENDED, "/", "/visits.ics", f"{MENDED}.json", "/live?after=0", f"{MENDED}/cancel"):
        answer = await web.get(path, headers=both)
        assert answer.status_code == 401
        assert "Credentials must come once" in answer.text
        assert "Moreau" not in answer.text
