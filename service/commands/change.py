"""A requested change, and its outcome."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.checks import Context
from domain.visit import Visit
from service.store.tables import request_key

COMMANDS: Mapping[str, Callable[..., None]] = {
    "scheduled": Visit.schedule,
    "disclosed": Visit.disclose,
    "postponed": Visit.postpone,
    "deferred": Visit.defer,
    "rescheduled": Visit.reschedule,
    "completed": Visit.complete,
    "cancelled": Visit.cancel,
    "amended": Visit.amend,
    "corrected": Visit.correct,
    "statement_recorded": Visit.record_statement,
    "retracted": Visit.retract,
}


@dataclass(frozen=True)
class Change:
    """A requested change.

    ``topic`` names the command, and ``values`` are its arguments. The context's ``now`` is set
    when the change is decided. If the visit id is empty, the visit gets a new one. ``path`` says
    where the change is in the request.
    """

    visit_id: str
    topic: str
    values: Mapping[str, Any]
    context: Context
    request_digest: bytes
    path: str = ""

    @property
    def is_opening(self) -> bool:
        """Whether it opens a visit: only then it has the details of one."""
        is_one = self.topic not in ("amended", "corrected")
        return is_one and self.values.get("details") is not None

    @property
    def key(self) -> tuple[str, str]:
        """What makes a retry harmless: the request id, and whose it is."""
        return request_key(self.context.actor, self.context.request_id)


@dataclass(frozen=True)
class Outcome:
    """The outcome of a change: the serialized Visit and RecordedEvent.

    The position is 0 if the change was only validated. ``replayed`` says whether it was recorded
    by an earlier request with the same id. ``weight`` are the fields of the answer that say
    for which status a statement counts.
    """

    visit: bytes
    event: bytes
    position: int
    replayed: bool = False
    weight: bytes = b""
