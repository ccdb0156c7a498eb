"""Which visits a desk looks at on a day, told from the visits alone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from chancery.client import Visit, Window
from service.web.terms import EVERYWHERE, PLANNED, WAITING
from service.web.wording import is_overdue

DUE_DAYS = 42
HELD_DAYS = 14
# Visits that were quiet for so many days share one line.
SILENT_DAYS = 400

Test = Callable[[Visit], bool]


@dataclass(frozen=True)
class Days:
    """The days by which visits are told apart, at a moment. ``since`` is when news begin."""

    at: datetime
    since: datetime
    is_past: bool = False
    """Whether the moment is another one than now."""

    @property
    def today(self) -> date:
        """The day of the moment, in UTC."""
        return self.at.astimezone(UTC).date()

    @property
    def due(self) -> tuple[date, date]:
        """From the first day that is not over everywhere on Earth, six weeks."""
        first = (self.at.astimezone(UTC) - EVERYWHERE).date()
        return first, self.today + timedelta(DUE_DAYS)

    @property
    def lately(self) -> tuple[date, date]:
        """The two weeks in which a visit was just held."""
        return self.today - timedelta(HELD_DAYS), self.today

    @property
    def silent_since(self) -> datetime:
        """Nothing was heard for more than a year of those last heard of before this."""
        return datetime.combine(self.today - timedelta(SILENT_DAYS), time.min, UTC)

    def has_changed(self, visit: Visit) -> bool:
        """Whether something about a visit became known since."""
        return heard(visit) >= self.since

    def is_overdue(self, visit: Visit) -> bool:
        """Whether a visit is still planned, although its last day is over."""
        return is_overdue(visit, self.at)

    def is_due(self, visit: Visit) -> bool:
        """Whether a visit is planned for a day within six weeks."""
        return visit.status in PLANNED and is_within(visit.window, *self.due)

    def is_later(self, visit: Visit) -> bool:
        """Whether a visit is planned for days after these alone."""
        return visit.status in PLANNED and first_day(visit) > self.due[1]

    def waits(self, visit: Visit) -> bool:
        """Whether a visit has no date, and was heard of within a year or so."""
        return visit.status in WAITING and heard(visit) >= self.silent_since

    def is_silent(self, visit: Visit) -> bool:
        """Whether a visit has no date, and nothing was heard of it for longer."""
        return visit.status in WAITING and heard(visit) < self.silent_since

    def was_just_held(self, visit: Visit) -> bool:
        """Whether a visit took place within the last two weeks."""
        return visit.status == "completed" and is_within(visit.held_window, *self.lately)


def is_disputed(visit: Visit) -> bool:
    """Whether a side contradicts the status."""
    return visit.standing == "disputed"


def heard(visit: Visit) -> datetime:
    """When a visit was last heard of."""
    return visit.last_heard_time or datetime.min.replace(tzinfo=UTC)


def first_day(visit: Visit) -> date:
    """The first day held or planned; without any, a day before all others."""
    window = visit.held_window or visit.window
    return (window and window.start) or date.min


def is_within(window: Window | None, first: date, last: date) -> bool:
    """Whether a window has a day among these. One without any day has none."""
    if window is None or (window.start is None and window.end is None):
        return False
    return (window.start or date.min) <= last and (window.end or date.max) >= first
