"""The moment that a question asks about, and which changes count for it."""

from dataclasses import dataclass
from datetime import datetime

from domain.times import LAST_INSTANT


@dataclass(frozen=True)
class AsOf:
    """The moment that a question asks about, as the request states it. None means now."""

    position: int | None = None
    recorded_at: datetime | None = None
    known_at: datetime | None = None
    valid_at: datetime | None = None

    def meant(self, now: datetime) -> "AsOf":
        """The same with none of its times in the future.

        A time in whole milliseconds means the last microsecond of its millisecond, so that
        clients that count in milliseconds meet the times that they were told.
        """
        times = (self.recorded_at, self.known_at, self.valid_at)
        return AsOf(self.position, *(time and min(_to_its_end(time), now) for time in times))


def _to_its_end(time: datetime) -> datetime:
    is_whole = time.microsecond % 1000 == 0
    return time.replace(microsecond=time.microsecond + 999) if is_whole else time


@dataclass(frozen=True)
class Cutoff:
    """The changes that count: recorded up to a position, known and in force by these times."""

    position: int
    known_at: datetime = LAST_INSTANT
    valid_at: datetime = LAST_INSTANT

    @property
    def counts_all(self) -> bool:
        """Whether every change up to the position counts."""
        return self.known_at == self.valid_at == LAST_INSTANT
