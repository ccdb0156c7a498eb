"""How a word that counts stands to the visit as it is."""

from typing import Any

import pytest

from domain.standing import Stance, words
from domain.status import Status
from domain.terms import Side, StatementKind
from domain.values import Window
from tests.domain.builders import (
    AUTUMN,
    FEBRUARY,
    JUNE,
    blank_visit,
    cancelled_visit,
    completed_visit,
    days,
    enter,
    postponed_visit,
    say,
    scheduled_visit,
)
from tests.domain.speaking import (
    ANNOUNCE,
    CONFIRM,
    DENY,
    DOUBT,
    GUEST,
    HOST,
    REPORT,
    counting,
    stands,
)

APART = days("2023-03-01", "2023-03-02")
OVERLAPPING = days("2023-02-06", "2023-02-08")


@pytest.mark.parametrize(
    ("visit", "kind", "claims", "stance"),
    [
        (scheduled_visit, CONFIRM, {}, Stance.AGREES),
        (scheduled_visit, DENY, {}, Stance.CONTRADICTS_STATUS),
        (scheduled_visit, CONFIRM, {"claimed_window": OVERLAPPING}, Stance.AGREES),
        (scheduled_visit, CONFIRM, {"claimed_window": APART}, Stance.CONTRADICTS_DAYS),
        (scheduled_visit, DENY, {"claimed_window": APART}, Stance.CONTRADICTS_DAYS),
        (scheduled_visit, DENY, {"claimed_window": OVERLAPPING}, Stance.AGREES),
        (
            scheduled_visit,
            CONFIRM,
            {"claimed_window": APART, "claimed_status": Status.CANCELLED},
            Stance.CONTRADICTS_STATUS,
        ),
        (
            scheduled_visit,
            DENY,
            {"claimed_window": APART, "claimed_status": Status.SCHEDULED},
            Stance.CONTRADICTS_DAYS,
        ),
        (scheduled_visit, CONFIRM, {"claimed_window": Window(FEBRUARY.end)}, Stance.AGREES),
        (scheduled_visit, CONFIRM, {"claimed_window": Window(None, FEBRUARY.start)}, Stance.AGREES),
        (
            scheduled_visit,
            CONFIRM,
            {"claimed_window": Window(APART.start)},
            Stance.CONTRADICTS_DAYS,
        ),
        (
            scheduled_visit,
            CONFIRM,
            {"claimed_window": Window(None, days("2023-02-04").start)},
            Stance.CONTRADICTS_DAYS,
        ),
        (scheduled_visit, CONFIRM, {"claimed_window": Window(as_stated="soon")}, Stance.AGREES),
        (postponed_visit, CONFIRM, {"claimed_window": APART}, Stance.AGREES),
        (postponed_visit, DENY, {"claimed_window": APART}, Stance.CONTRADICTS_STATUS),
        (cancelled_visit, DENY, {"claimed_window": FEBRUARY}, Stance.CONTRADICTS_STATUS),
        (cancelled_visit, CONFIRM, {"claimed_window": FEBRUARY}, Stance.AGREES),
        (cancelled_visit, CONFIRM, {"claimed_window": APART}, Stance.CONTRADICTS_DAYS),
        (completed_visit, DENY, {"claimed_window": APART}, Stance.CONTRADICTS_DAYS),
        (completed_visit, CONFIRM, {"claimed_window": OVERLAPPING}, Stance.AGREES),
        (scheduled_visit, StatementKind.ARRIVED, {}, Stance.AGREES),
        (
            scheduled_visit,
            StatementKind.ARRIVED,
            {"claimed_window": APART},
            Stance.CONTRADICTS_DAYS,
        ),
        (cancelled_visit, StatementKind.ARRIVED, {}, Stance.CONTRADICTS_STATUS),
    ],
)
def test_a_word_that_counts_has_a_stance(
    visit: Any, kind: StatementKind, claims: dict[str, Any], stance: Stance
) -> None:
    """It agrees, or contradicts the status, or only the days, which counts as agreeing."""
    heard = visit()
    say(heard, kind, HOST, **claims)
    assert counting(heard) == {(HOST, "CN"): stance}
    disputed = stance is Stance.CONTRADICTS_STATUS
    assert stands(heard) == ("disputed" if disputed else "official")


def test_the_days_of_a_completed_visit_are_those_planned_and_those_held() -> None:
    """A word about either contradicts none."""
    visit = scheduled_visit()
    enter(visit, "complete", held_window=JUNE)
    for window, stance in [(FEBRUARY, "agrees"), (JUNE, "agrees"), (APART, "contradicts the days")]:
        say(visit, CONFIRM, GUEST, claimed_window=window)
        assert counting(visit) == {(GUEST, "US"): stance}


def test_a_plan_without_days_is_contradicted_by_none() -> None:
    """After the election may be any day."""
    visit = blank_visit()
    enter(visit, "schedule", window=Window(as_stated="after the election"))
    say(visit, CONFIRM, GUEST, claimed_window=AUTUMN)
    assert counting(visit) == {(GUEST, "US"): "agrees"}


@pytest.mark.parametrize("kind", [REPORT, StatementKind.DECLINE, DOUBT])
def test_a_word_that_does_not_count_has_no_stance(kind: StatementKind) -> None:
    """Nor has any word of another side."""
    visit = scheduled_visit()
    say(visit, kind, HOST, claimed_status=Status.CANCELLED)
    say(visit, ANNOUNCE, Side.THIRD, claimed_status=Status.CANCELLED)
    assert [(w.counts, w.stance) for w in words(visit.state)] == [(False, None)] * 3
