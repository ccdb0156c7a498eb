"""What is handed to the writer: changes, each with the state that it leaves."""

from dataclasses import dataclass

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
