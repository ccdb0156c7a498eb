"""Histories as they never should be, and might: any changes, times, days and texts."""

from datetime import UTC, date, datetime, timedelta
from typing import get_args

from hypothesis import strategies as st

from chancery.client import (
    Amended,
    Basis,
    Cancelled,
    Completed,
    Condition,
    Corrected,
    Deferred,
    Disclosed,
    Event,
    Postponed,
    PreviousWindow,
    Rescheduled,
    Retracted,
    Scheduled,
    Statement,
    StatementRecorded,
    Visit,
    VisitDetails,
    Window,
    Word,
)
from chancery.client.event import Content
from chancery.client.words import AttributionWord, ChangeWord, SideWord, StandingWord, StatementWord
from chancery.v1 import event_pb2, visit_pb2
from tests.web.drawing.stories import ARABIC, CHINESE, HEBREW, LONG

UNTIL = date(2030, 6, 15)
FIRST = datetime(2022, 1, 1, tzinfo=UTC)
DETAILS = VisitDetails("A visit")
TYPES: dict[type, ChangeWord] = {
    Scheduled: "scheduled",
    Disclosed: "disclosed",
    Postponed: "postponed",
    Deferred: "deferred",
    Rescheduled: "rescheduled",
    Completed: "completed",
    Cancelled: "cancelled",
    Amended: "amended",
    Corrected: "corrected",
    StatementRecorded: "statement recorded",
    Retracted: "retracted",
}

days = st.dates(date(2021, 1, 1), date(2031, 12, 31)) | st.sampled_from([date.min, date.max])
phrases = st.sampled_from(
    [
        *("", "", "early next year", LONG, ARABIC, HEBREW, CHINESE, "<b>&amp;\"'", "]]>"),
        *(
            "\u202eabc\u2066",
            "\u0000\u001b[31m",
            "W" * 400,
            "a\u0301" * 90,
            "\U0001f9d1\u200d\U0001f680",
        ),
    ]
)
sides = st.sampled_from(get_args(SideWord))
attributions = st.sampled_from(get_args(AttributionWord)) | st.none()
times = st.integers(0, 3000).map(lambda hours: FIRST + timedelta(hours=hours * 5))


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Any days, also in the wrong order, also none."""
    start, end = draw(days | st.none()), draw(days | st.none())
    if draw(st.booleans()) and start and start < date(2031, 1, 1):
        end = start + timedelta(days=draw(st.integers(0, 40)))
    return Window(start, end, draw(st.booleans()), draw(phrases))


maybe = windows() | st.none()
statements = st.builds(
    Statement,
    st.sampled_from(get_args(StatementWord)),
    sides,
    text=phrases,
    claimed_window=maybe,
    condition=st.builds(Condition, phrases, sides) | st.none(),
)
versions = st.integers(0, 60)
contents: st.SearchStrategy[Content | None] = st.one_of(
    statements.map(StatementRecorded),
    statements.map(StatementRecorded),
    st.builds(Scheduled, st.just(DETAILS), maybe),
    st.builds(Disclosed, st.just(DETAILS), windows()),
    st.builds(Postponed, window_given_up=maybe),
    st.builds(Deferred, window_given_up=maybe),
    st.builds(Cancelled, window_given_up=maybe),
    st.builds(Rescheduled, windows(), window_given_up=maybe),
    st.builds(Completed, maybe),
    st.builds(Amended, st.just(("window", "held_window")), window=maybe, held_window=maybe),
    st.builds(Corrected, versions, st.just(("window", "held_window")), window=maybe),
    st.builds(Retracted, versions, st.lists(versions, max_size=5).map(tuple)),
)


@st.composite
def told(draw: st.DrawFn) -> tuple[datetime | None, str]:
    """A time as it may have been told: not at all, as an instant, day, month or year."""
    time = draw(times)
    digits = draw(st.sampled_from([0, 4, 7, 10]))
    return draw(st.sampled_from([time, time, time, None])), f"{time.date()}"[:digits]


@st.composite
def events(draw: st.DrawFn, version: int) -> Event:
    """A change that may have been retracted or corrected, or whose content was destroyed."""
    content = draw(contents)
    (known, known_as), (effective, effective_as) = draw(told()), draw(told())
    basis = st.builds(Basis, sides, attributions, outlet=phrases)
    return Event(
        version,
        FIRST + timedelta(days=version),
        "visits/any",
        version,
        TYPES[type(content)],
        draw(st.sampled_from([content, content, content, None])),
        effective,
        effective_as if effective else "",
        known,
        known_as if known else "",
        basis=tuple(draw(st.lists(basis, max_size=3))),
        retracted_by=draw(st.sampled_from([0, 0, 0, version + 1])),
        corrected_by=tuple(draw(st.lists(versions, max_size=2))),
        message=event_pb2.RecordedEvent(),
    )


@st.composite
def histories(draw: st.DrawFn) -> tuple[Visit | None, list[Event]]:
    """A visit, which may have nothing to do with its history, and that history."""
    number = draw(st.integers(1, 6) | st.integers(1, 40))
    history = [draw(events(version)) for version in range(1, number + 1)]
    word = st.builds(
        Word,
        sides,
        versions,
        known_time=times | st.none(),
        counts=st.just(True),
        stance=st.just("contradicts status"),
    )
    visit = Visit(
        "visits/any",
        DETAILS,
        "scheduled",
        draw(st.sampled_from(get_args(StandingWord))),
        previous_windows=tuple(
            draw(st.lists(st.builds(PreviousWindow, windows(), st.just("moved"), versions)))
        ),
        words=tuple(draw(st.lists(word, max_size=2))),
        message=visit_pb2.Visit(),
    )
    return draw(st.sampled_from([visit, visit, None])), history
