"""The live line in a real browser: it tells of what is new, and moves nothing."""

import pytest
from playwright.async_api import Page, Route, expect

from tests.support.desk import VISIT, Desk
from tests.support.messages import amended, scheduled
from tests.support.server import Server
from tests.support.waiting import wait_until

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHOW = """(is_hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => is_hidden });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


async def opened(page: Page, desk: Desk, visit: str) -> None:
    """Record a visit, and open its page."""
    desk.client().record(f"visits/{visit}", scheduled())
    async with page.expect_response(lambda answer: "/live" in answer.url):
        await page.goto(f"{desk.board}/visits/{visit}")


def ended_watches(server: Server) -> int:
    """How many watches have ended on a server."""
    return sum(str(line.get("method")).endswith("/WatchEvents") for line in server.log)


async def test_who_has_a_visit_open_is_told_of_each_change_and_nothing_moves(
    page: Page, desk: Desk
) -> None:
    await opened(page, desk, "live-a")
    line, main = page.locator("#live"), page.locator("main")
    before = await main.inner_html()
    await expect(line).to_be_hidden()
    desk.client().record("visits/live-b", scheduled())
    desk.client().record("visits/live-a", amended(title="Another title"))
    await expect(line).to_have_text("One new change: show")
    desk.client().record("visits/live-a", amended(title="A third title"))
    await expect(line).to_have_text("2 new changes: show")
    assert await main.inner_html() == before
    await line.get_by_role("link").click()
    await expect(page.locator("h1")).to_have_text("A third title")
    await expect(line).to_be_hidden()


async def test_a_page_that_nobody_sees_has_no_line_and_is_told_when_it_is_seen_again(
    page: Page, desk: Desk
) -> None:
    await opened(page, desk, "live-c")
    ended = ended_watches(desk)
    await page.evaluate(SHOW, True)
    wait_until(lambda: ended_watches(desk) == ended + 1)
    desk.client().record("visits/live-c", amended(title="Another title"))
    await expect(page.locator("#live")).to_be_hidden()
    await page.evaluate(SHOW, False)
    await expect(page.locator("#live")).to_have_text("One new change: show")


async def test_a_page_of_another_moment_has_no_line(page: Page, desk: Desk) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{desk.board}/visits/{VISIT}?known=2023-03-01")
    await expect(page.get_by_role("region", name="Another moment")).to_be_visible()
    assert not [url for url in asked if "/live?" in url]


async def test_a_page_whose_line_is_refused_works_all_the_same(page: Page, desk: Desk) -> None:
    async def refuse(route: Route) -> None:
        await route.fulfill(status=503)

    await page.route("**/live?*", refuse)
    await opened(page, desk, "live-e")
    await expect(page.locator("h1")).to_be_visible()
    await expect(page.locator("#live")).to_be_hidden()
