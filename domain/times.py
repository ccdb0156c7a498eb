"""The three times of a change: effective, known and recorded.

An effective or a known time has a precision, and stands at the latest instant of
its period, or at the time of the command if that is earlier: "May" does not claim
more than it knows. All times are in UTC and have microseconds.
"""

from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, timedelta
from enum import IntEnum

from domain.errors import InvalidValue

TICK = timedelta(microseconds=1)


class Precision(IntEnum):
    """How exactly a time is known; the larger, the coarser."""

    INSTANT = 1
    DAY = 2
    MONTH = 3
    YEAR = 4


def start_of(instant: datetime, precision: Precision) -> datetime:
    """The first instant of the period around ``instant``."""
    if precision == Precision.INSTANT:
        return instant
    return datetime(
        instant.year,
        instant.month if precision < Precision.YEAR else 1,
        instant.day if precision < Precision.MONTH else 1,
        tzinfo=UTC,
    )


def end_of(instant: datetime, precision: Precision) -> datetime:
    """The last instant of the period around ``instant``."""
    start = start_of(instant, precision)
    if precision == Precision.INSTANT:
        return start
    if precision == Precision.DAY:
        return start + timedelta(days=1) - TICK if start.date() != LAST_DAY else LAST_INSTANT
    years, month = divmod(start.month if precision == Precision.MONTH else 12, 12)
    if start.year + years > MAXYEAR:
        return LAST_INSTANT
    return start.replace(year=start.year + years, month=month + 1) - TICK


LAST_INSTANT = datetime.max.replace(tzinfo=UTC)
LAST_DAY = LAST_INSTANT.date()


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, and how exactly it is known."""

    instant: datetime
    precision: Precision = Precision.INSTANT

    def settled(self, field: str, now: datetime) -> "Moment":
        """Where this time stands when it is told at ``now``.

        :raises InvalidValue: its whole period lies after ``now``.
        """
        if start_of(self.instant, self.precision) > now:
            raise InvalidValue.of(
                field, f"must not lie in the future; it is now {now:%Y-%m-%dT%H:%M:%S.%fZ}"
            )
        return Moment(min(end_of(self.instant, self.precision), now), self.precision)

    def before(self, other: "Moment") -> bool:
        """Whether this time is earlier, compared at the coarser precision of the two."""
        coarser = max(self.precision, other.precision)
        return start_of(self.instant, coarser) < start_of(other.instant, coarser)


def settle(
    effective: Moment | None,
    known: Moment | None,
    now: datetime,
    default_known: Moment | None = None,
) -> tuple[Moment | None, Moment | None]:
    """Where the effective and the known time of a command stand.

    Where no known time is given, it is ``default_known``, if there is one, which stands
    already. Where only one is given, the other takes its value. Where neither is, both stay
    unset, which means the record time. Within one period (effective "3 February",
    known at 18:00 that day) the effective time is lowered to the known one.

    :raises InvalidValue: one lies in the future, or effective lies after known.
    """
    if effective is not None:
        effective = effective.settled("effective_time", now)
    known = default_known if known is None else known.settled("known_time", now)
    if effective is None or known is None:
        both = effective or known
        return both, both
    if known.before(effective):
        raise InvalidValue.of("effective_time", "must not lie after the known time")
    return Moment(min(effective.instant, known.instant), effective.precision), known


def raise_to(floor: Moment, effective: Moment) -> Moment:
    """Order a status change behind the one that stands, whose effective time is ``floor``.

    Within the coarser precision of the two the later change is raised to the earlier
    one's instant. It then takes that precision, since the instant is no longer that of
    its own period. What is known of it stays as it was told.

    :raises InvalidValue: the effective time goes back.
    """
    if effective.before(floor):
        raise InvalidValue.of(
            "effective_time",
            "must not lie before that of the status change that stands, "
            f"{floor.instant:%Y-%m-%dT%H:%M:%S.%fZ} ({floor.precision.name.lower()})",
        )
    if effective.instant >= floor.instant:
        return effective
    return Moment(floor.instant, max(floor.precision, effective.precision))
