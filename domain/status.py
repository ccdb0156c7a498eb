"""The statuses of a visit, and the table of changes: the rules at a glance."""

from enum import StrEnum


class Status(StrEnum):
    """The status of a visit."""

    SCHEDULED = "scheduled"
    POSTPONED = "postponed"
    WHEN_CONDITIONS_ALLOW = "when conditions allow"
    RESCHEDULED = "rescheduled"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class StatusChange(StrEnum):
    """A change that a status may allow."""

    SCHEDULE = "schedule"
    DISCLOSE = "disclose"
    POSTPONE = "postpone"
    DEFER = "defer"
    RESCHEDULE = "reschedule"
    COMPLETE = "complete"
    CANCEL = "cancel"


class Group(StrEnum):
    """Statuses that do not contradict each other."""

    PLANNED = "planned"
    OPEN = "open"
    CANCELLED = "cancelled"
    COMPLETED = "completed"


GROUPS: dict[Status, Group] = {
    Status.SCHEDULED: Group.PLANNED,
    Status.RESCHEDULED: Group.PLANNED,
    Status.POSTPONED: Group.OPEN,
    Status.WHEN_CONDITIONS_ALLOW: Group.OPEN,
    Status.CANCELLED: Group.CANCELLED,
    Status.COMPLETED: Group.COMPLETED,
}

# The changes that each status allows (None: there is no visit yet, and the change opens it), and
# the status that each leads to. Anything else is refused.
TABLE: dict[Status | None, dict[StatusChange, Status]] = {
    None: {
        StatusChange.SCHEDULE: Status.SCHEDULED,
        StatusChange.DISCLOSE: Status.COMPLETED,
        StatusChange.POSTPONE: Status.POSTPONED,
        StatusChange.DEFER: Status.WHEN_CONDITIONS_ALLOW,
        StatusChange.RESCHEDULE: Status.RESCHEDULED,
        StatusChange.CANCEL: Status.CANCELLED,
    },
    Status.SCHEDULED: {
        StatusChange.POSTPONE: Status.POSTPONED,
        StatusChange.DEFER: Status.WHEN_CONDITIONS_ALLOW,
        StatusChange.RESCHEDULE: Status.RESCHEDULED,
        StatusChange.COMPLETE: Status.COMPLETED,
        StatusChange.CANCEL: Status.CANCELLED,
    },
    Status.POSTPONED: {
        StatusChange.DEFER: Status.WHEN_CONDITIONS_ALLOW,
        StatusChange.RESCHEDULE: Status.RESCHEDULED,
        StatusChange.COMPLETE: Status.COMPLETED,
        StatusChange.CANCEL: Status.CANCELLED,
    },
    Status.WHEN_CONDITIONS_ALLOW: {
        StatusChange.POSTPONE: Status.POSTPONED,
        StatusChange.DEFER: Status.WHEN_CONDITIONS_ALLOW,
        StatusChange.RESCHEDULE: Status.RESCHEDULED,
        StatusChange.COMPLETE: Status.COMPLETED,
        StatusChange.CANCEL: Status.CANCELLED,
    },
    Status.RESCHEDULED: {
        StatusChange.POSTPONE: Status.POSTPONED,
        StatusChange.DEFER: Status.WHEN_CONDITIONS_ALLOW,
        StatusChange.RESCHEDULE: Status.RESCHEDULED,
        StatusChange.COMPLETE: Status.COMPLETED,
        StatusChange.CANCEL: Status.CANCELLED,
    },
    Status.COMPLETED: {},
    Status.CANCELLED: {
        StatusChange.DEFER: Status.WHEN_CONDITIONS_ALLOW,
        StatusChange.RESCHEDULE: Status.RESCHEDULED,
        StatusChange.COMPLETE: Status.COMPLETED,
    },
}

# The one status that each change leads to, wherever it is allowed.
LEADS_TO: dict[StatusChange, Status] = {
    change: status for allowed in TABLE.values() for change, status in allowed.items()
}
