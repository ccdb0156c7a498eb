"""The order in which the changes of a visit are folded, and which of them stand.

The place of a change is fixed when it is recorded, from the changes recorded before it, so that
nothing recorded later moves it. An instant stands at its own time. A period stands directly at
the latest place within it, up to its effective time, or else at its begin. A status change never
stands ahead of the standing one before it. Of one place, the version decides. A correction stands
behind the change that it corrects.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from domain.copies import changed
from domain.events import Amended, Corrected, Event, Retracted, StatusEvent
from domain.times import Moment


class Place(NamedTuple):
    """Where a change stands. The smaller is folded first."""

    time: datetime
    version: int
    correction: int = 0


def taken_out(
    retractions: Sequence[Retracted],
    has_turn: Callable[[Retracted, int], bool] = lambda _retraction, _version: True,
) -> dict[int, int]:
    """The versions that these retractions take out, each with the version of its retraction.

    They are settled from the newest to the oldest: one that is itself taken out does nothing.
    ``has_turn`` says whether a retraction takes out a version that it lists; by default all.
    """
    out: dict[int, int] = {}
    for retraction in reversed(retractions):
        if retraction.originator_version not in out:
            for version in retraction.retracted_versions:
                if has_turn(retraction, version):
                    out[version] = retraction.originator_version
    return out


@dataclass
class _Standing:
    """The status changes that stand, in order, and of all up to each the one that begins last."""

    changes: list[StatusEvent] = field(default_factory=list)
    latest_begun: list[StatusEvent] = field(default_factory=list)

    def add(self, change: StatusEvent) -> None:
        """Let a change stand behind the others."""
        latest = self.latest_begun[-1] if self.latest_begun else change
        self.changes.append(change)
        self.latest_begun.append(change if change.begin > latest.begin else latest)

    def first(self, number: int | None = None) -> "_Standing":
        """So many of them, the first ones; all by default."""
        return _Standing(self.changes[:number], self.latest_begun[:number])


class Timeline:
    """The places of a visit's changes, and which status changes stand by all that is recorded.

    ``retractions`` are all retractions, in the order of versions.
    """

    def __init__(self) -> None:
        self.retractions: list[Retracted] = []
        self._standing = _Standing()
        # What stood before the latest retraction, until a change of the status follows it.
        self._before: _Standing | None = None
        # By version; None for retractions and their corrections.
        self._places: list[Place | None] = []
        self._times: list[datetime] = []  # sorted
        self._status_changes: dict[int, StatusEvent] = {}  # by version
        self._refined: dict[int, int] = {}  # by the versions of amendments

    @classmethod
    def of(cls, events: Sequence[Event]) -> "Timeline":
        """The timeline of all changes of a visit, in the order of their versions."""
        timeline = cls()
        for event in events:
            timeline.add(event)
        return timeline

    def copy(self) -> "Timeline":
        """A timeline that grows independently of this one."""
        return changed(
            self,
            retractions=list(self.retractions),
            _standing=self._standing.first(),
            _before=self._before and self._before.first(),
            _places=list(self._places),
            _times=list(self._times),
            _status_changes=dict(self._status_changes),
            _refined=dict(self._refined),
        )

    @property
    def standing(self) -> Sequence[StatusEvent]:
        """The status changes that stand, in order."""
        return self._standing.changes

    @property
    def latest_begun(self) -> StatusEvent | None:
        """The status change that stands and whose effective period begins last."""
        begun = self._standing.latest_begun
        return begun[-1] if begun else None

    @property
    def out(self) -> dict[int, int]:
        """The versions that are taken out, each with the version of its retraction."""
        return taken_out(self.retractions)

    def add(self, event: Event) -> None:
        """Fix the place of the change that is recorded next."""
        version = event.originator_version
        if isinstance(event, Retracted):
            self._places.append(None)
            self._take_out(event)
            return
        if isinstance(event, Corrected):
            at = self._places[event.corrected_version - 1]
            self._places.append(at and at._replace(correction=version))
            return
        is_status_change = isinstance(event, StatusEvent)
        time = event.timestamp if event.effective is None else self._time_of(event.effective)
        place = self._place(time, version, is_status_change=is_status_change)
        self._places.append(place)
        if self._times and place.time < self._times[-1]:
            insort(self._times, place.time)
        else:
            self._times.append(place.time)
        if isinstance(event, StatusEvent):
            self._status_changes[version] = event
            self._standing.add(event)
            self._before = None
        elif isinstance(event, Amended) and self.standing:
            self._refined[version] = self.standing[-1].originator_version

    def place(self, event: Event) -> Place:
        """The place of a change that was added, other than a retraction."""
        place = self._places[event.originator_version - 1]
        assert place is not None
        return place

    def place_of_version(self, version: int) -> Place | None:
        """The place of the change of that version; None if it has none."""
        return self._places[version - 1] if version <= len(self._places) else None

    def place_at(self, effective: Moment, version: int, *, is_status_change: bool) -> Place:
        """The place of a change that is recorded next and takes effect then."""
        return self._place(self._time_of(effective), version, is_status_change=is_status_change)

    def refined_by(self, amendment: Amended) -> int:
        """The status change whose window an amendment makes exact: that which stood then."""
        return self._refined.get(amendment.originator_version, 0)

    def _place(self, time: datetime, version: int, *, is_status_change: bool) -> Place:
        """The place of a change at this time: a status change stands behind the one before it."""
        if is_status_change and (standing := self._standing.changes):
            time = max(time, self.place(standing[-1]).time)
        return Place(time, version)

    def _time_of(self, effective: Moment) -> datetime:
        """The time at which a change stands that takes effect then."""
        if not effective.period:
            return effective.instant
        latest = bisect_right(self._times, effective.instant)
        is_within = latest and self._times[latest - 1] >= effective.begin
        return self._times[latest - 1] if is_within else effective.begin

    def _take_out(self, retraction: Retracted) -> None:
        """Take out what a retraction lists. To undo the latest one takes no search."""
        listed = retraction.retracted_versions
        latest = self.retractions[-1].originator_version if self.retractions else 0
        self.retractions.append(retraction)
        before, self._before = self._before, self._standing
        if before is not None and listed == (latest,):
            self._standing = before
        elif any(self._places[version - 1] is None for version in listed):
            out, self._standing = self.out, _Standing()
            for change in sorted(self._status_changes.values(), key=self.place):
                if change.originator_version not in out:
                    self._standing.add(change)
        else:
            self._standing = self._without(listed)

    def _without(self, listed: Iterable[int]) -> _Standing:
        """What stands without the changes of these versions."""
        gone = {version for version in listed if version in self._status_changes}
        if not gone:
            return self._standing
        first = min(self.place(self._status_changes[version]) for version in gone)
        kept = bisect_left(self.standing, first, key=self.place)
        found = self._standing.first(kept)
        for change in self.standing[kept:]:
            if change.originator_version not in gone:
                found.add(change)
        return found
