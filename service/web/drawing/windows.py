"""The rows of days: when each became known, which days were meant, and what became of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from service.web.drawing.days import is_rough, phrase
from service.web.drawing.form import Form
from service.web.drawing.hatching import Hatching
from service.web.drawing.measure import shortened
from service.web.drawing.rows import Row
from service.web.drawing.scale import Scale
from service.web.drawing.svg import EDGE, Sheet, dot, level, rect
from service.web.terms import COLOUR

ROW, THICK, THIN, LEAST = 20.0, 12.0, 7.0, 5.0
# How far a label stays from its bar, and how far days are drawn that have no first or last one.
GAP, OPEN = 8.0, 30


@dataclass(frozen=True)
class Bar:
    """Where the days of a row are drawn, where it became known, and what it is called."""

    row: Row
    known: float
    left: float
    right: float
    label: str


def extent(row: Row) -> tuple[int, int] | None:
    """The first day of a row and the day after its last, also where one of them is open.

    None for a phrase alone, which has no place on a scale of days.
    """
    start, end = row.window.start, row.window.end
    if start is not None:
        first = start.toordinal()
        return first, (end.toordinal() + 1 if end else first + OPEN)
    if end is None:
        return None
    last = end.toordinal() + 1
    return (row.known if row.known < last else max(1, last - OPEN)), last


def begins(rows: Iterable[Row]) -> tuple[int, ...]:
    """The days on which windows begin that were not made exact."""
    days = (extent(row) for row in rows if row.fate != "exact")
    return tuple(each[0] for each in days if each)


def draw_rows(
    sheet: Sheet, form: Form, scale: Scale, hatching: Hatching, rows: Sequence[Row], top: float
) -> float:
    """Draw one below the other, from ``top`` on. Gives what is below."""
    sheet.write("Days" if form.is_narrow else "Days planned", EDGE, top + 12, form.lane)
    if not form.is_narrow:
        sheet.write("and held", EDGE, top + 27, form.label, "past")
    bottom = top
    for row in rows:
        bar = _placed(form, scale, row)
        middle = bottom + ROW / 2 - 2
        _draw(sheet, hatching, bar, middle, extent(row) is not None)
        bottom += _write(sheet, form, bar, middle)
    return max(bottom, top + (16.0 if form.is_narrow else 32.0))


def _placed(form: Form, scale: Scale, row: Row) -> Bar:
    known = scale(row.known)
    days = extent(row)
    left, right = (scale(days[0]), scale(days[1])) if days else (known, known)
    label = phrase(row.window)
    if row.fate == "claim" and row.side:
        voice = "third state" if row.side == "third" else row.side
        label = f"{voice} names {label}"
    elif row.fate == "held":
        label += " held" if form.is_narrow else " (held)"
    if row.is_taken_back:
        label += ", taken back"
    label = shortened(label, form.phrase, form.label.size)
    return Bar(row, known, left, max(right, left + LEAST) if days else right, label)


def _draw(sheet: Sheet, hatching: Hatching, bar: Bar, middle: float, has_days: bool) -> None:
    """The dot, the lead to the days, and the days."""
    if bar.known < bar.left - 6:
        sheet.add(level(bar.known, bar.left - 3, middle, "lead"))
    elif bar.known > bar.right + 6:
        sheet.add(level(bar.known, bar.right + 3, middle, "lead"))
    if has_days:
        _days(sheet, hatching, bar, middle)
    sheet.add(dot(bar.known, middle, 2.6, "dot"))


def _days(sheet: Sheet, hatching: Hatching, bar: Bar, middle: float) -> None:
    row, fate = bar.row, bar.row.fate
    half = (THIN if fate == "claim" else THICK) / 2
    colour = {"claim": "claim", "held": "completed"}.get(fate, COLOUR.get(row.status, "scheduled"))
    if is_rough(row.window):
        sides, heights = (bar.left, bar.right), (middle - half, middle + half)
        names = "hat past" if fate in ("moved", "exact") else "hat"
        hatching.bar(sheet, sides, heights, colour, names=names)
    else:
        names = {"plan": f"f-{colour}", "held": "f-completed", "claim": "named"}.get(
            fate, f"hollow s-{colour}"
        )
        sheet.add(rect(bar.left, middle - half, bar.right, middle + half, names, rx=2))
    if fate == "moved":
        sheet.add(level(bar.left - 2, bar.right + 2, middle, "strike"))


def _write(sheet: Sheet, form: Form, bar: Bar, middle: float) -> float:
    """Write the label at the first place that fits: right, inside, left, below.

    Gives the height of the row.
    """
    if not bar.label:
        return ROW
    base = middle + 4
    more = "past" if bar.row.fate in ("moved", "exact") else ""
    width = form.label.width(bar.label)
    for left, is_inside in _places(bar, width):
        if left < form.left or not sheet.is_free(sheet.box(bar.label, left, base, form.label)):
            continue
        if is_inside:
            sides = (left - 5, left + width + 5)
            sheet.add(rect(sides[0], middle - 8, sides[1], middle + 8, "halo"))
        sheet.write(bar.label, left, base, form.label, more)
        return ROW
    left = min(max(bar.left, form.left + 2), form.width - 2 - width)
    sheet.write(bar.label, left, base + 15, form.label, more)
    return ROW + 14


def _places(bar: Bar, width: float) -> Iterator[tuple[float, bool]]:
    """Where a label may begin, the best first, and whether it lies on the bar."""
    yield max(bar.right, bar.known) + GAP, False
    if bar.right - bar.left > width + 40:
        yield (bar.left + bar.right - width) / 2, True
    yield min(bar.left, bar.known) - GAP - width, False
    if bar.known - bar.right > width + 2 * GAP:
        yield bar.right + GAP, False
    if bar.left - bar.known > width + 2 * GAP:
        yield bar.left - GAP - width, False
