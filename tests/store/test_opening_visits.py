"""A visit is new if the log does not have it, however it is asked for."""

from typing import Any

import pytest
from sqlalchemy import event

from domain.errors import VisitExists
from service.commands.round import Kind
from tests.store import logbook
from tests.store.builders import Commits, change
from tests.store.serving import desk_on, outcomes
from tests.support.place import Place


@pytest.fixture
def standing(place: Place) -> Place:
    """A log with one visit, which is in no cache."""
    with desk_on(place) as desk:
        desk.record("beijing", "scheduled")
    return place


@pytest.mark.parametrize("asked", [{}, {"expected_version": 7}], ids=str)
def test_a_visit_that_stands_is_not_opened_again(standing: Place, asked: dict[str, Any]) -> None:
    """Whatever else would be wrong with the change, if the visit were new."""
    with desk_on(standing) as desk, pytest.raises(VisitExists):
        desk.record("beijing", "scheduled", **asked)
    assert logbook.problems(standing) == []


def test_those_beside_one_that_stands_are_recorded(standing: Place) -> None:
    """An existing visit in a round fails that one change and no other."""
    visit_ids = [f"visit-{number}" for number in range(20)]
    with desk_on(standing) as desk:
        *tasks, again = desk.share(
            *(change(visit_id, "scheduled") for visit_id in [*visit_ids, "beijing"])
        )
    assert isinstance(again.error, VisitExists)
    assert [each.position for task in tasks for each in outcomes(task)] == list(range(2, 22))
    assert logbook.problems(standing) == []


@pytest.mark.parametrize("first", ["scheduled", "disclosed"])
def test_a_change_of_a_visit_that_somebody_opens_again_is_recorded(
    standing: Place, first: str
) -> None:
    """It is not refused because the visit was taken for new."""
    with desk_on(standing) as desk:
        refused, postponed = desk.share(change("beijing", first), change("beijing", "postponed"))
    assert isinstance(refused.error, VisitExists)
    assert [each.position for each in outcomes(postponed)] == [2]


def test_of_two_who_open_a_visit_at_once_the_first_does(place: Place) -> None:
    """The other is told that it exists, and what it was asked for later counts."""
    with desk_on(place) as desk:
        first, second, third = desk.share(
            *(change("beijing", topic) for topic in ("scheduled", "scheduled", "postponed"))
        )
    assert isinstance(second.error, VisitExists)
    assert [each.position for each in outcomes(first) + outcomes(third)] == [1, 2]
    assert logbook.problems(place) == []


def test_one_call_with_a_visit_that_stands_and_a_new_one_records_neither(standing: Place) -> None:
    """All or none, even if only the log shows the conflict."""
    with desk_on(standing) as desk:
        with pytest.raises(VisitExists):
            desk.record_all([change("hanoi", "scheduled"), change("beijing", "scheduled")])
        assert desk.record("hanoi", "scheduled").position == 2


def test_the_history_of_a_new_visit_is_not_read(standing: Place) -> None:
    """Its first change takes one commit; that of a visit which stands reads its history."""
    read: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "log.visit_id IN" in statement:
            read.append(statement)

    with desk_on(standing) as desk:
        event.listen(desk.database.writer, "before_cursor_execute", note)
        with Commits(desk.database) as commits:
            desk.record("kyiv", "scheduled")
        assert (commits.number, read) == (1, [])
        desk.record("beijing", "amended")
        assert len(read) == 1


def test_an_import_hides_no_visit_from_those_beside_it(standing: Place) -> None:
    """Others do not take a visit for new because an import will open it later."""
    visit_ids = [*(f"visit-{number}" for number in range(300)), "beijing"]
    with desk_on(standing) as desk:
        imported = desk.ask(*(change(v, "scheduled") for v in visit_ids), kind=Kind.IMPORT)
        beside = []
        while not desk.core.is_idle:
            beside.append(desk.ask(change("beijing", "statement_recorded")))
            desk.once()
    assert [task.error for task in beside] == [None] * len(beside)
    assert len(beside) > 3
    assert isinstance(imported.results[-1], VisitExists)
    assert logbook.problems(standing) == []
