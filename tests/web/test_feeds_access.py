"""Who may see what of the files, and who may keep it."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.support.board import client_of_board
from tests.support.holders import NAMES, GuardedServer, guarded
from tests.support.place import SqliteFile
from tests.web.feed_story import BEIJING, paths, record


@pytest.fixture(scope="module")
def guarded_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedServer]:
    """A server that knows its callers, with the same visits."""
    folder = tmp_path_factory.mktemp("guarded")
    with guarded(SqliteFile(folder / "chancery.db"), folder) as server:
        record(server, token=server.holders.tokens["editor"])
        yield server


@pytest.fixture
async def guarded_web(guarded_server: GuardedServer) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the board in front of it, without credentials."""
    async with client_of_board(guarded_server.address) as client:
        yield client


def bearer(server: GuardedServer, role: str) -> dict[str, str]:
    """The header of a caller of that role."""
    return {"Authorization": f"Bearer {server.holders.tokens[role]}"}


@paths
async def test_without_credentials_nothing_is_answered(
    guarded_web: httpx.AsyncClient, path: str
) -> None:
    answer = await guarded_web.get(path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["cache-control"] == "no-store"
    again = await guarded_web.get(path, headers={"If-None-Match": "*"})
    assert again.status_code == 401


@paths
async def test_what_a_caller_may_see_is_for_that_caller_alone(
    guarded_web: httpx.AsyncClient, guarded_server: GuardedServer, path: str
) -> None:
    answers = [
        await guarded_web.get(path, headers=bearer(guarded_server, role))
        for role in ("reader", "auditor")
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "private, no-cache"
        varies = {each.strip() for each in answer.headers["vary"].split(",")}
        assert varies == {"Authorization", "Cookie"}
    assert answers[0].headers["etag"] != answers[1].headers["etag"]


async def test_a_reader_is_told_nothing_that_is_restricted(
    guarded_web: httpx.AsyncClient, guarded_server: GuardedServer
) -> None:
    restricted = [NAMES["editor"], "Secret note", "Deep Throat"]
    for path in ("/changes.csv", "/changes.atom", "/log.bundle", f"/visits/{BEIJING}.bundle"):
        read = await guarded_web.get(path, headers=bearer(guarded_server, "reader"))
        assert read.status_code == 200
        for text in restricted:
            assert text.encode() not in read.content, path
    whole = await guarded_web.get("/changes.csv", headers=bearer(guarded_server, "auditor"))
    for text in restricted:
        assert text in whole.text
    asked = await guarded_web.get("/changes.csv?actor=x", headers=bearer(guarded_server, "reader"))
    assert asked.status_code == 403
