"""What became of a visit to Beijing in 2023, in the order of recording."""

from typing import Any

from chancery.v1.values_pb2 import (
    ATTRIBUTION_ANONYMOUS,
    SIDE_GUEST,
    SIDE_HOST,
    SIDE_PRESS,
    STATEMENT_KIND_CONFIRM,
    STATEMENT_KIND_DENY,
)
from tests.support.messages import (
    basis,
    completed,
    condition,
    deferred,
    rescheduled,
    scheduled,
    stated,
    window,
)

BEIJING = "visits/blinken-beijing"
FEBRUARY = window("2023-02-05", "2023-02-06")
JUNE = window("2023-06-18", "2023-06-19")
WHEN_CONDITIONS_ALLOW = condition("when conditions allow", SIDE_GUEST)
GUEST = [basis(SIDE_GUEST, speaker="State Department")]
HOST = [basis(SIDE_HOST, speaker="Foreign Ministry")]
SOURCES = [basis(SIDE_PRESS, ATTRIBUTION_ANONYMOUS, source_count=2)]
STORY: list[tuple[Any, dict[str, Any]]] = [
    (scheduled(FEBRUARY), {"effective": "2023-01-17", "basis": SOURCES}),
    (
        deferred(WHEN_CONDITIONS_ALLOW),
        {
            "effective": "2023-02-03",
            "known": "2023-02-03 15:30",
            "basis": GUEST,
            "reason": "A balloon was seen over Montana",
        },
    ),
    (
        stated(STATEMENT_KIND_DENY, SIDE_HOST, text="No visit was ever announced"),
        {"effective": "2023-02-04", "basis": HOST},
    ),
    (rescheduled(JUNE), {"effective": "2023-06-14", "basis": GUEST}),
    (stated(STATEMENT_KIND_CONFIRM, SIDE_HOST), {"effective": "2023-06-14 10:00", "basis": HOST}),
    (completed(), {"effective": "2023-06-19", "basis": GUEST + HOST}),
]
