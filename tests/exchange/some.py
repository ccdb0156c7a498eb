"""Visits and changes to write in the formats of others, of the project's own making."""

from datetime import date, timedelta
from typing import Any

from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Value
from hypothesis import strategies as st

from chancery.client import AuditedChange, Visit, results
from chancery.v1 import values_pb2 as values
from chancery.v1.audit_service_pb2 import ListChangesResponse, RecordedChange
from chancery.v1.event_pb2 import ChangeType, RecordedEvent, VisitEvent
from chancery.v1.visit_pb2 import (
    CurrentCondition,
    FieldChange,
    PreviousWindow,
    Standing,
    WindowEnding,
)
from chancery.v1.visit_pb2 import Visit as VisitMessage
from tests.support import messages

LOG = "6f0c1d0a-7a39-4d9b-9d6e-0d6c5f1f2a11"
ORIGIN = f"chancery.invalid/{LOG}"
RECORDED = "2023-02-03 18:00:07"

# Texts of which any may break out of a format that does not guard itself.
HOSTILE = (
    "x" * 4000,
    "習近平" * 1333,
    "\u05d1\u05e0\u05d9\u05de\u05d9\u05df \u0646\u062a\u0646\u06cc\u0627\u0647\u0648",
    "a\x00b\x0bc\x1f\x7f\x85d\ufffe",
    "</script><script>alert(1)</script>",
    "]]><!-- & \"quoted\" 'too'",
    "END:VCALENDAR\r\nBEGIN:VCALENDAR\n; , \\n \\",
    "=HYPERLINK(1)",
    "+1",
    "-1",
    "@x",
    "\t=1",
    "\r=1",
    " =1",
    "\uff1d1",
    "\u2028\u2029\u202e\u200b",
    "\U0001f54a" * 80,
)


def page(visit_id: str) -> str:
    """The address of a visit's page."""
    return f"https://board.example/visits/{visit_id}"


def visit(**fields: Any) -> Visit:
    """A visit; what is not given is that of Beijing in February 2023, planned and official."""
    defaults: dict[str, Any] = {
        "name": "visits/blinken-beijing",
        "details": messages.details(),
        "status": values.STATUS_SCHEDULED,
        "standing": Standing.STANDING_OFFICIAL,
        "version": 1,
        "position": 1,
        "effective_time": messages.at("2023-01-17"),
        "known_time": messages.at("2023-01-17"),
        "create_time": messages.at("2023-01-17 12:30:00"),
        "update_time": messages.at("2023-02-03 18:00:07"),
    }
    return results.visit(VisitMessage(**(defaults | fields)), 1)


def previous(window: values.Window, ending: str = "PUT_OFF") -> PreviousWindow:
    """A window that was given up."""
    return PreviousWindow(
        window=window, ending=WindowEnding.Value(f"WINDOW_ENDING_{ending}"), version=2
    )


def condition(text: str) -> CurrentCondition:
    """A condition that holds."""
    return CurrentCondition(condition=messages.condition(text), version=2)


def audited(
    position: int = 1, change: Message | None = None, visit: str = "visits/x", **fields: Any
) -> AuditedChange:
    """A change as an auditor has it, which is a postponement if none is given."""
    change = change or messages.postponed()
    topic = messages.topic_of(change)
    content: dict[str, Any] = {topic: change}
    event = VisitEvent(
        visit=visit,
        version=position,
        change_type=ChangeType.Value(f"CHANGE_TYPE_{topic.upper()}"),
        **content,
        **fields,
    )
    recorded = RecordedChange(
        event=RecordedEvent(position=position, record_time=messages.at(RECORDED), event=event),
        effective_time=messages.at("2023-02-03"),
        effective_period="2023-02",
        known_time=messages.at("2023-02-03 12:00:00"),
        field_changes=[
            FieldChange(
                path="status",
                old_value=Value(string_value="STATUS_SCHEDULED"),
                new_value=Value(string_value="STATUS_POSTPONED"),
            )
        ],
    )
    (found,) = results.listed_changes(ListChangesResponse(changes=[recorded]))
    return found


# Any

texts = st.one_of(st.text(max_size=200), st.sampled_from(HOSTILE)).map(
    lambda text: text.encode("utf-8", "ignore").decode()
)
days = st.dates(date(1, 1, 1), date(9999, 12, 31))


@st.composite
def windows(draw: Any) -> values.Window:
    """A window that has a day or a phrase."""
    first, length = draw(st.none() | days), draw(st.integers(0, 400))
    last = min(first, date.max - timedelta(length)) + timedelta(length) if first else draw(days)
    ends = draw(st.sampled_from(["both", "start", "end", "none"]))
    return values.Window(
        start=messages.date(first.isoformat()) if first and ends in ("both", "start") else None,
        end=messages.date(last.isoformat()) if ends in ("both", "end") else None,
        approximate=draw(st.booleans()),
        as_stated=draw(texts),
    )


@st.composite
def visits(draw: Any) -> Visit:
    """Any visit."""
    several = st.lists(texts, max_size=3)
    name = draw(texts)
    return visit(
        name=f"visits/{draw(st.from_regex('[a-z0-9]{1,63}', fullmatch=True))}",
        details=messages.details(
            title=draw(texts),
            purpose=draw(texts),
            trip=draw(texts),
            aliases=draw(several),
            principal=values.Principal(name=name, office=draw(texts), other_names=draw(several)),
            destinations=[values.Place(city=each, country="CN") for each in draw(several)],
        ),
        status=draw(st.sampled_from(values.Status.values()[1:])),
        standing=draw(st.sampled_from(Standing.values()[1:])),
        window=draw(st.none() | windows()),
        held_window=draw(st.none() | windows()),
        previous_windows=[previous(each) for each in draw(st.lists(windows(), max_size=2))],
        conditions=[condition(text) for text in draw(several)],
        reason=draw(texts),
        version=draw(st.integers(1, 2**31 - 1)),
    )
