"""The sign of a status or a change on pages: the same as in the drawings."""

from chancery.client import Event
from chancery.client.words import StatusWord
from service.web.terms import COLOUR, STATUS_OF, statement_of


def status_sign(status: StatusWord | None) -> str:
    """What classes and glyphs call a status: ``open`` for "when conditions allow"."""
    return COLOUR.get(status, status) if status else "withdrawn"


def sign(event: Event) -> str:
    """What classes and glyphs call a change: the status that it makes, ``deny``, ``amended``."""
    if status := STATUS_OF.get(event.change_type):
        return "disclosed" if event.change_type == "disclosed" else COLOUR[status]
    statement = statement_of(event)
    if statement is None:
        return event.change_type
    return statement.kind if statement.kind in ("deny", "doubt") else "statement"


def makes_status(event: Event) -> bool:
    """Whether a change is one of status."""
    return event.change_type in STATUS_OF
