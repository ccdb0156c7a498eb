"""The band of the status by effective time, with the line of a dispute."""

from itertools import pairwise

from service.web.drawing.form import Form
from service.web.drawing.hatching import Hatching
from service.web.drawing.scale import Scale
from service.web.drawing.story import Band, Story
from service.web.drawing.svg import EDGE, Sheet, element, level, rect
from service.web.terms import COLOUR

HEIGHT, BASE, GLYPH = 24.0, 16.0, 14.0
# The least that is seen of a status, or of a dispute.
LEAST = 4.0


def draw_bands(
    sheet: Sheet,
    form: Form,
    scale: Scale,
    hatching: Hatching,
    story: Story,
    top: float,
    last: float,
) -> float:
    """Draw the bands from ``top`` on; the last status reaches to ``last``. Gives what is below."""
    sheet.write("Status", EDGE, top + BASE, form.lane)
    if not story.bands:
        sheet.write("withdrawn", form.left + 6, top + BASE, form.label, "past")
    place = form.left
    starts = []
    for band in story.bands:
        place = max(place, scale(band.since.first))
        starts.append(place)
    for band, (left, right) in zip(story.bands, pairwise([*starts, last]), strict=True):
        is_last = band is story.bands[-1]
        right = max(right, left + LEAST) if is_last else right
        if right - left >= 1:
            _band(sheet, form, hatching, band, (left, right, scale(band.since.last)), top)
    bottom = top + HEIGHT
    if story.disputed is None:
        return bottom
    since = min(scale(story.disputed), last - 2 * LEAST)
    sheet.add(level(since, last, bottom + 4, "disp"))
    left = min(last, form.width - EDGE) - form.warning.width("disputed")
    sheet.try_to_write("disputed", [left], bottom + 17, form.warning)
    return bottom + 12


def _band(
    sheet: Sheet,
    form: Form,
    hatching: Hatching,
    band: Band,
    place: tuple[float, float, float],
    top: float,
) -> None:
    """One status: hatched as long as only its month or year is known, with its word or glyph."""
    left, right, settled = place
    colour = COLOUR[band.status]
    sheet.add(rect(left, top, right - 1.5, top + HEIGHT, f"band b-{colour}"))
    begin = left
    if band.since.is_rough and settled - left > 2:
        begin = min(settled, right - 1.5)
        ends = (False, False)
        hatching.bar(sheet, (left, begin), (top, top + HEIGHT), colour, fades=ends)
    begin = begin if right - begin > GLYPH + 6 else left
    word = band.status.capitalize()
    if form.band.width(word) + 10 < right - begin:
        sheet.write(word, begin + 6, top + BASE, form.band, f"bt-{colour}")
    elif right - begin > GLYPH + 4:
        middle = (begin + right - 1.5 - GLYPH) / 2
        size = {"x": middle, "y": top + (HEIGHT - GLYPH) / 2, "width": GLYPH, "height": GLYPH}
        shown = {"href": f"#g-{colour}", **size, "class": f"bt-{colour}"}
        sheet.add(element("use", shown))
