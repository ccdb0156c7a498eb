"""A requested change, and its outcome."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.checks import Context
from domain.visit import Visit

OPENINGS = ("scheduled", "disclosed")
COMMANDS: Mapping[str, Callable[..., None]] = {
    "scheduled": Visit.schedule,
    "disclosed": Visit.disclose,
    "postponed": Visit.postpone,
    "deferred": Visit.defer,
    "rescheduled": Visit.reschedule,
    "completed": Visit.complete,
    "cancelled": Visit.cancel,
    "amended": Visit.amend,
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
        """Whether it is the first change of a visit."""
        return self.topic in OPENINGS

    @property
    def key(self) -> tuple[str, str]:
        """The actor and the request id: what makes a retry harmless."""
        return self.context.actor, self.context.request_id


@dataclass(frozen=True)
class Outcome:
    """The outcome of a change: the serialized Visit and RecordedEvent.

    The position is 0 if the change was only validated. ``replayed`` says whether it was recorded
    by an earlier request with the same id.
    """

    visit: bytes
    event: bytes
    position: int
    replayed: bool = False
