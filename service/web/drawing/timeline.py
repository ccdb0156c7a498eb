"""The timeline of one visit: what was known when, by whom, and of which days."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from markupsafe import Markup

from chancery.client import Event, Visit
from service.web.drawing.axis import RULE, Axis, below
from service.web.drawing.bands import draw_bands
from service.web.drawing.folding import folded
from service.web.drawing.form import NARROW, WIDE, Form, form_of
from service.web.drawing.hatching import Hatching
from service.web.drawing.lanes import draw_lanes
from service.web.drawing.rows import Row, rows_of
from service.web.drawing.scale import Scale
from service.web.drawing.story import Spoken, Story, story_of
from service.web.drawing.svg import Sheet, element, upright
from service.web.drawing.windows import draw_rows, extent

__all__ = ["NARROW", "WIDE", "timeline", "timeline_key"]

NAME = "Drawing of the record. Each mark leads to the change of its number in the list."


def timeline(
    visit: Visit | None,
    events: Iterable[Event],
    until: date,
    *,
    is_past: bool = False,
    width: int = WIDE,
    prefix: str = "t",
) -> Markup:
    """The timeline of a visit as ``<svg>``, in ``WIDE`` or ``NARROW`` pixels.

    ``events`` is its history, in any order: what ``connection.history(visit)`` gives, which says
    what was retracted and corrected. ``visit`` is the visit at the same moment; None if it was
    withdrawn. The drawing ends with the day ``until``: today, or, if ``is_past``, the day as of
    which both were asked. Each mark links to ``#v3``, where 3 is the version of its change. Ids
    within begin with ``prefix``, which must differ between the drawings of a page. Without events
    there is nothing to draw.
    """
    history = tuple(events)
    if not history:
        return Markup()
    form, hatching, sheet = form_of(width), Hatching(prefix), Sheet(width)
    story = story_of(visit, history, until)
    marks = folded(story.spoken)
    rows = _shown(rows_of(visit, history, story.end), form)
    has_end = is_past or not story.is_over
    scale = Scale(_keys(story, marks, rows, has_end), form.left, form.right, form.day, form.cut)
    begins = tuple(days[0] for row in rows if row.fate != "exact" and (days := extent(row)))
    axis = Axis(form, scale, tuple(one.known for one in marks), begins)
    axis.draw(sheet)
    end = scale(story.end + 1) if has_end else scale.right
    top = draw_bands(sheet, form, scale, hatching, story, RULE + 10, end) + 14
    if rows:
        top = draw_rows(sheet, form, scale, hatching, rows, top)
    links, bottom = draw_lanes(sheet, form, scale, hatching, marks, top + 12)
    line = "known until here" if is_past else "today"
    height = below(sheet, form, scale.cuts, (end, line) if has_end else None, bottom)
    ground = [*axis.grid(bottom), *axis.cuts(bottom)]
    if has_end:
        ground.append(upright(end, RULE - 4, bottom, "asof" if is_past else "now"))
    hidden = element("g", {"aria-hidden": "true"}, *ground, *sheet.parts)
    attributes = {
        "class": f"tl {'tl-n' if form.is_narrow else 'tl-w'}",
        "width": width,
        "height": round(height),
        "viewBox": f"0 0 {width} {round(height)}",
        "role": "group",
        "aria-label": NAME,
    }
    return element("svg", attributes, hatching.definitions(), hidden, *links)


def timeline_key(visit: Visit | None, events: Iterable[Event], until: date) -> Markup:
    """The key of the timeline: a list of the codes that occur in it, and what each means."""
    return Markup()


def _shown(rows: Sequence[Row], form: Form) -> Sequence[Row]:
    """The narrow drawing leaves out the days that somebody merely names."""
    return [row for row in rows if row.fate != "claim"] if form.is_narrow else rows


def _keys(
    story: Story, marks: Sequence[Spoken], rows: Sequence[Row], has_end: bool
) -> Iterator[int]:
    """The days on which something is drawn."""
    if has_end:
        yield from (story.end, story.end + 1)
    if story.disputed is not None:
        yield story.disputed
    for one in marks:
        yield from (one.known.first, one.known.last, one.effective.first, one.effective.last)
    for row in rows:
        yield row.known
        if days := extent(row):
            yield from days
