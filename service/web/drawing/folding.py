"""Long histories: statements of one voice that say the same again share one mark."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from service.web.drawing.story import Spoken
from service.web.drawing.terms import statement_of

# With so many statements those that say the same are folded; with so many marks left after that,
# all that one voice says between two changes of the status.
LONG, VERY_LONG = 20, 60


def folded(spoken: Sequence[Spoken]) -> tuple[Spoken, ...]:
    """The marks to draw: each statement its own while they are few, by runs where they are many.

    A run ends where its voice says something else, and where the status changes.
    """
    if sum(one.is_statement for one in spoken) <= LONG:
        return tuple(spoken)
    marks = _by_runs(spoken, _said)
    return marks if len(marks) <= VERY_LONG else _by_runs(spoken, lambda one: ())


def _by_runs(spoken: Iterable[Spoken], said: Callable[[Spoken], object]) -> tuple[Spoken, ...]:
    marks: list[Spoken] = []
    runs: dict[object, int] = {}
    for one in sorted(spoken, key=lambda one: (one.known.last, one.versions)):
        if not one.is_statement:
            runs = {} if one.look and not one.is_taken_back else runs
            marks.append(one)
            continue
        voice, saying = _voice(one), said(one)
        before = runs.get(voice)
        if before is not None and not one.is_taken_back and said(marks[before]) == saying:
            marks[before] = replace(
                marks[before],
                versions=marks[before].versions + one.versions,
                last_known=one.last_known,
            )
        else:
            marks.append(one)
            if not one.is_taken_back:
                runs[voice] = len(marks) - 1
    return tuple(sorted(marks, key=lambda one: one.versions))


def _voice(one: Spoken) -> object:
    """Who speaks: a side with its country or organisation; of the press, the outlet."""
    statement = statement_of(one.event)
    outlet = next((basis.outlet for basis in one.event.basis), "")
    if statement is None:
        return tuple(one.sides)
    is_press = statement.side == "press"
    return statement.side, statement.country, statement.organisation, outlet if is_press else ""


def _said(one: Spoken) -> object:
    """What is said: statements that are equal in this say the same again."""
    statement = statement_of(one.event)
    if statement is None:
        return one.event.change_type
    condition = statement.condition.text if statement.condition else ""
    return (
        statement.kind,
        statement.claimed_status,
        statement.claimed_window,
        condition,
        tuple(one.looks.values()),
    )
