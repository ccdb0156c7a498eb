"""The agenda: the windows of many visits on one scale of days."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count, takewhile

from markupsafe import Markup

from chancery.client import Visit, Window
from service.web.drawing.days import MONTHS, day_of, days_in_words, is_rough, phrase
from service.web.drawing.form import WIDE
from service.web.drawing.hatching import Hatching
from service.web.drawing.measure import isolated, shortened
from service.web.drawing.svg import (
    Sheet,
    Type,
    drawing,
    element,
    held_to,
    level,
    path,
    rect,
    upright,
)
from service.web.drawing.svg import number as written
from service.web.terms import COLOUR
from service.web.wording import is_overdue

NAME = "Drawing of the days of visits. Each title leads to its visit."
TITLE, MONTH, FIGURE = Type("ag-t", 14.5, 600, "serif"), Type("ax-m", 12.0, 600), Type("ax-d", 12.0)
LABEL, WARNING = Type("wl", 12.0), Type("wl warn", 12.0, 600)
# The columns of titles; the rows; where months and days stand.
NARROWEST, BROADEST, BESIDE, ROW = 140.0, 300.0, 16.0, 29.0
MONTH_BASE, FIGURE_BASE, RULE = 12.0, 27.0, 32.0
GAP, ARROW, LONGEST, WEEK = 8.0, 16.0, 380.0, 7
# Below so many pixels a day weekends are not shown, and below fewer no weeks.
DENSE, CROWDED = 5.0, 4.0


@dataclass(frozen=True)
class Days:
    """The days that are shown, and where each of them begins. ``now`` is on one of them, or not."""

    first: int
    number: int
    now: datetime
    left: float
    right: float

    @property
    def day(self) -> float:
        """How wide a day is."""
        return (self.right - self.left) / self.number

    @property
    def end(self) -> int:
        """The day after the last."""
        return self.first + self.number

    @property
    def today(self) -> int:
        """The day of ``now`` in UTC."""
        return self.now.astimezone(UTC).toordinal()

    @property
    def line(self) -> float:
        """Where the line of today is: in the middle of the day."""
        return self(self.today) + self.day / 2

    def __call__(self, day: int) -> float:
        return self.left + (min(max(day, self.first), self.end) - self.first) * self.day


def agenda(
    visits: Iterable[Visit],
    first_day: date,
    days: int,
    now: datetime,
    *,
    address: Callable[[Visit], str],
    width: int = WIDE,
    prefix: str = "a",
) -> Markup:
    """The windows of visits as ``<svg>``: one row for each visit, in the order given.

    It shows ``days`` days from ``first_day`` on. A visit whose window, held or planned, has no day
    is left out. ``now`` decides which windows have passed; its day has a line. ``address`` gives
    where the title of a visit links to. Ids within begin with ``prefix``, which must differ between
    the drawings of a page. There is no narrow drawing: below 45 rem the list that stands beside it
    takes its place. Without visits there is nothing to draw.
    """
    shown = [(visit, window) for visit in visits if (window := _days_of(visit))]
    if not shown:
        return Markup()
    titles = max(TITLE.width(visit.title) for visit, _ in shown)
    left = min(max(titles, NARROWEST), BROADEST) + BESIDE
    scale = Days(first_day.toordinal(), days, now, left, width - 2.0)
    bottom = RULE + 6 + len(shown) * ROW
    hatching, sheet = Hatching(prefix), Sheet(width)
    sheet.add(*_weekends(scale, bottom))
    if scale.first <= scale.today < scale.end:
        sheet.add(upright(scale.line, RULE, bottom, "now"))
    _axis(sheet, scale, bottom)
    for row, (visit, window) in enumerate(shown):
        middle = RULE + 6 + (row + 0.5) * ROW
        if row:
            sheet.add(level(0, scale.right, middle - ROW / 2, "lanerule"))
        _title(sheet, visit, address(visit), left - BESIDE, middle)
        _row(sheet, hatching, scale, visit, window, middle)
    return drawing("ag", width, bottom + 2, NAME, hatching.definitions(), *sheet.parts)


def _days_of(visit: Visit) -> Window | None:
    """The days on which it was held, else those planned, if there are any."""
    window = visit.held_window or visit.window
    return window if window and (window.start or window.end) else None


def _weekends(scale: Days, bottom: float) -> Iterator[Markup]:
    for day in range(scale.first, scale.end):
        if scale.day > DENSE and day_of(day).weekday() == 5:
            yield rect(scale(day), RULE, scale(day + 2), bottom, "wkend")


def _axis(sheet: Sheet, scale: Days, bottom: float) -> None:
    """Months above, the Mondays below them."""
    months = [day for day in range(scale.first, scale.end) if day_of(day).day == 1]
    for day in sorted({scale.first, *months}):
        on, place = day_of(day), scale(day)
        sheet.add(upright(place, 4, bottom, "grid"))
        year = f" {on.year}" if on.month == 1 or day == scale.first else ""
        for text in (f"{MONTHS[on.month - 1]}{year}", MONTHS[on.month - 1]):
            room = scale(next((each for each in months if each > day), scale.end)) - place
            if MONTH.width(text) + GAP < room:
                sheet.try_to_write(text, [place + 5], MONTH_BASE, MONTH)
                break
    for day in _mondays(scale):
        text = f"{day_of(day).day}"
        place = scale(day) + (scale.day - FIGURE.width(text)) / 2
        sheet.try_to_write(text, [max(place, scale(day))], FIGURE_BASE, FIGURE)
        if day_of(day).day != 1:
            sheet.add(upright(scale(day), RULE, bottom, "wk"))
    sheet.add(level(0, scale.right, RULE, "rule"))


def _mondays(scale: Days) -> Iterator[int]:
    if scale.day < CROWDED:
        return iter(())
    first = scale.first + -day_of(scale.first).weekday() % WEEK
    return takewhile(lambda day: day < scale.end, count(first, WEEK))


def _title(sheet: Sheet, visit: Visit, address: str, room: float, middle: float) -> None:
    title = isolated(visit.title) or visit.id
    text = shortened(title, room, TITLE.size, TITLE.weight, TITLE.face)
    sheet.texts.append(sheet.box(text, 1.0, middle + 5, TITLE))
    place = {"x": 1, "y": middle + 5, "class": TITLE.name, **held_to(TITLE.width(text))}
    sheet.add(element("a", {"href": address}, element("text", place, text)))


def _row(
    sheet: Sheet, hatching: Hatching, scale: Days, visit: Visit, window: Window, middle: float
) -> None:
    """The window with its label; one that lies beyond the days shown has an arrow there."""
    late = is_overdue(visit, scale.now)
    text = shortened(_label(visit, window, scale, late), LONGEST, LABEL.size, WARNING.weight)
    type_ = WARNING if late or visit.standing == "disputed" else LABEL
    first = window.start.toordinal() if window.start else scale.first
    last = window.end.toordinal() if window.end else scale.end
    base, width = middle + 4, type_.width(text)
    if first >= scale.end or last < scale.first:
        is_later = first >= scale.end
        tip = scale.right - 2 if is_later else scale.left + 6
        back = -1 if is_later else 1
        arrow = f"M{written(tip + back * 10)} {written(middle)}H{written(tip)}"
        arrow += f"m{back * 4} -4l{-back * 4} 4 {back * 4} 4"
        sheet.add(path(arrow, "beyond"))
        sheet.write(text, tip - ARROW - width if is_later else tip + ARROW, base, type_)
        return
    left, right = scale(first) + 1, scale(last + 1) - 1
    _bar(sheet, hatching, visit, window, (left, right), middle)
    if late and scale.first <= scale.today:
        end = scale.line
        sheet.add(level(right + 2, max(end - 2, right + 2), middle, "over"))
        right = max(end, right)
    beside = [right + GAP, left - GAP - width]
    free = [place for place in beside if scale.left + 2 <= place <= scale.right - width]
    place = min(free, key=lambda place: place < scale.line < place + width, default=None)
    if place is None:
        place = min(max((left + right - width) / 2, scale.left + 6), scale.right - 6 - width)
        sheet.add(rect(place - 5, middle - 8, place + width + 5, middle + 8, "halo"))
    sheet.write(text, place, base, type_)


def _bar(
    sheet: Sheet,
    hatching: Hatching,
    visit: Visit,
    window: Window,
    sides: tuple[float, float],
    middle: float,
) -> None:
    """Full or hatched; thin or hollow where no side has said so; struck if it was called off."""
    left, right = sides
    colour = (
        "completed" if visit.held_window else COLOUR.get(visit.status or "scheduled", "scheduled")
    )
    is_reported = visit.standing == "reported" and not visit.held_window
    if is_rough(window):
        hatching.bar(sheet, sides, (middle - 7, middle + 7), colour, is_thin=is_reported)
    else:
        is_hollow = is_reported or visit.status == "cancelled"
        names = f"hollow s-{colour}" if is_hollow else f"f-{colour}"
        sheet.add(rect(left, middle - 7, right, middle + 7, names, rx=2))
    if visit.status == "cancelled":
        sheet.add(level(left - 2, right + 2, middle, "strike"))


def _label(visit: Visit, window: Window, scale: Days, late: bool) -> str:
    """The days in words, and what there is to know of them."""
    if late:
        return "passed, nothing heard"
    year = day_of(scale.first).year
    text = phrase(window) if window.as_stated else days_in_words(window, year)
    remarks = [text]
    if visit.status == "cancelled":
        remarks.append("called off")
    if visit.standing == "disputed":
        remarks.append("disputed")
    if visit.standing == "reported" and visit.status != "completed":
        remarks.append("reported only")
    if visit.under_way:
        remarks.append("under way")
    return " · ".join(remarks)
