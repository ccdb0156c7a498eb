"""Pages in a real browser: nobody is kept out, and nothing of another host is asked for."""

import pytest
from playwright.async_api import Browser, Page, Request, expect

from tests.support.axe import violations
from tests.support.desk import VISIT, Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

ADDRESSES = ["/", f"/visits/{VISIT}", "/changes", f"/visits/{VISIT}/state"]
IMAGE_WITHOUT_NAME = "() => document.querySelector('main').append(document.createElement('img'))"


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_page_breaks_no_rule_of_accessibility(page: Page, desk: Desk, address: str) -> None:
    answer = await page.goto(desk.board + address)
    assert answer is not None
    assert answer.status == 200
    assert await violations(page) == []


async def test_the_rules_find_what_keeps_somebody_out(page: Page, desk: Desk) -> None:
    """The control: an image without a name is found."""
    await page.goto(desk.board)
    await page.evaluate(IMAGE_WITHOUT_NAME)
    assert [each.partition(":")[0] for each in await violations(page)] == ["image-alt"]


async def test_a_page_asks_no_other_host_and_keeps_to_its_policy(page: Page, desk: Desk) -> None:
    asked: list[str] = []
    said: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    page.on("console", lambda message: said.append(message.text))
    for address in ADDRESSES:
        await page.goto(desk.board + address)
    assert [url for url in asked if not url.startswith(f"{desk.board}/")] == []
    assert said == []
    await page.evaluate("document.body.setAttribute('style', 'color: red')")
    assert "Content Security Policy" in said[0]  # the control: a breach is said


async def test_without_scripts_a_page_says_the_same(browser: Browser, desk: Desk) -> None:
    texts = []
    for scripts in (True, False):
        context = await browser.new_context(java_script_enabled=scripts)
        page = await context.new_page()
        await page.goto(f"{desk.board}/visits/{VISIT}")
        texts.append(await page.locator("main").inner_text())
        assert await page.locator("main svg").first.is_visible()
        await context.close()
    assert texts[0] == texts[1]


async def test_without_scripts_a_change_is_recorded(browser: Browser, desk: Desk) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{desk.board}/visits/{VISIT}")
    await page.get_by_role("link", name="Amend facts").click()
    await page.get_by_label("Title").fill("Blinken to Beijing")
    await page.get_by_label("Your name").fill("Édith")
    await page.get_by_role("button", name="Record").last.click()
    await expect(page.locator("h1")).to_have_text("Blinken to Beijing")
    await context.close()


async def test_a_narrow_page_is_not_wider_than_its_window(browser: Browser, desk: Desk) -> None:
    context = await browser.new_context(viewport={"width": 320, "height": 640})
    page = await context.new_page()
    for address in ADDRESSES:
        await page.goto(desk.board + address)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320, address
    await context.close()
