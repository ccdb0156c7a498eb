"""Rows of the current-state table: as they are written, and as they are read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

# Windows longer than this are looked up by an index of their own.
LONG_WINDOW = timedelta(31)


@dataclass(frozen=True)
class Facets:
    """What filters need of a visit. An empty status means withdrawn: the visit is not listed.

    Days are YYYY-MM-DD. Names and words are folded, and each word has a space before it.
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
    """The row to write for a visit: where its changes leave it.

    ``version_before`` is the version before them, and ``words_before`` are the words.
    ``effective_and_known`` are the times of the last status change, in microseconds, or None
    for a withdrawn visit. ``aliases`` is None if they did not change.
    """

    visit_id: str
    version: int
    state: bytes
    effective_and_known: tuple[int, int] | None
    version_before: int
    facets: Facets = Facets()
    aliases: Sequence[str] | None = None
    words_before: str = ""


class StoredVisit(Protocol):
    """A row as it is read: where a visit is now. Times are in microseconds since 1970, UTC.

    ``state`` is the serialized Visit without the fields of the columns before it. The status is
    empty for a withdrawn visit, which has no effective and no known time.
    """

    visit_id: str
    version: int
    position: int
    create_time: int
    update_time: int
    effective_time: int | None
    known_time: int | None
    state: bytes
    status: str
