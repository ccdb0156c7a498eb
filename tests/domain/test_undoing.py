"""The latest retraction is undone by retracting it, as long as no status change came after it."""

from typing import Any

import pytest

from domain.errors import VersionMismatch
from domain.terms import Side, StatementKind
from domain.visit import Visit
from tests.domain.asking import as_of
from tests.domain.builders import (
    blank_visit,
    completed_visit,
    enter,
    postponed_visit,
    rescheduled_visit,
    say,
    scheduled_visit,
    visit_left_open,
)
from tests.domain.correcting import correct
from tests.domain.retracting import retract, retraction_refused

MOMENTS = [
    {"known": known, "valid": valid}
    for known in ("2022-12-31", "2023-01-01", "2023-01-02", "2023-02-10", "")
    for valid in ("2023-01-01", "2023-01-02", "")
]


def answers(visit: Visit) -> list[Any]:
    """The visit as of many moments."""
    states = [as_of(visit, **moment) for moment in MOMENTS]
    return [
        (s.status, s.details, s.window, s.previous_windows, s.held_window, s.conditions, s.words)
        for s in states
    ]


def visit_with_a_correction() -> Visit:
    visit = rescheduled_visit()
    correct(visit, "reason", version=2, reason="A storm")
    return visit


@pytest.mark.parametrize("known", ["", "2023-02-10"])
@pytest.mark.parametrize(
    "state",
    [scheduled_visit, visit_left_open, rescheduled_visit, completed_visit, visit_with_a_correction],
)
def test_an_undone_retraction_is_as_if_it_had_never_been(state: Any, known: str) -> None:
    """Every change that it took out is back, whenever it was known."""
    for version in range(1, state().version + 1):
        visit = state()
        before = answers(visit)
        retract(visit, version, known=known)
        assert retract(visit, visit.version) == (visit.version - 1,)
        assert answers(visit) == before


def test_an_undoing_is_undone_in_its_turn() -> None:
    """It is a retraction itself, and then the latest one."""
    visit = postponed_visit()
    for version, status in [(2, "scheduled"), (3, "postponed"), (4, "scheduled"), (5, "postponed")]:
        retract(visit, version)
        assert visit.state.status == status
    retraction_refused(visit, 4, "only the latest retraction can be undone")


def stands(visit: Visit) -> tuple[str | None, str]:
    """The status of a visit, and of which it is a duplicate."""
    return visit.state.status, visit.state.merged_into


def test_a_withdrawn_visit_is_brought_back_by_undoing_its_retraction() -> None:
    """With its status, and no longer a duplicate."""
    visit = rescheduled_visit()
    retract(visit, 1, merged_into="another-visit")
    assert stands(visit) == (None, "another-visit")
    retract(visit, 4)
    assert stands(visit) == ("rescheduled", "")
    retract(visit, 5)
    assert stands(visit) == (None, "another-visit")


def test_a_withdrawn_visit_is_brought_back_at_the_expected_version() -> None:
    """As any other change is made."""
    visit = scheduled_visit()
    retract(visit, 1)
    with pytest.raises(VersionMismatch):
        retract(visit, 2, expected_version=1)


@pytest.mark.parametrize("command", ["record_statement", "amend"])
def test_a_retraction_is_undone_also_after_other_changes(command: str) -> None:
    """They do not rest on the status."""
    visit = postponed_visit()
    retract(visit, 2)
    enter(visit, command)
    retract(visit, 3)
    assert visit.state.status == "postponed"


def test_a_retraction_is_not_undone_after_a_change_of_the_status() -> None:
    """That rests on it, also if it was itself retracted since."""
    visit = postponed_visit()
    retract(visit, 2)
    enter(visit, "cancel")
    retraction_refused(visit, 3, "while no change of the status follows")
    retract(visit, 4)
    retraction_refused(visit, 3, "only the latest retraction can be undone")


def test_an_undoing_may_be_known_later() -> None:
    """Until then the world believed the retraction."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05")
    enter(visit, "postpone", effective="2023-02-03")
    retract(visit, 2, known="2023-02-10")
    retract(visit, 3, known="2023-03-01")
    known = ["2023-02-03", "2023-02-10", "2023-02-28", "2023-03-01"]
    statuses = [as_of(visit, known=day).status for day in known]
    assert statuses == ["postponed", "scheduled", "scheduled", "postponed"]


def test_a_retracted_retraction_does_nothing() -> None:
    """Also where the two were known in another order."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05")
    say(visit, StatementKind.DENY, Side.HOST, effective="2023-01-06", text="no")
    retract(visit, 2, known="2023-06-01")
    retract(visit, 3)
    for day in "2023-01-06", "2023-05-31", "2023-06-01":
        assert len(as_of(visit, known=day).words) == 1
