"""An import goes in shares: it holds nobody up, and each of its changes is recorded for itself."""

from domain.errors import ChangeRefused, VisitExists, VisitNotFound
from service.commands.change import Outcome
from service.commands.round import Kind, Task
from service.limits import ROUND_SHARE
from tests.store import logbook
from tests.store.builders import Commits, change, logged
from tests.store.serving import Desk, beside, event_of
from tests.support.place import Place


def test_an_import_goes_in_shares(desk: Desk, place: Place) -> None:
    """A hundred changes of it share a round, and a commit, with what others ask for."""
    desk.record("beijing", "scheduled")
    imported = desk.ask(*(change(f"v{n}", "scheduled") for n in range(250)), kind=Kind.IMPORT)
    with Commits(desk.database) as commits:
        others = beside(desk, imported)
    assert commits.number == len(others) == 3
    assert [event_of(each).position for each in imported.results] == [
        *range(2, 102),
        *range(103, 203),
        *range(204, 254),
    ]
    assert logbook.problems(place) == []


def test_imports_take_turns(desk: Desk, place: Place) -> None:
    """Together they have a share of each round, so that others wait for no more than that."""
    imports = [
        desk.ask(*(change(f"{name}-{n}", "scheduled") for n in range(300)), kind=Kind.IMPORT)
        for name in ("a", "b")
    ]
    desk.once()
    assert [len(task.results) for task in imports] == [100, 0]
    beijing = desk.ask(change("beijing", "scheduled"))
    desk.once()
    assert beijing.is_done
    assert [len(task.results) for task in imports] == [100, 100]
    desk.turn()
    names = [visit_id[:2] for visit_id, _ in logged(place) if visit_id != "beijing"]
    assert names == (["a-"] * 100 + ["b-"] * 100) * 3


def test_each_change_of_an_import_is_recorded_for_itself(desk: Desk, place: Place) -> None:
    """A refusal is its own outcome; those after it are decided without it."""
    asked = [
        change("beijing", "scheduled"),
        change("beijing", "scheduled"),
        change("nowhere", "amended"),
        change("beijing", "postponed"),
        change("beijing", "postponed"),
        change("beijing", "cancelled", expected_version=2),
    ]
    results = desk.import_all(asked)
    assert [type(each) for each in results] == [
        Outcome,
        VisitExists,
        VisitNotFound,
        Outcome,
        ChangeRefused,
        Outcome,
    ]
    assert [event_of(results[i]).position for i in (0, 3, 5)] == [1, 2, 3]
    assert logbook.problems(place) == []


def test_one_caller_with_many_changes_leaves_room_in_the_next_round(desk: Desk) -> None:
    """If somebody else waits; alone it has the whole round."""
    many = [Task([change(f"a-{n}", "scheduled")], sharer="greedy") for n in range(300)]
    for task in many[:150]:
        desk.core.ask(task)
    desk.core.round()
    assert all(task.is_done for task in many[:150])
    for task in many[150:]:
        desk.core.ask(task)
    one = Task([change("beijing", "scheduled")], sharer="polite")
    desk.core.ask(one)
    desk.core.round()
    assert one.is_done
    assert sum(task.is_done for task in many[150:]) == ROUND_SHARE
