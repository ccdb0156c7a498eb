"""The drawings in a real browser, with their fonts and styles, under a strict policy."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from markupsafe import Markup
from playwright.async_api import Page, Route

from chancery.client import Connection
from service.web.drawing import (
    GLYPHS,
    NARROW,
    WIDE,
    agenda,
    agenda_key,
    plan_of,
    timeline,
    timeline_key,
)
from tests.web.drawing.reading import Drawing
from tests.web.drawing.stories import STORIES
from tools.widths import WEB

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOST = "http://board.test"
POLICY = "default-src 'none'; style-src 'self'; font-src 'self'"
KINDS = {"css": "text/css", "woff2": "font/woff2"}
SHEETS = "".join(
    f'<link rel="stylesheet" href="/{name}.css">' for name in ("tokens", "fonts", "drawing")
)
# Of each drawing: how large it is, and each text and mark with the room it takes in it.
MEASURE = """() => [...document.querySelectorAll('svg.tl, svg.ag')].map(svg => ({
  size: [svg.viewBox.baseVal.width, svg.viewBox.baseVal.height],
  shown: svg.getBoundingClientRect().width,
  items: [...svg.querySelectorAll('text, a > .mk')].map(one => {
    const box = one.getBBox();
    return {text: one.textContent, box: [box.x, box.y, box.x + box.width, box.y + box.height],
            held: parseFloat(one.getAttribute('textLength')), isText: one.tagName == 'text'};
  }),
}))"""
# How wide each text is if nothing holds it.
FREE = """() => [...document.querySelectorAll('svg text[textLength]')].map(one => {
  const held = parseFloat(one.getAttribute('textLength'));
  one.removeAttribute('textLength');
  return [one.textContent, held, one.getComputedTextLength()];
})"""
Show = Callable[..., Any]


@pytest_asyncio.fixture(loop_scope="session")
async def show(page: Page) -> AsyncIterator[Show]:
    """Shows drawings on a page of a given width, and waits for its fonts."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))

    async def answer(route: Route, body: str) -> None:
        name = route.request.url.removeprefix(HOST).lstrip("/")
        headers = {"content-security-policy": POLICY}
        if not name:
            await route.fulfill(body=body, content_type="text/html; charset=utf-8", headers=headers)
        else:
            kind = KINDS[name.rpartition(".")[2]]
            await route.fulfill(path=WEB / "static" / name, content_type=kind)

    async def shown(*drawings: str, width: int = 1280) -> None:
        body = f"<!doctype html><title>Drawings</title>{SHEETS}{GLYPHS}{''.join(drawings)}"
        await page.set_viewport_size({"width": width, "height": 800})
        await page.route("**/*", lambda route: answer(route, body))
        await page.goto(HOST)
        await page.evaluate("document.fonts.ready")

    yield shown
    assert complaints == []


def every_story(connection: Connection, width: int) -> list[Markup]:
    """The drawing of each story as it is now, and of some as of a day."""
    moments: list[tuple[str, date | None]] = [(name, None) for name in STORIES]
    moments += [("balloon", date(2023, 2, 4)), ("repeated", date(2023, 5, 1))]
    plans = []
    for name, day in moments:
        then = {"known_at": day} if day else {}
        plans.append(
            plan_of(
                connection.visit(name, **then),  # type: ignore[arg-type]
                connection.history(name, **then),  # type: ignore[arg-type]
                day or date(2099, 1, 1),
                is_past=day is not None,
            )
        )
    return [timeline(plan, width=width, prefix=f"d{n}") for n, plan in enumerate(plans)]


def meet(one: list[float], two: list[float]) -> bool:
    """Whether two boxes overlap by more than half a pixel."""
    wide = min(one[2], two[2]) - max(one[0], two[0])
    return wide > 0.5 and min(one[3], two[3]) - max(one[1], two[1]) > 0.5


def faults(drawing: dict[str, Any]) -> list[str]:
    """What overlaps, and what is outside."""
    texts = [item for item in drawing["items"] if item["isText"]]
    found = [
        f"{one['text']} meets {two['text']}"
        for number, one in enumerate(texts)
        for two in texts[:number]
        if meet(one["box"], two["box"])
    ]
    width, height = drawing["size"]
    for item in drawing["items"]:
        left, top, right, bottom = item["box"]
        if left < -0.5 or top < -0.5 or right > width + 0.5 or bottom > height + 0.5:
            found.append(f"{item['text']} is outside: {item['box']} of {drawing['size']}")
    return found


@pytest.mark.parametrize(("width", "screen"), [(WIDE, 1280), (NARROW, 390)])
async def test_no_two_labels_overlap_and_all_is_inside(
    page: Page, show: Show, connection: Connection, width: int, screen: int
) -> None:
    """Chinese, Arabic and Hebrew too, and fifty statements."""
    await show(*every_story(connection, width), width=screen)
    measured = await page.evaluate(MEASURE)
    assert len(measured) == len(STORIES) + 2
    assert [fault for drawing in measured for fault in faults(drawing)] == []
    assert all(drawing["shown"] > 300 for drawing in measured)


async def test_a_label_that_runs_into_another_is_found(page: Page, show: Show) -> None:
    """The control: the check of overlaps fails on a drawing that has one."""
    text = '<text x="{}" y="20">a label</text>'
    bad = f'<svg class="tl tl-w" viewBox="0 0 1216 40">{text.format(9)}{text.format(20)}</svg>'
    await show(bad)
    (measured,) = await page.evaluate(MEASURE)
    assert faults(measured) == ["a label meets a label"]


async def test_labels_are_as_wide_as_they_were_reckoned(
    page: Page, show: Show, connection: Connection
) -> None:
    """In the shipped fonts, within a hundredth, also where nothing holds them."""
    await show(*every_story(connection, WIDE))
    for text, held, free in await page.evaluate(FREE):
        if text.isascii():
            assert free == pytest.approx(held, rel=0.01, abs=0.3), text
    loaded = await page.evaluate("[...document.fonts].filter(f => f.status == 'loaded').length")
    assert loaded >= 2


async def test_each_width_of_screen_has_its_drawing(
    page: Page, show: Show, connection: Connection
) -> None:
    """The narrow one takes the place of the wide one."""
    visit, events = connection.visit("balloon"), connection.history("balloon")
    plan = plan_of(visit, events, date(2026, 1, 1))
    both = [timeline(plan, width=each, prefix=f"p{each}") for each in (WIDE, NARROW)]
    for screen, wide in ((1280, True), (390, False)):
        await show(*both, width=screen)
        assert await page.locator(".tl-w").is_visible() == wide
        assert await page.locator(".tl-n").is_visible() != wide


async def test_a_mark_is_reached_by_the_keyboard_and_leads_to_its_item(
    page: Page, show: Show, connection: Connection
) -> None:
    """Each in its turn; the first is the first of the guest's lane."""
    visit, events = connection.visit("balloon"), connection.history("balloon")
    await show(timeline(plan_of(visit, events, date(2026, 1, 1))))
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{HOST}/#v1")
    name = await page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert name == "1: planned, known 14 Nov 2022"


async def test_the_agenda_holds_its_labels(page: Page, show: Show, connection: Connection) -> None:
    """Titles in the serif face, labels in the sans, all within the drawing."""
    visits = [connection.visit(name) for name in STORIES]
    first = date(2023, 4, 3)
    drawn = agenda(
        visits,
        first,
        56,
        datetime.combine(first, datetime.min.time(), UTC) + timedelta(days=9),
        address=lambda visit: f"/{visit.name}",
    )
    await show(
        drawn, agenda_key(), timeline_key(plan_of(visits[0], connection.history("balloon"), first))
    )
    measured = await page.evaluate(MEASURE)
    assert [fault for drawing in measured for fault in faults(drawing)] == []
    assert Drawing(drawn).overlaps() == []
