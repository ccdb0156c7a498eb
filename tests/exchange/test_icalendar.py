"""Visits as a calendar, read by icalendar and by vobject."""

from datetime import UTC, date, datetime
from typing import Any

import icalendar
import pytest
import vobject  # type: ignore[import-untyped]
from hypothesis import HealthCheck, given, settings

from chancery.client import Visit
from chancery.v1 import values_pb2 as values
from chancery.v1.visit_pb2 import Standing
from service.exchange import icalendar as ours
from service.exchange import names
from tests.exchange import some
from tests.support.examples import examples
from tests.support.messages import date as day
from tests.support.messages import window


def calendar(*visits: Visit) -> str:
    """The calendar of visits."""
    events = (ours.event(each, some.ORIGIN, some.page) for each in visits)
    return ours.head("Visits") + "".join(events) + ours.TAIL


def events_of(*visits: Visit) -> list[Any]:
    """The events that icalendar reads."""
    read: Any = icalendar.Calendar.from_ical(calendar(*visits))
    return list(read.walk("VEVENT"))


def event_of(**fields: Any) -> Any:
    """The only event of a visit."""
    (event,) = events_of(some.visit(**fields))
    return event


def test_a_planned_visit_has_its_days_with_an_exclusive_end() -> None:
    event = event_of(window=window("2023-02-05", "2023-02-06"), version=4)
    assert event["UID"] == f"blinken-beijing@{some.LOG}"
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (date(2023, 2, 5), date(2023, 2, 7))
    assert event["DTSTART"].params["VALUE"] == event["DTEND"].params["VALUE"] == "DATE"
    assert event["SUMMARY"] == "The secretary of state to Beijing"
    assert (event["STATUS"], event["TRANSP"], event["SEQUENCE"]) == ("CONFIRMED", "OPAQUE", 3)
    assert event["URL"] == "https://board.example/visits/blinken-beijing"
    assert event["LOCATION"] == "Beijing, CN"


def test_its_times_are_those_of_the_change_so_that_it_stays_the_same() -> None:
    event = event_of(window=window())
    changed = datetime(2023, 2, 3, 18, 0, 7, tzinfo=UTC)
    assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt == changed


def test_what_calendars_have_no_word_for_stands_beside() -> None:
    event = event_of(
        status=values.STATUS_WHEN_CONDITIONS_ALLOW,
        standing=Standing.STANDING_DISPUTED,
        previous_windows=[some.previous(window())],
        conditions=[some.condition("when conditions allow"), some.condition("after the vote")],
        details=values.VisitDetails(title="T", trip="asia-2023"),
    )
    assert event["X-CHANCERY-STATUS"] == "when conditions allow"
    assert event["X-CHANCERY-STANDING"] == "disputed"
    assert event["X-CHANCERY-CONDITION"] == ["when conditions allow", "after the vote"]
    assert event["X-CHANCERY-TRIP"] == "asia-2023"


@pytest.mark.parametrize(
    ("status", "standing", "mapped"),
    [
        ("SCHEDULED", "OFFICIAL", "CONFIRMED"),
        ("SCHEDULED", "REPORTED", "TENTATIVE"),
        ("RESCHEDULED", "OFFICIAL", "CONFIRMED"),
        ("RESCHEDULED", "DISPUTED", "TENTATIVE"),
        ("POSTPONED", "OFFICIAL", "TENTATIVE"),
        ("WHEN_CONDITIONS_ALLOW", "OFFICIAL", "TENTATIVE"),
        ("COMPLETED", "REPORTED", "CONFIRMED"),
        ("CANCELLED", "OFFICIAL", "CANCELLED"),
    ],
)
def test_each_status_is_mapped(status: str, standing: str, mapped: str) -> None:
    event = event_of(
        window=window(),
        status=values.Status.Value(f"STATUS_{status}"),
        standing=Standing.Value(f"STANDING_{standing}"),
    )
    assert event["STATUS"] == mapped


@pytest.mark.parametrize("status", ["STATUS_POSTPONED", "STATUS_WHEN_CONDITIONS_ALLOW"])
def test_a_visit_without_a_date_stands_at_its_last_window_and_says_so(status: str) -> None:
    gone = [some.previous(window("2023-01-01"), "MOVED"), some.previous(window("2023-02-05"))]
    event = event_of(status=values.Status.Value(status), previous_windows=gone)
    assert event["DTSTART"].dt == date(2023, 2, 5)
    assert event["SUMMARY"] == "Postponed: The secretary of state to Beijing"
    assert event["TRANSP"] == "TRANSPARENT"


def test_a_cancelled_visit_says_so_in_its_title_since_calendars_hide_it() -> None:
    event = event_of(status=values.STATUS_CANCELLED, window=window())
    assert event["SUMMARY"] == "Cancelled: The secretary of state to Beijing"
    assert event["TRANSP"] == "TRANSPARENT"


def test_a_visit_that_was_held_stands_at_the_days_on_which_it_was() -> None:
    event = event_of(
        status=values.STATUS_COMPLETED, window=window(), held_window=window("2023-06-18")
    )
    assert event["DTSTART"].dt == date(2023, 6, 18)


def test_rough_days_have_their_phrase_behind_the_title() -> None:
    rough = window("2023-01-01", "2023-03-31", approximate=True, as_stated="early next year")
    assert event_of(window=rough)["SUMMARY"].endswith(" to Beijing (early next year)")
    rough.as_stated = ""
    assert event_of(window=rough)["SUMMARY"].endswith(" to Beijing (roughly)")


def test_a_window_open_at_an_end_stands_at_the_day_that_it_has() -> None:
    late = event_of(window=values.Window(start=day("2023-06-01")))
    assert (late["DTSTART"].dt, late["DTEND"].dt) == (date(2023, 6, 1), date(2023, 6, 2))
    assert late["SUMMARY"].endswith("(2023-06-01 or later)")
    early = event_of(
        window=values.Window(end=day("2023-12-31"), as_stated="by the end of the year")
    )
    assert early["DTSTART"].dt == date(2023, 12, 31)
    assert early["SUMMARY"].endswith("(by the end of the year)")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"window": values.Window(as_stated="after the election")},
        {"status": values.STATUS_POSTPONED},
        {
            "status": values.STATUS_RESCHEDULED,
            "window": values.Window(as_stated="next spring"),
            "previous_windows": [some.previous(window())],
        },
    ],
)
def test_a_visit_that_has_no_day_is_no_event(fields: dict[str, Any]) -> None:
    assert events_of(some.visit(**fields)) == []


@given(some.visits())
@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_visit_is_read_as_it_was_written(visit: Visit) -> None:
    text = calendar(visit)
    for line in text.split("\r\n"):
        assert len(line.encode()) <= 75
        assert not names.UNREADABLE.search(line)
        assert "\n" not in line
    shown = names.days_of(visit)
    found = events_of(visit)
    again = list(getattr(vobject.readOne(text), "vevent_list", ()))
    if shown is None or not (shown[1].start or shown[1].end):
        assert found == again == []
        return
    (event,), (other,) = found, again
    first = shown[1].start or shown[1].end
    assert event["DTSTART"].dt == other.dtstart.value == first
    assert event["DTEND"].dt == other.dtend.value
    assert event["UID"] == other.uid.value == names.uid(visit, some.ORIGIN)
    assert event["SEQUENCE"] == visit.version - 1
    title = names.readable(visit.title).replace("\r", "")
    assert title in event["SUMMARY"]
    assert event["SUMMARY"] == other.summary.value
    assert event["DESCRIPTION"] == other.description.value
    conditions = [names.readable(each.condition.text) for each in visit.conditions]
    written = event.get("X-CHANCERY-CONDITION", [])
    written = written if isinstance(written, list) else [written]
    assert written == [text.replace("\r", "") for text in conditions]
