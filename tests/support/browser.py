"""Real browsers for tests: the machine's own, driven by Playwright.

A ``conftest.py`` takes the fixtures in by ``from tests.support.browser import browser, page``. All
tests of a session share one loop with the browser, so a module of them says
``pytestmark = pytest.mark.asyncio(loop_scope="session")``.
"""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

# How long a page may take for whatever it is asked, in milliseconds.
PATIENCE = 30_000


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A Chromium without a window, until the end of the block.

    :raises AssertionError: none is installed.
    """
    # Its sandbox refuses to start as root.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        path = _installed("chromium")
        browser = await playwright.chromium.launch(executable_path=path, args=options)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def firefox(**preferences: Any) -> AsyncIterator[Browser]:
    """A Firefox without a window, until the end of the block, with some of its preferences.

    It emulates neither dark pages nor print nor forced colours: dark ones are a preference.

    :raises AssertionError: none is installed.
    """
    async with async_playwright() as playwright:
        browser = await playwright.firefox.launch(
            channel="moz-firefox",
            executable_path=_installed("firefox-esr"),
            firefox_user_prefs=preferences,
        )
        try:
            yield browser
        finally:
            await browser.close()


def _installed(name: str) -> str:
    path = shutil.which(name)
    assert path, f"these tests need {name}: apt-get install {name}"
    return path


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A Chromium that all tests of a session share."""
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A new page of 1280 by 800 pixels, without cookies. What fails in it fails the test."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    await page.unroute_all(behavior="wait")  # a test may end while it answers what the page asks
    await context.close()
    assert not errors, errors
