"""The axis of a timeline: months and days above, what was cut out and where it ends below."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise

from markupsafe import Markup

from service.web.drawing.days import MONTHS, YEAR, Span, day_of
from service.web.drawing.form import Form
from service.web.drawing.scale import Scale, Stretch
from service.web.drawing.svg import BETWEEN, EDGE, Sheet, level, rect, upright

MONTH_BASE, FIGURE_BASE, RULE, TICK = 12.0, 27.0, 35.0, 31.0
# How near lines of the grid may stand, and within what distance the first of a month has its label.
GRID, NEAR = 14.0, 60.0
# From so many days on a cut is told in years.
YEARS, APOSTROPHE = 730, "\N{RIGHT SINGLE QUOTATION MARK}"


@dataclass(frozen=True)
class Axis:
    """What the axis has to show: ``told`` are the times at which something became known, ``days``
    those on which a window begins."""

    form: Form
    scale: Scale
    told: tuple[Span, ...]
    days: tuple[int, ...]

    def draw(self, sheet: Sheet) -> None:
        """Draw it at the top of the sheet."""
        labelled: set[str] = set()
        is_short = self.form.is_narrow or not self._fits()
        for place, text in self._labels(is_short):
            if text not in labelled:
                left = min(place, self.form.width - EDGE - self.form.month.width(text))
                if sheet.try_to_write(text, [left], MONTH_BASE, self.form.month):
                    labelled.add(text)
        self._figures(sheet, labelled, is_short)
        sheet.add(level(self.form.left, self.scale.right, RULE, "rule"))

    def _fits(self) -> bool:
        """Whether each month in which something became known has room for its year in full."""
        first = [*self._labels(False)][: len(self._days)]
        places = {text: place for place, text in first}
        ends = {
            text: place + self.form.month.width(text) + BETWEEN for text, place in places.items()
        }
        return all(ends[one] <= places[two] for one, two in pairwise(places))

    @cached_property
    def _days(self) -> list[int]:
        return sorted({one.last for one in self.told})

    @cached_property
    def _rough(self) -> dict[int, str]:
        """The days of which only the month or year is known, and which of them."""
        exact = {one.last for one in self.told if not one.is_rough}
        return {one.last: one.precision for one in self.told if one.last not in exact}

    def _figures(self, sheet: Sheet, labelled: set[str], is_short: bool) -> None:
        """The days on which something became known; of a mere month or year none is invented.

        Without its month a day has no number: it would seem to be one of the month before.
        """
        for day in self._days:
            place, on = self.scale(day), day_of(day)
            sheet.add(upright(place, TICK, RULE + 2, "tick"))
            if day not in self._rough and _month(on, is_short) in labelled:
                left = place - self.form.figure.width(f"{on.day}") / 2
                sheet.try_to_write(f"{on.day}", [left], FIGURE_BASE, self.form.figure)

    def _labels(self, is_short: bool) -> Iterator[tuple[float, str]]:
        """The months in the order of their right to a label, and where it would begin."""
        for day in [*self._days, *sorted(self.days), *self._firsts()]:
            on = day_of(day)
            first = on.replace(day=1).toordinal()
            near = self.scale(first)
            is_near = self.scale.shows(first) and self.scale(day) - near < NEAR
            place = max(near if is_near else self.scale(day), self.form.left)
            is_year = self._rough.get(day) == YEAR
            yield place, f"{on.year}" if is_year else _month(on, is_short)

    def _firsts(self) -> Iterator[int]:
        """The first days of months where the scale is not cut."""
        for one in self.scale.stretches:
            if not one.is_cut:
                yield from _firsts(one.first, one.end)

    def grid(self, height: float) -> Iterator[Markup]:
        """A line at the beginning of each month, as far as they stand apart."""
        last = self.form.left - GRID
        for day in self._firsts():
            place = self.scale(day)
            if place - last >= GRID:
                last = place
                yield upright(place, MONTH_BASE + 8, height, "grid")

    def cuts(self, height: float) -> Iterator[Markup]:
        """The stretches that are cut out, as dotted gaps."""
        for one in self.scale.cuts:
            middle = (one.left + one.right) / 2
            top = MONTH_BASE + 6
            yield rect(middle - 5, top, middle + 5, height, "cutbg")
            yield upright(middle - 5, top, height, "cut")
            yield upright(middle + 5, top, height, "cut")


def below(
    sheet: Sheet, form: Form, cuts: Iterable[Stretch], end: tuple[float, str] | None, top: float
) -> float:
    """Say below the drawing how long the cuts are, and what its last line means.

    ``end`` is where that line is, and its label. Gives the height that is reached.
    """
    base = top + 11.0
    lines = 1
    labels = [(end[0], end[1], form.until)] if end else []
    labels += [((cut.left + cut.right) / 2, _length(cut), form.small) for cut in cuts]
    for place, text, type_ in labels:
        width = type_.width(text)
        left = min(max(place - width / 2, EDGE), form.width - EDGE - width)
        line = 0
        while not sheet.try_to_write(text, [left], base + line * 13, type_):
            line += 1
        lines = max(lines, line + 1)
    return base + (lines - 1) * 13 + 4


def _length(cut: Stretch) -> str:
    return f"{cut.days} d" if cut.days < YEARS else f"{round(cut.days / 365.25)} yrs"


def _month(day: date, is_short: bool) -> str:
    year = f"{APOSTROPHE}{day.year % 100:02}" if is_short else f"{day.year}"
    return f"{MONTHS[day.month - 1]} {year}"


def _firsts(first: int, end: int) -> Iterator[int]:
    day = day_of(first)
    while day.toordinal() < end:
        if day.day == 1:
            yield day.toordinal()
        if (day.year, day.month) == (date.max.year, 12):
            return
        day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
