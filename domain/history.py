"""What was in force, according to what was known: one plain fold over a visit's events.

The caller takes the first step, ``fold`` the others:

1. Keep the changes recorded by then.
2. Settle retractions from the newest to the oldest; see ``View``.
3. Of the rest keep those whose known time is not after ``known_at`` and whose effective time is
   not after ``valid_at``.
4. Order them by place, then by version; see ``domain.timeline``. A correction follows the change
   that it corrects, and counts with it, from its own known time on.
5. The last status change gives the status. If there is none, or no opening stands, there is no
   visit.
6. The details begin as those of the opening that stands, whether or not it was known. Then fold
   windows, conditions, amendments and statements in the same order.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from domain.corrections import corrected
from domain.errors import Invisible, NotVisibleThen, Refusal, VisitWithdrawn
from domain.events import Corrected, Event, Retracted, StatusEvent
from domain.hearing import hear, heard_from
from domain.state import State, evolve
from domain.status import Status
from domain.timeline import Place, Timeline, taken_out
from domain.times import LAST_INSTANT, Moment

_KNOWN_INSTANT = attrgetter("known_instant")


class View:
    """The changes of a visit as they were known and in force at these times.

    ``events`` are those recorded by then, and ``timeline`` is theirs, or one that goes on.
    """

    def __init__(
        self,
        events: Sequence[Event],
        timeline: Timeline | None = None,
        known_at: datetime = LAST_INSTANT,
        valid_at: datetime = LAST_INSTANT,
    ) -> None:
        self.events = events
        self.timeline = timeline or Timeline.of(events)
        self.known_at = known_at
        self.valid_at = valid_at
        self._is_bounded = min(known_at, valid_at) < LAST_INSTANT
        self.retractions = [event for event in events if isinstance(event, Retracted)]
        self.out = taken_out(self.retractions, self._has_turn)
        self.corrections: dict[int, list[Corrected]] = {}
        for event in events:
            if isinstance(event, Corrected) and self._corrects(event):
                self.corrections.setdefault(event.corrected_version, []).append(event)

    def counts(self, event: Event) -> bool:
        """Whether a change was known, in force and not retracted. A retraction never is."""
        if event.originator_version in self.out or isinstance(event, Retracted):
            return False
        if isinstance(event, Corrected):
            return self._corrects(event) and self.counts(self.events[event.corrected_version - 1])
        return not self._is_bounded or (
            event.known_instant <= self.known_at and event.effective_instant <= self.valid_at
        )

    def fold(self, until: Place | None = None) -> State:
        """The state that these changes add up to; at most up to a place, excluding it."""
        *_, state = self.folding(len(self.events), until)
        return state

    def folding(self, step: int, until: Place | None = None) -> Iterator[State]:
        """The same in steps of so many changes: gives the state after each, at least once.

        Only the last one says what was said and when the visit was heard of.
        """
        changes = self._counting()
        left_out: frozenset[int] = frozenset()
        if len(changes) < len(self.events):
            kept = {event.originator_version for event in changes}
            left_out = frozenset(range(1, len(self.events) + 1)) - kept
        state = State(left_out=left_out, retracted=self._retracted())
        opening, place = self._opening(), self.timeline.place
        if opening is not None:
            state.open(corrected(opening, self._corrections_of(opening)))
            changes.sort(key=place)
            if until is not None:
                del changes[bisect_left(changes, until, key=place) :]
        else:
            changes.clear()
        first_heard = heard_from(changes)
        for i, event in enumerate(changes):
            if self.corrections and (corrections := self._corrections_of(event)):
                event = corrected(event, corrections)
            evolve(state, event, self.timeline)
            if i >= first_heard:
                hear(state, event, self.timeline)
            if i % step == step - 1:
                yield state
        state.last_heard = self._last_heard(changes)
        if state.status is None:
            state.merged_into = self._merged_into()
        yield state

    def _counting(self) -> list[Event]:
        """The changes that count: without bounds, all but retractions and what they take out."""
        if self._is_bounded or self.out:
            return [event for event in self.events if self.counts(event)]
        if self.retractions:
            return [event for event in self.events if not isinstance(event, Retracted)]
        return list(self.events)

    def _last_heard(self, changes: Sequence[Event]) -> Moment | None:
        """The latest known time of these changes."""
        if self.corrections:
            changes = [_dating(self.events, event) for event in changes]
        last = max(reversed(changes), key=_KNOWN_INSTANT, default=None)
        return None if last is None else last.known_moment

    def _corrections_of(self, event: Event) -> Sequence[Corrected]:
        return self.corrections.get(event.originator_version, ())

    def _corrects(self, correction: Corrected) -> bool:
        """Whether a correction counts wherever the change that it corrects does."""
        is_known = correction.known is None or correction.known.instant <= self.known_at
        return is_known and correction.originator_version not in self.out

    def _has_turn(self, retraction: Retracted, version: int) -> bool:
        """Whether the time has come at which a retraction takes out a version.

        It is the retraction's known time, or else the version's own. A retraction without a
        known time undoes another one at any time.
        """
        if retraction.known is not None:
            return retraction.known.instant <= self.known_at
        event = self.events[version - 1]
        if isinstance(event, Retracted):
            return True
        return known_moment(self.events, event).instant <= self.known_at

    def _opening(self) -> StatusEvent | None:
        """The latest opening that is known and in force, else the last that stands."""
        openings = [
            event
            for event in self.events
            if isinstance(event, StatusEvent)
            and event.opens
            and event.originator_version not in self.out
        ]
        if counting := [event for event in openings if self.counts(event)]:
            return max(counting, key=self.timeline.place)
        return openings[-1] if openings else None

    def _retracted(self) -> dict[int, Status]:
        """The statuses that the status changes that are taken out led to, by version."""
        found = ((version, self.events[version - 1]) for version in self.out)
        return {version: e.status for version, e in found if isinstance(e, StatusEvent)}

    def _merged_into(self) -> str:
        """The visit that the last retraction of an opening says this one duplicates."""
        for retraction in reversed(self.retractions):
            version, target = retraction.originator_version, retraction.retracted_version
            if version not in self.out and self.events[target - 1].opens:
                return retraction.merged_into if self._has_turn(retraction, target) else ""
        return ""


@dataclass(frozen=True)
class Past:
    """All that is recorded of a visit, and what it adds up to: what the next change is held to."""

    visit_id: str
    events: Sequence[Event]
    timeline: Timeline
    state: State

    @property
    def version(self) -> int:
        """The number of changes recorded."""
        return len(self.events)

    def state_before(self, place: Place) -> State:
        """The state as far as it is folded before a place."""
        if self.state.latest is None or self.state.latest < place:
            return self.state
        return View(self.events, self.timeline).fold(until=place)


def known_moment(events: Sequence[Event], event: Event) -> Moment:
    """When a change became known: a correction as early as what it corrects, unless it says so."""
    return _dating(events, event).known_moment


def _dating(events: Sequence[Event], event: Event) -> Event:
    """The change whose time says when this one became known."""
    if event.known is None and isinstance(event, Corrected):
        return events[event.corrected_version - 1]
    return event


def was_told(
    event: Event, change_of: Callable[[int], Event], known_at: datetime, valid_at: datetime
) -> bool:
    """Whether a change was known and in force, whether it was retracted or not.

    A correction was with the change that it corrects, which ``change_of`` gives for its version,
    and from its own known time on. A retraction without one is about what is recorded, at any time.
    """
    if isinstance(event, Corrected | Retracted):
        if event.known is not None and event.known.instant > known_at:
            return False
        return isinstance(event, Retracted) or was_told(
            change_of(event.corrected_version), change_of, known_at, valid_at
        )
    return event.known_instant <= known_at and event.effective_instant <= valid_at


def fold(
    events: Sequence[Event],
    known_at: datetime = LAST_INSTANT,
    valid_at: datetime = LAST_INSTANT,
    timeline: Timeline | None = None,
) -> State:
    """The visit at these times, from the events recorded by then.

    Its status is None if it had none. ``timeline`` is that of the events, or one that goes on.
    """
    return View(events, timeline, known_at, valid_at).fold()


def after(state: State, events: Sequence[Event], timeline: Timeline) -> State:
    """Apply the last of these events to ``state``, in place where that is possible.

    The timeline has it already.
    """
    event = events[-1]
    if isinstance(event, Retracted | Corrected):
        return fold(events, timeline=timeline)
    is_last = state.latest is None or timeline.place(event) > state.latest
    if not is_last or state.opening is None or event.opens:
        return fold(events, timeline=timeline)
    evolve(state, event, timeline)
    hear(state, event, timeline)
    if state.last_heard is None or event.known_instant >= state.last_heard.instant:
        state.last_heard = event.known_moment
    return state


def why_invisible(
    visit_id: str, events: Sequence[Event], known_at: datetime = LAST_INSTANT
) -> Refusal:
    """Why a visit had no status when asked, from the events recorded by then."""
    if not events:
        return NotVisibleThen(visit_id, Invisible.NOT_RECORDED)
    known = fold(events, known_at)
    if known.status is not None:
        return NotVisibleThen(visit_id, Invisible.NOT_IN_FORCE)
    first_known = min(e.known_instant for e in events if isinstance(e, StatusEvent))
    if known.opening is not None or first_known > known_at:
        return NotVisibleThen(visit_id, Invisible.NOT_KNOWN, first_known)
    return VisitWithdrawn(visit_id, known.merged_into)
