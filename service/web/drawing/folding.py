"""Long histories: what one voice says again shares one mark."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from service.web.drawing.days import day_of
from service.web.drawing.story import Spoken
from service.web.terms import STATUS_OF, statement_of

# With so many statements those that say the same are folded. With so many marks left after that,
# all that one voice says or amends within a month; then within a year; then at all.
LONG, VERY_LONG = 20, 60


def folded(spoken: Sequence[Spoken]) -> tuple[Spoken, ...]:
    """The marks to draw: each change its own while they are few, by runs where they are many.

    A run ends where its voice says something else, and where the status changes.
    """
    marks = tuple(spoken)
    if sum(one.is_statement for one in marks) > LONG:
        marks = _by_runs(spoken, _said, is_again=True)
    for said in (_month, _year, _nothing):
        if len(marks) > VERY_LONG:
            marks = _by_runs(spoken, said, is_again=False)
    return marks


def _by_runs(
    spoken: Iterable[Spoken], said: Callable[[Spoken], object], is_again: bool
) -> tuple[Spoken, ...]:
    """Fold runs that are equal in ``said``; ``is_again`` if that is because they say the same."""
    marks: list[Spoken] = []
    runs: dict[object, int] = {}
    for one in sorted(spoken, key=lambda one: (one.known.last, one.versions)):
        if one.event.change_type in STATUS_OF and not one.is_taken_back:
            runs = {}
        if one.is_taken_back or not (one.is_statement or one.event.change_type == "amended"):
            marks.append(one)
            continue
        voice = _voice(one)
        before = runs.get(voice)
        if before is None or said(marks[before]) != said(one):
            runs[voice] = len(marks)
            marks.append(one)
        else:
            first = marks[before]
            versions = first.versions + one.versions
            marks[before] = replace(
                first, versions=versions, last_known=one.last_known, is_again=is_again
            )
    return tuple(sorted(marks, key=lambda one: one.versions))


def _voice(one: Spoken) -> object:
    """Who speaks: a side with its country or organisation; of the press, the outlet."""
    statement = statement_of(one.event)
    if statement is None:
        return one.event.change_type, tuple(one.sides)
    outlet = next((basis.outlet for basis in one.event.basis), "")
    is_press = statement.side == "press"
    return statement.side, statement.country, statement.organisation, outlet if is_press else ""


def _month(one: Spoken) -> object:
    return day_of(one.known.last).replace(day=1)


def _year(one: Spoken) -> object:
    return day_of(one.known.last).year


def _nothing(one: Spoken) -> object:
    return None


def _said(one: Spoken) -> object:
    """What is said: statements that are equal in this say the same. No amendment says it again."""
    statement = statement_of(one.event)
    if statement is None:
        return one.versions
    condition = statement.condition.text if statement.condition else ""
    return (
        statement.kind,
        statement.claimed_status,
        statement.claimed_window,
        condition,
        tuple(one.looks.values()),
    )
