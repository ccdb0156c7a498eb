"""The page of a visit in a real browser, under the board's own policy."""

import re
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from playwright.async_api import Page, Route, expect

from tests.support.board import HERE, client_of_board
from tests.support.server import Server
from tests.web import telling

pytestmark = pytest.mark.asyncio(loop_scope="session")

AS_OF = "?known=2023-02-04"
SCRIPTS = ("/static/live.js",)
# What a browser says of what the policy forbids.
BROKEN = "Content Security Policy"
SIDEWAYS = "document.documentElement.scrollWidth > innerWidth"
Open = Callable[[str, int], Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="session")
async def visit(server: Server, page: Page) -> AsyncIterator[Open]:
    """Opens a page of the board in a window of that width. What breaks the policy fails.

    What the browser asks is answered by the board in this process.
    """
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if BROKEN in said.text else None)
    async with client_of_board(server.address) as client:

        async def answer(route: Route) -> None:
            path = route.request.url.removeprefix(HERE)
            if path in SCRIPTS:  # the live line has tests of its own
                await route.fulfill(body="", content_type="text/javascript")
                return
            got = await client.get(path)
            headers = dict(got.headers)
            await route.fulfill(status=got.status_code, headers=headers, body=got.content)

        await page.route("**/*", answer)

        async def opened(path: str, width: int) -> Page:
            await page.set_viewport_size({"width": width, "height": 700})
            await page.goto(HERE + path)
            return page

        yield opened
        await page.unroute_all(behavior="wait")  # what it still asks for, such as its icon
        assert complaints == []


async def test_no_page_scrolls_sideways_on_a_narrow_screen(visit: Open, beijing: str) -> None:
    for path in (beijing + AS_OF, f"{beijing}/compare", "/visits/nothing"):
        page = await visit(path, 320)
        assert not await page.evaluate(SIDEWAYS), path


async def test_the_drawing_that_fits_is_shown(visit: Open, beijing: str) -> None:
    page = await visit(beijing, 1280)
    for width, drawn in ((1280, ".tl-w"), (390, ".tl-n")):
        await page.set_viewport_size({"width": width, "height": 700})
        for kind in (".tl-w", ".tl-n"):
            assert await page.locator(kind).is_visible() is (kind == drawn)


async def test_another_moment_stays_in_sight_and_frames_the_window(
    visit: Open, beijing: str
) -> None:
    page = await visit(beijing + AS_OF, 1280)
    await page.mouse.wheel(0, 3000)
    await page.wait_for_function("scrollY > 200")
    band = await page.locator(".moment").bounding_box()
    assert band is not None
    assert band["y"] == 0
    frame = "(({position, borderLeftWidth}) => [position, borderLeftWidth])"
    drawn = await page.evaluate(f"{frame}(getComputedStyle(document.body, '::after'))")
    assert drawn == ["fixed", "7px"]
    await page.emulate_media(media="print")
    assert (
        await page.locator(".moment").evaluate("one => getComputedStyle(one).position") == "fixed"
    )
    assert not await page.locator(".mast nav").is_visible()


async def test_each_printed_page_of_another_moment_has_the_band(visit: Open, beijing: str) -> None:
    page = await visit(beijing + AS_OF, 1280)
    banded = _texts(await page.pdf())
    await page.evaluate("document.querySelector('.moment').remove()")
    plain = _texts(await page.pdf())
    assert len(banded) == len(plain) > 1
    for with_band, without in zip(banded, plain, strict=True):
        assert with_band.count(b"Tj") + with_band.count(b"TJ") > (
            without.count(b"Tj") + without.count(b"TJ")
        )


def _texts(pdf: bytes) -> list[bytes]:
    """What is drawn on each page of a PDF that has text, in their order."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    drawn = [zlib.decompressobj().decompress(each) for each in streams if each[:1] == b"x"]
    return [each for each in drawn if b"BT\n" in each]


async def test_a_mark_leads_to_its_change_in_the_folded_part_as_well(
    visit: Open, tell: Callable[..., str]
) -> None:
    page = await visit(tell(telling.long, "leading", 60), 1280)
    folded = page.locator("#v2")
    assert not await folded.is_visible()
    await page.locator('.tl-w a[href="#v2"]').focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**#v2")
    await expect(folded).to_be_visible()


async def test_looking_back_is_a_form_that_the_keyboard_reaches(visit: Open, beijing: str) -> None:
    page = await visit(beijing, 1280)
    await page.locator(".look > summary").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.type("2023-02-04")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**known=2023-02-04**")
    assert "Left open" in await page.locator(".case").inner_text()
