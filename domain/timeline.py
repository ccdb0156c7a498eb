"""The order in which the changes of a visit are folded, and which of them stand.

The place of a change is fixed when it is recorded, from the changes recorded before it, so that
nothing recorded later moves it. An instant stands at its own time. A period stands directly at
the latest place within it, up to its effective time, or else at its begin. A status change never
stands ahead of the standing one before it. Of one place, the version decides. A correction stands
behind the change that it corrects.
"""

from bisect import bisect_right, insort
from collections.abc import Callable, Sequence
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


class Timeline:
    """The places of a visit's changes, and which status changes stand by all that is recorded.

    ``standing`` are the status changes that stand, in order, and ``latest_begun`` is the one
    whose effective period begins last. ``out`` has the versions that are taken out, each with the
    version of its retraction, and ``retractions`` all retractions, in the order of versions.
    """

    def __init__(self) -> None:
        self.standing: list[StatusEvent] = []
        self.latest_begun: StatusEvent | None = None
        self.out: dict[int, int] = {}
        self.retractions: list[Retracted] = []
        # By version; None for retractions and their corrections.
        self._places: list[Place | None] = []
        self._times: list[datetime] = []  # sorted
        self._status_changes: list[StatusEvent] = []
        self._refined: list[int] = []  # by version; 0 for all but amendments

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
            standing=list(self.standing),
            out=dict(self.out),
            retractions=list(self.retractions),
            _places=list(self._places),
            _times=list(self._times),
            _status_changes=list(self._status_changes),
            _refined=list(self._refined),
        )

    def add(self, event: Event) -> None:
        """Fix the place of the change that is recorded next."""
        is_refining = bool(self.standing) and isinstance(event, Amended)
        self._refined.append(self.standing[-1].originator_version if is_refining else 0)
        if isinstance(event, Retracted):
            self._places.append(None)
            self._take_out(event)
            return
        if isinstance(event, Corrected):
            at = self._places[event.corrected_version - 1]
            self._places.append(at and at._replace(correction=event.originator_version))
            return
        is_status_change = isinstance(event, StatusEvent)
        time = event.timestamp if event.effective is None else self._time_of(event.effective)
        place = self._place(time, event.originator_version, is_status_change=is_status_change)
        self._places.append(place)
        if self._times and place.time < self._times[-1]:
            insort(self._times, place.time)
        else:
            self._times.append(place.time)
        if isinstance(event, StatusEvent):
            self.standing.append(event)
            if self.latest_begun is None or event.begin > self.latest_begun.begin:
                self.latest_begun = event
            self._status_changes.append(event)

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
        return self._refined[amendment.originator_version - 1]

    def _place(self, time: datetime, version: int, *, is_status_change: bool) -> Place:
        """The place of a change at this time: a status change stands behind the one before it."""
        if is_status_change and self.standing:
            time = max(time, self.place(self.standing[-1]).time)
        return Place(time, version)

    def _time_of(self, effective: Moment) -> datetime:
        """The time at which a change stands that takes effect then."""
        if not effective.period:
            return effective.instant
        latest = bisect_right(self._times, effective.instant)
        is_within = latest and self._times[latest - 1] >= effective.begin
        return self._times[latest - 1] if is_within else effective.begin

    def _take_out(self, retraction: Retracted) -> None:
        self.retractions.append(retraction)
        gone = set(retraction.retracted_versions)
        if any(self._places[version - 1] is None for version in gone):
            self.out = taken_out(self.retractions)
            stand = (e for e in self._status_changes if e.originator_version not in self.out)
            self.standing = sorted(stand, key=self.place)
        else:
            self.out |= dict.fromkeys(gone, retraction.originator_version)
            self.standing = [e for e in self.standing if e.originator_version not in gone]
        self.latest_begun = max(self.standing, key=lambda event: event.begin, default=None)
