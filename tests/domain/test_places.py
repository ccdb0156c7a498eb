"""The place of a change is fixed when it is recorded, and nothing later moves it."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from domain.events import Retracted
from domain.history import fold
from domain.terms import Side, StatementKind
from domain.times import Moment
from domain.visit import Visit
from tests.domain.builders import NOW, at, blank_visit, enter, say
from tests.domain.correcting import correct
from tests.domain.moments import TEN, visit_from
from tests.domain.retracting import retract


def order(visit: Visit) -> list[int]:
    """The versions of the changes in the order in which they are folded."""
    own = [event for event in visit.changes if not isinstance(event, Retracted)]
    return [event.originator_version for event in sorted(own, key=visit.timeline.place)]


def heard(*effective: str) -> Visit:
    """A visit opened in 2022, of which something was said at these times, in this order."""
    visit = visit_from("2022-01-01", NOW)
    for time in effective:
        say(visit, StatementKind.REPORT, Side.PRESS, effective=time)
    return visit


# Statements and amendments


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        pytest.param(["2023-02-04", "2023-02-03"], [1, 3, 2], id="by their times"),
        pytest.param(["2023-02-03", "2023-02-03"], [1, 2, 3], id="of one day, by version"),
        pytest.param(["2023-02-03 12:00"] * 2, [1, 2, 3], id="of one instant, by version"),
        pytest.param(
            ["2023-02-03 12:00", "2023-02-03"], [1, 2, 3], id="a day behind the hour before it"
        ),
        pytest.param(
            ["2023-02-03", "2023-02-03 12:00"], [1, 2, 3], id="an hour behind a day of no place"
        ),
        pytest.param(
            ["2023-02-03 12:00", "2023-02-03", "2023-02-03 09:00"],
            [1, 4, 2, 3],
            id="an hour before the place of the day",
        ),
        pytest.param(
            ["2023-05-20", "2023-05", "2023-05-10"], [1, 4, 2, 3], id="no going round in a circle"
        ),
        pytest.param(
            ["2023-05-10", "2023-05-20", "2023-05"], [1, 2, 3, 4], id="a month behind its latest"
        ),
        pytest.param(
            ["2023-05", "2023-05-10", "2023-05-20"],
            [1, 2, 3, 4],
            id="a month ahead of what follows",
        ),
        pytest.param(
            ["2023-06-01", "2023-05", "2023-04-30"],
            [1, 4, 3, 2],
            id="a month beside its neighbours",
        ),
    ],
)
def test_changes_stand_in_the_order_of_their_places(times: list[str], expected: list[int]) -> None:
    """An instant at its own time, a period at the latest place within it, or at its begin."""
    assert order(heard(*times)) == expected


@pytest.mark.parametrize(
    ("effective", "place"),
    [
        ("2023-02-03 12:00", "2023-02-03 12:00"),
        ("2023-02-03", "2023-02-03 00:00"),
        ("2023-02", "2023-02-01 00:00"),
        ("2023", "2023-01-01 00:00"),
        ("2022", "2022-01-01 00:00"),
    ],
)
def test_a_period_without_a_place_within_it_stands_at_its_begin(effective: str, place: str) -> None:
    """An instant stands where it is."""
    visit = heard(effective)
    assert visit.timeline.place(visit.changes[-1]).time == at(place)


def test_a_period_attracts_only_up_to_its_effective_time() -> None:
    """What happened after it was known is behind it."""
    visit = heard("2023-02-03 09:00", "2023-02-03 18:00")
    say(visit, StatementKind.REPORT, Side.PRESS, effective="2023-02-03", known="2023-02-03 12:00")
    assert order(visit) == [1, 2, 4, 3]


def test_a_day_that_has_not_begun_in_utc_stands_where_it_was_told() -> None:
    """Its begin lies after its effective time."""
    visit = visit_from("2022-01-01", "2023-06-10 15:30")
    event = enter(visit, "record_statement", "2023-06-10 15:30", effective="2023-06-11")
    assert visit.timeline.place(event).time == at("2023-06-10 15:30")


def test_a_retracted_change_keeps_its_place_and_attracts_still() -> None:
    """Nothing is moved by a retraction."""
    visit = heard("2023-02-03 12:00")
    retract(visit, 2)
    say(visit, StatementKind.REPORT, Side.PRESS, effective="2023-02-03")
    place = visit.timeline.place(visit.changes[-1])
    assert place.time == at("2023-02-03 12:00")


def test_a_correction_stands_behind_the_change_that_it_corrects() -> None:
    """Whatever was recorded since; several by version."""
    visit = heard("2023-02-03 12:00", "2023-02-03 12:00")
    correct(visit, "reason", version=2, reason="one")
    correct(visit, "reason", version=2, reason="two")
    correct(visit, "reason", version=1, reason="three")
    assert order(visit) == [1, 6, 2, 4, 5, 3]


@pytest.mark.parametrize(
    "times", list(permutations(["2023-05-20", "2023-05", "2023-05-10", "2023"]))
)
def test_what_is_recorded_later_moves_nothing(times: tuple[str, ...]) -> None:
    """The order of the earlier changes stays, whatever comes between them."""
    whole = order(heard(*times))
    for length in range(len(times)):
        versions = order(heard(*times[:length]))
        assert versions == [version for version in whole if version in versions]


def test_only_the_visits_changes_recorded_before_it_give_a_change_its_place() -> None:
    """As of our record at any time, the places are the same."""
    visit = heard("2023-05", "2023-05-20", "2023-05-10")
    for length in range(1, visit.version + 1):
        state = fold(visit.changes[:length])
        assert state == fold(visit.changes[:length], timeline=visit.timeline)


# A record time that comes after the decision


@pytest.mark.parametrize(
    ("times_of_the_first", "second", "times_of_the_second"),
    [
        pytest.param({}, "postpone", {}, id="none names its times"),
        pytest.param({"known": TEN}, "postpone", {}, id="the first does"),
        pytest.param({"known": TEN}, "postpone", {"known": "2023-02-03"}, id="both do"),
        pytest.param({"known": TEN}, "correct", {}, id="one corrects the other"),
        pytest.param({}, "amend", {}, id="one amends the other"),
    ],
)
def test_changes_decided_at_one_time_keep_their_order_when_they_are_recorded(
    times_of_the_first: dict[str, Any], second: str, times_of_the_second: dict[str, Any]
) -> None:
    """A change with times of its own follows one that has its own too, and never moves."""
    visit = blank_visit()
    enter(visit, "schedule", TEN, **times_of_the_first)
    enter(visit, second, TEN, **times_of_the_second)
    decided = visit.state.copy()

    visit.date_pending(at(TEN) + timedelta(milliseconds=5))

    recorded = visit.state
    assert (recorded.status, recorded.details) == (decided.status, decided.details)
    assert visit.timeline.place(visit.changes[1]) == max(map(visit.timeline.place, visit.changes))


def test_a_fork_has_places_of_its_own() -> None:
    """What it takes moves nothing of the visit."""
    visit = heard("2023-05")
    fork = visit.fork()
    say(fork, StatementKind.REPORT, Side.PRESS, effective="2023-05-10")
    say(visit, StatementKind.REPORT, Side.PRESS, effective="2023-05-20")
    assert visit.timeline.place_at(
        Moment.of_period("2023-05"), 9, is_status_change=False
    ).time == at("2023-05-20")
