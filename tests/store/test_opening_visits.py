"""A visit that is opened counts as new until the log says that it exists."""

import asyncio
from typing import Any

import pytest

from domain.errors import Refusal, VisitExists
from service.commands.importing import record_each
from tests.store import logbook
from tests.store.builders import Commits, change, serving
from tests.support.place import Place


@pytest.fixture
async def standing(place: Place) -> Place:
    """A log with one visit, which is in no cache."""
    async with serving(place) as service:
        await service.record("beijing", "scheduled")
    return place


@pytest.mark.parametrize("asked", [{}, {"expected_version": 7}], ids=str)
async def test_a_visit_that_stands_is_not_opened_again(
    standing: Place, asked: dict[str, Any]
) -> None:
    """Whatever else would be wrong with the change, if the visit were new."""
    async with serving(standing) as service:
        with pytest.raises(VisitExists):
            await service.record("beijing", "scheduled", **asked)
    assert logbook.problems(standing) == []


async def test_those_beside_one_that_stands_are_recorded(standing: Place) -> None:
    """An existing visit in a batch fails that one change and no other."""
    visit_ids = [f"visit-{number}" for number in range(20)]
    async with serving(standing) as service:
        outcomes = await asyncio.gather(
            *(service.record(visit_id, "scheduled") for visit_id in [*visit_ids, "beijing"]),
            return_exceptions=True,
        )
    assert isinstance(outcomes.pop(), VisitExists)
    assert sorted(o.position for o in outcomes if not isinstance(o, BaseException)) == list(
        range(2, 22)
    )
    assert logbook.problems(standing) == []


@pytest.mark.parametrize("first", ["scheduled", "disclosed"])
async def test_a_change_of_a_visit_that_somebody_opens_again_is_recorded(
    standing: Place, first: str
) -> None:
    """It is not refused because the visit was taken for new."""
    async with serving(standing) as service:
        refused, postponed = await asyncio.gather(
            service.record("beijing", first),
            service.record("beijing", "postponed"),
            return_exceptions=True,
        )
        assert isinstance(refused, VisitExists)
        assert not isinstance(postponed, BaseException)
        assert postponed.position == 2


async def test_one_call_with_a_visit_that_stands_and_a_new_one_records_neither(
    standing: Place,
) -> None:
    """All or none, even if only the log shows the conflict."""
    async with serving(standing) as service:
        changes = [change("hanoi", "scheduled"), change("beijing", "scheduled")]
        with pytest.raises(Refusal):
            await service.commands.record(changes)
        recorded = await service.record("hanoi", "scheduled")
        assert recorded.position == 2


async def test_a_new_visit_is_not_looked_for_in_the_log(place: Place) -> None:
    """Its first change takes one commit, and no read before it."""
    async with serving(place) as service:
        read = service.reads.reader.history
        asked: list[str] = []

        def noted(visit_id: str, *args: Any, **kwargs: Any) -> Any:
            asked.append(visit_id)
            return read(visit_id, *args, **kwargs)

        service.reads.reader.history = noted  # type: ignore[method-assign]
        with Commits(service.database) as commits:
            await service.record("beijing", "scheduled")
        assert (commits.number, asked) == (1, [])


async def test_a_bulk_load_hides_no_visit_from_those_beside_it(standing: Place) -> None:
    """Others do not take a visit for new because a bulk load will open it later."""
    async with serving(standing) as service:
        visit_ids = [*(f"visit-{number}" for number in range(100)), "beijing"]
        changes = [change(visit_id, "scheduled") for visit_id in visit_ids]
        loading = asyncio.create_task(record_each(service.commands, changes))
        beside = []
        for _ in range(30):
            beside.append(asyncio.create_task(service.record("beijing", "statement_recorded")))
            await asyncio.sleep(0)
        told = await asyncio.gather(*beside, return_exceptions=True)
        results = await loading
    assert [each for each in told if isinstance(each, BaseException)] == []
    assert isinstance(results[-1], VisitExists)
    assert logbook.problems(standing) == []
