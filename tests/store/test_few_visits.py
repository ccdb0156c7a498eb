"""However few visits are kept at hand, changes are decided on what the log has."""

import pytest

from service.commands.change import Outcome
from service.commands.round import Kind
from tests.store import logbook
from tests.store.builders import change
from tests.store.serving import desk_on, event_of, outcomes, unsound
from tests.support.place import Place


def test_a_call_may_name_more_visits_than_are_kept_at_hand(place: Place) -> None:
    """A hundred visits in one call are recorded however small the cache is."""
    with desk_on(place, cached_visits=1) as desk:
        visits = [f"visit-{i}" for i in range(100)]
        recorded = []
        for topic in ("scheduled", "amended", "postponed"):
            recorded += desk.record_all([change(visit_id, topic) for visit_id in visits])
    assert unsound(place, recorded) == []


@pytest.mark.parametrize("cached_visits", [1, 2, 3])
def test_a_visit_at_hand_is_found_beside_those_that_are_loaded(
    place: Place, cached_visits: int
) -> None:
    """Loading others does not push it out before it is used."""
    names = ("beijing", "kyiv", "seoul", "paris")
    recorded: list[Outcome] = []
    with desk_on(place, cached_visits=cached_visits) as desk:
        for visit_id in (*names, "beijing"):
            recorded.append(desk.record(visit_id, "amended" if recorded[3:] else "scheduled"))
        for topic in ("amended", "postponed"):
            tasks = desk.share(*(change(visit_id, topic) for visit_id in names))
            recorded += [each for task in tasks for each in outcomes(task)]
    assert unsound(place, recorded) == []


def test_with_few_visits_at_hand_nobody_is_refused_for_a_version_that_stands(
    place: Place,
) -> None:
    """While others push visits out of the cache, callers expect the last acknowledged version."""
    with desk_on(place, cached_visits=1) as desk:
        for visit_id in ("beijing", "kyiv", "seoul"):
            desk.record(visit_id, "scheduled")
        for version in range(1, 51):
            desk.ask(change("beijing", "amended"), kind=Kind.VALIDATE)
            desk.ask(change("kyiv", "amended"))
            (task,) = desk.share(change("beijing", "amended", expected_version=version))
            assert event_of(outcomes(task)[0]).event.version == version + 1
            desk.record("seoul", "amended")
    assert logbook.problems(place) == []
