"""Promises that any sequence of commands leaves intact."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import Refusal
from domain.events import Event, Retracted
from domain.history import View, fold
from domain.state import State
from domain.status import TABLE
from domain.times import LAST_INSTANT, TICK
from domain.values import VisitDetails
from domain.visit import Visit
from tests.domain.builders import condition, context, days
from tests.domain.dicts import Json
from tests.domain.playing import told
from tests.domain.random_stories import LATER, Step, blank, some_pairs, stories, visit_after
from tests.support.examples import examples

any_story = settings(max_examples=examples(25), deadline=None)
randoms = st.randoms(use_true_random=False)
NEXT = f"{LATER:%Y-%m-%d %H:%M}"


def replayed(events: Sequence[Event]) -> Visit:
    """The visit that these events give from scratch."""
    visit = Visit.blank(events[0].originator_id, events[0].timestamp)
    for event in events:
        event.mutate(visit)
    return visit


def in_order(state: State) -> dict[str, Any]:
    """Everything that a state holds but the versions left out.

    Dictionaries become lists, since their order is served too.
    """
    values = {field.name: getattr(state, field.name) for field in fields(state)}
    del values["left_out"]
    unordered = {name: values.pop(name) for name in ("given_by", "retracted")}
    return unordered | {
        name: list(value.items()) if isinstance(value, dict) else value
        for name, value in values.items()
    }


def contents(visit: Visit) -> dict[str, Any]:
    """Everything that a visit holds now."""
    pending = list(visit.pending_events)
    timeline = vars(visit.timeline.copy())
    changed = {"_state": in_order(visit.state.copy()), "_timeline": timeline}
    return vars(visit) | changed | {"_pending_events": pending}


# Commands


@any_story
@given(stories(14))
def test_a_command_is_taken_or_refused_and_then_nothing_has_changed(steps: list[Step]) -> None:
    """The only exception is a refusal, which says why. An accepted command is one change."""
    visit = blank()
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
@given(stories(14))
def test_a_fork_goes_its_own_way(steps: list[Step]) -> None:
    """Whatever it accepts, the original visit does not change."""
    visit = blank()
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
@given(stories(14))
def test_what_stands_follows_the_table_in_the_order_in_which_it_was_recorded(
    steps: list[Step],
) -> None:
    """Each status change that stands follows on the one before, and is folded behind it."""
    visit, status = visit_after(steps), None
    for event in visit.timeline.standing:
        status = TABLE[status][event.STATUS_CHANGE]
    assert status == visit.state.status
    for earlier, later in pairwise(visit.timeline.standing):
        assert earlier.originator_version < later.originator_version
        assert visit.timeline.place(earlier) < visit.timeline.place(later)
        assert later.effective_instant >= earlier.effective_moment.begin


@any_story
@given(stories(14))
def test_times_are_in_their_order(steps: list[Step]) -> None:
    """Nothing takes effect after it is known, nor is known after it is recorded."""
    for event in visit_after(steps).changes:
        assert event.effective is None or event.known is not None
        assert event.known_instant <= event.timestamp
        if event.effective is not None:
            assert event.effective_instant <= event.known_instant


# What is current, and what was


@any_story
@given(stories(14))
def test_what_is_current_is_what_is_as_of_now(steps: list[Step]) -> None:
    """The events give the same visit, one by one or folded at once."""
    visit = blank()
    for step in steps:
        step.give(visit)
        assert in_order(visit.state) == in_order(fold(visit.changes))
        assert fold(visit.changes, LATER, LATER) == visit.state
    if visit.changes:
        for again in replayed(visit.changes), Visit.from_history("r", LATER, visit.changes):
            assert in_order(again.state) == in_order(visit.state)
            assert (again.id, again.version) == (visit.id, visit.version)
            assert again.changes == visit.changes
            assert again.modified_on == visit.modified_on
            assert again.pending_events == []
            assert contents(again)["_timeline"] == contents(visit)["_timeline"]


@any_story
@given(stories(14), randoms)
def test_what_is_recorded_later_changes_no_answer_of_a_position(
    steps: list[Step], random: Random
) -> None:
    """Nothing from outside the changes recorded by then has any influence."""
    visit = visit_after(steps)
    for length in range(1, visit.version + 1):
        by_then = visit.changes[:length]
        for known_at, valid_at in some_pairs(by_then, random, 5):
            alone = fold(by_then, known_at, valid_at)
            assert in_order(alone) == in_order(fold(by_then, known_at, valid_at, visit.timeline))


@any_story
@given(stories(14))
def test_the_order_of_places_is_total_and_never_changes(steps: list[Step]) -> None:
    """Of any two changes one stands ahead of the other, whatever is recorded later."""
    changes = visit_after(steps).changes
    own = [event for event in changes if not isinstance(event, Retracted)]
    whole = View(changes).timeline
    assert len({whole.place(event) for event in own}) == len(own)
    for length in range(len(changes) + 1):
        timeline = View(changes[:length]).timeline
        for event in own:
            if event.originator_version <= length:
                assert timeline.place(event) == whole.place(event)


@any_story
@given(stories(14))
def test_a_record_time_given_to_each_change_before_the_next_alters_no_answer(
    steps: list[Step],
) -> None:
    """The time of the next command is no earlier than the record time of the one before."""
    visit = blank()
    for step in steps:
        if not step.give(visit):
            recorded = visit.changes[-1].timestamp + timedelta(milliseconds=3)
            visit.date_pending(recorded)
            visit.collect_events()
            assert visit.changes[-1].timestamp == recorded
    before = in_order(visit.state)
    visit.date_pending(LAST_INSTANT)
    assert in_order(visit.state) == before == in_order(fold(visit.changes))


# Retractions and corrections


@any_story
@given(stories(12), randoms, st.sampled_from(["", "2024-03"]))
def test_undoing_a_retraction_gives_back_exactly_what_was(
    steps: list[Step], random: Random, known: str
) -> None:
    """As of any moment, for whichever change was retracted."""
    visit = visit_after(steps)
    for version in range(1, visit.version + 1):
        fork = visit.fork()
        try:
            fork.retract(context(NEXT, known=known), retracted_version=version)
        except Refusal:
            continue
        fork.retract(context(NEXT), retracted_version=fork.version)
        for known_at, valid_at in some_pairs(fork.changes, random, 5):
            was = fold(visit.changes, known_at, valid_at)
            assert in_order(fold(fork.changes, known_at, valid_at)) == in_order(was)


MENDED = VisitDetails(title="mended", purpose="mended")
RIGHT: Json = {
    "details": MENDED,
    "reason": "mended",
    "condition": condition("mended"),
    "held_window": days("2024-01-01"),
    "window": days("2025-01-01"),
    "window_given_up": days("2025-01-01"),
}
# What a correction of a field may change in an answer.
DERIVED = {
    "reason": {"reason"},
    "basis": {"words", "all_words", "standing", "claimed_windows"},
    "details.purpose": {"purpose", "details"},
    "details.title": {"title", "details"},
    "condition": {"conditions"},
    "held_window": {"held_window", "claimed_windows", "words", "all_words"},
    "window": {"window", "previous_windows", "claimed_windows", "words", "all_words"},
    "window_given_up": {
        "window",
        "previous_windows",
        "claimed_windows",
        "words",
        "all_words",
    },
}


def answer(visit: Visit, known_at: datetime, valid_at: datetime) -> Json:
    """The visit as of these moments; empty where it does not exist."""
    state = fold(visit.changes, known_at, valid_at)
    return told(state, 0) if state.status is not None else {}


def corrected(visit: Visit, path: str, known: str = "") -> Iterator[Visit]:
    """The visit with a correction of this field, for each change that it can be corrected in."""
    for version in range(1, visit.version + 1):
        fork = visit.fork()
        try:
            fork.correct(
                context(NEXT, known=known),
                corrected_version=version,
                update_mask=[path],
                **RIGHT,
            )
        except Refusal:
            continue
        yield fork


@any_story
@given(stories(12), randoms, st.sampled_from(list(DERIVED)))
def test_a_correction_touches_nothing_but_its_fields(
    steps: list[Step], random: Random, path: str
) -> None:
    """And what is derived from them, whichever change is corrected."""
    visit = visit_after(steps)
    for right in corrected(visit, path):
        for known_at, valid_at in some_pairs(right.changes, random, 4):
            was, now = (answer(each, known_at, valid_at) for each in (visit, right))
            assert set(was) == set(now)
            assert {name for name in was if was[name] != now[name]} <= DERIVED[path]


@any_story
@given(stories(12), randoms, st.sampled_from(list(DERIVED)))
def test_a_correction_with_a_known_time_leaves_alone_what_was_known_before(
    steps: list[Step], random: Random, path: str
) -> None:
    """The world was misled until then."""
    visit = visit_after(steps)
    for right in corrected(visit, path, known="2024-04-25"):
        learnt = right.changes[-1].known_instant
        for known_at, valid_at in some_pairs(right.changes, random, 4):
            before = min(known_at, learnt - TICK)
            was = in_order(fold(visit.changes, before, valid_at))
            assert in_order(fold(right.changes, before, valid_at)) == was
