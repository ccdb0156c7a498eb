"""Rows of the current-state table and its look-up tables: as they are written, and as read."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum, StrEnum
from typing import NamedTuple, Protocol

# Where days are open at one end, they reach to the end of time.
FIRST_DAY, LAST_DAY = date.min.isoformat(), date.max.isoformat()


class Label(StrEnum):
    """What a visit may have several of, or none: by each of these it is looked up."""

    PRINCIPAL = "principal"
    DESTINATION_COUNTRY = "destination_country"
    NAMES = "names"
    NAMED_BY = "named_by"
    UNDER_WAY = "under_way"


class DayKind(StrEnum):
    """Which days of a visit a question is about."""

    PLANNED = "planned"
    HELD = "held"
    FORMER = "former"
    CLAIMED = "claimed"


class Span(IntEnum):
    """How long days last, from the first to the last: a few days, a month, a year, ten years.

    Those that overlap others are looked up among each span alone, and not much further back than
    it lasts. The longest may have no end. Those without a beginning are looked up by their end.
    """

    FEW_DAYS = 0
    MONTH = 1
    YEAR = 2
    DECADE = 3
    LONGER = 4
    FROM_THE_FIRST = 5


# The days that each span lasts at most, beside the first; the others have no bound.
AT_MOST = {Span.FEW_DAYS: 4, Span.MONTH: 31, Span.YEAR: 366, Span.DECADE: 3653}
_BOUNDS = list(AT_MOST.values())


class Days(NamedTuple):
    """Days of a visit, as YYYY-MM-DD."""

    kind: str
    span: int
    first_day: str
    last_day: str

    @classmethod
    def of(cls, kind: DayKind, first: date | None, last: date | None) -> "Days":
        """The days from the first to the last; None reaches to the end of time."""
        if first is None or first == date.min:
            span = Span.FROM_THE_FIRST
        elif last is None:
            span = Span.LONGER
        else:
            span = Span(bisect_left(_BOUNDS, (last - first).days))
        first_day = first.isoformat() if first else FIRST_DAY
        return cls(kind.value, span.value, first_day, last.isoformat() if last else LAST_DAY)


@dataclass(frozen=True)
class Lookups:
    """What the look-up tables have of a visit, beside its aliases.

    Names and words are folded, and each word has a space before it.
    """

    words: str = ""
    labels: frozenset[tuple[Label, str]] = frozenset()
    days: frozenset[Days] = frozenset()


NOWHERE = Lookups()


@dataclass(frozen=True)
class Facets:
    """What filters need of a visit. An empty status means withdrawn: the visit is not listed.

    Days are YYYY-MM-DD, times are in microseconds since 1970, UTC, and names are folded.
    ``overdue_at`` is when the last day of a planned visit is over everywhere.
    """

    status: str = ""
    standing: str = ""
    principal: str = ""
    principal_country: str = ""
    host_country: str = ""
    trip: str = ""
    window_start: str | None = None
    held_start: str | None = None
    last_heard_time: int = 0
    overdue_at: int | None = None
    lookups: Lookups = field(default=NOWHERE)


@dataclass(frozen=True)
class VisitRow:
    """The row to write for a visit: where its changes leave it.

    ``version_before`` is the version before them, and ``lookups_before`` is what the look-up
    tables have then. ``aliases`` is None if they did not change.
    """

    visit_id: str
    version: int
    state: bytes
    version_before: int
    facets: Facets = Facets()
    aliases: Sequence[str] | None = None
    lookups_before: Lookups = NOWHERE


class StoredVisit(Protocol):
    """A row as it is read: where a visit is now. Times are in microseconds since 1970, UTC.

    ``state`` is the serialized Visit without the fields of the columns before it. The status is
    empty for a withdrawn visit.
    """

    visit_id: str
    version: int
    position: int
    create_time: int
    update_time: int
    state: bytes
    status: str
