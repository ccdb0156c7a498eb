"""The agenda: windows of many visits, each with its days in words."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chancery.client import Visit, VisitDetails, Window
from chancery.client.words import StandingWord, StatusWord
from chancery.v1 import visit_pb2
from service.web.drawing import agenda, agenda_key
from service.web.wording import is_overdue
from tests.web.drawing.histories import phrases, windows
from tests.web.drawing.reading import Drawing
from tests.web.drawing.stories import ARABIC, LONG

FIRST, NOW = date(2026, 11, 16), datetime(2026, 11, 28, 9, tzinfo=UTC)
EXACT = Window(date(2026, 12, 7), date(2026, 12, 9))
PASSED = Window(date(2026, 11, 23), date(2026, 11, 24))


def visit(
    window: Window | None,
    status: StatusWord = "scheduled",
    standing: StandingWord = "official",
    held: Window | None = None,
    title: str = "Okafor to Kenya",
) -> Visit:
    """A visit of which little is known but its days."""
    details, message = VisitDetails(title), visit_pb2.Visit()
    return Visit("visits/one", details, status, standing, window, held_window=held, message=message)


def drawn(*visits: Visit, days: int = 56) -> Drawing:
    """The agenda of visits."""
    return Drawing(agenda(visits, FIRST, days, NOW, address=lambda each: f"/{each.name}?a=1&b=2"))


@pytest.mark.parametrize(
    ("one", "label"),
    [
        (visit(EXACT), "7 to 9 Dec"),
        (visit(Window(date(2026, 11, 30), date(2026, 12, 2))), "30 Nov to 2 Dec"),
        (visit(Window(date(2026, 12, 30), date(2027, 1, 2))), "30 Dec 2026 to 2 Jan 2027"),
        (visit(Window(date(2026, 12, 7), date(2026, 12, 7))), "7 Dec"),
        (visit(Window(date(2026, 12, 7), None)), "from 7 Dec"),
        (visit(Window(None, date(2026, 12, 7), True)), "by about 7 Dec"),
        (visit(EXACT, standing="disputed"), "7 to 9 Dec · disputed"),
        (visit(EXACT, standing="reported"), "7 to 9 Dec · reported only"),
        (visit(EXACT, "cancelled"), "7 to 9 Dec · called off"),
        (visit(PASSED), "passed, nothing heard"),
        (visit(None, "completed", held=PASSED), "23 to 24 Nov"),
        (visit(Window(EXACT.start, EXACT.end, True, "soon")), "“soon”"),
    ],
)
def test_a_row_says_the_days_and_what_to_know_of_them(one: Visit, label: str) -> None:
    """The year only where it is not that of the first day shown."""
    assert label in drawn(one).words


def test_each_title_leads_to_its_visit() -> None:
    """The address is the caller's own."""
    svg = drawn(visit(EXACT), visit(EXACT)).svg
    assert svg.count('<a href="/visits/one?a=1&amp;b=2">') == 2


def test_what_has_no_day_is_left_out() -> None:
    """A phrase alone has no place, nor has a visit that waits; the page lists them."""
    phrase = visit(Window(as_stated="after the election"))
    assert agenda([phrase, visit(None)], FIRST, 56, NOW, address=str) == ""


def test_days_beyond_those_shown_have_an_arrow() -> None:
    """It is drawn, not typed, to the side on which they are."""
    later = drawn(visit(Window(date(2027, 3, 1), date(2027, 3, 2))))
    earlier = drawn(visit(Window(date(2026, 3, 1), date(2026, 3, 2)), "completed"))
    assert len(later.with_class("beyond")) == len(earlier.with_class("beyond")) == 1
    assert "1 to 2 Mar 2027" in later.words
    assert "\u2192" not in later.svg


def test_reported_days_are_hollow_and_rough_ones_hatched() -> None:
    """None of the codes rests on a colour alone."""
    assert drawn(visit(EXACT)).with_class("f-scheduled")
    assert drawn(visit(EXACT, standing="reported")).with_class("hollow")
    rough = Window(EXACT.start, EXACT.end, True)
    assert "a-h-scheduled" in drawn(visit(rough)).svg
    assert "a-s-scheduled" in drawn(visit(rough, standing="reported")).svg
    assert drawn(visit(EXACT, "cancelled")).with_class("strike")


def test_a_day_is_over_when_it_is_over_everywhere_on_earth() -> None:
    """Twelve hours after its end in UTC, not before. What has no last day is never overdue."""
    over = datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert not is_overdue(visit(PASSED), over - timedelta(seconds=1))
    assert is_overdue(visit(PASSED), over)
    assert not is_overdue(visit(PASSED, "cancelled"), over)
    assert not is_overdue(visit(Window(PASSED.start, None)), over)


def test_today_has_a_line_if_it_is_shown() -> None:
    """And none otherwise."""
    assert len(drawn(visit(EXACT)).with_class("now")) == 1
    assert drawn(visit(EXACT), days=5).with_class("now") == []


@settings(max_examples=50)
@given(
    st.lists(
        st.builds(
            visit,
            windows(),
            st.sampled_from(["scheduled", "rescheduled", "cancelled"]),
            st.sampled_from(["official", "reported", "disputed"]),
            title=phrases | st.sampled_from([LONG, ARABIC]),
        ),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from([7, 31, 56, 120, 366]),
)
def test_any_visits_are_drawn_inside_and_apart(visits: list[Visit], days: int) -> None:
    """However long their titles, and wherever their days are."""
    svg = agenda(visits, FIRST, days, NOW, address=lambda each: each.name)
    if svg:
        assert Drawing(svg).overlaps() == []
        assert Drawing(svg).outside() == []


def test_the_key_of_the_agenda_has_its_codes() -> None:
    """Each with a swatch, which screen readers skip."""
    key = str(agenda_key())
    assert key.count("<li>") == key.count('aria-hidden="true"') == 6
    planned = str(agenda_key(has_ended=False))
    assert "called off" in key
    assert not {"called off", "held"} & set(re.findall(r"[a-z ]+(?=</li>)", planned))
