"""A status change stands behind the one before it, and not wholly before any that stands."""

import pytest

from domain.errors import OutOfOrder
from domain.events import Retracted
from domain.terms import Side, StatementKind
from domain.visit import Visit
from tests.domain.asking import as_of
from tests.domain.builders import NOW, enter, on, say
from tests.domain.moments import stands, visit_from
from tests.domain.retracting import retract


def order(visit: Visit) -> list[int]:
    """The versions of the changes in the order in which they are folded."""
    own = [event for event in visit.changes if not isinstance(event, Retracted)]
    return [event.originator_version for event in sorted(own, key=visit.timeline.place)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2023-02-03", "2023-02-02"),
        ("2023-02-03", "2023-02-02 23:59"),
        ("2023-02-03", "2023-01"),
        ("2023-02-03", "2022"),
        ("2023-02-03 18:00", "2023-02-03 17:59"),
        ("2023-02-03 18:00", "2023-02-02"),
        ("2023-02", "2023-01-31"),
        ("2023-02", "2023-01-31 23:59"),
        ("2023-02", "2023-01"),
        ("2023", "2022-12-31 23:59"),
    ],
)
def test_a_status_change_wholly_before_one_that_stands_is_refused(before: str, after: str) -> None:
    """The refusal names that change, and says what to do."""
    visit = visit_from(before, NOW)
    with pytest.raises(OutOfOrder, match="retract change 1 first, and then record both") as refused:
        enter(visit, "postpone", effective=after)
    assert (refused.value.visit_id, refused.value.version) == (visit.id, 1)
    assert f"{visit.changes[0].effective_instant:%Y-%m-%dT%H:%M:%S}" in str(refused.value)
    assert visit.version == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2023-02-03", "2023-02-03"),
        ("2023-02-03", "2023-02-04"),
        ("2023-02-03", "2023-02-03 00:00"),
        ("2023-02-03", "2023-02-03 09:00"),
        ("2023-02-03", "2023-02"),
        ("2023-02-03 18:00", "2023-02-03 18:00"),
        ("2023-02-03 18:00", "2023-02-03"),
        ("2023-02", "2023-02-03 09:00"),
        ("2023-02", "2023-02-03"),
        ("2023-02", "2023-03-01 00:00"),
        ("2022", "2022-01-01 00:00"),
        ("2022", "2022-11"),
    ],
)
def test_a_status_change_keeps_the_times_that_were_told(before: str, after: str) -> None:
    """Nothing is raised; it stands behind the change before it all the same."""
    visit = visit_from(before, NOW)
    event = enter(visit, "postpone", effective=after)
    assert event.effective == event.known == on(after)
    assert order(visit) == [1, 2]
    assert visit.state.status == "postponed"


def test_a_change_of_a_period_that_another_began_in_is_taken_as_told() -> None:
    """It was put off in February, which was known in March, and planned again on the 10th."""
    visit = visit_from("2023-01-10", NOW)
    enter(visit, "postpone", effective="2023-02", known="2023-03-15")
    event = enter(visit, "reschedule", known="2023-02-10")
    assert event.effective == event.known == on("2023-02-10")
    assert (visit.state.status, order(visit)) == ("rescheduled", [1, 2, 3])
    assert as_of(visit, known="2023-02-20").status == "rescheduled"


def test_a_change_may_be_refused_for_any_of_those_that_stand() -> None:
    """Not only for the last one, which may be of a long period."""
    visit = visit_from("2023-05-10", NOW)
    enter(visit, "postpone", effective="2023")
    with pytest.raises(OutOfOrder) as refused:
        enter(visit, "cancel", effective="2023-05-09")
    assert refused.value.version == 1
    enter(visit, "cancel", effective="2023-05-10")


def test_a_day_told_before_it_ends_begins_in_utc() -> None:
    """What happened earlier that day is not wholly before it."""
    visit = visit_from("2023-02-03", "2023-02-03 10:00")
    event = enter(visit, "postpone", "2023-02-03 19:00", effective="2023-02-03 08:00")
    assert event.effective == stands("2023-02-03 08:00")
    assert order(visit) == [1, 2]


def test_a_day_that_began_in_tokyo_lets_the_next_minute_follow() -> None:
    """Its begin in UTC still lies ahead."""
    visit = visit_from("2023-06-11", "2023-06-10 15:30")
    enter(visit, "postpone", "2023-06-10 15:31", effective="2023-06-10 15:31")
    assert visit.state.status == "postponed"


def test_a_status_change_that_stands_behind_another_stands_behind_its_statements() -> None:
    """It takes the place of the change before it, and of one place the version decides."""
    visit = visit_from("2023-02-03 18:00", NOW)
    say(visit, StatementKind.REPORT, Side.PRESS, effective="2023-02-03 18:00")
    enter(visit, "postpone", effective="2023-02-03")
    say(visit, StatementKind.REPORT, Side.PRESS, effective="2023-02-03 17:00")
    assert order(visit) == [4, 1, 2, 3]


def test_only_changes_of_the_status_are_held_to_those_that_stand() -> None:
    """A statement and an amendment may take effect before the status did."""
    visit = visit_from("2023-02-03", NOW)
    say(visit, StatementKind.REPORT, Side.PRESS, effective="2023-01-16")
    enter(visit, "amend", effective="2022-11-14")
    assert order(visit) == [3, 2, 1]


def test_a_retracted_change_holds_up_no_earlier_one() -> None:
    """A change entered in error does not prevent it."""
    visit = visit_from("2023-01-01", NOW)
    enter(visit, "postpone", effective="2023-03-01")
    retract(visit, 2)
    event = enter(visit, "postpone", effective="2023-02-03")
    assert event.effective == stands("2023-02-03", "2023-02-03")
    assert visit.timeline.standing == [visit.changes[0], event]


def test_a_withdrawn_visit_is_opened_again_at_any_time() -> None:
    """There is no status change that it would have to follow."""
    visit = visit_from("2023-02-03", NOW)
    retract(visit, 1)
    event = enter(visit, "schedule", effective="2022-11-14")
    assert event.effective == stands("2022-11-14", "2022-11-14")
