"""The conditions under which a visit is left open: the latest of each voice."""

import pytest

from domain.errors import NothingChanged
from domain.standing import conditions
from domain.terms import Side, StatementKind
from domain.values import Condition, Host, VisitDetails
from domain.visit import Visit
from tests.domain.builders import (
    DETAILS,
    blank_visit,
    condition,
    enter,
    postponed_visit,
    say,
    scheduled_visit,
    visit_left_open,
)

INVITED = condition("once invited", Side.HOST)


def texts(visit: Visit) -> list[str]:
    """The conditions that hold, the oldest first."""
    return [current.condition.text for current in conditions(visit.state)]


def test_a_visit_is_left_open_under_a_condition() -> None:
    """The condition is kept with the change that gave it."""
    visit = visit_left_open()
    (current,) = conditions(visit.state)
    assert (current.condition, current.event) == (condition(), visit.changes[1])


def test_each_voice_has_its_own_condition() -> None:
    """The two sides of one visit may name different states of affairs, and so may two hosts."""
    visit = visit_left_open()
    enter(visit, "defer", condition=INVITED)
    enter(visit, "defer", condition=condition("once it is safe", Side.HOST, country="KP"))
    assert texts(visit) == ["when conditions allow", "once invited", "once it is safe"]


def test_the_latest_condition_of_a_voice_counts() -> None:
    """A visit is deferred again for a changed condition; the last one to change comes last."""
    visit = visit_left_open()
    enter(visit, "defer", condition=INVITED)
    enter(visit, "defer", condition=condition("once the matter is settled"))
    assert texts(visit) == ["once invited", "once the matter is settled"]


@pytest.mark.parametrize(
    "again",
    [
        condition(),
        condition("When conditions allow"),
        condition(speaker="Somebody else"),
        condition(country="US"),
    ],
)
def test_leaving_a_visit_open_under_the_same_condition_is_refused(again: Condition) -> None:
    """That is a reaffirm, whoever of the same voice says it."""
    visit = visit_left_open()
    with pytest.raises(NothingChanged, match="record a statement that reaffirms it") as refused:
        enter(visit, "defer", condition=again)
    assert (refused.value.visit_id, visit.version) == (visit.id, 2)


def test_the_words_of_another_voice_are_another_condition() -> None:
    """Both sides leave it open, in the same words."""
    visit = visit_left_open()
    enter(visit, "defer", condition=condition(side=Side.HOST))
    assert [c.condition.side for c in conditions(visit.state)] == ["guest", "host"]


def test_a_condition_that_was_replaced_may_be_named_again() -> None:
    """It is then a changed condition."""
    visit = visit_left_open()
    enter(visit, "defer", condition=condition("once the matter is settled"))
    enter(visit, "defer")
    assert texts(visit) == ["when conditions allow"]


def test_a_postponement_may_name_a_condition() -> None:
    """It is kept when the visit is then left open."""
    visit = scheduled_visit()
    enter(visit, "postpone", condition=INVITED)
    enter(visit, "defer")
    assert texts(visit) == ["once invited", "when conditions allow"]


def test_a_postponed_visit_may_be_left_open_under_its_condition() -> None:
    """The status changes, though the words are the same."""
    visit = scheduled_visit()
    enter(visit, "postpone", condition=condition())
    enter(visit, "defer")
    assert (visit.state.status, texts(visit)) == ("when conditions allow", [condition().text])


def test_a_condition_that_a_statement_carries_is_the_latest_of_its_voice() -> None:
    """A side may restate its condition, in other words, without a change of status."""
    visit = visit_left_open()
    restated = condition("at the earliest opportunity")
    say(visit, StatementKind.REAFFIRM, Side.GUEST, condition=restated)
    assert texts(visit) == ["at the earliest opportunity"]
    assert visit.state.status == "when conditions allow"


def test_a_condition_belongs_to_its_own_voice_whoever_reports_it() -> None:
    """A paper may say what the host waits for."""
    visit = visit_left_open()
    say(visit, StatementKind.REPORT, Side.PRESS, outlet="Morning Post", condition=INVITED)
    assert texts(visit) == ["when conditions allow", "once invited"]


@pytest.mark.parametrize("change", ["postpone", "reschedule", "complete", "cancel"])
def test_every_change_of_status_but_deferring_ends_the_conditions(change: str) -> None:
    """Neither of a visit that is planned again, nor of one that took place, is called off."""
    visit = visit_left_open()
    enter(visit, "defer", condition=INVITED)
    enter(visit, change)
    assert texts(visit) == []


@pytest.mark.parametrize("change", ["postpone", "cancel"])
def test_a_change_that_ends_the_conditions_may_set_its_own(change: str) -> None:
    """Of those before it none is left."""
    visit = visit_left_open()
    enter(visit, change, condition=INVITED)
    assert texts(visit) == ["once invited"]


@pytest.mark.parametrize("change", ["postpone", "defer", "cancel"])
def test_an_opening_may_name_a_condition(change: str) -> None:
    """Desks often hear of a visit first when it is left open."""
    visit = blank_visit()
    enter(visit, change, details=DETAILS, condition=INVITED)
    assert texts(visit) == ["once invited"]


def test_a_host_that_becomes_known_later_has_one_voice() -> None:
    """Its condition from before then is replaced by the one from after."""
    visit = blank_visit()
    unknown_host = VisitDetails(title=DETAILS.title, principal=DETAILS.principal)
    enter(visit, "defer", details=unknown_host, condition=INVITED)
    enter(visit, "defer")
    enter(visit, "amend", details=VisitDetails(host=Host("CN")), update_mask=["host"])
    with pytest.raises(NothingChanged):
        enter(visit, "defer", condition=INVITED)
    enter(visit, "defer", condition=condition("once it is safe", Side.HOST, country="CN"))
    assert texts(visit) == ["when conditions allow", "once it is safe"]


def test_a_postponed_visit_has_no_condition_by_itself() -> None:
    """A mutually convenient time is none."""
    assert texts(postponed_visit()) == []
