"""The site of the documents, as it was built: whole, of one host, and fit to be read.

``make docs`` builds it, with each link of the documents checked. ``make foreign`` does so and runs
this file; ``make test`` leaves it out, by its name. Pictures of some pages are in ``.pictures/``
afterwards.
"""

import re
from collections.abc import AsyncIterator, Iterator
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.support.axe import violations
from tests.support.browser import chromium

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROOT = Path(__file__).parents[2]
SITE, PICTURES = ROOT / "site", ROOT / ".pictures"
PAGES = sorted(SITE.rglob("*.html"))
SOME = ("index", "tutorial", "commands", "api", "performance", "decisions/README")
# What a browser loads by itself, beside scripts.
LOADED = re.compile(r"""(?:url\(|@import\s*)["']?(https?:)?//|\b(?:fetch|import)\(["'`]https?://""")


class Found(HTMLParser):
    """What a page leads to and loads, and what it can be led to."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.ids: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of the element."""
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            if name == "href" and value and tag == "a":
                self.links.append(value)
            if value and (name in ("src", "srcset") or (name == "href" and tag == "link")):
                self.loaded.append(value)


@pytest.fixture(scope="module")
def found() -> dict[Path, Found]:
    """What is in each page."""
    assert len(PAGES) > 40, "build the site: make docs"
    return {page: Found(page) for page in PAGES}


async def test_every_link_leads_to_a_file_and_to_a_place_in_it(found: dict[Path, Found]) -> None:
    for page, of in found.items():
        for link in (*of.links, *of.loaded):
            address = urlsplit(link)
            if address.scheme or link.startswith("data:"):
                continue
            target = (page.parent / unquote(address.path)).resolve() if address.path else page
            assert target.exists(), f"{page.name}: {link}"
            if address.fragment and target in found:
                assert unquote(address.fragment) in found[target].ids, f"{page.name}: {link}"


async def test_nothing_is_loaded_from_another_host(found: dict[Path, Found]) -> None:
    for page, of in found.items():
        assert [each for each in of.loaded if urlsplit(each).netloc] == [], page.name
    for file in (*SITE.rglob("*.css"), *SITE.rglob("*.js")):
        assert not LOADED.search(file.read_text(encoding="utf-8")), file.name


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the site is served."""
    handler = partial(Quiet, directory=str(SITE))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    """Gives files and logs nothing."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A Chromium."""
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, address: str) -> AsyncIterator[Page]:
    """A new page, which asks nobody but the site, and in which nothing fails."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    yield page
    await context.close()
    assert not errors
    assert [each for each in asked if not each.startswith(address)] == []


async def test_a_word_is_found_without_asking_anybody_else(page: Page, address: str) -> None:
    await page.goto(f"{address}/index.html")
    await page.get_by_label("Search").fill("balloon")
    await page.keyboard.press("Enter")
    results = page.locator("#search-results li")
    await expect(results.first).to_contain_text("A visit that is put off")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
async def test_pages_fit_wide_and_narrow_windows_light_and_dark(
    width: int, scheme: str, page: Page, address: str
) -> None:
    await page.set_viewport_size({"width": width, "height": 900})
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    PICTURES.mkdir(exist_ok=True)
    for name in SOME:
        await page.goto(f"{address}/{name}.html")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        picture = f"site-{name.replace('/', '-')}-{scheme}-{width}.png"
        await page.screenshot(path=PICTURES / picture)
        assert await violations(page) == [], name
