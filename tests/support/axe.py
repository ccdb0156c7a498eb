"""axe-core: what of a page keeps somebody out. ``make test`` installs it by npm."""

from functools import cache
from pathlib import Path

from playwright.async_api import Page

SOURCE = Path(__file__).parents[1] / "web" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
# WCAG 2.0 to 2.2, levels A and AA, and what is good practice beyond.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async ([tags, but]) => {
    const options = { runOnly: tags, rules: but ? { [but]: { enabled: false } } : {} };
    const found = await axe.run(document, { ...options, resultTypes: ["violations"] });
    return found.violations.map(({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 200)).join(" ")}`);
}"""


@cache
def _source() -> str:
    assert SOURCE.exists(), "these tests need axe-core: make axe"
    return SOURCE.read_text()


async def violations(page: Page, but: str = "") -> list[str]:
    """Each rule that a page breaks, with up to three of the elements that do.

    ``but`` is a rule that is left out.
    """
    await page.evaluate(_source())
    found: list[str] = await page.evaluate(RUN, [TAGS, but])
    return found
