"""Rows of the current-state table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

# Windows longer than this are looked up by an index of their own.
LONG_WINDOW = timedelta(31)


class StatusTimes(Enum):
    """The effective and known time of a visit that a change did not set."""

    KEEP = "as they were"
    RECORD = "the record time"


@dataclass(frozen=True)
class Facets:
    """What filters need of a visit. An empty status means that it is withdrawn, and not listed.

    Days are YYYY-MM-DD. Names and words are folded, and each word follows a space.
    ``planned_until`` is the end of the window while the visit is planned, and ``long_until``
    the end of a window longer than ``LONG_WINDOW``.
    """

    status: str = ""
    standing: str = ""
    principal: str = ""
    principal_country: str = ""
    host_country: str = ""
    trip: str = ""
    window_start: str | None = None
    window_end: str | None = None
    words: str = ""
    planned_until: str | None = None
    long_until: str | None = None


@dataclass(frozen=True)
class VisitRow:
    """A row of the current-state table: a visit as it stands.

    ``effective_and_known`` are the times of the last status change, in microseconds, or None
    for a withdrawn visit. ``aliases`` is None if they did not change; ``words_before`` are the
    visit's words before the change.
    """

    visit_id: str
    version: int
    state: bytes
    effective_and_known: tuple[int, int] | StatusTimes | None
    facets: Facets = Facets()
    aliases: Sequence[str] | None = None
    words_before: str = ""
