"""The keys of the drawings: a swatch for each code, and what it means."""

from collections.abc import Iterable, Iterator

from markupsafe import Markup

from service.web.drawing.days import is_rough
from service.web.drawing.form import WIDE, form_of
from service.web.drawing.hatching import Hatching
from service.web.drawing.plan import Plan
from service.web.drawing.svg import Sheet, dot, element, level, path, rect, upright

HEIGHT, NARROW, BROAD = 14, 14, 28
# The swatches of marks and of cuts, which are as broad as they are high.
SMALL = {"status", "firm", "soft", "deny", "taken", "cut"}
SWATCHES = {
    "status": [rect(1.0, 1.0, 13.0, 13.0, "mk m-scheduled", rx=2)],
    "firm": [dot(7, 7, 6, "mk m-firm")],
    "soft": [dot(7, 7, 6, "mk m-soft")],
    "deny": [dot(7, 7, 5.5, "mk m-deny")],
    "taken": [dot(7, 7, 6, "mk m-taken"), path("M2 12 12 2", "slash")],
    "again": [rect(1.0, 1.0, 27.0, 13.0, "mk m-firm", rx=6), path("M17 5 21 9M21 5 17 9", "times")],
    "tail": [dot(5, 7, 3, "eff"), level(8, 28, 7, "tail")],
    "plan": [rect(0.0, 2.0, 28.0, 12.0, "f-scheduled", rx=2)],
    "held": [rect(0.0, 2.0, 28.0, 12.0, "f-completed", rx=2)],
    "reported": [rect(1.0, 2.0, 27.0, 12.0, "hollow s-scheduled", rx=2)],
    "exact": [rect(1.0, 2.0, 27.0, 12.0, "hollow s-scheduled", rx=2)],
    "moved": [
        rect(1.0, 2.0, 27.0, 12.0, "hollow s-scheduled", rx=2),
        level(0, 28, 7, "strike"),
    ],
    "named": [rect(1.0, 3.5, 27.0, 10.5, "named", rx=2)],
    "disputed": [level(0, 28, 7, "disp")],
    "over": [level(0, 28, 7, "over")],
    "cut": [
        rect(2.0, 0.0, 12.0, 14.0, "cutbg"),
        upright(2, 0, 14, "cut"),
        upright(12, 0, 14, "cut"),
    ],
}


def timeline_key(plan: Plan, *, prefix: str = "k") -> Markup:
    """The key of the timeline as ``<ul>``: only the codes that occur in it, and what each means."""
    return _listed(prefix, _codes(plan)) if plan.marks else Markup()


def agenda_key(prefix: str = "b", *, has_ended: bool = True) -> Markup:
    """The key of the agenda as ``<ul>``; what ``has_ended`` is left out where none is drawn."""
    ended = {"held": "held", "called off": "moved"} if has_ended else {}
    codes = {
        "exact days": "plan",
        "only roughly known: any days in between, none likelier than another": "rough",
        "reported, no side has said so": "reported",
        **ended,
        "the days have passed, nothing heard": "over",
    }
    return _listed(prefix, codes.items())


def _codes(plan: Plan) -> Iterator[tuple[str, str]]:
    """What each code means, and the name of its swatch."""
    looks = {look for one in plan.marks for look in one.looks.values()}
    words = {look for one in plan.marks if one.is_statement for look in one.looks.values()}
    fates = {row.fate for row in plan.rows}
    known_later = any(
        one.effective.last < one.known.first and not one.effective.is_rough for one in plan.marks
    )
    shown = (
        ("change of status", "status", bool(plan.story.bands)),
        ("word on the record", "firm", "firm" in words),
        ("off the record, or no answer", "soft", "soft" in words),
        ("denial", "deny", "deny" in words),
        ("several of one voice", "again", any(len(one.versions) > 1 for one in plan.marks)),
        ("taken back", "taken", "taken" in looks),
        ("in force before it was known", "tail", known_later),
        ("only roughly known", "rough", _has_rough(plan)),
        ("no longer planned", "moved", "moved" in fates),
        ("made more exact", "exact", "exact" in fates),
        ("days that somebody names", "named", "claim" in fates),
        ("disputed from here on", "disputed", plan.story.disputed is not None),
        ("quiet days, cut out", "cut", any(True for _ in plan.scale_in(form_of(WIDE)).cuts)),
    )
    return ((meaning, swatch) for meaning, swatch, is_shown in shown if is_shown)


def _has_rough(plan: Plan) -> bool:
    times = [span for one in plan.marks for span in (one.known, one.effective)]
    return any(is_rough(row.window) for row in plan.rows) or any(one.is_rough for one in times)


def _listed(prefix: str, codes: Iterable[tuple[str, str]]) -> Markup:
    items = (element("li", {}, _swatch(swatch, prefix), meaning) for meaning, swatch in codes)
    return element("ul", {"class": "key"}, *items)


def _swatch(name: str, prefix: str) -> Markup:
    """The code by itself, in a small drawing."""
    width = NARROW if name in SMALL else BROAD
    hatching, sheet = Hatching(prefix), Sheet(width)
    if name == "rough":
        hatching.bar(sheet, (0.0, width), (2.0, 12.0), "scheduled")
    else:
        sheet.add(*SWATCHES[name])
    size = {"class": "sw", "width": width, "height": HEIGHT, "aria-hidden": "true"}
    return element("svg", size, hatching.definitions(), *sheet.parts)
