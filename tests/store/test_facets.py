"""What a visit is found by: its names, countries, days and times."""

from dataclasses import replace
from datetime import date

import pytest

from domain.terms import Relation, Side, StatementKind
from domain.values import Host, Place, Principal, RelatedVisit, VisitDetails, Window
from domain.visit import Visit
from service.codec.clock import to_microseconds
from service.projections.state_rows import facets, visit_row
from service.store.states.rows import NOWHERE, DayKind, Days, Label, Span
from tests.domain.builders import (
    DETAILS,
    FEBRUARY,
    JUNE,
    at,
    blank_visit,
    cancelled_visit,
    completed_visit,
    days,
    enter,
    postponed_visit,
    rescheduled_visit,
    say,
    scheduled_visit,
    visit_left_open,
    withdrawn_visit,
)

Found = set[tuple[str, str, str]]


def days_of(visit: Visit) -> Found:
    """The days by which a visit is found."""
    return {(each.kind, each.first_day, each.last_day) for each in facets(visit.state).lookups.days}


PLANNED = ("planned", "2023-02-05", "2023-02-06")
FORMER = ("former", "2023-02-05", "2023-02-06")
HELD = ("held", "2023-02-05", "2023-02-06")


@pytest.mark.parametrize(
    ("visit", "expected"),
    [
        (scheduled_visit(), {PLANNED}),
        (postponed_visit(), {FORMER}),
        (visit_left_open(), {FORMER}),
        (rescheduled_visit(), {FORMER, ("planned", "2023-06-18", "2023-06-19")}),
        (completed_visit(), {PLANNED, HELD}),
        (cancelled_visit(), {PLANNED}),
    ],
)
def test_days_are_those_of_the_windows_that_a_visit_has(visit: Visit, expected: Found) -> None:
    """A cancelled visit keeps its plan, and one that is put off has it among its former ones."""
    assert days_of(visit) == expected


def test_a_plan_that_was_made_exact_is_no_former_one() -> None:
    """Nobody gave it up."""
    visit = blank_visit()
    enter(visit, "schedule", window=days("2023-02-01", "2023-02-28", approximate=True))
    enter(visit, "amend", details=None, window=FEBRUARY, update_mask=["window"])
    assert days_of(visit) == {PLANNED}


def test_days_that_are_claimed_stand_beside_the_plan() -> None:
    """Those of each voice, unless they are the plan."""
    visit = scheduled_visit()
    say(visit, StatementKind.REPORT, Side.PRESS, outlet="Post", claimed_window=JUNE)
    say(visit, StatementKind.CONFIRM, Side.HOST, claimed_window=FEBRUARY)
    assert days_of(visit) == {PLANNED, ("claimed", "2023-06-18", "2023-06-19")}


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (Window(date(2023, 6, 1), as_stated="in June or later"), ("2023-06-01", "9999-12-31")),
        (Window(None, date(2023, 12, 31)), ("0001-01-01", "2023-12-31")),
    ],
)
def test_days_that_are_open_at_one_end_reach_to_the_end_of_time(
    window: Window, expected: tuple[str, str]
) -> None:
    visit = blank_visit()
    enter(visit, "schedule", window=window)
    assert days_of(visit) == {("planned", *expected)}


def test_a_phrase_alone_has_no_days() -> None:
    """Nobody knows which days come "after the election"."""
    visit = blank_visit()
    enter(visit, "schedule", window=Window(as_stated="after the election"))
    found = facets(visit.state)
    assert found.lookups.days == frozenset()
    assert (found.window_start, found.overdue_at) == (None, None)


@pytest.mark.parametrize(
    ("length", "span"),
    [
        (0, Span.FEW_DAYS),
        (4, Span.FEW_DAYS),
        (5, Span.MONTH),
        (31, Span.MONTH),
        (32, Span.YEAR),
        (366, Span.YEAR),
        (367, Span.DECADE),
        (3653, Span.DECADE),
        (3654, Span.LONGER),
    ],
)
def test_days_are_looked_up_among_those_that_last_about_as_long(length: int, span: Span) -> None:
    first = date(2023, 1, 1)
    last = date.fromordinal(first.toordinal() + length)
    assert Days.of(DayKind.PLANNED, first, last).span == span


def labels_of(details: VisitDetails) -> set[tuple[Label, str]]:
    visit = blank_visit()
    enter(visit, "schedule", details=details)
    return set(facets(visit.state).lookups.labels)


def test_a_principal_is_found_by_each_name_folded() -> None:
    """In other spellings and other scripts."""
    principal = Principal("Xi Jinping", country="CN", other_names=("习近平", "Si Ťin-pching"))
    labels = labels_of(replace(DETAILS, principal=principal, destinations=()))
    assert labels == {
        (Label.PRINCIPAL, "xijinping"),
        (Label.PRINCIPAL, "习近平"),
        (Label.PRINCIPAL, "sitinpching"),
    }


def test_each_country_of_a_destination_is_found_once() -> None:
    """It need not be the host's; a place without one has none."""
    places = (Place("Geneva", "CH"), Place("Bern", "CH"), Place("Rome"), Place(country="VA"))
    labels = labels_of(replace(DETAILS, host=Host(country="FR"), destinations=places))
    countries = {value for kind, value in labels if kind is Label.DESTINATION_COUNTRY}
    assert countries == {"CH", "VA"}


def test_a_visit_is_found_by_those_that_it_names() -> None:
    related = (RelatedVisit("one", Relation.SUPERSEDES), RelatedVisit("two", Relation.CONTINUES))
    labels = labels_of(replace(DETAILS, related=related))
    assert {value for kind, value in labels if kind is Label.NAMES} == {"one", "two"}


def test_a_visit_is_under_way_until_the_departure() -> None:
    """Then it is found so no more."""
    visit = scheduled_visit()
    say(visit, StatementKind.ARRIVED, Side.PRESS)
    assert (Label.UNDER_WAY, "") in facets(visit.state).lookups.labels
    say(visit, StatementKind.DEPARTED, Side.PRESS)
    assert (Label.UNDER_WAY, "") not in facets(visit.state).lookups.labels


def test_the_times_are_those_of_the_last_word_and_of_the_last_planned_day() -> None:
    """12 h after that day in UTC, it is over everywhere."""
    visit = scheduled_visit()
    say(visit, StatementKind.REPORT, Side.PRESS, known="2023-01-20 10:00")
    found = facets(visit.state)
    assert found.last_heard_time == to_microseconds(at("2023-01-20 10:00"))
    assert found.overdue_at == to_microseconds(at("2023-02-07 12:00"))
    assert facets(postponed_visit().state).overdue_at is None


# What was found before


def row_after(before: Visit, command: str) -> tuple[object, object]:
    """What a visit is found by before a command, by the row, and by its state."""
    visit = before.fork()
    enter(visit, command)
    return visit_row(visit, before).lookups_before, facets(before.state).lookups


@pytest.mark.parametrize("command", ["postpone", "reschedule", "complete", "cancel", "amend"])
def test_a_row_says_by_what_its_visit_was_found_before(command: str) -> None:
    said, true = row_after(scheduled_visit(), command)
    assert said == true


def test_a_claim_changes_what_a_visit_is_found_by() -> None:
    before = scheduled_visit()
    visit = before.fork()
    say(visit, StatementKind.REPORT, Side.PRESS, claimed_window=JUNE)
    row = visit_row(visit, before)
    assert row.lookups_before == facets(before.state).lookups
    assert row.lookups_before != row.facets.lookups


def test_a_withdrawn_visit_is_found_by_nothing() -> None:
    """Nor was it before it is opened again."""
    before = withdrawn_visit()
    row = visit_row(before, scheduled_visit())
    assert row.facets.lookups == NOWHERE
    visit = before.fork()
    enter(visit, "schedule")
    assert visit_row(visit, before).lookups_before == NOWHERE
