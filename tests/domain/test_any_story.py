"""Promises that any sequence of commands leaves intact."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from itertools import pairwise, product
from typing import Any

from hypothesis import given, settings

from domain.events import Event
from domain.history import fold, visible
from domain.state import State
from domain.status import TABLE
from domain.times import LAST_INSTANT, TICK
from domain.visit import Visit
from tests.domain import naive
from tests.domain.answers import answer
from tests.domain.builders import blank_visit
from tests.domain.strategies import Step, stories, visit_after
from tests.support.examples import examples

any_story = settings(max_examples=examples(250))


def replayed(events: Sequence[Event]) -> Visit:
    """The visit that these events give from scratch."""
    visit = Visit.blank(events[0].originator_id, events[0].timestamp)
    for event in events:
        event.mutate(visit)
    return visit


def in_order(state: State) -> dict[str, Any]:
    """Everything that a state holds. Dictionaries become lists, since their order is served too."""
    values = {field.name: getattr(state, field.name) for field in fields(state)}
    return {k: list(v.items()) if isinstance(v, dict) else v for k, v in values.items()}


def contents(visit: Visit) -> dict[str, Any]:
    """Everything that a visit holds now."""
    pending = list(visit.pending_events)
    return vars(visit) | {"_state": in_order(visit.state), "_pending_events": pending}


@any_story
@given(stories(12))
def test_a_command_is_taken_or_refused_and_then_nothing_has_changed(steps: list[Step]) -> None:
    """The only exception is a refusal, which says why. An accepted command is one change."""
    visit = blank_visit()
    for step in steps:
        before = contents(visit)
        if refusal := step.give(visit):
            assert str(refusal)
            assert contents(visit) == before
        else:
            assert visit.version == before["_version"] + 1
            assert visit.changes[:-1] == before["_changes"]
            assert visit.pending_events == [*before["_pending_events"], visit.changes[-1]]


@any_story
@given(stories(12))
def test_replaying_the_events_gives_the_visit_again(steps: list[Step]) -> None:
    """The events give the same visit, one by one or folded at once."""
    visit = visit_after(steps)
    assert in_order(visit.state) == in_order(fold(visit.changes))
    if visit.changes:
        again = replayed(visit.changes)
        assert in_order(again.state) == in_order(visit.state)
        assert (again.id, again.version, again.changes) == (visit.id, visit.version, visit.changes)
        assert again.modified_on == visit.modified_on
        assert again.pending_events == []


@any_story
@given(stories(12))
def test_a_fork_goes_its_own_way(steps: list[Step]) -> None:
    """Whatever it accepts, the original visit does not change."""
    visit = blank_visit()
    for step in steps:
        before, fork = contents(visit), visit.fork()
        assert contents(fork) == before | {"_pending_events": []}
        if step.give(fork):
            assert contents(fork) == before | {"_pending_events": []}
        else:
            assert fork.pending_events == [fork.changes[-1]]
        assert contents(visit) == before
        visit = fork


@any_story
@given(stories(12))
def test_what_stands_follows_the_table_and_its_times_never_go_back(steps: list[Step]) -> None:
    """Each status change that counts follows on the one before, and takes effect no earlier."""
    visit = visit_after(steps)
    standing_changes = [event for event in visible(visit.changes) if event.STATUS_CHANGE]
    status = None
    for event in standing_changes:
        assert event.STATUS_CHANGE is not None
        status = TABLE[status][event.STATUS_CHANGE]
    assert status == visit.state.status
    for earlier, later in pairwise(standing_changes):
        assert earlier.originator_version < later.originator_version
        assert not later.effective_moment.before(earlier.effective_moment)


@any_story
@given(stories(12))
def test_times_are_in_their_order(steps: list[Step]) -> None:
    """Neither is after recorded. Effective is after known only if it was raised.

    It then has the instant of an earlier status change.
    """
    changes = visit_after(steps).changes
    for event in changes:
        effective, known = event.effective_moment.instant, event.known_moment.instant
        assert (event.effective is None) == (event.known is None)
        assert max(effective, known) <= event.timestamp
        earlier = changes[: event.originator_version - 1]
        assert effective <= known or effective in {
            e.effective_moment.instant for e in earlier if e.STATUS_CHANGE and event.STATUS_CHANGE
        }


@any_story
@given(stories(12))
def test_a_record_time_given_to_each_change_before_the_next_alters_no_answer(
    steps: list[Step],
) -> None:
    """The time of the next command is no earlier than the record time of the one before."""
    visit, recorded = blank_visit(), None
    for step in steps:
        if (recorded is None or step.context.now >= recorded) and not step.give(visit):
            recorded = step.context.now + timedelta(milliseconds=3)
            visit.date_pending(recorded)
            visit.collect_events()
            assert visit.changes[-1].timestamp == recorded
    before = in_order(visit.state)
    visit.date_pending(LAST_INSTANT)
    assert in_order(visit.state) == before == in_order(fold(visit.changes))


@settings(any_story, max_examples=examples(150))
@given(stories(8))
def test_the_fold_agrees_with_a_naive_transcription_as_of_any_times(steps: list[Step]) -> None:
    """Both give the same answer at every moment at which it may change."""
    events = visit_after(steps).changes
    for recorded_at, known_at, valid_at in product(
        moments(event.timestamp for event in events),
        moments(event.known_moment.instant for event in events),
        moments(event.effective_moment.instant for event in events),
    ):
        recorded = [event for event in events if event.timestamp <= recorded_at]
        state = fold(recorded, known_at, valid_at)
        expected = naive.as_of(events, known_at, valid_at, recorded_at)
        assert answer(state) == expected, (recorded_at, known_at, valid_at)


def moments(times: Iterable[datetime]) -> list[datetime]:
    """Each of the times, one before them all, and the last instant."""
    distinct = sorted({*times, LAST_INSTANT})
    return [distinct[0] - TICK, *distinct]
