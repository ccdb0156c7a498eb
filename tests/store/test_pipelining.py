"""Changes are decided on uncommitted ones, and none is lost or made up for that."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import pytest

from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.visit_pb2 import STATUS_POSTPONED, STATUS_SCHEDULED, Visit
from domain.errors import ChangeRefused, InvalidValue, VersionMismatch
from service.commands.change import Outcome
from service.store.errors import StoreUnavailable
from service.store.log.writer import BATCH_ENTRIES
from tests.store import logbook
from tests.store.builders import (
    Commits,
    Held,
    Service,
    append,
    change,
    entry,
    logged,
    serving,
)
from tests.support.place import Place

Tasks = Sequence["asyncio.Task[Outcome]"]


async def ask(service: Service, *changes: tuple[str, str]) -> list["asyncio.Task[Outcome]"]:
    """Ask for changes one after the other, without waiting."""
    tasks = []
    for visit_id, topic in changes:
        tasks.append(asyncio.create_task(service.record(visit_id, topic)))
        for _ in range(3):
            await asyncio.sleep(0)
    return tasks


async def held_with(
    service: Service, held: Held, visit_id: str, topic: str, **asked: Any
) -> "asyncio.Task[Outcome]":
    """Ask for a change, and wait until the writer has it and is held."""
    task = asyncio.create_task(service.record(visit_id, topic, **asked))
    await asyncio.to_thread(held.wait)
    return task


def event_of(outcome: Outcome) -> RecordedEvent:
    return RecordedEvent.FromString(outcome.event)


async def outcomes(tasks: Tasks) -> list[Any]:
    return await asyncio.gather(*tasks, return_exceptions=True)


def unsound(place: Place, acknowledged: Sequence[Outcome]) -> list[str]:
    """Changes that were acknowledged but are not in the log as such, and the reverse."""
    found = logbook.problems(place)
    log = {row.position: row.recorded for row in logbook.read(place)}
    told = {outcome.position: event_of(outcome) for outcome in acknowledged}
    if len(told) != len(acknowledged):
        found.append("a position was acknowledged twice")
    found += [f"{at} was acknowledged and is not there" for at in told if log.get(at) != told[at]]
    found += [f"{at} is there and was not acknowledged" for at in log if at not in told]
    return found


async def test_changes_that_do_not_wait_for_each_other_have_dense_versions(place: Place) -> None:
    """Two hundred changes of one visit, asked for at once, make one history in few commits."""
    async with serving(place) as service:
        first = await service.record("beijing", "scheduled")
        with Commits(service.database) as commits:
            tasks = await ask(service, *[("beijing", "amended")] * 200)
            recorded = [first, *await asyncio.gather(*tasks)]
        assert commits.number < 100
    assert [event_of(outcome).event.version for outcome in recorded] == list(range(1, 202))
    assert [outcome.position for outcome in recorded] == list(range(1, 202))
    assert unsound(place, recorded) == []


async def test_each_answer_shows_the_visit_as_its_own_change_left_it(place: Place) -> None:
    """A change that was decided on top of another does not show through in its answer."""
    async with serving(place) as service:
        await service.record("beijing", "scheduled")
        topics = ["postponed", "deferred", "rescheduled", "cancelled", "rescheduled", "completed"]
        with Held(service.database):
            tasks = await ask(service, *(("beijing", topic) for topic in topics))
        visits = [Visit.FromString(o.visit) for o in await asyncio.gather(*tasks)]
    assert [(v.version, v.position) for v in visits] == [(n, n) for n in range(2, 8)]
    assert [v.status for v in visits] == [2, 3, 4, 6, 4, 5]


async def test_nothing_is_answered_and_nothing_is_read_before_the_commit(place: Place) -> None:
    """While a change is not committed, its caller waits and readers see the visit before it."""
    async with serving(place) as service:
        await service.record("beijing", "scheduled")
        with Held(service.database) as held:
            (task,) = [await held_with(service, held, "beijing", "postponed")]
            state, position = await service.queries.visit("beijing")
            assert (Visit.FromString(state).status, position) == (STATUS_SCHEDULED, 1)
            assert not task.done()
        await task
        state, position = await service.queries.visit("beijing")
        assert (Visit.FromString(state).status, position) == (STATUS_POSTPONED, 2)


async def test_those_on_top_of_a_failed_change_are_tried_again(place: Place) -> None:
    """The failed change gets its error; the three decided on it are recorded without it."""
    async with serving(place) as service:
        first = await service.record("beijing", "scheduled")
        with Commits(service.database, lambda number: number == 1), Held(service.database) as held:
            failing = await held_with(service, held, "beijing", "amended")
            following = await ask(service, *[("beijing", "statement_recorded")] * 3)
            held.let_go()
            assert isinstance((await outcomes([failing]))[0], StoreUnavailable)
            recorded = await asyncio.gather(*following)
    assert sorted(event_of(outcome).event.version for outcome in recorded) == [2, 3, 4]
    assert unsound(place, [first, *recorded]) == []


async def test_those_on_top_of_a_lost_race_are_tried_again(place: Place) -> None:
    """If another writer took the version, every change is recorded after it."""
    async with serving(place) as service:
        await service.record("beijing", "scheduled")
        application = service.application
        with Held(service.database) as held:
            tasks = await ask(service, ("kyiv", "scheduled"))
            await asyncio.to_thread(held.wait)
            foreign = asyncio.create_task(
                asyncio.to_thread(application.writer.append, [entry("beijing", 2)])
            )
            await asyncio.sleep(0.05)
            tasks += await ask(service, *[("beijing", "amended")] * 5)
            held.let_go()
            await foreign
            recorded = await asyncio.gather(*tasks)
    assert sorted(event_of(o).event.version for o in recorded[1:]) == [3, 4, 5, 6, 7]
    assert len(logged(place)) == 8
    assert logbook.problems(place) == []


@pytest.mark.parametrize("foreign_is_in_the_same_batch", [True, False])
async def test_no_change_stands_that_was_decided_on_one_which_does_not(
    place: Place, foreign_is_in_the_same_batch: bool
) -> None:
    """The next change gets the version that lost the race, but is decided anew all the same."""
    async with serving(place) as service:
        await service.record("beijing", "scheduled")
        with Held(service.database) as held:
            await held_with(service, held, "kyiv", "scheduled")
            foreign = append(entry("beijing", 2))
            service.application.writer.submit(foreign)
            if not foreign_is_in_the_same_batch:
                full = [entry(f"other-{i}", 1) for i in range(BATCH_ENTRIES)]
                service.application.writer.submit(append(*full))
            tasks = await ask(service, *[("beijing", "statement_recorded")] * 5)
            held.let_go()
            recorded = await asyncio.gather(*tasks)
    assert foreign.error is None
    assert {Visit.FromString(outcome.visit).status for outcome in recorded} == {STATUS_POSTPONED}
    assert sorted(event_of(o).event.version for o in recorded) == [3, 4, 5, 6, 7]


async def test_several_visits_at_once_are_tried_again_together(place: Place) -> None:
    """A call that changes two visits stays all or none if the basis of one is lost."""
    async with serving(place) as service:
        first = [await service.record(v, "scheduled") for v in ("beijing", "kyiv")]
        with Commits(service.database, lambda number: number == 1), Held(service.database) as held:
            failing = await held_with(service, held, "beijing", "postponed")
            both = asyncio.create_task(
                service.commands.record([change("kyiv", "amended"), change("beijing", "amended")])
            )
            await asyncio.sleep(0.05)
            held.let_go()
            assert isinstance((await outcomes([failing]))[0], StoreUnavailable)
            recorded = await both
    assert [event_of(o).event.version for o in recorded] == [2, 2]
    assert [o.position for o in recorded] == [3, 4]
    assert unsound(place, [*first, *recorded]) == []


# A refusal is never based on an uncommitted change


@pytest.mark.parametrize("is_committed", [False, True])
async def test_a_refusal_waits_for_the_change_that_it_rests_on(
    place: Place, is_committed: bool
) -> None:
    """Completing a visit that is being cancelled is refused only if the cancelling is committed."""
    async with serving(place) as service:
        await service.record("beijing", "scheduled")
        with (
            Commits(service.database, lambda number: number == 1 and not is_committed),
            Held(service.database) as held,
        ):
            cancelling = await held_with(service, held, "beijing", "cancelled")
            (completing,) = await ask(service, ("beijing", "completed"))
            await asyncio.sleep(0.05)
            assert not completing.done()
            held.let_go()
            cancelled, completed = await outcomes([cancelling, completing])
    if is_committed:
        assert isinstance(cancelled, Outcome)
        assert isinstance(completed, ChangeRefused)
        assert completed.status == "cancelled"
    else:
        assert isinstance(cancelled, StoreUnavailable)
        assert isinstance(completed, Outcome)
    assert len(logged(place)) == 2


async def test_an_expected_version_is_compared_with_what_is_committed(place: Place) -> None:
    """A caller that expects version 1 never hears of a version 2 that was not recorded."""
    async with serving(place) as service:
        await service.record("beijing", "scheduled")
        with Commits(service.database, lambda number: number == 1), Held(service.database) as held:
            failing = await held_with(service, held, "beijing", "amended")
            task = asyncio.create_task(service.record("beijing", "amended", expected_version=1))
            await asyncio.sleep(0.05)
            held.let_go()
            failed, recorded = await outcomes([failing, task])
    assert isinstance(failed, StoreUnavailable)
    assert isinstance(recorded, Outcome), recorded
    assert logged(place) == [("beijing", 1), ("beijing", 2)]


async def test_an_expected_version_that_is_not_committed_yet_is_waited_for(place: Place) -> None:
    """A caller that expects version 1 while 2 is under way is refused once 2 is committed."""
    async with serving(place) as service:
        await service.record("beijing", "scheduled")
        with Held(service.database) as held:
            first = await held_with(service, held, "beijing", "amended")
            task = asyncio.create_task(service.record("beijing", "amended", expected_version=1))
            await asyncio.sleep(0.05)
            assert not task.done()
        _, refused = await outcomes([first, task])
    assert isinstance(refused, VersionMismatch)
    assert (refused.expected, refused.actual) == (1, 2)


async def test_merging_is_not_refused_for_a_withdrawal_that_failed(place: Place) -> None:
    """The visit that stays counts as it is committed, too."""
    async with serving(place) as service:
        for visit_id in ("beijing", "kyiv"):
            await service.record(visit_id, "scheduled")
        with Commits(service.database, lambda number: number == 1), Held(service.database) as held:
            failing = await held_with(service, held, "kyiv", "retracted")
            merging = asyncio.create_task(
                service.record("beijing", "retracted", merged_into="kyiv")
            )
            await asyncio.sleep(0.05)
            held.let_go()
            failed, merged = await outcomes([failing, merging])
    assert isinstance(failed, StoreUnavailable)
    assert isinstance(merged, Outcome), merged
    assert logged(place) == [("beijing", 1), ("kyiv", 1), ("beijing", 2)]


async def test_no_visit_is_merged_into_one_that_was_never_recorded(place: Place) -> None:
    """If scheduling the visit that stays fails, so does the merge that rests on it."""
    async with serving(place) as service:
        await service.record("beijing", "scheduled")
        with Commits(service.database, lambda number: number == 1), Held(service.database) as held:
            failing = await held_with(service, held, "kyiv", "scheduled")
            merging = asyncio.create_task(
                service.record("beijing", "retracted", merged_into="kyiv")
            )
            await asyncio.sleep(0.05)
            held.let_go()
            failed, merged = await outcomes([failing, merging])
    assert isinstance(failed, StoreUnavailable)
    assert isinstance(merged, InvalidValue), merged
    assert logged(place) == [("beijing", 1)]


# The cache is never older than what was acknowledged


async def test_a_change_that_was_acknowledged_counts_for_the_next_call(place: Place) -> None:
    """A visit that leaves the cache while its change is written is not read as it was before."""
    async with serving(place, cached_visits=1) as service:
        for visit_id in ("beijing", "kyiv"):
            await service.record(visit_id, "scheduled")
        await service.record("beijing", "amended")
        with Held(service.database) as held:
            amending = await held_with(service, held, "beijing", "amended")
            await service.commands.record([change("kyiv", "amended")], validate_only=True)
            validating = asyncio.create_task(
                service.commands.record([change("beijing", "amended")], validate_only=True)
            )
            await asyncio.sleep(0.05)
            held.let_go()
            acknowledged = event_of(await amending).event.version
            await validating
        outcome = await service.record("beijing", "amended", expected_version=acknowledged)
    assert event_of(outcome).event.version == acknowledged + 1


async def test_a_change_whose_caller_went_away_counts_for_the_next_call(place: Place) -> None:
    """A visit stays in the cache until its change is settled, even if nobody waits for it."""
    async with serving(place, cached_visits=1) as service:
        for visit_id in ("beijing", "kyiv"):
            await service.record(visit_id, "scheduled")
        await service.record("beijing", "amended")
        with Held(service.database) as held:
            gone = await held_with(service, held, "beijing", "amended")
            gone.cancel()
            await outcomes([gone])
            await service.commands.record([change("kyiv", "amended")], validate_only=True)
            validating = asyncio.create_task(
                service.commands.record([change("beijing", "amended")], validate_only=True)
            )
            await asyncio.sleep(0.05)
        await validating
        state, _ = await service.queries.visit("beijing")
        version = Visit.FromString(state).version
        outcome = await service.record("beijing", "amended", expected_version=version)
    assert (version, event_of(outcome).event.version) == (3, 4)


async def test_with_few_visits_at_hand_nobody_is_refused_for_a_version_that_stands(
    place: Place,
) -> None:
    """While others push visits out of the cache, callers expect the last acknowledged version."""
    ended = False
    async with serving(place, cached_visits=1) as service:
        for visit_id in ("beijing", "kyiv", "seoul"):
            await service.record(visit_id, "scheduled")

        async def disturb(visit_id: str) -> None:
            while not ended:
                await service.record(visit_id, "amended")

        async def look() -> None:
            while not ended:
                await service.commands.record([change("beijing", "amended")], validate_only=True)

        others = [asyncio.create_task(disturb(v)) for v in ("kyiv", "seoul")]
        others += [asyncio.create_task(look()) for _ in range(2)]
        try:
            for version in range(1, 101):
                outcome = await service.record("beijing", "amended", expected_version=version)
                assert event_of(outcome).event.version == version + 1
        finally:
            ended = True
            await asyncio.gather(*others)


async def test_a_call_may_name_more_visits_than_are_kept_at_hand(place: Place) -> None:
    """A hundred visits in one call are recorded however small the cache is."""
    async with serving(place, cached_visits=1) as service:
        visits = [f"visit-{i}" for i in range(100)]
        for topic in ("scheduled", "amended"):
            changes = [change(visit_id, topic) for visit_id in visits]
            recorded = await asyncio.wait_for(service.commands.record(changes), 10)
            assert len(recorded) == 100


# Nothing is lost, and nothing is made up


@pytest.mark.parametrize("seed", range(4))
async def test_with_commits_that_fail_the_log_holds_what_was_acknowledged(
    place: Place, seed: int
) -> None:
    """Eight callers on three visits, and every third commit fails: acknowledged means recorded."""
    chance = random.Random(seed)
    acknowledged: list[Outcome] = []
    failed = 0
    is_small = seed % 2 == 1
    async with serving(place, cached_visits=1 if is_small else 10_000) as service:
        for visit_id in ("beijing", "kyiv", "seoul"):
            acknowledged.append(await service.record(visit_id, "scheduled"))

        async def call() -> None:
            nonlocal failed
            for _ in range(25):
                number = 1 if is_small else chance.choice([1, 1, 2])
                visits = chance.sample(["beijing", "kyiv", "seoul"], number)
                topic = chance.choice(["amended", "statement_recorded"])
                try:
                    acknowledged.extend(
                        await service.commands.record([change(v, topic) for v in visits])
                    )
                except StoreUnavailable:
                    failed += 1

        with Commits(service.database, lambda _: chance.random() < 0.33):
            await asyncio.gather(*(call() for _ in range(8)))
    assert failed > 0
    assert len(acknowledged) > 20
    assert unsound(place, acknowledged) == []


async def test_the_check_of_what_was_acknowledged_can_fail(place: Place) -> None:
    """An acknowledgement that is dropped, altered, moved or made up is noticed."""
    async with serving(place) as service:
        told = [await service.record("beijing", "scheduled")]
        told += [await service.record("beijing", "amended") for _ in range(3)]
        validated = await service.commands.record(
            [change("beijing", "amended")], validate_only=True
        )
    one, two, *others = told
    assert unsound(place, told) == []
    assert unsound(place, told[:-1]) == ["4 is there and was not acknowledged"]
    assert unsound(place, [*told, *validated]) == ["0 was acknowledged and is not there"]
    swapped = [Outcome(one.visit, two.event, 1), Outcome(two.visit, one.event, 2), *others]
    assert len(unsound(place, swapped)) == 2
    assert "a position was acknowledged twice" in unsound(place, [*told, one])


async def test_a_change_whose_caller_went_away_is_recorded_once(place: Place) -> None:
    """A caller that stops waiting and asks again gets the first answer."""
    async with serving(place) as service:
        await service.record("beijing", "scheduled")
        with Held(service.database) as held:
            gone = await held_with(service, held, "beijing", "postponed", request_id="key")
            gone.cancel()
            await outcomes([gone])
            again = asyncio.create_task(service.record("beijing", "postponed", "key"))
            await asyncio.sleep(0.05)
            assert not again.done()
        outcome = await again
    assert (outcome.position, outcome.replayed) == (2, True)
    assert logged(place) == [("beijing", 1), ("beijing", 2)]


async def test_a_request_id_asked_for_twice_at_once_is_recorded_once(place: Place) -> None:
    """Ten calls with the same request id get one answer, nine of them as a replay."""
    async with serving(place) as service:
        await service.record("beijing", "scheduled")
        calls = (service.record("beijing", "amended", "key") for _ in range(10))
        recorded = await asyncio.gather(*calls)
    assert {(o.position, o.event, o.visit) for o in recorded} == {
        (2, recorded[0].event, recorded[0].visit)
    }
    assert sorted(o.replayed for o in recorded) == [False] + [True] * 9
    assert logged(place) == [("beijing", 1), ("beijing", 2)]
