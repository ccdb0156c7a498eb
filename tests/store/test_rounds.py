"""A round: what is asked for together is decided one on the other, and committed at once."""

import re
from dataclasses import replace

import pytest

from chancery.v1.values_pb2 import STATUS_CANCELLED, STATUS_POSTPONED, STATUS_SCHEDULED
from chancery.v1.visit_pb2 import Visit
from domain.errors import ChangeRefused, InvalidValue, VersionMismatch, VisitNotFound
from service.commands import decide
from service.commands.round import Kind
from tests.domain.builders import DETAILS
from tests.store import logbook
from tests.store.builders import NOON, Commits, change, logged, stored
from tests.store.serving import Desk, desk_on, event_of, outcomes, unsound
from tests.support.place import Place


def test_changes_that_share_a_round_have_dense_versions(desk: Desk, place: Place) -> None:
    """Two hundred changes of one visit, asked for at once, make one history in one commit."""
    first = desk.record("beijing", "scheduled")
    with Commits(desk.database) as commits:
        tasks = desk.share(*(change("beijing", "amended") for _ in range(200)))
    recorded = [first, *(each for task in tasks for each in outcomes(task))]
    assert commits.number == 1
    assert [event_of(outcome).event.version for outcome in recorded] == list(range(1, 202))
    assert [outcome.position for outcome in recorded] == list(range(1, 202))
    assert unsound(place, recorded) == []


def test_many_changes_take_few_rounds(desk: Desk, place: Place) -> None:
    """A thousand changes of a hundred visits, asked for at once, take two commits."""
    for number in range(100):
        desk.record(f"visit-{number}", "scheduled")
    with Commits(desk.database) as commits:
        tasks = desk.share(*(change(f"visit-{n % 100}", "amended") for n in range(1000)))
    assert commits.number == 2
    positions = [each.position for task in tasks for each in outcomes(task)]
    assert positions == list(range(101, 1101))
    assert logbook.problems(place) == []


def test_each_answer_shows_the_visit_as_its_own_change_left_it(desk: Desk) -> None:
    """A change that was decided on top of another does not show through in its answer."""
    desk.record("beijing", "scheduled")
    topics = ["postponed", "deferred", "rescheduled", "cancelled", "rescheduled", "completed"]
    tasks = desk.share(*(change("beijing", topic) for topic in topics))
    visits = [Visit.FromString(each.visit) for task in tasks for each in outcomes(task)]
    assert [(v.version, v.position) for v in visits] == [(n, n) for n in range(2, 8)]
    assert [v.status for v in visits] == [2, 3, 4, 6, 4, 5]


def test_the_time_of_each_change_of_a_round_is_its_record_time(place: Place) -> None:
    """A change without times took effect, and was known, when it was recorded."""
    times = [NOON]
    with desk_on(place, clock=lambda: times[-1]) as desk:
        desk.record("beijing", "scheduled")
        times.append(NOON + 1)
        tasks = desk.share(change("beijing", "postponed"), change("beijing", "cancelled"))
        for task in tasks:
            (outcome,) = outcomes(task)
            visit, event = Visit.FromString(outcome.visit), event_of(outcome)
            told = [visit.effective_time, visit.known_time, visit.update_time, event.record_time]
            assert [time.ToMicroseconds() for time in told] == [NOON + 1] * 4
            assert visit.create_time.ToMicroseconds() == NOON


def test_nothing_is_told_before_the_commit(desk: Desk, place: Place) -> None:
    """First it is committed, then told to those who follow the log, and then answered."""
    seen: list[object] = []
    desk.database.listeners.add(
        lambda _: seen.append(("committed", logged(place), dict(desk.told)))
    )
    task = desk.ask(change("beijing", "scheduled"))
    task.done = lambda _: seen.append(("answered", [*desk.told]))
    desk.turn()
    assert seen == [("committed", [("beijing", 1)], {}), ("answered", [1])]


def test_what_is_told_is_what_is_in_the_log(desk: Desk, place: Place) -> None:
    """Each change with its bytes and the state that it left; a withdrawn visit has none."""
    topics = ("scheduled", "postponed", "retracted", "scheduled")
    tasks = desk.share(*(change("beijing", topic) for topic in topics))
    states = [each.visit for task in tasks for each in outcomes(task)]
    rows = logbook.read(place)
    assert list(desk.told) == [row.position for row in rows] == [1, 2, 3, 4]
    for row, told in zip(rows, desk.told.values(), strict=True):
        assert (told.recent.visit_id, told.recent.topic) == (row.visit_id, row.topic)
        assert told.recent.member == row.frame_prefix + row.body
        assert told.record_time == row.record_time
    assert [told.state for told in desk.told.values()] == [*states[:2], None, states[3]]


def test_the_states_are_those_of_the_last_change_of_a_round(desk: Desk, place: Place) -> None:
    """A row is at the version and the position that its visit has after the round."""
    desk.share(*(change("beijing", topic) for topic in ("scheduled", "postponed", "cancelled")))
    assert stored(place, "SELECT version, position, status FROM visit") == [(3, 3, "cancelled")]


# Refusals


def test_a_refusal_leaves_the_rest_of_its_round(desk: Desk, place: Place) -> None:
    """Those before and after it are recorded; what was refused left no trace."""
    desk.record("beijing", "scheduled")
    topics = ["completed", "postponed", "amended", "rescheduled", "statement_recorded"]
    tasks = desk.share(*(change("beijing", topic) for topic in topics))
    assert [type(task.error) for task in tasks] == [
        type(None),
        ChangeRefused,
        type(None),
        ChangeRefused,
        type(None),
    ]
    assert [row.topic for row in logbook.read(place)] == [
        "scheduled",
        "completed",
        "amended",
        "statement_recorded",
    ]
    assert logbook.problems(place) == []


def test_a_refusal_rests_on_those_before_it_in_the_round(desk: Desk) -> None:
    """Putting off a visit that was cancelled in the same round is refused."""
    desk.record("beijing", "scheduled")
    cancelled, postponed = desk.share(
        change("beijing", "cancelled"), change("beijing", "postponed")
    )
    assert Visit.FromString(outcomes(cancelled)[0].visit).status == STATUS_CANCELLED
    assert isinstance(postponed.error, ChangeRefused)
    assert postponed.error.status == "cancelled"


def test_the_changes_of_a_call_are_recorded_all_or_none(desk: Desk, place: Place) -> None:
    """A call that is refused for its last change leaves the visits as they were for the next."""
    for visit_id in ("beijing", "kyiv"):
        desk.record(visit_id, "scheduled")
    before, refused, after = desk.share(
        [change("beijing", "amended"), change("kyiv", "amended")],
        [change("beijing", "cancelled"), change("seoul", "scheduled"), change("paris", "amended")],
        [change("beijing", "postponed"), change("seoul", "disclosed")],
    )
    assert isinstance(refused.error, VisitNotFound)
    assert [each.position for each in outcomes(before) + outcomes(after)] == [3, 4, 5, 6]
    assert logged(place)[2:] == [("beijing", 2), ("kyiv", 2), ("beijing", 3), ("seoul", 1)]
    assert logbook.problems(place) == []


def test_the_changes_of_a_call_are_decided_one_on_the_other(desk: Desk, place: Place) -> None:
    """Each answer shows the visit after its own change."""
    topics = ["scheduled", "postponed", "rescheduled"]
    recorded = desk.record_all([change("beijing", topic) for topic in topics])
    visits = [Visit.FromString(each.visit) for each in recorded]
    assert [(v.version, v.status) for v in visits] == [
        (1, STATUS_SCHEDULED),
        (2, STATUS_POSTPONED),
        (3, visits[2].status),
    ]
    assert unsound(place, recorded) == []


def test_nothing_is_recorded_if_all_is_refused(desk: Desk, place: Place) -> None:
    """Such a round commits nothing, and the refusals are answered all the same."""
    with Commits(desk.database) as commits:
        tasks = desk.share(*(change(f"visit-{n}", "amended") for n in range(3)))
    assert [type(task.error) for task in tasks] == [VisitNotFound] * 3
    assert (commits.number, logged(place), desk.told) == (0, [], {})


@pytest.mark.parametrize("visit_id", ["a\0b", "\0", "A", "a" * 64, "-", "a/b", " "])
@pytest.mark.parametrize("kind", Kind)
def test_a_name_that_no_visit_can_have_is_refused_alone(
    desk: Desk, kind: Kind, visit_id: str
) -> None:
    """Whatever the engine thinks of it; the other changes of the round are recorded."""
    task = desk.ask(change(visit_id, "amended"), kind=kind)
    (beside,) = desk.share(change("beijing", "scheduled"))
    refused = task.error or task.results[0]
    assert isinstance(refused, InvalidValue), refused
    assert "visits/" in str(refused)
    assert [each.position for each in outcomes(beside)] == [1]


def test_a_change_that_is_too_large_is_refused_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal says how large it is, and how large it may be."""
    small = change("beijing", "scheduled")
    large = change("kyiv", "disclosed", details=replace(DETAILS, title="\u4e2d" * 200))
    monkeypatch.setattr(decide, "CHANGE_BYTES", 500)
    recorded, refused, later = desk.share(small, large, change("beijing", "amended"))
    assert isinstance(refused.error, InvalidValue)
    assert re.search(r"disclosed: the change would have \d+ bytes; at most 500", str(refused.error))
    assert [each.position for each in outcomes(recorded) + outcomes(later)] == [1, 2]


# Expected versions


def test_an_expected_version_is_compared_with_what_the_round_has_recorded(
    desk: Desk, place: Place
) -> None:
    """If two expect version 1, the first is recorded; the other learns that it is version 2 now."""
    desk.record("beijing", "scheduled")
    first, second, third = desk.share(
        change("beijing", "amended", expected_version=1),
        change("beijing", "amended", expected_version=1),
        change("beijing", "amended", expected_version=2),
    )
    assert isinstance(second.error, VersionMismatch)
    assert (second.error.expected, second.error.actual) == (1, 2)
    assert [each.position for each in outcomes(first) + outcomes(third)] == [2, 3]
    assert logged(place) == [("beijing", 1), ("beijing", 2), ("beijing", 3)]


def test_an_expected_version_is_not_compared_with_what_was_refused(desk: Desk) -> None:
    """A caller that expects version 1 never hears of a version 2 that was not recorded."""
    desk.record("beijing", "scheduled")
    refused, recorded = desk.share(
        [change("beijing", "amended"), change("kyiv", "amended")],
        [change("beijing", "amended", expected_version=1)],
    )
    assert isinstance(refused.error, VisitNotFound)
    assert event_of(outcomes(recorded)[0]).event.version == 2


# Merging


def test_a_visit_is_merged_into_one_that_the_round_has_opened(desk: Desk) -> None:
    desk.record("beijing", "scheduled")
    opened, merged = desk.share(
        change("kyiv", "scheduled"), change("beijing", "retracted", merged_into="kyiv")
    )
    assert (opened.error, merged.error) == (None, None)


@pytest.mark.parametrize("topic", ["retracted", "amended"])
def test_whether_the_visit_that_stays_is_there_is_decided_in_the_round(
    desk: Desk, topic: str
) -> None:
    """No visit is merged into one that was withdrawn before it, in the same round."""
    for visit_id in ("beijing", "kyiv"):
        desk.record(visit_id, "scheduled")
    before, merging = desk.share(
        change("kyiv", topic), change("beijing", "retracted", merged_into="kyiv")
    )
    assert before.error is None
    assert (merging.error is None) == (topic == "amended")


def test_no_visit_is_merged_into_one_that_was_never_recorded(desk: Desk, place: Place) -> None:
    """If scheduling the visit that stays is refused, so is the merge that rests on it."""
    desk.record("beijing", "scheduled")
    refused, merging = desk.share(
        [change("kyiv", "scheduled"), change("seoul", "amended")],
        [change("beijing", "retracted", merged_into="kyiv")],
    )
    assert isinstance(refused.error, VisitNotFound)
    assert isinstance(merging.error, InvalidValue)
    assert logged(place) == [("beijing", 1)]


def test_the_visit_that_stays_may_be_in_no_cache(place: Place) -> None:
    with desk_on(place) as desk:
        for visit_id in ("beijing", "kyiv"):
            desk.record(visit_id, "scheduled")
    with desk_on(place) as desk:
        desk.record("beijing", "retracted", merged_into="kyiv")
        with pytest.raises(InvalidValue, match="there is no visit 'seoul'"):
            desk.record("kyiv", "retracted", merged_into="seoul")
