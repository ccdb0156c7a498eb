"""The forms in a real browser: by the keyboard alone, and on a narrow screen."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page

from chancery.client import Connection
from service.web.forms.forms import FORMS
from tests.support.board import running_board
from tests.support.browser import browser, page
from tests.support.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")
__all__ = ["browser", "page"]


@pytest_asyncio.fixture(loop_scope="session")
async def address(server: Server) -> AsyncIterator[str]:
    """Where the board is, with a planned visit."""
    with Connection(server.address) as connection:
        if not connection.batch(["typed"]).items:
            connection.schedule("typed", title="t", principal="p", window="2023-02-05")
    async with running_board(server.address) as board:
        yield board.address


async def tab_to(page: Page, name: str) -> None:
    """Press Tab until that input has the focus."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        if await page.locator(":focus").get_attribute("name") == name:
            return
    raise AssertionError(f"Tab never comes to {name}")


async def test_the_keyboard_alone_records_a_change_and_mends_a_mistake(
    page: Page, address: str, server: Server
) -> None:
    await page.goto(f"{address}/visits/typed/reschedule")
    await tab_to(page, "rescheduled.window.start")
    await page.keyboard.type("2023-02-30")
    await tab_to(page, "context.basis[0].side")
    await page.keyboard.press("Space")
    await page.keyboard.press("ArrowRight")
    await tab_to(page, "context.basis[0].attribution")
    await page.keyboard.type("on the")
    await tab_to(page, "officer")
    await page.keyboard.type("王毅")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert await page.title() == "Problem: Plan again: t · Chancery"
    assert await page.locator(":focus").get_attribute("role") == "alert"
    await page.keyboard.press("Tab")
    assert await page.locator(":focus").inner_text() == "There is no 2023-02-30"
    await page.keyboard.press("Enter")
    await page.keyboard.press("Control+a")
    await page.keyboard.type("2023-06-18")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert page.url == f"{address}/visits/typed?done=2"
    with Connection(server.address) as connection:
        event = connection.history("typed")[-1]
    assert (event.actor, event.basis[0].side) == ("unverified:王毅", "host")
    assert event.basis[0].attribution == "on the record"


async def test_another_row_keeps_what_was_written_and_has_the_focus(
    page: Page, address: str
) -> None:
    await page.goto(f"{address}/visits/typed/state")
    await page.fill("[name='context.basis[0].speaker']", "Ned Price")
    async with page.expect_navigation():
        await page.click("text=Another word")
    assert await page.input_value("[name='context.basis[0].speaker']") == "Ned Price"
    assert await page.locator(":focus legend").inner_text() == "Word 2"


async def test_on_a_narrow_screen_no_form_scrolls_sideways_or_breaks_the_policy(
    page: Page, address: str
) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    await page.set_viewport_size({"width": 320, "height": 640})
    opened = [f"/visits/typed/{action}?change=1" for action in FORMS]
    for path in (*opened, "/visits/new", "/visits/new?change=defer", "/sign-in"):
        await page.goto(f"{address}{path}")
        await page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert await page.evaluate("document.documentElement.scrollWidth") == 320, path
    assert not [each for each in said if "Content Security Policy" in each]
