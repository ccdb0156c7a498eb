"""A round that fails is done again change by change: nothing is lost, and nothing is made up."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from domain.errors import ChangeRefused, VisitNotFound
from service.commands import change as changes
from service.commands import core
from service.commands.change import Outcome
from service.commands.round import Kind
from service.store.errors import LogClosed, LogDamaged, StoreUnavailable
from tests.store import logbook
from tests.store.builders import Commits, change, logged
from tests.store.serving import Desk, desk_on, event_of, outcomes, unsound
from tests.support.place import Place


def amend(*visit_ids: str) -> list[Any]:
    """An amendment of each visit."""
    return [change(visit_id, "amended") for visit_id in visit_ids]


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """The core on a log with three visits."""
    for visit_id in ("beijing", "kyiv", "seoul"):
        desk.record(visit_id, "scheduled")
    return desk


# Commits that fail


def test_a_round_whose_commit_fails_is_done_again_one_by_one(desk: Desk, place: Place) -> None:
    """If that goes well, nobody hears of it; each has a commit of its own."""
    told = [*desk.told]
    with Commits(desk.database, lambda number: number == 1) as commits:
        tasks = desk.share(*amend("beijing", "kyiv", "beijing"))
    assert commits.number == 4
    assert [each.position for task in tasks for each in outcomes(task)] == [4, 5, 6]
    assert [*desk.told] == [*told, 4, 5, 6]
    assert logbook.problems(place) == []


def test_what_fails_then_fails_alone(desk: Desk, place: Place) -> None:
    """Those after it are decided without it."""
    with Commits(desk.database, lambda number: number in (1, 3)):
        tasks = desk.share(*(change("beijing", t) for t in ("amended", "cancelled", "postponed")))
    assert [type(task.error) for task in tasks] == [type(None), StoreUnavailable, type(None)]
    assert [row.topic for row in logbook.read(place)][3:] == ["amended", "postponed"]
    assert logbook.problems(place) == []


def test_nothing_of_a_round_that_failed_counts_for_the_next(desk: Desk, place: Place) -> None:
    """The visit is at the version before it, and the positions are free."""
    with Commits(desk.database, lambda _: True):
        (task,) = desk.share(change("beijing", "cancelled", "key"))
    assert isinstance(task.error, StoreUnavailable)
    assert (len(logged(place)), [*desk.told]) == (3, [1, 2, 3])
    again = desk.record("beijing", "cancelled", "key", expected_version=1)
    assert (again.position, again.replayed, event_of(again).event.version) == (4, False, 2)
    assert logbook.problems(place) == []


def test_a_call_stays_all_or_none_if_its_round_fails(desk: Desk, place: Place) -> None:
    with Commits(desk.database, lambda number: number in (1, 3)):
        tasks = desk.share(amend("kyiv", "beijing"), amend("beijing", "seoul"), amend("seoul"))
    assert [type(task.error) for task in tasks] == [type(None), StoreUnavailable, type(None)]
    assert logged(place)[3:] == [("kyiv", 2), ("beijing", 2), ("seoul", 2)]


def test_a_refusal_is_decided_again_without_what_failed(desk: Desk) -> None:
    """Completing a visit whose cancelling failed is not refused."""
    with Commits(desk.database, lambda number: number in (1, 2)):
        cancelled, completed = desk.share(
            change("beijing", "cancelled"), change("beijing", "completed")
        )
    assert isinstance(cancelled.error, StoreUnavailable)
    assert [each.position for each in outcomes(completed)] == [4]


def test_a_merge_is_decided_again_without_what_failed(desk: Desk) -> None:
    """The visit that stays was not withdrawn after all; another was never opened."""
    with Commits(desk.database, lambda number: number in (1, 2, 3)):
        withdrawn, opened, merged, refused = desk.share(
            change("kyiv", "retracted"),
            change("paris", "scheduled"),
            change("beijing", "retracted", merged_into="kyiv"),
            change("seoul", "retracted", merged_into="paris"),
        )
    assert isinstance(withdrawn.error, StoreUnavailable)
    assert isinstance(opened.error, StoreUnavailable)
    assert [each.position for each in outcomes(merged)] == [4]
    assert refused.error is not None
    assert "there is no visit 'paris'" in str(refused.error)


def test_if_the_disk_stays_broken_all_fail(
    desk: Desk, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When some time is over, the rest is not even tried."""
    monkeypatch.setattr(core, "ALONE_SECONDS", 0.0)
    with Commits(desk.database, lambda _: True) as commits:
        tasks = desk.share(*amend(*["beijing"] * 100))
    assert {type(task.error) for task in tasks} == {StoreUnavailable}
    assert commits.number == 2
    assert len(logged(place)) == 3
    assert desk.record("beijing", "amended").position == 4


def test_no_caller_is_told_of_a_refusal_that_is_another_callers(
    desk: Desk, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it takes to decide one by one."""
    monkeypatch.setattr(core, "ALONE_SECONDS", -1.0)
    with Commits(desk.database, lambda number: number == 1):
        refused, *tasks = desk.share(*amend("nowhere", "beijing", "kyiv"))
    assert isinstance(refused.error, VisitNotFound)
    assert [each.position for task in tasks for each in outcomes(task)] == [4, 5]


def test_those_who_record_nothing_are_answered_in_a_round_that_fails(desk: Desk) -> None:
    """A refusal, a validation, where the log ends, and on a database of its own a retry.

    What a shared database has may be gone with it, if it takes no commit.
    """
    first = desk.record("beijing", "amended", "key")
    with Commits(desk.database, lambda _: True):
        failing = desk.ask(*amend("kyiv"))
        refused = desk.ask(change("seoul", "disclosed"))
        validated = desk.ask(change("seoul", "postponed"), kind=Kind.VALIDATE)
        retried = desk.ask(change("beijing", "amended", "key"))
        end = desk.ask()
        desk.turn()
    assert isinstance(failing.error, StoreUnavailable)
    assert "exists" in str(refused.error)
    assert [each.position for each in outcomes(validated)] == [0]
    if desk.database.is_shared:
        assert isinstance(retried.error, StoreUnavailable)
    else:
        assert [each.event for each in outcomes(retried)] == [first.event]
    assert (end.error, end.size) == (None, 4)


# Imports


def test_an_import_whose_commit_fails_goes_on(desk: Desk, place: Place) -> None:
    """It takes one change, and then the others."""
    with Commits(desk.database, lambda number: number == 1) as commits:
        results = desk.import_all(amend(*["beijing"] * 10))
    assert [event_of(each).position for each in results] == list(range(4, 14))
    assert commits.number == 3
    assert logbook.problems(place) == []


def test_an_import_that_fails_can_be_repeated(desk: Desk, place: Place) -> None:
    """What it had recorded is answered again, the rest is recorded."""
    asked = amend(*["beijing"] * 250)
    with Commits(desk.database, lambda number: number > 1), pytest.raises(StoreUnavailable):
        desk.import_all(asked)
    assert len(logged(place)) == 103
    results = desk.import_all(asked)
    assert [event_of(each).position for each in results] == list(range(4, 254))
    assert [each.replayed for each in results if isinstance(each, Outcome)] == (
        [True] * 100 + [False] * 150
    )
    assert logbook.problems(place) == []


# Defects


def defect_in(topic: str, visit_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a command fail on one visit."""
    command: Callable[..., None] = changes.COMMANDS[topic]

    def defective(visit: Any, *args: Any, **values: Any) -> None:
        _ = 1 // (visit.id != visit_id)
        command(visit, *args, **values)

    monkeypatch.setitem(changes.COMMANDS, topic, defective)


@pytest.mark.parametrize("kind", Kind)
def test_a_defect_in_one_change_fails_it_alone(
    desk: Desk, place: Place, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    """The others of its round are recorded, and so are later changes of its visit."""
    defect_in("amended", "kyiv", monkeypatch)
    before = desk.ask(*amend("beijing"))
    defective = desk.ask(*amend("kyiv"), kind=kind)
    after = desk.ask(*amend("seoul"))
    desk.turn()
    assert isinstance(defective.error, ZeroDivisionError)
    assert [each.position for each in outcomes(before) + outcomes(after)] == [4, 5]
    assert desk.record("kyiv", "postponed").position == 6
    assert logbook.problems(place) == []


def test_a_defect_in_an_import_leaves_what_came_before_it(
    desk: Desk, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The import fails, and those beside it are recorded."""
    defect_in("amended", "kyiv", monkeypatch)
    imported = desk.ask(*amend("beijing", "seoul", "kyiv", "beijing"), kind=Kind.IMPORT)
    (beside,) = desk.share(change("kyiv", "postponed"))
    assert isinstance(imported.error, ZeroDivisionError)
    assert beside.error is None
    assert sorted(logged(place)[3:]) == [("beijing", 2), ("kyiv", 2), ("seoul", 2)]


def test_a_damaged_visit_fails_alone(place: Place) -> None:
    """The changes of others are recorded in the same turn."""
    with desk_on(place) as desk:
        for visit_id in ("beijing", "kyiv"):
            desk.record(visit_id, "scheduled")
    place.run("UPDATE log SET topic = 'cancelled' WHERE position = 2")
    with desk_on(place) as desk:
        one, damaged, other = desk.share(*amend("beijing", "kyiv", "beijing"))
        assert isinstance(damaged.error, LogDamaged)
        assert [each.position for each in outcomes(one) + outcomes(other)] == [3, 4]


def test_a_log_that_is_closed_records_nothing_and_gives_first_answers(
    desk: Desk, place: Place
) -> None:
    """And it refuses what it would have refused before."""
    first = desk.record("beijing", "postponed", "key")
    place.run("UPDATE head SET closed = 'has moved'")
    closed, retried, refused = desk.share(
        change("kyiv", "amended"),
        change("beijing", "postponed", "key"),
        change("beijing", "postponed"),
    )
    assert isinstance(closed.error, LogClosed)
    assert [each.event for each in outcomes(retried)] == [first.event]
    assert isinstance(refused.error, ChangeRefused)
    assert len(logged(place)) == 4


# Nothing is lost, and nothing is made up


@pytest.mark.parametrize("seed", range(4))
def test_with_commits_that_fail_the_log_holds_what_was_acknowledged(
    place: Place, seed: int
) -> None:
    """Rounds of some calls on three visits, and every third commit fails."""
    chance = random.Random(seed)
    acknowledged: list[Outcome] = []
    failed = 0
    with desk_on(place, cached_visits=1 if seed % 2 == 1 else 1000) as desk:
        for visit_id in ("beijing", "kyiv", "seoul"):
            acknowledged.append(desk.record(visit_id, "scheduled"))
        with Commits(desk.database, lambda _: chance.random() < 0.33):
            for _ in range(40):
                calls = []
                for _ in range(chance.randint(1, 8)):
                    visits = chance.sample(["beijing", "kyiv", "seoul"], chance.choice([1, 1, 2]))
                    topic = chance.choice(["amended", "statement_recorded"])
                    calls.append([change(visit_id, topic) for visit_id in visits])
                for task in desk.share(*calls):
                    if isinstance(task.error, StoreUnavailable):
                        failed += 1
                    else:
                        acknowledged += outcomes(task)
        assert [*desk.told] == list(range(1, len(acknowledged) + 1))
    assert failed > 5
    assert len(acknowledged) > 100
    assert unsound(place, acknowledged) == []


def test_the_check_of_what_was_acknowledged_can_fail(place: Place) -> None:
    """An acknowledgement that is dropped, altered, moved or made up is noticed."""
    with desk_on(place) as desk:
        told = [desk.record("beijing", "scheduled")]
        told += [desk.record("beijing", "amended") for _ in range(3)]
        validated = [desk.validate("beijing", "amended")]
    one, two, *others = told
    assert unsound(place, told) == []
    assert unsound(place, told[:-1]) == ["4 is there and was not acknowledged"]
    assert unsound(place, [*told, *validated]) == ["0 was acknowledged and is not there"]
    swapped = [Outcome(one.visit, two.event, 1), Outcome(two.visit, one.event, 2), *others]
    assert len(unsound(place, swapped)) == 2
    assert "a position was acknowledged twice" in unsound(place, [*told, one])
