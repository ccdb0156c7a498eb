"""A short log with each change, and each type of change to ask for."""

from chancery.v1.event_pb2 import (
    CHANGE_TYPE_AMENDED,
    CHANGE_TYPE_CANCELLED,
    CHANGE_TYPE_COMPLETED,
    CHANGE_TYPE_DEFERRED,
    CHANGE_TYPE_DISCLOSED,
    CHANGE_TYPE_POSTPONED,
    CHANGE_TYPE_RESCHEDULED,
    CHANGE_TYPE_RETRACTED,
    CHANGE_TYPE_SCHEDULED,
    CHANGE_TYPE_STATEMENT_RECORDED,
    ChangeType,
    RecordedEvent,
)
from tests.support.messages import (
    amended,
    cancelled,
    completed,
    deferred,
    disclosed,
    postponed,
    rescheduled,
    retracted,
    scheduled,
    stated,
)

STEPS = [
    ("visits/a", scheduled()),
    ("visits/b", disclosed()),
    ("visits/a", postponed()),
    ("visits/c", scheduled()),
    ("visits/a", deferred()),
    ("visits/a", stated()),
    ("visits/c", cancelled()),
    ("visits/a", rescheduled()),
    ("visits/b", amended()),
    ("visits/a", completed()),
    ("visits/c", retracted(1)),
]


def type_of(event: RecordedEvent) -> int:
    topic = event.event.WhichOneof("change") or ""
    return ChangeType.Value(f"CHANGE_TYPE_{topic.upper()}")


TYPES = [
    [CHANGE_TYPE_SCHEDULED],
    [CHANGE_TYPE_DISCLOSED],
    [CHANGE_TYPE_POSTPONED],
    [CHANGE_TYPE_DEFERRED],
    [CHANGE_TYPE_RESCHEDULED],
    [CHANGE_TYPE_COMPLETED],
    [CHANGE_TYPE_CANCELLED],
    [CHANGE_TYPE_AMENDED],
    [CHANGE_TYPE_STATEMENT_RECORDED],
    [CHANGE_TYPE_RETRACTED],
    [CHANGE_TYPE_SCHEDULED, CHANGE_TYPE_CANCELLED],
]
