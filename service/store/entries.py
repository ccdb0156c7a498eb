"""What is handed to the writer: changes with the state that each leaves."""

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum

LONG_WINDOW = timedelta(31)


class StatusTimes(Enum):
    """What becomes of a visit's effective and known time where a change does not set them."""

    KEEP = "as they were"
    RECORD = "the record time"


@dataclass(frozen=True)
class Facets:
    """What filters need of a visit. Without a status it is withdrawn, and never listed.

    Days are YYYY-MM-DD; names and words are folded, each word with a space before it.
    ``planned_until`` is the end of the window as long as the visit is planned, and
    ``long_until`` that of a window longer than ``LONG_WINDOW``.
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
    """Where a visit stands: a row of the current-state table.

    ``effective_and_known`` are those of the last status change, in microseconds, or
    None for a withdrawn visit. ``aliases`` is None where they are as they were;
    ``words_before`` are those of the visit before the change.
    """

    visit_id: str
    version: int
    state: bytes
    effective_and_known: tuple[int, int] | StatusTimes | None
    facets: Facets = Facets()
    aliases: Sequence[str] | None = None
    words_before: str = ""


@dataclass(frozen=True)
class Entry:
    """A change to be recorded. ``row`` is None where no state is kept of its visit."""

    visit_id: str
    version: int
    topic: str
    body: bytes
    actor: str = ""
    request_id: str | None = None
    request_digest: bytes | None = None
    row: VisitRow | None = None


@dataclass(eq=False)
class Append:
    """Entries that are recorded together or not at all, and what became of them.

    They are recorded at ``not_before`` (microseconds) at the earliest, when they were decided,
    and only as long as the visits that they ``rest_on`` are at these versions, and no append
    failed that they were decided ``on_top_of`` before it was committed. Once ``done`` is set,
    either ``error`` says why nothing was recorded, or the entries stand at ``first_position``
    and those that follow, all at ``record_time`` (microseconds), each with its frame prefix and
    its nonce. Without entries ``record_time`` is the earliest that any later change can have.
    """

    entries: Sequence[Entry]
    not_before: int = 0
    rest_on: Mapping[str, int] = field(default_factory=dict)
    on_top_of: "Collection[Append]" = ()
    first_position: int = 0
    record_time: int = 0
    frame_prefixes: Sequence[bytes] = ()
    nonces: Sequence[bytes] = ()
    error: Exception | None = None
    done: threading.Event | None = field(default=None, repr=False)

    def wait(self) -> Sequence[int]:
        """Block until the append is committed, and give the positions.

        :raises Exception: what ``error`` holds. Requires ``done``.
        """
        assert self.done is not None
        self.done.wait()
        if self.error is not None:
            raise self.error
        return range(self.first_position, self.first_position + len(self.entries))
