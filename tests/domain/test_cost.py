"""A change costs no more where there are many before it, neither to record nor to load."""

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from domain.history import fold
from domain.terms import Side, StatementKind
from domain.values import Statement, VisitDetails
from domain.visit import Visit
from tests.domain.builders import blank_visit, days, enter, postponed_visit, word
from tests.domain.correcting import correct
from tests.domain.retracting import retract

MANY = 300


def time_of(number: int, form: str) -> str:
    """An instant or a day for each number, later for a larger one; or none."""
    day = f"20{10 + number // 336}-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}"
    return {"instants": f"{day} 12:00", "days": day, "none": ""}[form]


def values(command: str, number: int) -> dict[str, Any]:
    """What makes each command differ from the one before."""
    if command == "amend":
        return {"details": VisitDetails(title=f"Title {number}")}
    if command == "reschedule":
        return {"window": days(f"20{30 + number // 28}-01-{number % 28 + 1:02}")}
    return {"basis": [word(Side.HOST)], "statement": Statement(StatementKind.CONFIRM, Side.HOST)}


def visit_with(number: int, command: str, form: str) -> Visit:
    """A visit with so many changes."""
    visit = blank_visit()
    enter(visit, "schedule", known=time_of(0, form))
    for i in range(1, number):
        enter(visit, command, known=time_of(i, form), **values(command, i))
    return visit


def calls(function: Callable[[], object]) -> int:
    """How many functions a function calls, those written in C among them."""
    counted = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(before)
    return counted


@pytest.mark.parametrize("form", ["instants", "days", "none"])
@pytest.mark.parametrize("command", ["amend", "record_statement", "reschedule"])
def test_a_change_behind_many_costs_as_much_as_one_behind_few(command: str, form: str) -> None:
    """It looks at none of them; at most a search for its place grows with their number."""
    few, many = (visit_with(number, command, form) for number in (3, MANY))

    def change(visit: Visit, number: int) -> Callable[[], object]:
        given, known = values(command, number), time_of(number, form)
        return lambda: enter(visit, command, known=known, **given)

    assert calls(change(many, MANY)) <= 1.2 * calls(change(few, 3))


def undone_again_and_again(number: int) -> Visit:
    """A retraction, its undoing, the undoing of that, and so on."""
    visit = postponed_visit()
    while visit.version < number:
        retract(visit, visit.version)
    return visit


def corrected_again_and_again(number: int) -> Visit:
    """One change is corrected all the time."""
    visit = postponed_visit()
    while visit.version < number:
        correct(visit, "reason", version=2, reason=f"Reason {visit.version}")
    return visit


def said_again_and_again(number: int) -> Visit:
    """The host confirms all the time what stands."""
    visit = postponed_visit()
    while visit.version < number:
        enter(visit, "record_statement", **values("record_statement", visit.version))
    return visit


@pytest.mark.parametrize(
    "story", [undone_again_and_again, corrected_again_and_again, said_again_and_again]
)
def test_to_fold_a_change_costs_as_much_among_many_as_among_few(
    story: Callable[[int], Visit],
) -> None:
    """No change is looked at again for each that follows it."""
    few, many = (story(number).changes for number in (MANY // 4, MANY))
    cost_of_few, cost_of_many = (calls(partial(fold, changes)) for changes in (few, many))
    assert cost_of_many / len(many) <= 1.2 * cost_of_few / len(few)
