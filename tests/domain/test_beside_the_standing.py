"""Claimed windows, and whether a visit is under way, overdue, and when it was last heard of."""

from datetime import date
from typing import Any

import pytest

from domain.standing import claimed_windows, is_under_way, overdue_at
from domain.terms import Attribution, Side, StatementKind
from domain.values import Window
from domain.visit import Visit
from tests.domain.asking import as_of
from tests.domain.builders import (
    AUTUMN,
    FEBRUARY,
    JUNE,
    at,
    blank_visit,
    cancelled_visit,
    completed_visit,
    days,
    enter,
    on,
    postponed_visit,
    rescheduled_visit,
    say,
    scheduled_visit,
    visit_left_open,
)
from tests.domain.retracting import retract
from tests.domain.speaking import ARRIVED, CONFIRM, DENY, DEPARTED, DOUBT, GUEST, HOST, REPORT

NEXT_SPRING = Window(as_stated="next spring")


def claimed(visit: Visit) -> list[tuple[str, str, Window | None]]:
    """The windows that are claimed, by side and outlet."""
    return [
        (
            voice.side or "",
            voice.outlet,
            said.statement.claimed_window if said.statement else None,
        )
        for voice, said in claimed_windows(visit.state)
    ]


# Claimed windows


@pytest.mark.parametrize("kind", list(StatementKind))
@pytest.mark.parametrize("side", [GUEST, HOST, Side.THIRD, Side.PRESS])
def test_a_window_that_is_not_the_plan_is_claimed(kind: StatementKind, side: Side) -> None:
    """A hope, a proposal or a report, whoever says it, in whatever form and words."""
    visit = visit_left_open()
    say(visit, kind, side, attribution=Attribution.BACKGROUND, claimed_window=NEXT_SPRING)
    assert claimed(visit) == [(side, "", NEXT_SPRING)]


def test_the_desk_claims_no_window() -> None:
    """It records what others claim."""
    visit = visit_left_open()
    say(visit, REPORT, Side.DESK, claimed_window=NEXT_SPRING)
    assert claimed(visit) == []


def test_the_latest_claimed_window_of_each_voice_counts() -> None:
    """Two outlets are two voices; a word without a window leaves it."""
    visit = visit_left_open()
    say(visit, REPORT, Side.PRESS, outlet="Post", claimed_window=AUTUMN)
    say(visit, REPORT, Side.PRESS, outlet="Times", claimed_window=JUNE)
    say(visit, CONFIRM, HOST, claimed_window=AUTUMN)
    say(visit, REPORT, Side.PRESS, outlet="Post", claimed_window=NEXT_SPRING)
    say(visit, CONFIRM, HOST)
    assert claimed(visit) == [
        ("press", "times", JUNE),
        ("host", "", AUTUMN),
        ("press", "post", NEXT_SPRING),
    ]


@pytest.mark.parametrize(
    ("visit", "window", "is_claimed"),
    [
        (scheduled_visit, FEBRUARY, False),
        (scheduled_visit, days("2023-02-05", "2023-02-06", "next week", approximate=True), False),
        (scheduled_visit, days("2023-02-05"), True),
        (completed_visit, FEBRUARY, False),
        (completed_visit, JUNE, True),
        (cancelled_visit, FEBRUARY, False),
        (postponed_visit, FEBRUARY, True),
    ],
)
def test_what_is_planned_or_held_is_not_claimed_beside_it(
    visit: Any, window: Window, is_claimed: bool
) -> None:
    """The days decide, or where neither has days, the words."""
    heard = visit()
    say(heard, CONFIRM, GUEST, claimed_window=window)
    assert bool(claimed(heard)) == is_claimed


def test_a_completed_visit_has_both_its_plan_and_its_days() -> None:
    """Whoever claims either claims nothing else."""
    visit = scheduled_visit()
    enter(visit, "complete", held_window=JUNE)
    say(visit, CONFIRM, GUEST, claimed_window=FEBRUARY)
    say(visit, CONFIRM, HOST, claimed_window=JUNE)
    assert claimed(visit) == []


def test_a_claim_of_the_plan_replaces_the_one_before() -> None:
    """The voice has come round."""
    visit = scheduled_visit()
    say(visit, CONFIRM, HOST, claimed_window=JUNE)
    say(visit, CONFIRM, HOST, claimed_window=FEBRUARY)
    assert claimed(visit) == []


def test_a_claim_that_becomes_the_plan_is_none() -> None:
    """It is one again when that is made exact."""
    visit = scheduled_visit()
    say(visit, REPORT, Side.PRESS, claimed_window=JUNE)
    enter(visit, "amend", details=None, window=JUNE, update_mask=["window"])
    assert claimed(visit) == []
    enter(visit, "amend", details=None, window=days("2023-06-18"), update_mask=["window"])
    assert claimed(visit) == [("press", "", JUNE)]


@pytest.mark.parametrize(
    ("side", "more", "is_ended"),
    [
        (HOST, {}, True),
        (HOST, {"attribution": Attribution.ANONYMOUS}, True),
        (HOST, {"country": "KP"}, False),
        (GUEST, {}, False),
    ],
)
def test_a_denial_of_its_voice_ends_a_claim(side: Side, more: Any, is_ended: bool) -> None:
    """However firm it is; that of another voice does not."""
    visit = visit_left_open()
    say(visit, REPORT, HOST, claimed_window=NEXT_SPRING)
    say(visit, DENY, side, **more)
    assert bool(claimed(visit)) is not is_ended


def test_a_denial_with_a_window_claims_that() -> None:
    """Not in spring, but in June."""
    visit = visit_left_open()
    say(visit, REPORT, HOST, claimed_window=NEXT_SPRING)
    say(visit, DENY, HOST, claimed_window=JUNE)
    assert claimed(visit) == [("host", "", JUNE)]


def test_a_change_of_the_status_ends_all_claims() -> None:
    """They were about the status before; one entered late is folded where it was said."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05")
    say(visit, REPORT, HOST, effective="2023-01-10", claimed_window=JUNE)
    enter(visit, "postpone", effective="2023-02-03")
    say(visit, REPORT, GUEST, effective="2023-01-20", claimed_window=JUNE)
    assert claimed(visit) == []
    retract(visit, 3)
    assert [side for side, _, _ in claimed(visit)] == ["host", "guest"]


# Under way


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ([ARRIVED], True),
        ([ARRIVED, CONFIRM, DOUBT], True),
        ([ARRIVED, DEPARTED], False),
        ([DEPARTED], False),
        ([ARRIVED, DEPARTED, ARRIVED], True),
        ([], False),
    ],
)
@pytest.mark.parametrize("visit", [scheduled_visit, rescheduled_visit])
def test_a_planned_visit_is_under_way_from_the_arrival_to_the_departure(
    visit: Any, kinds: list[StatementKind], expected: bool
) -> None:
    """Whoever reports them, and however firmly."""
    heard = visit()
    for kind in kinds:
        say(heard, kind, Side.PRESS, attribution=Attribution.ANONYMOUS)
    assert is_under_way(heard.state) == expected


def test_another_voice_may_report_the_departure() -> None:
    """There is one principal, who is there or not."""
    visit = scheduled_visit()
    say(visit, ARRIVED, HOST)
    say(visit, DEPARTED, Side.PRESS)
    assert not is_under_way(visit.state)


@pytest.mark.parametrize("change", ["postpone", "cancel", "complete", "reschedule"])
def test_a_change_of_the_status_ends_what_is_under_way(change: str) -> None:
    """It is under way only since the change that made the status."""
    visit = scheduled_visit()
    say(visit, ARRIVED, HOST)
    enter(visit, change)
    assert not is_under_way(visit.state)


@pytest.mark.parametrize("visit", [postponed_visit, cancelled_visit, completed_visit])
def test_only_a_planned_visit_is_under_way(visit: Any) -> None:
    """An arrival contradicts that it was put off, and comes too late for one that took place."""
    heard = visit()
    say(heard, ARRIVED, HOST)
    assert not is_under_way(heard.state)


def test_an_arrival_that_was_an_error_is_none() -> None:
    """Retracted, it never was."""
    visit = scheduled_visit()
    say(visit, ARRIVED, HOST)
    retract(visit, 2)
    assert not is_under_way(visit.state)


# Overdue


@pytest.mark.parametrize(
    ("window", "since"),
    [
        (FEBRUARY, "2023-02-07 12:00"),
        (days("2023-12-31"), "2024-01-01 12:00"),
        (Window(None, date(2023, 12, 31), as_stated="by the end of the year"), "2024-01-01 12:00"),
        (AUTUMN, "2023-12-01 12:00"),
        (Window(date(2023, 6, 1), as_stated="in June or later"), ""),
        (Window(as_stated="after the election"), ""),
        (Window(None, date.max), ""),
        (None, ""),
    ],
)
def test_a_planned_visit_is_overdue_when_its_last_day_is_over_everywhere(
    window: Window | None, since: str
) -> None:
    """12 hours after its end in UTC. Without an end it never is."""
    visit = blank_visit()
    enter(visit, "schedule", window=window)
    assert overdue_at(visit.state) == (at(since) if since else None)


@pytest.mark.parametrize(
    "visit", [postponed_visit, visit_left_open, cancelled_visit, completed_visit]
)
def test_only_a_planned_visit_is_overdue(visit: Any) -> None:
    """A cancelled one keeps its window, and nobody waits for it."""
    assert overdue_at(visit().state) is None


# Last heard of


def test_a_visit_was_last_heard_of_when_its_latest_change_became_known() -> None:
    """Whatever that change was, and in whichever order they were entered."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05", known="2023-01-06")
    assert visit.state.last_heard == on("2023-01-06")
    say(visit, REPORT, Side.PRESS, known="2023-03")
    enter(visit, "amend", effective="2023-01-05", known="2023-02-01")
    assert visit.state.last_heard == on("2023-03")
    assert as_of(visit, known="2023-02-15").last_heard == on("2023-02-01")
    assert as_of(visit, valid="2023-01-31").last_heard == on("2023-02-01")


def test_a_retraction_is_not_heard() -> None:
    """What it takes out was not heard either."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05")
    say(visit, REPORT, Side.PRESS, known="2023-03-01")
    retract(visit, 2, known="2023-04-01")
    assert visit.state.last_heard == on("2023-01-05")
    assert as_of(visit, known="2023-03-31").last_heard == on("2023-03-01")
