"""Whatever is told, the states rebuilt from the log are those that were stored."""

import random
from collections.abc import Awaitable, Callable

import pytest

from domain.errors import Refusal
from tests.store import logbook
from tests.store.rebuilding import VISITS, Clock, by_fold, rebuilt, rows, tell_all
from tests.store.serving import Service, serving
from tests.support.examples import examples
from tests.support.place import Place

# Random stories


async def by_row(service: Service, visit_id: str) -> bytes:
    """The visit from the cache, or else from its row."""
    state, _ = await service.queries.visit(visit_id)
    return state


async def answers(
    service: Service, ask: Callable[[Service, str], Awaitable[bytes]] = by_row
) -> dict[str, bytes | None]:
    """What GetVisit answers for each visit."""
    found: dict[str, bytes | None] = {}
    for visit_id in VISITS:
        try:
            found[visit_id] = await ask(service, visit_id)
        except Refusal:
            found[visit_id] = None
    return found


@pytest.mark.parametrize("seed", range(examples(6)))
async def test_any_story_leaves_what_its_log_gives_again(place: Place, seed: int) -> None:
    """Rows, aliases, words, cached answers and as-of answers follow from the log alone."""
    chance = random.Random(seed)
    clock = Clock(chance)
    with serving(place, clock=clock) as service:
        told = tell_all(service, chance, clock, 70)
        cached = await answers(service)
        folded = await answers(service, by_fold)
    assert told["(recorded)"] > 40, told
    before = rows(place)
    with serving(place, clock=clock) as service:
        from_rows = await answers(service)
    after = rebuilt(place)
    for visit_id in VISITS:
        assert cached[visit_id] == folded[visit_id] == from_rows[visit_id], visit_id
    assert before == after
    assert logbook.problems(place) == []
