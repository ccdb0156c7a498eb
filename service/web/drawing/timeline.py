"""The timeline of one visit: what was known when, by whom, and of which days."""

from markupsafe import Markup

from service.web.drawing.axis import RULE, Axis, below
from service.web.drawing.bands import draw_bands
from service.web.drawing.form import WIDE, form_of
from service.web.drawing.hatching import Hatching
from service.web.drawing.lanes import draw_lanes
from service.web.drawing.plan import Plan
from service.web.drawing.svg import Sheet, drawing, element, upright
from service.web.drawing.windows import begins, draw_rows

NAME = "Drawing of the record. Each mark leads to the change of its number in the list."


def timeline(plan: Plan, *, width: int = WIDE, prefix: str = "t") -> Markup:
    """The timeline of a visit as ``<svg>``, in ``WIDE`` or ``NARROW`` pixels.

    Each mark links to ``#v3``, where 3 is the version of its change. Ids within begin with
    ``prefix``, which must differ between the drawings of a page. Without events there is nothing
    to draw. It uses ``GLYPHS``.
    """
    if not plan.marks:
        return Markup()
    form, hatching, sheet = form_of(width), Hatching(prefix), Sheet(width)
    scale, rows = plan.scale_in(form), plan.rows_in(form)
    axis = Axis(form, scale, tuple(one.known for one in plan.marks), begins(rows))
    axis.draw(sheet)
    end = scale(plan.story.end + 1) if plan.has_end else scale.right
    top = draw_bands(sheet, form, scale, hatching, plan.story, RULE + 10, end) + 14
    if rows:
        top = draw_rows(sheet, form, scale, hatching, rows, top)
    links, bottom = draw_lanes(sheet, form, scale, hatching, plan.marks, top + 12)
    line = "known until here" if plan.is_past else "today"
    height = below(sheet, form, scale.cuts, (end, line) if plan.has_end else None, bottom)
    ground = [*axis.grid(bottom), *axis.cuts(bottom)]
    if plan.has_end:
        ground.append(upright(end, RULE - 4, bottom, "asof" if plan.is_past else "now"))
    hidden = element("g", {"aria-hidden": "true"}, *ground, *sheet.parts)
    names = "tl tl-n" if form.is_narrow else "tl tl-w"
    return drawing(names, width, height, NAME, hatching.definitions(), hidden, *links)
