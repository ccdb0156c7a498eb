"""What is handed to the writer: changes, each with the state that it leaves."""

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from service.store.states.rows import VisitRow


@dataclass(frozen=True)
class Entry:
    """A change to be recorded. ``row`` is None if no state is kept of its visit."""

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

    They are recorded no earlier than ``not_before`` (microseconds), the time at which they were
    decided. They are recorded only if the visits that they ``rest_on`` are still at these
    versions, and if none of the appends failed that they were decided ``on_top_of``.

    Once ``done`` is set, there are two cases. Either ``error`` says why nothing was recorded.
    Or the entries are at ``first_position`` and the positions after it, all with
    ``record_time`` (microseconds), each with its frame prefix and nonce. Without entries,
    ``record_time`` is the earliest that any later change can have.
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
        """Block until the append is committed, and return the positions. Requires ``done``.

        :raises Exception: the one in ``error``.
        """
        assert self.done is not None
        self.done.wait()
        if self.error is not None:
            raise self.error
        return range(self.first_position, self.first_position + len(self.entries))
