"""One page of changes looks at and folds a bounded part of the log."""

from collections.abc import Iterator

import pytest

from service.audit import changes
from service.audit.changes import ChangeQuery
from tests.store.serving import Service, serving
from tests.support.place import Place


@pytest.fixture
def service(place: Place) -> Iterator[Service]:
    """A log of 16 changes: visit-0 to visit-3 take turns, and anna records the last."""
    with serving(place) as service:
        for number in range(16):
            actor = "anna" if number == 15 else "desk"
            topic = "amended" if number >= 4 else "scheduled"
            service.record(f"visit-{number % 4}", topic, actor=actor)
        yield service


async def pages(service: Service, query: ChangeQuery, size: int = 10) -> list[list[int]]:
    """The positions of the changes of each page."""
    queries = service.changes
    found, behind = [], 0
    while True:
        page, last = await queries.changes(query, size, 16, behind)
        found.append([change.row.position for change in page])
        if last is None:
            return found
        assert last > behind
        behind = last


async def test_an_actor_is_looked_for_in_a_bounded_part_of_the_log(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages may be empty even if more follow."""
    monkeypatch.setattr(changes, "PAGE_POSITIONS", 6)

    assert await pages(service, ChangeQuery(actor="anna")) == [[], [], [16]]
    assert await pages(service, ChangeQuery(actor="anna", last_position=12)) == [[], []]
    assert await pages(service, ChangeQuery(actor="anna", visit="visit-3")) == [[16]]


async def test_the_changes_that_are_folded_for_a_page_are_bounded(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each change counts with those before it in its visit, but each visit only once."""
    monkeypatch.setattr(changes, "PAGE_CHANGES", 5)

    assert await pages(service, ChangeQuery()) == [
        [1, 2, 3, 4, 5],
        [6, 7],
        [8, 9],
        [10],
        [11],
        [12],
        [13],
        [14],
        [15],
        [16],
    ]


async def test_a_page_of_one_visit_folds_all_its_changes(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "PAGE_CHANGES", 1)

    assert await pages(service, ChangeQuery(visit="visit-0")) == [[1, 5, 9, 13]]


async def test_a_page_that_ends_with_the_log_is_the_last(service: Service) -> None:
    assert await pages(service, ChangeQuery(), size=16) == [list(range(1, 17))]
    assert await pages(service, ChangeQuery(), size=8) == [list(range(1, 9)), list(range(9, 17))]
