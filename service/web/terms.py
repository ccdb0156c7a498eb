"""What the contract's words mean to the board, on pages, in drawings and in files alike."""

from datetime import timedelta

from chancery.client import Event, Statement, StatementRecorded
from chancery.client.words import AttributionWord, ChangeWord, StatusWord

STATUS_OF: dict[ChangeWord, StatusWord] = {
    "scheduled": "scheduled",
    "disclosed": "completed",
    "postponed": "postponed",
    "deferred": "when conditions allow",
    "rescheduled": "rescheduled",
    "completed": "completed",
    "cancelled": "cancelled",
}
# What the form of a change is called in addresses.
FORM_OF: dict[ChangeWord, str] = {
    "scheduled": "schedule",
    "disclosed": "disclose",
    "postponed": "postpone",
    "deferred": "defer",
    "rescheduled": "reschedule",
    "completed": "complete",
    "cancelled": "cancel",
    "statement recorded": "state",
    "amended": "amend",
    "corrected": "correct",
    "retracted": "retract",
}
# A day is over everywhere on Earth so long after its end in UTC.
EVERYWHERE = timedelta(hours=12)
# What classes and glyphs call a status.
COLOUR: dict[StatusWord, str] = {
    "scheduled": "scheduled",
    "postponed": "postponed",
    "when conditions allow": "open",
    "rescheduled": "rescheduled",
    "completed": "completed",
    "cancelled": "cancelled",
}
PLANNED: tuple[StatusWord, ...] = ("scheduled", "rescheduled")
WAITING: tuple[StatusWord, ...] = ("postponed", "when conditions allow")
OVER: tuple[StatusWord, ...] = ("completed", "cancelled")
FIRM: tuple[AttributionWord, ...] = ("on the record", "document", "readout", "official record")
# Who says this takes no stand, however firmly it is said.
NO_ANSWER = ("decline", "doubt")


def statement_of(event: Event) -> Statement | None:
    """What somebody says with a change that changes nothing else."""
    return event.change.statement if isinstance(event.change, StatementRecorded) else None


def is_firm(event: Event) -> bool:
    """Whether somebody's word that binds them stands behind a change, and takes a stand."""
    statement = statement_of(event)
    is_said = any(basis.attribution in FIRM for basis in event.basis)
    return is_said and (statement is None or statement.kind not in NO_ANSWER)
