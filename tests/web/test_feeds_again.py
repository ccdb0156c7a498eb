"""Conditional requests for files: who has an edition already does not get it again."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

import httpx
import pytest

from service.web.feeds import conditional
from service.web.terms import EVERYWHERE
from tests.support.messages import (
    condition,
    deferred,
    retracted,
    scheduled,
)
from tests.support.server import Server
from tests.web.feed_story import BEIJING, FILES, paths, record


@pytest.fixture(scope="module", autouse=True)
def recorded(server: Server) -> None:
    """The server of the module has the visits."""
    record(server)


@paths
async def test_who_has_an_edition_already_does_not_get_it_again(
    web: httpx.AsyncClient, path: str
) -> None:
    first = await web.get(path)
    tag = first.headers["etag"]
    assert tag.startswith('"')
    for tags in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await web.get(path, headers={"If-None-Match": tags})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        assert again.headers["cache-control"] == "no-cache"
        assert "content-type" not in again.headers
    for tags in ('"other"', tag.strip('"'), '"'):
        assert (await web.get(path, headers={"If-None-Match": tags})).status_code == 200


@paths
async def test_the_head_of_a_file_is_that_of_the_file(web: httpx.AsyncClient, path: str) -> None:
    whole, head = await web.get(path), await web.head(path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "content-type", "content-disposition", "cache-control"):
        assert head.headers[name] == whole.headers[name]
    assert head.headers.get("content-length") in (None, whole.headers.get("content-length"))
    tags = {"If-None-Match": whole.headers["etag"]}
    assert (await web.head(path, headers=tags)).status_code == 304


async def test_each_address_and_moment_has_an_edition_of_its_own(web: httpx.AsyncClient) -> None:
    addresses = [*FILES, "/visits.ics?host=FR", "/visits.ics?known=2023", "/visits.ics?overdue=1"]
    tags = {(await web.get(path)).headers["etag"] for path in addresses}
    assert len(tags) == len(addresses)


async def test_what_is_overdue_has_a_new_edition_each_day(
    web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = ["/visits.csv?overdue=1", "/visits.csv"]
    first = [(await web.get(path)).headers["etag"] for path in paths]
    assert [(await web.get(path)).headers["etag"] for path in paths] == first
    monkeypatch.setattr(conditional, "EVERYWHERE", EVERYWHERE + timedelta(days=1))
    later = [(await web.get(path)).headers["etag"] for path in paths]
    assert later[0] != first[0]
    assert later[1] == first[1]


async def test_a_change_makes_a_new_edition_of_its_visit_and_of_lists_alone(
    web: httpx.AsyncClient, server: Server
) -> None:
    changed = ["/visits.ics", "/changes.atom", "/visits/other.ics"]
    server.client().record("visits/other", scheduled())
    before = {path: (await web.get(path)).headers["etag"] for path in [*changed, *FILES]}
    server.client().record("visits/other", deferred(condition("when the weather is fine")))
    after = {path: (await web.get(path)).headers["etag"] for path in [*changed, *FILES]}
    assert all(before[path] != after[path] for path in changed)
    assert before[f"/visits/{BEIJING}.ics"] == after[f"/visits/{BEIJING}.ics"]
    server.client().record("visits/other", retracted(1))


@pytest.mark.parametrize(
    "path", ["/visits.ics", f"/visits/{BEIJING}.ics", "/visits.json?overdue=1"]
)
async def test_what_has_not_changed_since_is_not_sent(web: httpx.AsyncClient, path: str) -> None:
    if "last-modified" not in (await web.get(path)).headers:
        await asyncio.sleep(1.1)  # a change that is younger has no time: see below
    modified = parsedate_to_datetime((await web.get(path)).headers["last-modified"])

    async def status(since: str, **more: str) -> int:
        headers = {"If-Modified-Since": since, **more}
        return (await web.get(path, headers=headers)).status_code

    def told(moment: datetime) -> str:
        return format_datetime(moment.astimezone(UTC), usegmt=True)

    assert await status(told(modified)) == 304
    assert await status(told(modified + timedelta(days=1))) == 304
    assert await status(told(modified - timedelta(seconds=1))) == 200
    assert await status("yesterday") == 200
    # A tag counts more than a time.
    assert await status(told(modified), **{"If-None-Match": '"other"'}) == 200


async def test_within_the_second_of_a_change_no_time_is_told_since_another_may_come(
    web: httpx.AsyncClient, server: Server
) -> None:
    server.client().record("visits/just-now", scheduled())
    answer = await web.get("/visits/just-now.ics")
    assert "last-modified" not in answer.headers
    now = format_datetime(datetime.now(UTC) + timedelta(seconds=5), usegmt=True)
    again = await web.get("/visits/just-now.ics", headers={"If-Modified-Since": now})
    assert again.status_code == 200
    server.client().record("visits/just-now", retracted(1))
