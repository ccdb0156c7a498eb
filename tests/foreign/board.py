"""The whole board in real browsers: every page, light and dark, wide and narrow, and on paper.

``make foreign`` runs this file; ``make test`` leaves it out, by its name. It needs Debian's
chromium and firefox-esr. Pictures of all pages are in ``.pictures/`` afterwards.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.support.axe import violations
from tests.support.browser import chromium, firefox
from tests.support.desk import VISIT, Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

PICTURES = Path(__file__).parents[2] / ".pictures"
PLANNED = "marchetti-brazil"
ADDRESSES = {
    "today": "/",
    "today-as-of": f"/?known={datetime.now(UTC) - timedelta(days=30):%Y-%m-%d}",
    "visits": "/visits",
    "visits-found": "/visits?q=china&status=scheduled",
    "visits-none": "/visits?q=nobody",
    "visit": f"/visits/{VISIT}",
    "visit-as-of": f"/visits/{VISIT}?known=2023-03-01",
    "visit-not-yet": f"/visits/{VISIT}?known=2020",
    "visit-none": "/visits/nobody",
    "compare": f"/visits/{VISIT}/compare?from=2023-02-01&to=now",
    "calendar": "/calendar",
    "changes": "/changes",
    "changes-of-one": f"/changes?visit={VISIT}",
    "new": "/visits/new",
    "plan": "/visits/new?change=schedule",
    "postpone": f"/visits/{PLANNED}/postpone",
    "state": f"/visits/{VISIT}/state",
    "amend": f"/visits/{VISIT}/amend",
    "correct": f"/visits/{VISIT}/correct?change=2",
    "retract": f"/visits/{VISIT}/retract?change=2",
    "not-from-here": f"/visits/{VISIT}/postpone",
    "sign-in": "/sign-in",
    "contract": "/api",
    "missing": "/nothing",
}
WIDTHS = (1280, 320)
# Tab stops of one page at most.
STOPS = 200
NAME = "Édith"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A server with visits, and its board."""
    with Desk(tmp_path_factory.mktemp("desk") / "desk.db") as desk:
        desk.fill()
        yield desk


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A Chromium."""
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A new page."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    yield await context.new_page()
    await context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ADDRESSES)
async def test_no_page_breaks_a_rule_or_is_wider_than_its_window(
    browser: Browser, desk: Desk, name: str, width: int, scheme: str
) -> None:
    context = await browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = await context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text))
    await page.goto(desk.board + ADDRESSES[name])
    PICTURES.mkdir(exist_ok=True)
    await page.screenshot(path=PICTURES / f"{name}-{width}-{scheme}.png", full_page=True)
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert [each for each in said if "status of 40" not in each] == []
    await context.close()


@pytest.mark.parametrize("name", ["today", "visit", "visit-as-of", "changes"])
async def test_a_page_shows_its_controls_in_forced_colours(
    browser: Browser, desk: Desk, name: str
) -> None:
    context = await browser.new_context(forced_colors="active")
    page = await context.new_page()
    await page.goto(desk.board + ADDRESSES[name])
    await page.screenshot(path=PICTURES / f"{name}-forced.png", full_page=True)
    # The browser itself sees to the contrast: axe reckons with the colours that it replaces.
    assert await violations(page, but="color-contrast") == []
    await context.close()


async def test_on_paper_each_page_says_that_it_is_of_another_moment(page: Page, desk: Desk) -> None:
    """By the frame, or the band, of each printed page; forms and navigation are left out."""
    await page.goto(desk.board + ADDRESSES["visit-as-of"])
    await page.emulate_media(media="print")
    band = page.get_by_role("region", name="Another moment")
    await expect(band).to_be_visible()
    await expect(page.locator(".noprint").first).to_be_hidden()
    await expect(page.get_by_role("searchbox")).to_be_hidden()
    pdf = await page.pdf(format="A5")
    (PICTURES / "visit-as-of.pdf").write_bytes(pdf)
    assert pdf.startswith(b"%PDF")


async def tab_to(page: Page, name: str, role: str = "") -> None:
    """Go on by the tab key until what has this name has the focus."""
    seen = """() => {
        const e = document.activeElement;
        return [e.tagName, (e.labels?.[0] ?? e).textContent.trim()];
    }"""
    for _ in range(STOPS):
        await page.keyboard.press("Tab")
        tag, text = await page.evaluate(seen)
        if text.startswith(name) and role in ("", tag):
            return
    raise AssertionError(f"no tab stop is {name}")


async def test_a_desks_day_takes_no_mouse(page: Page, desk: Desk) -> None:
    await page.goto(desk.board)
    await page.keyboard.press("Tab")
    skip = await page.evaluate("document.activeElement.textContent")
    assert skip == "Skip to the content"
    await tab_to(page, "Find a visit")
    await page.keyboard.type("marchetti")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/visits?q=marchetti**")
    await tab_to(page, "Marchetti to Brazil")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/visits/{PLANNED}")
    await tab_to(page, "Put off")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/postpone")
    await tab_to(page, "Reason")
    await page.keyboard.type("A storm")
    await tab_to(page, "Your name")
    await page.keyboard.type(NAME)
    await page.keyboard.press("Enter")
    await expect(page.locator(".note.ok")).to_contain_text("Recorded as change")
    await tab_to(page, "Look back")
    await page.keyboard.press("Enter")
    await tab_to(page, "As known to the world on")
    await page.keyboard.type(f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**known=**")
    await tab_to(page, "Back to now")
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda url: "known=" not in url)
    await tab_to(page, "Changes")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/changes")
    await tab_to(page, "Verify now")
    await page.keyboard.press("Enter")
    await expect(page.locator(".checkpoint.good")).to_be_visible(timeout=30_000)


@pytest.mark.parametrize("dark", [0, 1])
async def test_firefox_shows_every_page(desk: Desk, dark: int) -> None:
    async with firefox(**{"layout.css.prefers-color-scheme.content-override": 1 - dark}) as browser:
        page = await browser.new_page()
        for name, address in ADDRESSES.items():
            await page.goto(desk.board + address)
            await expect(page.locator("h1")).to_be_visible()
            scheme = "dark" if dark else "light"
            await page.screenshot(path=PICTURES / f"{name}-firefox-{scheme}.png")
            assert await violations(page) == []
