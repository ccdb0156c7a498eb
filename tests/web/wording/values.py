"""Visits and changes as the client would give them, for words about them."""

from datetime import UTC, date, datetime
from typing import Any

from chancery.client import Basis, Event, Host, Principal, Statement, Visit, VisitDetails, Window
from chancery.client import Word as LastWord
from chancery.client.event import Content
from chancery.client.words import ChangeWord
from chancery.v1 import event_pb2, visit_pb2

DETAILS = VisitDetails("Moreau to Rwanda", Principal("Luc Moreau", "Prime Minister"), Host("RW"))
JUNE = Window(date(2023, 6, 18), date(2023, 6, 19))
FEBRUARY = Window(date(2023, 2, 5), date(2023, 2, 6))
EARLY = Window(date(2023, 1, 1), date(2023, 3, 31), approximate=True, as_stated="early next year")


def at(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def visit(**fields: Any) -> Visit:
    """A visit; if nothing else is said, official and in force since 3 February 2023."""
    told: dict[str, Any] = {
        "standing": "official",
        "effective_time": at("2023-02-03"),
        "effective_period": "2023-02-03",
        "details": DETAILS,
        **fields,
    }
    return Visit("visits/moreau", message=visit_pb2.Visit(), **told)


def event(change: Content | None, change_type: ChangeWord = "scheduled", **fields: Any) -> Event:
    """A change of that visit."""
    told: dict[str, Any] = {"version": 3, **fields}
    return Event(
        7,
        at("2023-02-04 10:00"),
        "visits/moreau",
        change_type=change_type,
        change=change,
        message=event_pb2.RecordedEvent(),
        **told,
    )


def against(stance: str, statement: Statement | None) -> LastWord:
    """The host's word that counts, and how it stands."""
    return LastWord("host", 4, statement=statement, counts=True, stance=stance)  # type: ignore[arg-type]


def basis(**fields: Any) -> Basis:
    """The word of the guest, on the record."""
    return Basis(**{"side": "guest", "attribution": "on the record", **fields})
