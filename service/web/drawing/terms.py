"""The contract's words as the drawings say and colour them."""

from chancery.client import Event, Statement, StatementRecorded
from chancery.client.event import Corrected, Retracted
from chancery.client.words import AttributionWord, ChangeWord, SideWord, StatusWord

STATUS_OF: dict[ChangeWord, StatusWord] = {
    "scheduled": "scheduled",
    "disclosed": "completed",
    "postponed": "postponed",
    "deferred": "when conditions allow",
    "rescheduled": "rescheduled",
    "completed": "completed",
    "cancelled": "cancelled",
}
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
OVER: tuple[StatusWord, ...] = ("completed", "cancelled")
FIRM: tuple[AttributionWord, ...] = ("on the record", "document", "readout", "official record")
# Who says this takes no stand, however firmly it is said.
NO_ANSWER = ("decline", "doubt")
LANES: dict[SideWord, str] = {
    "guest": "Guest",
    "host": "Host",
    "third": "Third",
    "press": "Press",
    "desk": "Desk",
}
VOICES: dict[SideWord, str] = {
    "guest": "the guest",
    "host": "the host",
    "third": "a third state",
    "press": "the press",
    "desk": "the desk",
}
SAYS = {
    "report": "reports",
    "announce": "announces",
    "confirm": "confirms",
    "reaffirm": "reaffirms",
    "decline": "neither confirms nor denies",
    "deny": "denies",
    "doubt": "doubts",
    "arrived": "says that the principal has arrived",
    "departed": "says that the principal has left",
}
CHANGES: dict[ChangeWord, str] = {
    "scheduled": "planned",
    "disclosed": "became known after it was held",
    "postponed": "put off, with no new date",
    "deferred": "left open",
    "rescheduled": "planned again",
    "completed": "took place",
    "cancelled": "called off",
    "amended": "amended",
    "corrected": "corrected",
    "statement recorded": "statement",
    "retracted": "taken back",
}


def statement_of(event: Event) -> Statement | None:
    """What somebody says with a change that changes nothing else."""
    return event.change.statement if isinstance(event.change, StatementRecorded) else None


def headline(event: Event) -> str:
    """What a change is, in a few words: "the host confirms", "corrects change 3"."""
    if statement := statement_of(event):
        voice = VOICES.get(statement.side, statement.side)
        return f"{voice} {SAYS.get(statement.kind, statement.kind)}"
    if isinstance(event.change, Corrected):
        return f"corrects change {event.change.corrected_version}"
    if isinstance(event.change, Retracted):
        taken = event.change.retracted_versions or (event.change.retracted_version,)
        noun = "change" if len(taken) == 1 else "changes"
        return f"takes back {noun} {', '.join(map(str, taken))}"
    return CHANGES.get(event.change_type, event.change_type)
