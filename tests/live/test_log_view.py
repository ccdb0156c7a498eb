"""What an edge knows of the log follows what the core tells it, in whatever order that comes."""

import asyncio
from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from service.errors import Draining
from service.live.log_view import Committed, LogView
from service.live.reads import Reads
from tests.live.rings import ALL
from tests.store.builders import change
from tests.store.serving import Desk, desk_on, outcomes
from tests.support.place import Place

SECONDS = 20.0


@pytest.fixture
def desk(place: Place) -> Iterator[Desk]:
    """The core on a log with three visits."""
    with desk_on(place) as desk:
        for visit_id in ("beijing", "kyiv", "seoul"):
            desk.record(visit_id, "scheduled")
        yield desk


@pytest.fixture
def reads(desk: Desk) -> Iterator[Reads]:
    """What reads the log."""
    with closing(Reads(desk.application.reader)) as reads:
        yield reads


@pytest.fixture
def view(reads: Reads) -> LogView:
    """What an edge knows that begins at position 3."""
    return LogView(reads.reader.head(), reads)


def told(desk: Desk, *topics: str, visit_id: str = "beijing") -> list[Committed]:
    """What the core tells of changes that it has recorded just now."""
    tasks = desk.share(*(change(visit_id, topic) for topic in topics))
    return [desk.told[each.position] for task in tasks for each in outcomes(task)]


async def caught_up(view: LogView, desk: Desk) -> None:
    """Wait until the view is at the end of the log, and knows all of it."""
    await asyncio.wait_for(view.reach(len(desk.told)), SECONDS)
    assert view.ring.head == view.head.position == len(desk.told)
    members, _ = view.ring.after(view.ring.floor, ALL, 1 << 20)
    positions = range(view.ring.floor + 1, view.head.position + 1)
    assert members == [desk.told[position].recent.member for position in positions]
    for visit_id, state in view.current.items():
        last = max(p for p, each in desk.told.items() if each.recent.visit_id == visit_id)
        assert desk.told[last].state == state


async def test_it_advances_with_what_the_core_tells(desk: Desk, view: LogView) -> None:
    """The head, the recent changes, and the current states."""
    changes = told(desk, "postponed", "cancelled")
    view.take(4, changes)
    assert view.head.position == 5
    assert view.head.record_time == changes[1].record_time
    assert view.current["beijing"] == changes[1].state
    await caught_up(view, desk)


async def test_a_withdrawn_visit_has_no_current_state(desk: Desk, view: LogView) -> None:
    view.take(4, told(desk, "postponed"))
    assert "beijing" in view.current
    view.take(5, told(desk, "retracted"))
    assert "beijing" not in view.current
    await caught_up(view, desk)


async def test_what_it_knows_already_is_skipped(desk: Desk, view: LogView) -> None:
    """An older state does not replace a newer one."""
    changes = told(desk, "postponed", "cancelled", "rescheduled")
    view.take(4, changes[:2])
    view.take(4, changes[:1])
    assert view.current["beijing"] == changes[1].state
    view.take(4, changes)
    await caught_up(view, desk)


async def test_what_is_missing_is_read_from_the_log(desk: Desk, view: LogView) -> None:
    """The head stays where it is until then: nobody is told a position that has a gap before it."""
    told(desk, "postponed")
    view.take(5, told(desk, "cancelled"))
    assert view.head.position == 3
    await caught_up(view, desk)
    assert view.head.position == 5


async def test_a_state_is_not_kept_over_a_gap(desk: Desk, view: LogView) -> None:
    """What was current before the missing changes is dropped, also for those that are read."""
    view.take(4, told(desk, "postponed"))
    view.take(5, told(desk, "amended", visit_id="kyiv"))
    told(desk, "amended", visit_id="kyiv")
    view.take(7, told(desk, "cancelled"))
    assert "beijing" not in view.current
    await caught_up(view, desk)
    assert "kyiv" not in view.current


async def test_what_is_told_while_it_reads_counts_once(desk: Desk, view: LogView) -> None:
    """Whether the core or the reading comes first."""
    for _ in range(10):
        told(desk, "amended")
        for topic in ("amended", "statement_recorded"):
            view.take(len(desk.told) + 1, told(desk, topic))
            await asyncio.sleep(0)
        view.take(len(desk.told), [desk.told[len(desk.told)]])
    await caught_up(view, desk)


async def test_it_reads_on_when_it_is_told_how_long_the_log_is(desk: Desk, view: LogView) -> None:
    """As it is of what other servers commit; what it knows already is no news."""
    view.notice(3)
    view.notice(1)
    told(desk, "postponed", "cancelled")
    view.notice(5)
    await caught_up(view, desk)


async def test_those_who_wait_for_a_position_go_on_once_it_is_reached(
    desk: Desk, view: LogView
) -> None:
    """And not before."""
    waiting = [asyncio.ensure_future(view.reach(position)) for position in (3, 4, 5, 6)]
    changes = told(desk, "postponed", "cancelled")
    view.take(4, changes[:1])
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [each.done() for each in waiting] == [True, True, False, False]
    await asyncio.wait_for(view.see(5), SECONDS)
    await asyncio.sleep(0)
    assert [each.done() for each in waiting] == [True, True, True, False]
    view.drain()
    with pytest.raises(Draining):
        await waiting[3]


async def test_a_reading_that_fails_is_done_again_with_the_next_notice(
    desk: Desk, view: LogView
) -> None:
    told(desk, "postponed")

    def fail(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("on purpose"))

    event.listen(desk.database.readers, "before_cursor_execute", fail)
    view.notice(4)
    assert view._reading is not None
    await asyncio.wait_for(view._reading, SECONDS)
    event.remove(desk.database.readers, "before_cursor_execute", fail)
    assert view.head.position == 3
    view.notice(4)
    await caught_up(view, desk)


async def test_few_states_are_kept_if_few_are_asked_for(desk: Desk, reads: Reads) -> None:
    """Those that changed last."""
    view = LogView(reads.reader.head(), reads, 2)
    for position, visit_id in enumerate(("beijing", "kyiv", "seoul"), start=4):
        view.take(position, told(desk, "amended", visit_id=visit_id))
    assert list(view.current) == ["kyiv", "seoul"]
    await caught_up(view, desk)
