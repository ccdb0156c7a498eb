"""A requested change, and its outcome."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.checks import Context
from domain.events import Amended, Retracted
from domain.visit import Visit
from service.codec import wire
from service.commands.drafts import Recorded

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
    def names_its_times(self) -> bool:
        """Whether it depends on the record times of the changes before it."""
        return (
            self.context.effective is not None
            or self.context.known is not None
            or self.topic == Retracted.TOPIC
            or (self.topic == Amended.TOPIC and bool(self.values["correction"]))
        )


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


def recorded_event(position: int, record_time: int, body: bytes) -> bytes:
    """The serialized RecordedEvent of a recorded change."""
    return wire.recorded_event_head(position, record_time, len(body)) + body


def outcome(recorded: Recorded) -> Outcome:
    """The outcome of a recorded change."""
    event = recorded_event(recorded.position, recorded.record_time, recorded.body)
    return Outcome(recorded.visit, event, recorded.position)
