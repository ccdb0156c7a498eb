"""The case in one sentence."""

from datetime import date
from typing import Any

import pytest

from chancery.client import Condition, CurrentCondition, PreviousWindow, Statement, Visit, Window
from service.web.wording import is_overdue, overdue_days, plain, sentence
from tests.web.wording.values import EARLY, FEBRUARY, JUNE, against, at, visit

NOW = at("2023-06-01 12:00")
WHEN_CONDITIONS_ALLOW = CurrentCondition(Condition("when conditions allow", "guest"), 5)
RESPECT = CurrentCondition(Condition("in conditions of mutual respect", "host"), 6)
PUT_OFF = PreviousWindow(FEBRUARY, "put off", 5)
MOVED = PreviousWindow(FEBRUARY, "moved", 5)
EXACT = PreviousWindow(EARLY, "made exact", 2)

CASES: list[tuple[dict[str, Any], str]] = [
    ({"status": "scheduled", "window": JUNE}, "Planned for 18 to 19 June 2023."),
    ({"status": "scheduled"}, "Planned, without a date."),
    (
        {"status": "scheduled", "window": Window(date(2023, 6, 26), None)},
        "Planned from 26 June 2023 on.",
    ),
    ({"status": "scheduled", "window": Window(None, date(2023, 7, 1))}, "Planned by 1 July 2023."),
    (
        {"status": "scheduled", "window": JUNE, "standing": "reported"},
        "Planned for 18 to 19 June 2023. Neither the guest nor the host has confirmed that.",
    ),
    (
        {"status": "scheduled", "window": EARLY},
        "Planned for “early next year”, taken as January to March 2023. "
        "That was 62 days ago, and nobody has said what became of it.",
    ),
    (
        {"status": "scheduled", "window": JUNE, "under_way": True},
        "Planned for 18 to 19 June 2023. It is under way: Luc Moreau has arrived.",
    ),
    (
        {"status": "rescheduled", "window": JUNE, "previous_windows": (EXACT, MOVED)},
        "Planned again, for 18 to 19 June 2023; before, for 5 to 6 February 2023.",
    ),
    ({"status": "rescheduled", "window": JUNE}, "Planned again, for 18 to 19 June 2023."),
    (
        {"status": "postponed", "previous_windows": (PUT_OFF,)},
        "Put off on 3 February 2023, with no new date; it was planned for 5 to 6 February 2023.",
    ),
    (
        {"status": "postponed", "effective_period": "2023-02", "conditions": (RESPECT,)},
        "Put off in February 2023, with no new date; the host says “in conditions of mutual "
        "respect”.",
    ),
    (
        {
            "status": "when conditions allow",
            "conditions": (WHEN_CONDITIONS_ALLOW,),
            "previous_windows": (PUT_OFF,),
        },
        "Left open “when conditions allow” since 3 February 2023; it was planned for 5 to 6 "
        "February 2023.",
    ),
    (
        {"status": "when conditions allow", "conditions": (WHEN_CONDITIONS_ALLOW, RESPECT)},
        "Left open since 3 February 2023: the guest says “when conditions allow”; the host says "
        "“in conditions of mutual respect”.",
    ),
    ({"status": "when conditions allow"}, "Left open since 3 February 2023."),
    (
        {"status": "completed", "held_window": JUNE, "previous_windows": (MOVED,)},
        "It took place from 18 to 19 June 2023; it was once planned for 5 to 6 February 2023.",
    ),
    (
        {
            "status": "completed",
            "held_window": Window(date(2023, 2, 5), date(2023, 2, 5)),
            "previous_windows": (MOVED,),
        },
        "It took place on 5 February 2023.",
    ),
    ({"status": "completed"}, "It took place."),
    (
        {"status": "cancelled", "window": JUNE},
        "Called off on 3 February 2023; it was planned for 18 to 19 June 2023.",
    ),
    (
        {"status": None, "standing": None, "merged_into": "visits/other"},
        "Withdrawn: what opened it was entered in error; the visit that stays is other.",
    ),
    (
        {
            "status": "postponed",
            "standing": "disputed",
            "words": (
                against(
                    "contradicts status", Statement("deny", "host", text="Nothing to postpone.")
                ),
            ),
        },
        "Put off on 3 February 2023, with no new date. The host disagrees: “Nothing to postpone”.",
    ),
    (
        {
            "status": "scheduled",
            "window": JUNE,
            "words": (
                against("contradicts days", Statement("confirm", "host", claimed_window=FEBRUARY)),
            ),
        },
        "Planned for 18 to 19 June 2023. The host names other days: 5 to 6 February 2023.",
    ),
    (
        {
            "status": "scheduled",
            "window": JUNE,
            "standing": "disputed",
            "words": (
                against(
                    "contradicts status", Statement("report", "host", claimed_status="cancelled")
                ),
            ),
        },
        "Planned for 18 to 19 June 2023. The host disagrees: it says cancelled.",
    ),
]


@pytest.mark.parametrize(("fields", "said"), CASES, ids=[said for _, said in CASES])
def test_the_case_is_said_in_a_sentence(fields: dict[str, Any], said: str) -> None:
    assert plain(sentence(visit(**fields), NOW)) == said


def planned() -> Visit:
    return visit(status="scheduled", window=JUNE)


def test_a_visit_is_overdue_once_its_last_day_is_over_everywhere_on_earth() -> None:
    assert not is_overdue(planned(), at("2023-06-20 11:59"))
    assert is_overdue(planned(), at("2023-06-20 12:00"))
    assert overdue_days(planned(), at("2023-06-23 09:00")) == 4


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "postponed", "window": JUNE},
        {"status": "completed", "held_window": JUNE, "window": JUNE},
        {"status": "scheduled"},
        {"status": "scheduled", "window": Window(date(2023, 1, 1), None)},
    ],
    ids=str,
)
def test_what_is_not_planned_or_has_no_last_day_is_never_overdue(fields: dict[str, Any]) -> None:
    assert overdue_days(visit(**fields), at("2030-01-01 00:00")) == 0


def test_a_long_condition_is_cut_in_the_sentence() -> None:
    long = CurrentCondition(Condition("word " * 800, "guest"), 5)
    said = plain(sentence(visit(status="when conditions allow", conditions=(long,)), NOW))
    assert len(said) < 400
    assert "word…”" in said
