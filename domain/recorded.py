"""What is recorded of a visit, and what it adds up to.

Nothing is checked here: ``domain.visit`` decides, and ``domain.state`` applies the events.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Self

from eventsourcing.domain import BaseAggregate

from domain.copies import changed
from domain.events import Event
from domain.history import Past, after, fold
from domain.state import State
from domain.timeline import Timeline
from domain.values import VisitDetails


class RecordedVisit(BaseAggregate[str]):
    """The changes of a visit, their order, and the state that they leave."""

    if TYPE_CHECKING:  # an annotation would make this a dataclass
        _changes: tuple[Event, ...]
        _state: State
        _timeline: Timeline

    @classmethod
    def blank(cls, visit_id: str, timestamp: datetime) -> Self:
        """A visit with nothing recorded yet."""
        visit = object.__new__(cls)
        visit.__base_init__(visit_id, 0, timestamp)
        visit._changes = ()
        visit._state = State()
        visit._timeline = Timeline()
        return visit

    @classmethod
    def from_history(
        cls,
        visit_id: str,
        timestamp: datetime,
        events: Sequence[Event],
        timeline: Timeline | None = None,
        state: State | None = None,
    ) -> Self:
        """The visit that results from all its events, from the first on.

        ``timeline`` and ``state`` are what they lead to, if the caller has that.
        """
        visit = cls.blank(visit_id, timestamp)
        if events:
            timeline = timeline or Timeline.of(events)
            visit._changes, visit._timeline = tuple(events), timeline
            visit._state = state or fold(events, timeline=timeline)
            visit.version, visit.modified_on = len(events), events[-1].timestamp
        return visit

    @property
    def changes(self) -> tuple[Event, ...]:
        """All changes, the oldest first, including retracted ones."""
        return self._changes

    @property
    def state(self) -> State:
        """The current state of the visit."""
        return self._state

    @property
    def timeline(self) -> Timeline:
        """The order in which its changes are folded."""
        return self._timeline

    @property
    def details_withdrawn(self) -> VisitDetails:
        """The details that a withdrawn visit had when it was withdrawn."""
        out = self._timeline.out
        for retraction in reversed(self._timeline.retractions):
            version = retraction.originator_version
            target = self._changes[retraction.retracted_version - 1]
            if version not in out and target.opens:
                return fold(self._changes[: version - 1]).details
        return self._state.details

    @property
    def past(self) -> Past:
        """All that the next change is held to."""
        return Past(self.id, self._changes, self._timeline, self._state)

    def trigger(self, event: Event) -> None:
        """Apply an event that is not recorded yet."""
        event.mutate(self)
        self._pending_events.append(event)

    def take(self, event: Event) -> None:
        """Add an event to the history, and apply it to the state."""
        self._changes += (event,)
        self._timeline.add(event)
        self._state = after(self._state, self._changes, self._timeline)

    def date_pending(self, record_time: datetime) -> None:
        """Give the changes that are not recorded yet the record time that they get now.

        For those who decide before that time is known.
        """
        if not self.pending_events:
            return
        undated = {id(event) for event in self.pending_events}
        changes = tuple(
            changed(event, timestamp=record_time) if id(event) in undated else event
            for event in self._changes
        )
        timeline = Timeline.of(changes)
        self._changes, self._timeline = changes, timeline
        self._state = fold(changes, timeline=timeline)
        self._pending_events = list(self._changes[len(self._changes) - len(undated) :])
        self.modified_on = record_time

    def fork(self) -> Self:
        """A copy that takes changes of its own, with nothing pending."""
        return changed(
            self,
            _pending_events=[],
            _state=self._state.copy(),
            _timeline=self._timeline.copy(),
        )
