"""The lanes: who spoke when. Each mark has the number of its change, and links to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from chancery.client.words import SideWord
from service.web.drawing.form import Form
from service.web.drawing.hatching import Hatching
from service.web.drawing.scale import Scale
from service.web.drawing.story import Spoken
from service.web.drawing.svg import EDGE, Sheet, dot, element, level, path, rect
from service.web.drawing.svg import number as written

LANES: dict[SideWord, str] = {
    "guest": "Guest",
    "host": "Host",
    "third": "Third",
    "press": "Press",
    "desk": "Desk",
}
# Marks stay so far from centre to centre, so that each can be met by a finger.
APART = 24.0
# In so many lines no tail crosses a mark.
MOST = 4
# The room beside the number of a mark that several changes share.
BESIDE = 6.0


@dataclass(frozen=True)
class Mark:
    """A mark in one lane: where it stands, how wide it is, and where its tail begins."""

    spoken: Spoken
    side: SideWord
    left: float
    width: float
    tail: float

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.left + self.width


def draw_lanes(
    sheet: Sheet, form: Form, scale: Scale, hatching: Hatching, marks: Sequence[Spoken], top: float
) -> tuple[list[Markup], float]:
    """Draw the lanes from ``top`` on. Gives the marks, to be drawn above all, and what is below."""
    links: list[Markup] = []
    newer = {side: side.capitalize() for one in marks for side in one.sides if side not in LANES}
    for side, name in (LANES | newer).items():
        ours = sorted(
            (_placed(form, scale, one, side) for one in marks if side in one.sides),
            key=lambda mark: (mark.spoken.known.last, mark.spoken.versions),
        )
        if not ours:
            continue
        sheet.add(level(0, scale.right, top - 6, "lanerule"))
        sheet.write(name, EDGE, top + form.radius + 4.5, form.lane)
        lines: list[list[Mark]] = []
        for mark in ours:
            line = _line(lines, mark)
            height = top + form.radius + line * APART
            _tail(sheet, form, scale, hatching, mark, height)
            links.append(_mark(sheet, form, mark, height))
        top += 2 * form.radius + 8 + (len(lines) - 1) * APART
    return links, top - 4


def _placed(form: Form, scale: Scale, one: Spoken, side: SideWord) -> Mark:
    width = 2 * form.radius
    if len(one.versions) > 1:
        width = max(width, form.mark.width(one.number) + 2 * BESIDE)
    left = scale(one.known.last) - form.radius
    left = max(min(left, form.width - 2 - width), form.left - form.radius)
    starts = [left]
    if one.effective.last < one.known.last or one.effective.is_rough:
        starts.append(scale(one.effective.first) - 3)
    if one.known.is_rough:
        starts.append(scale(one.known.first))
    return Mark(one, side, left, width, min(starts))


def _line(lines: list[list[Mark]], mark: Mark) -> int:
    """The first line of the lane in which the mark has room; it takes it.

    Its tail crosses no other mark, unless that would take too many lines.
    """
    free = (n for n, line in enumerate(lines) if all(_is_apart(mark, one, True) for one in line))
    number = next(free, None)
    if number is None and len(lines) >= MOST:
        rest = enumerate(lines)
        free = (n for n, line in rest if all(_is_apart(mark, one, False) for one in line))
        number = next(free, None)
    if number is None:
        number = len(lines)
        lines.append([])
    lines[number].append(mark)
    return number


def _is_apart(mark: Mark, other: Mark, with_tails: bool) -> bool:
    """Whether two marks stay far enough from each other, and from the tail of the other."""
    between = APART - min(mark.width, other.width, APART)
    if with_tails:
        return mark.tail >= other.right + between or mark.right + between <= other.tail
    return mark.left >= other.right + between or mark.right + between <= other.left


def _tail(
    sheet: Sheet, form: Form, scale: Scale, hatching: Hatching, mark: Mark, height: float
) -> None:
    """Where effect came before knowledge, or one of them is a month or a year."""
    one = mark.spoken
    if one.known.is_rough:
        _rough(sheet, hatching, (scale(one.known.first), mark.left), height)
    if one.effective.is_rough and one.effective.last < one.known.last:
        end = scale(one.effective.last + 1)
        _rough(sheet, hatching, (scale(one.effective.first), end), height)
        if mark.left > end:
            sheet.add(level(end, mark.left, height, "tail"))
    elif not one.effective.is_rough and scale(one.effective.last) + 3 < mark.left:
        begin = scale(one.effective.last)
        sheet.add(dot(begin, height, 3, "eff"), level(begin + 3, mark.left, height, "tail"))


def _rough(sheet: Sheet, hatching: Hatching, sides: tuple[float, float], height: float) -> None:
    if sides[1] - sides[0] > 1:
        hatching.bar(sheet, sides, (height - 3, height + 3), "claim")


def _mark(sheet: Sheet, form: Form, mark: Mark, height: float) -> Markup:
    """The link: a square for a change of the record, round for a statement, struck if undone."""
    one, radius = mark.spoken, form.radius
    look = one.looks[mark.side]
    corner = radius if one.is_statement else 2.5
    shape = rect(mark.left, height - radius, mark.right, height + radius, f"mk m-{look}", rx=corner)
    middle = mark.left + mark.width / 2
    size = f" mn{len(one.number)}" if len(one.number) > 2 and len(one.versions) == 1 else ""
    number = {"x": middle, "y": height + 3.8, "class": f"mn n-{look}{size}"}
    parts = [shape, element("text", number, one.number)]
    if one.is_taken_back:
        left, right = written(mark.left), written(mark.right)
        low, high = written(height + radius), written(height - radius)
        parts.append(path(f"M{left} {low}L{right} {high}", "slash"))
    link = {"href": f"#v{one.versions[0]}", "aria-label": one.label}
    return element("a", link, *parts)
