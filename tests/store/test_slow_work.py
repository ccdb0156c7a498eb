"""Slow work is done in slices between rounds: only its own caller waits for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from chancery.v1.values_pb2 import STATUS_POSTPONED, STATUS_SCHEDULED
from chancery.v1.visit_pb2 import Visit
from domain.errors import ChangeRefused, VisitNotFound
from domain.times import Moment
from service.commands import core, round, visits
from service.commands.change import Outcome
from service.commands.round import Kind
from service.store.errors import StoreUnavailable
from tests.store import logbook
from tests.store.builders import NOON, Commits, broken_disk, change, logged
from tests.store.serving import Desk, beside, desk_on, event_of, outcomes
from tests.support.place import Place

LONG = 120


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slice is a step or two, and a visit of some dozen changes has a long history."""
    monkeypatch.setattr(core, "SLICE_SECONDS", 1e-4)
    monkeypatch.setattr(round, "LOADED_IN_ROUND", 30)
    monkeypatch.setattr(visits, "STEP_CHANGES", 5)


@pytest.fixture
def long(place: Place) -> Place:
    """A log with a long visit and two short ones."""
    with desk_on(place) as desk:
        for visit_id in ("long", "beijing", "kyiv"):
            desk.record(visit_id, "scheduled")
        desk.share(*(change("long", "statement_recorded") for _ in range(LONG - 1)))
    return place


@contextmanager
def broken_reads(desk: Desk) -> Iterator[None]:
    """Nothing can be read but by the writer."""

    def fail(*_: object) -> None:
        raise broken_disk()

    event.listen(desk.database.readers, "before_cursor_execute", fail)
    yield
    event.remove(desk.database.readers, "before_cursor_execute", fail)


# Visits with long histories


@pytest.mark.parametrize("kind", Kind)
def test_a_long_visit_is_loaded_in_steps_while_others_go_on(long: Place, kind: Kind) -> None:
    """Those who ask for other visits are answered with the next turn."""
    with desk_on(long) as desk:
        task = desk.ask(change("long", "postponed", "key"), kind=kind)
        others = beside(desk, task)
        assert len(others) > 5
        (outcome,) = outcomes(task)
        assert isinstance(outcome, Outcome)
        recorded = event_of(outcome).event
        assert (recorded.version, recorded.WhichOneof("change")) == (LONG + 1, "postponed")
        if kind is not Kind.IMPORT:
            visit = Visit.FromString(outcome.visit)
            assert (visit.version, visit.status) == (LONG + 1, STATUS_POSTPONED)
        assert [task.error for task in others] == [None] * len(others)
    assert logbook.problems(long) == []


def test_a_long_visit_that_was_loaded_is_at_hand(long: Place) -> None:
    """Its next change is recorded with the next turn."""
    with desk_on(long) as desk:
        desk.record("long", "postponed")
        task = desk.ask(change("long", "cancelled"))
        desk.once()
        assert outcomes(task)


def test_steps_lead_where_all_changes_at_once_do(
    long: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is the same, byte for byte, whatever was retracted and told late."""
    earlier = Moment.of_period("2023-06-01")
    with desk_on(long) as desk:
        desk.record("long", "postponed")
        desk.record("long", "amended")
        desk.record("long", "retracted", retracted_version=LONG + 1)
        desk.record("long", "statement_recorded", effective=earlier)
    later = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
    with desk_on(long, clock=lambda: later) as desk:
        in_steps = desk.validate("long", "postponed", "key")
    monkeypatch.setattr(round, "LOADED_IN_ROUND", 1000)
    with desk_on(long, clock=lambda: later) as desk:
        at_once = desk.ask(change("long", "postponed", "key"), kind=Kind.VALIDATE)
        desk.once()
        assert outcomes(at_once) == [in_steps]


def test_what_is_recorded_of_it_meanwhile_counts(long: Place) -> None:
    """Its last changes are read while the log is locked, however long the loading took."""
    with desk_on(long) as desk:
        other = Desk(desk.application)
        task = desk.ask(change("long", "postponed"))
        desk.once()
        assert not task.is_done
        other.record("long", "cancelled")
        desk.turn()
        assert isinstance(task.error, ChangeRefused)
        assert task.error.status == "cancelled"


def test_a_visit_that_changes_with_each_turn_is_loaded_all_the_same(long: Place) -> None:
    """Its latest changes are not waited for."""
    with desk_on(long) as desk:
        other = Desk(desk.application)
        other.record("long", "amended")
        task = desk.ask(change("long", "cancelled"))
        while not task.is_done:
            assert len(logged(long)) < 1000, "the visit is not loaded"
            other.record("long", "amended")
            desk.once()
        assert outcomes(task)
    assert logbook.problems(long) == []


def test_a_visit_that_grew_by_more_than_a_round_loads_is_not_loaded_again(long: Place) -> None:
    """Else a visit that others change all the time would never be changed here."""
    with desk_on(long) as desk:
        desk.share(*(change("beijing", "statement_recorded") for _ in range(LONG)))
    with desk_on(long) as desk:
        other = Desk(desk.application)
        task = desk.ask(change("long", "cancelled"), change("beijing", "cancelled"))
        loaded = ""
        for _ in range(1000):
            desk.once()
            if task.loaded and not loaded:
                (loaded,) = task.loaded
                other.share(*(change(loaded, "amended") for _ in range(50)))
        assert loaded
        assert len(outcomes(task)) == 2
    assert logbook.problems(long) == []


def test_a_call_with_a_long_visit_is_all_or_none(long: Place) -> None:
    """The others of its visits may change while it waits."""
    with desk_on(long) as desk:
        names = ("beijing", "long", "kyiv")
        refused = desk.ask(*(change(v, "postponed") for v in names), change("seoul", "amended"))
        recorded = desk.ask(*(change(v, "amended") for v in names))
        beside(desk, recorded)
        desk.turn()
        assert isinstance(refused.error, VisitNotFound)
        positions = [each.position for each in outcomes(recorded)]
        assert positions == list(range(positions[0], positions[0] + 3))
    assert logbook.problems(long) == []


def test_many_short_visits_are_a_long_history_too(place: Place) -> None:
    """A call that names forty visits of two changes is loaded in steps, and recorded at once."""
    names = [f"visit-{number}" for number in range(40)]
    with desk_on(place) as desk:
        for topic in ("scheduled", "amended"):
            desk.record_all([change(visit_id, topic) for visit_id in names])
        desk.record("beijing", "scheduled")
    with desk_on(place) as desk:
        task = desk.ask(*(change(visit_id, "postponed") for visit_id in names))
        assert len(beside(desk, task)) > 5
        assert len(outcomes(task)) == 40
    assert logbook.problems(place) == []


def test_a_long_visit_that_cannot_be_read_fails_its_own_caller(long: Place) -> None:
    """As a failure of the store; the next one who asks may have more luck."""
    with desk_on(long) as desk:
        task = desk.ask(change("long", "postponed"))
        desk.once()
        with broken_reads(desk):
            beside(desk, task)
        assert isinstance(task.error, StoreUnavailable), task.error
        assert desk.record("long", "postponed").position > LONG


# Validations


def test_a_validation_is_done_in_slices_while_others_go_on(desk: Desk, place: Place) -> None:
    """Each change is decided on the one before it, on what was recorded when it was asked for."""
    desk.record("beijing", "scheduled")
    desk.record("kyiv", "scheduled")
    task = desk.ask(*(change("kyiv", "amended") for _ in range(100)), kind=Kind.VALIDATE)
    desk.ask(change("kyiv", "cancelled"))
    others = beside(desk, task)
    assert len(others) > 5
    visits = [Visit.FromString(each.visit) for each in outcomes(task)]
    assert [(v.version, v.position) for v in visits] == [(n, 0) for n in range(2, 102)]
    assert {v.status for v in visits} == {STATUS_SCHEDULED}
    assert {event_of(each).position for each in outcomes(task)} == {0}
    assert len(logged(place)) == 3 + len(others)


@pytest.mark.parametrize("is_recorded", [True, False])
def test_a_validation_sees_what_is_committed(desk: Desk, is_recorded: bool) -> None:
    """Those before it in its round count if they were recorded, and only then."""
    desk.record("beijing", "scheduled")
    with Commits(desk.database, lambda _: not is_recorded):
        desk.ask(change("beijing", "cancelled"))
        task = desk.ask(change("beijing", "postponed"), kind=Kind.VALIDATE)
        desk.turn()
    assert isinstance(task.error, ChangeRefused) == is_recorded


def test_a_validation_that_is_refused_leaves_nothing(desk: Desk, place: Place) -> None:
    """All of a call, or none, as if it were recorded; nothing is, and nothing is kept."""
    desk.record("beijing", "scheduled")
    asked = [change("beijing", "cancelled"), change("beijing", "postponed")]
    with Commits(desk.database) as commits, pytest.raises(ChangeRefused):
        desk.record_all(asked, validate_only=True)
    assert (commits.number, [*desk.told]) == (0, [1])
    assert desk.application.visit_mapper._encoded == {}
    assert desk.record("beijing", "completed").position == 2


# The end of the log


def test_where_the_log_ends_is_told_with_the_changes_of_the_round(place: Place) -> None:
    """No later change has an earlier record time, whatever the clock does."""
    times = [NOON]
    with desk_on(place, clock=lambda: times[-1]) as desk:
        before = desk.ask()
        desk.ask(change("beijing", "scheduled"))
        after = desk.ask()
        desk.turn()
        assert [(task.size, task.record_time) for task in (before, after)] == [(1, NOON)] * 2
        times.append(NOON - 5)
        later = desk.record("beijing", "amended")
    assert event_of(later).record_time.ToMicroseconds() == NOON
