"""The three times of a change: effective, known and recorded.

An effective or a known time has a precision. It resolves to the last instant of its period,
or to the time of the command if that is earlier, so that "May" claims no more than is known.
All times are in UTC, with microseconds.
"""

from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, timedelta
from enum import IntEnum

from domain.errors import InvalidValue

TICK = timedelta(microseconds=1)
LAST_INSTANT = datetime.max.replace(tzinfo=UTC)
LAST_DAY = LAST_INSTANT.date()


class Precision(IntEnum):
    """How exactly a time is known; the larger, the coarser."""

    INSTANT = 1
    DAY = 2
    MONTH = 3
    YEAR = 4


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, and how exactly it is known."""

    instant: datetime
    precision: Precision = Precision.INSTANT

    def resolved(self, field: str, now: datetime) -> "Moment":
        """This time at the last instant that it can mean in a command given at ``now``.

        :raises InvalidValue: the whole period lies after ``now``; names ``field``.
        """
        if start_of(self.instant, self.precision) > now:
            raise InvalidValue.of(
                field, f"must not be in the future; it is now {now:%Y-%m-%dT%H:%M:%S.%fZ}"
            )
        return Moment(min(end_of(self.instant, self.precision), now), self.precision)

    def before(self, other: "Moment") -> bool:
        """Whether this time is earlier, at the coarser precision of the two."""
        coarser = max(self.precision, other.precision)
        return start_of(self.instant, coarser) < start_of(other.instant, coarser)


def resolve(
    effective: Moment | None,
    known: Moment | None,
    now: datetime,
    default_known: Moment | None = None,
) -> tuple[Moment | None, Moment | None]:
    """Resolve the effective and the known time of a command given at ``now``.

    ``default_known``, already resolved, stands in for a missing known time. If only one time is
    given, the other takes its value. If neither is, both stay unset, which means the record
    time. Within one period (effective "3 February", known at 18:00 that day) the effective time
    is lowered to the known one.

    :raises InvalidValue: one is in the future, or the effective time is after the known one.
    """
    if effective is not None:
        effective = effective.resolved("effective_time", now)
    known = default_known if known is None else known.resolved("known_time", now)
    if effective is None or known is None:
        both = effective or known
        return both, both
    if known.before(effective):
        raise InvalidValue.of("effective_time", "must not be after the known time")
    return Moment(min(effective.instant, known.instant), effective.precision), known


def raise_to(floor: Moment, effective: Moment) -> Moment:
    """The effective time of a status change, no earlier than ``floor``, that of the last one.

    If both lie in one period of the coarser precision, the new change is raised to the instant
    of the last one. It then takes the coarser precision, since the instant may lie outside its
    own period. The known time stays as given.

    :raises InvalidValue: the effective time is before the floor.
    """
    if effective.before(floor):
        raise InvalidValue.of(
            "effective_time",
            "must not be before that of the last status change, "
            f"{floor.instant:%Y-%m-%dT%H:%M:%S.%fZ} ({floor.precision.name.lower()})",
        )
    if effective.instant >= floor.instant:
        return effective
    return Moment(floor.instant, max(floor.precision, effective.precision))


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
