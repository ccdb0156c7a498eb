"""The words of the domain, as the contract spells them."""

from typing import Any

Json = dict[str, Any]
History = list[Json]

SCHEDULED = "STATUS_SCHEDULED"
POSTPONED = "STATUS_POSTPONED"
WHEN_CONDITIONS_ALLOW = "STATUS_WHEN_CONDITIONS_ALLOW"
RESCHEDULED = "STATUS_RESCHEDULED"
COMPLETED = "STATUS_COMPLETED"
CANCELLED = "STATUS_CANCELLED"

STATUS_OF = {
    "scheduled": SCHEDULED,
    "disclosed": COMPLETED,
    "postponed": POSTPONED,
    "deferred": WHEN_CONDITIONS_ALLOW,
    "rescheduled": RESCHEDULED,
    "completed": COMPLETED,
    "cancelled": CANCELLED,
}

# The table of changes, row by row. None is a visit that does not exist, or was withdrawn.
TABLE: dict[str | None, set[str]] = {
    None: {"scheduled", "disclosed", "postponed", "deferred", "rescheduled", "cancelled"},
    SCHEDULED: {"postponed", "deferred", "rescheduled", "completed", "cancelled"},
    POSTPONED: {"deferred", "rescheduled", "completed", "cancelled"},
    WHEN_CONDITIONS_ALLOW: {"postponed", "deferred", "rescheduled", "completed", "cancelled"},
    RESCHEDULED: {"postponed", "deferred", "rescheduled", "completed", "cancelled"},
    COMPLETED: set(),
    CANCELLED: {"deferred", "rescheduled", "completed"},
}

# Two statuses agree when they are in the same group.
GROUP = {
    SCHEDULED: "planned",
    RESCHEDULED: "planned",
    POSTPONED: "open",
    WHEN_CONDITIONS_ALLOW: "open",
    CANCELLED: "cancelled",
    COMPLETED: "completed",
}

GUEST, HOST, THIRD = "SIDE_GUEST", "SIDE_HOST", "SIDE_THIRD"
PRESS, DESK = "SIDE_PRESS", "SIDE_DESK"
SIDES = {GUEST, HOST, THIRD, PRESS, DESK}

FIRM = {
    "ATTRIBUTION_ON_THE_RECORD",
    "ATTRIBUTION_DOCUMENT",
    "ATTRIBUTION_READOUT",
    "ATTRIBUTION_OFFICIAL_RECORD",
}
ATTRIBUTIONS = FIRM | {
    "ATTRIBUTION_BACKGROUND",
    "ATTRIBUTION_DEEP_BACKGROUND",
    "ATTRIBUTION_ANONYMOUS",
}

REPORT, DECLINE = "STATEMENT_KIND_REPORT", "STATEMENT_KIND_DECLINE"
DENY, DOUBT = "STATEMENT_KIND_DENY", "STATEMENT_KIND_DOUBT"
ARRIVED, DEPARTED = "STATEMENT_KIND_ARRIVED", "STATEMENT_KIND_DEPARTED"
AGREEING = {
    "STATEMENT_KIND_ANNOUNCE",
    "STATEMENT_KIND_CONFIRM",
    "STATEMENT_KIND_REAFFIRM",
}
STATEMENTS = AGREEING | {REPORT, DECLINE, DENY, DOUBT, ARRIVED, DEPARTED}

DETAILS = {
    "title",
    "principal",
    "host",
    "destinations",
    "kind",
    "purpose",
    "trip",
    "aliases",
    "related",
    "initiated_by",
}


def is_status_change(event: Json) -> bool:
    return event["change"] in STATUS_OF


def is_opening(event: Json) -> bool:
    """Whether it opened the visit: then, and only then, it carries the details."""
    return is_status_change(event) and "details" in event[event["change"]]
