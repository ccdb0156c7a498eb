"""Draws the pictures of the status board that the README shows.

``python -m tools.board_pictures`` starts a server on a new file, records the story of Beijing and
the invented visits, and writes ``docs/board-*.png``. It needs Debian's chromium.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from chancery.client import Connection
from examples import demo, invented_visits

DOCS = Path(__file__).parents[1] / "docs"
WIDTH = 1100
# The address of each, and how much of the page is in it.
PICTURES = {
    "today": ("/", 660),
    "visit": (f"/{demo.VISIT}", 704),
    "as-of": (f"/{demo.VISIT}?known=2023-03-01", 660),
}


def main() -> None:
    """Draw all of them."""
    with (
        TemporaryDirectory(prefix="chancery-pictures-") as folder,
        demo.server(Path(folder), *demo.WITH_BOARD) as told,
        Connection(told["address"], actor="desk", timeout=20) as connection,
    ):
        list(demo.record_story(connection))
        invented_visits.record(connection, datetime.now(UTC))
        draw(told["board"].removesuffix("/"))


def draw(board: str) -> None:
    """Draw the pages of a board."""
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=options)
        page = browser.new_page()
        for name, (address, height) in PICTURES.items():
            page.set_viewport_size({"width": WIDTH, "height": height})
            page.goto(board + address)
            page.evaluate("document.fonts.ready.then(() => null)")
            page.screenshot(path=DOCS / f"board-{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
