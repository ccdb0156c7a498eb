"""What others appended to the log counts before anything is decided."""

from collections.abc import Iterator

import pytest

from chancery.v1.values_pb2 import STATUS_CANCELLED
from chancery.v1.visit_pb2 import Visit
from domain.errors import ChangeRefused, InvalidValue, VersionMismatch, VisitExists
from service.commands import visits
from service.commands.round import Kind
from service.errors import RequestIdReused
from tests.store import logbook
from tests.store.builders import Commits, change, entry, logged
from tests.store.serving import Desk, desk_on, event_of, outcomes, unsound
from tests.support.place import Place, PostgresDatabase

AT_HAND = pytest.mark.parametrize("is_at_hand", [True, False], ids=["at hand", "not at hand"])


@pytest.fixture
def other(place: Place, desk: Desk) -> Iterator[Desk]:
    """Another core on the log: of another server, if several may write it."""
    if isinstance(place, PostgresDatabase):
        with desk_on(place) as other:
            yield other
    else:
        yield Desk(desk.application)


def open_visit(desk: Desk, other: Desk, is_at_hand: bool) -> None:
    """Schedule a visit, so that it is at hand for the one core or for the other."""
    (desk if is_at_hand else other).record("beijing", "scheduled")
    desk.record("kyiv", "scheduled")


@AT_HAND
def test_a_change_is_decided_on_what_another_recorded(
    desk: Desk, other: Desk, is_at_hand: bool
) -> None:
    """Its version, its answer and its refusals are those of the log, not those of the cache."""
    open_visit(desk, other, is_at_hand)
    other.record("beijing", "cancelled")
    with Commits(desk.database) as commits:
        refused, recorded = desk.share(
            change("beijing", "postponed"), change("beijing", "amended", expected_version=2)
        )
    assert commits.number == 1
    assert isinstance(refused.error, ChangeRefused)
    assert refused.error.status == "cancelled"
    (outcome,) = outcomes(recorded)
    visit = Visit.FromString(outcome.visit)
    assert (visit.version, visit.position, visit.status) == (3, 4, STATUS_CANCELLED)


@AT_HAND
def test_an_expected_version_is_compared_with_what_another_recorded(
    desk: Desk, other: Desk, is_at_hand: bool
) -> None:
    open_visit(desk, other, is_at_hand)
    other.record("beijing", "amended")
    with pytest.raises(VersionMismatch) as refused:
        desk.record("beijing", "amended", expected_version=1)
    assert (refused.value.expected, refused.value.actual) == (1, 2)


def test_a_visit_that_another_opened_exists(desk: Desk, other: Desk) -> None:
    desk.record("kyiv", "scheduled")
    other.record("beijing", "scheduled")
    with pytest.raises(VisitExists):
        desk.record("beijing", "scheduled")
    assert desk.record("beijing", "postponed").position == 3


def test_a_visit_that_another_withdrew_may_be_opened_again(desk: Desk, other: Desk) -> None:
    desk.record("beijing", "scheduled")
    other.record("beijing", "retracted")
    assert event_of(desk.record("beijing", "scheduled")).event.version == 3


@AT_HAND
def test_no_visit_is_merged_into_one_that_another_withdrew(
    desk: Desk, other: Desk, is_at_hand: bool
) -> None:
    open_visit(desk, other, is_at_hand)
    other.record("beijing", "retracted")
    with pytest.raises(InvalidValue, match="there is no visit 'beijing'"):
        desk.record("kyiv", "retracted", merged_into="beijing")


def test_a_request_that_another_recorded_is_not_recorded_again(
    desk: Desk, other: Desk, place: Place
) -> None:
    """It gets the answer of the other, byte for byte, or is refused if its content differs."""
    desk.record("beijing", "scheduled")
    first = other.record("beijing", "postponed", "key")
    second = desk.record("beijing", "postponed", "key")
    assert (second.visit, second.event, second.replayed) == (first.visit, first.event, True)
    with pytest.raises(RequestIdReused):
        desk.record("beijing", "postponed", "key", digest=b"other")
    assert len(logged(place)) == 2


@pytest.mark.parametrize("kind", [Kind.IMPORT, Kind.VALIDATE])
def test_imports_and_validations_see_what_another_recorded(
    desk: Desk, other: Desk, kind: Kind
) -> None:
    desk.record("beijing", "scheduled")
    other.record("beijing", "postponed")
    task = desk.ask(change("beijing", "postponed"), kind=kind)
    desk.turn()
    assert isinstance(task.error or task.results[0], ChangeRefused)


def test_those_who_take_turns_make_one_history(desk: Desk, other: Desk, place: Place) -> None:
    """Two cores that share three visits refuse nobody, and lose nothing."""
    names = ("beijing", "kyiv", "seoul")
    told = [desk.record(visit_id, "scheduled") for visit_id in names]
    for number in range(20):
        for core in (desk, other):
            shared = core.share(*(change(v, "amended") for v in names[: 1 + number % 3]))
            told += [each for task in shared for each in outcomes(task)]
    assert unsound(place, told) == []
    assert len(told) == 3 + 2 * 39


def test_what_many_appended_is_not_read_one_by_one(
    desk: Desk, other: Desk, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond a bound, visits are loaded again when they are needed."""
    monkeypatch.setattr(visits, "FOREIGN_CHANGES", 10)
    for visit_id in ("beijing", "kyiv"):
        desk.record(visit_id, "scheduled")
    for number in (10, 11):
        other.share(*(change("beijing", "statement_recorded") for _ in range(number)))
        assert desk.record("beijing", "amended").position
        assert desk.record("kyiv", "amended").position
    assert logbook.problems(place) == []
    assert logged(place).count(("beijing", 24)) == 1


def test_only_what_is_at_hand_is_taken_in(desk: Desk, place: Place) -> None:
    """Entries of visits that nobody asks for need not even be changes of visits."""
    desk.record("beijing", "scheduled")
    desk.application.writer.append([entry("nonsense", 1)])
    assert desk.record("beijing", "amended").position == 3
    assert logbook.problems(place) == []


def test_record_times_go_on_from_those_of_others(place: Place) -> None:
    """A core with a slow clock dates nothing before what another recorded."""
    with desk_on(place, clock=lambda: 2_000_000) as desk:
        desk.record("beijing", "scheduled")
    with desk_on(place, clock=lambda: 1_000_000) as desk:
        outcome = desk.record("beijing", "amended")
        end = desk.ask()
        desk.turn()
    assert event_of(outcome).record_time.ToMicroseconds() == 2_000_000
    assert (end.size, end.record_time) == (2, 2_000_000)


def test_an_answer_comes_after_the_size_of_the_log_that_it_rests_on(
    desk: Desk, other: Desk
) -> None:
    """A retry of what another recorded records nothing, and its caller may read it at once."""
    desk.record("kyiv", "scheduled")
    other.record("beijing", "scheduled", "key")
    sizes: list[int] = []
    task = desk.ask(change("beijing", "scheduled", "key"))
    task.done = lambda _: sizes.append(desk.told_size)
    desk.turn()
    assert sizes == [2]
    assert [each.replayed for each in outcomes(task)] == [True]
