"""A person's path over the board, in Chromium and in Firefox: an editor's day, start to end.

Somebody opens the board, finds a visit, follows it, looks at it as of a day, compares two, reads
who said what, verifies, takes the calendar, records a postponement, is refused what is not allowed,
corrects a mistake, and undoes a retraction.

``make foreign`` runs this file; ``make test`` leaves it out, by its name.
"""

import itertools
from collections.abc import AsyncIterator, Iterator

import icalendar
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.support.browser import chromium, firefox
from tests.support.desk import VISIT, Desk
from tests.support.messages import amended, cancelled, postponed, scheduled

pytestmark = pytest.mark.asyncio(loop_scope="session")

BROWSERS = {"chromium": chromium, "firefox": firefox}
NAME = "Édith"
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A server with visits, and its board."""
    with Desk(tmp_path_factory.mktemp("desk") / "desk.db") as desk:
        desk.fill()
        yield desk


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=BROWSERS)
async def browser(request: pytest.FixtureRequest) -> AsyncIterator[Browser]:
    """A browser of each maker."""
    async with BROWSERS[request.param]() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A new page."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    yield page
    await context.close()


@pytest.fixture
def visit(desk: Desk) -> str:
    """A visit of the test's own, which is planned."""
    visit = f"path-{next(NUMBERS)}"
    desk.client().record(f"visits/{visit}", scheduled())
    return visit


async def record(page: Page) -> None:
    """Say who records, and send the form."""
    await page.get_by_label("Your name").fill(NAME)
    await page.get_by_role("button", name="Record").last.click()


async def test_somebody_finds_a_visit_and_reads_what_was_known_on_a_day(
    page: Page, desk: Desk
) -> None:
    await page.goto(desk.board)
    await page.get_by_role("searchbox").fill("blinken to china")
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_contain_text("One visit for “blinken to china”")
    await page.get_by_role("link", name="Blinken to China").click()
    await expect(page.locator(".stat").first).to_contain_text("Completed")
    await expect(page.locator("ol.record")).to_contain_text("Ned Price")

    await page.get_by_text("Look back", exact=True).click()
    await page.get_by_label("As known to the world on").fill("2023-03-01")
    await page.get_by_role("button", name="Show", exact=True).click()
    await expect(page.get_by_role("region", name="Another moment")).to_contain_text(
        "Not the present case"
    )
    await expect(page.locator(".stat").first).to_contain_text("When conditions allow")
    assert "known=2023-03-01" in page.url
    await page.get_by_role("link", name="Back to now").click()
    await expect(page.get_by_role("region", name="Another moment")).to_have_count(0)


async def test_somebody_compares_two_days(page: Page, desk: Desk) -> None:
    await page.goto(f"{desk.board}/visits/{VISIT}")
    await page.get_by_label("From", exact=True).select_option(index=0)
    await page.get_by_role("button", name="Compare").click()
    await expect(page.locator("h1")).to_have_text("What became different")
    await expect(page.locator("table.diff")).to_contain_text("completed")
    await expect(page.locator(".pane")).to_have_count(2)


async def test_somebody_verifies_the_log_in_a_click(page: Page, desk: Desk) -> None:
    await page.goto(f"{desk.board}/changes")
    await page.get_by_role("button", name="Verify now").click()
    await expect(page.locator(".checkpoint.good")).to_contain_text(
        "agrees with what this server signs"
    )


async def test_somebody_takes_a_visit_into_a_calendar(page: Page, desk: Desk) -> None:
    await page.goto(f"{desk.board}/visits/{VISIT}")
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="calendar", exact=True).click()
    path = await (await downloading.value).path()
    calendar = icalendar.Calendar.from_ical(path.read_bytes())
    assert [str(each["summary"]) for each in calendar.walk("VEVENT")] == ["Blinken to China"]


async def test_somebody_follows_a_visit_that_another_changes(
    page: Page, desk: Desk, visit: str
) -> None:
    async with page.expect_response(lambda answer: "/live" in answer.url):
        await page.goto(f"{desk.board}/visits/{visit}")
    desk.client().record(f"visits/{visit}", amended(title="Another title"))
    await expect(page.locator("#live")).to_have_text("One new change: show")
    await page.locator("#live").get_by_role("link").click()
    await expect(page.locator("h1")).to_have_text("Another title")


async def test_an_editor_records_a_postponement(page: Page, desk: Desk, visit: str) -> None:
    await page.goto(f"{desk.board}/visits/{visit}")
    await page.get_by_role("link", name="Put off").click()
    await page.get_by_label("Reason").fill("Protests")
    await record(page)
    await expect(page.locator(".note.ok")).to_contain_text("Recorded as change 2")
    await expect(page.locator(".stat").first).to_contain_text("Postponed")
    event = desk.client().visit(f"visits/{visit}")
    assert event.version == 2


async def test_an_editor_is_refused_what_is_not_allowed_and_sees_what_is(
    page: Page, desk: Desk, visit: str
) -> None:
    """Somebody else was faster: what was written stays, and the case is shown as it is now."""
    await page.goto(f"{desk.board}/visits/{visit}/postpone")
    await page.get_by_label("Reason").fill("Protests")
    desk.client().record(f"visits/{visit}", cancelled())
    await record(page)
    await expect(page.locator(".summary")).to_be_visible()
    await expect(page.locator(".case-now")).to_contain_text("Cancelled")
    await expect(page.locator(".summary")).to_contain_text("Plan again")
    assert desk.client().visit(f"visits/{visit}").version == 2


async def test_an_editor_corrects_a_mistake(page: Page, desk: Desk, visit: str) -> None:
    desk.client().record(f"visits/{visit}", postponed(), reason="Protest")
    await page.goto(f"{desk.board}/visits/{visit}")
    await page.get_by_role("link", name="Correct a change").click()
    await page.locator("ol.changes a").first.click()
    await page.get_by_label("Reason").first.fill("Protests")
    await record(page)
    await expect(page.locator(".note.ok")).to_contain_text("Recorded as change 3")


async def test_an_editor_takes_a_change_back_and_undoes_that(
    page: Page, desk: Desk, visit: str
) -> None:
    desk.client().record(f"visits/{visit}", postponed())
    for status, number in (("Scheduled", 3), ("Postponed", 4)):
        await page.goto(f"{desk.board}/visits/{visit}")
        await page.get_by_role("link", name="Take a change back").click()
        await page.locator("ol.changes a").first.click()
        await page.get_by_label("Reason").fill("Entered in error")
        await record(page)
        await expect(page.locator(".note.ok")).to_contain_text(f"Recorded as change {number}")
        await expect(page.locator(".stat").first).to_contain_text(status)
