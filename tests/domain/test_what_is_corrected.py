"""Which change a correction is of, and which fields that change says."""

from typing import Any

import pytest

from domain.errors import InvalidValue, VersionMismatch, VisitWithdrawn
from domain.events import Corrected
from domain.terms import Relation, Side, StatementKind
from domain.values import DETAIL_FIELDS, DetailItems, RelatedVisit, VisitDetails
from domain.visit import Visit
from tests.domain.amending import OTHER
from tests.domain.builders import (
    DETAILS,
    JUNE,
    NOW,
    blank_visit,
    cancelled_visit,
    completed_visit,
    condition,
    days,
    enter,
    postponed_visit,
    rescheduled_visit,
    say,
    scheduled_visit,
    visit_left_open,
    withdrawn_visit,
    word,
)
from tests.domain.correcting import REASON, correct, refusal

# With a version


@pytest.mark.parametrize(
    ("command", "also"),
    [
        ("schedule", {"window"}),
        ("disclose", {"held_window"}),
        ("postpone", {"condition", "window_given_up"}),
        ("defer", {"condition", "window_given_up"}),
        ("reschedule", {"window", "window_given_up"}),
        ("cancel", {"condition", "window_given_up"}),
    ],
)
def test_an_opening_says_all_its_details_and_its_own_fields(command: str, also: set[str]) -> None:
    """Also those details that it left empty."""
    visit = blank_visit()
    enter(visit, command, details=DETAILS)
    says = {"reason", "basis", *also, *(f"details.{field}" for field in DETAIL_FIELDS)}
    check_says(visit, 1, says)


@pytest.mark.parametrize(
    ("visit", "says"),
    [
        (postponed_visit, {"condition"}),
        (visit_left_open, {"condition"}),
        (cancelled_visit, {"condition"}),
        (completed_visit, {"held_window"}),
    ],
)
def test_a_change_of_the_status_says_its_own_fields(visit: Any, says: set[str]) -> None:
    """And not the details, which the opening said."""
    check_says(visit(), 2, {"reason", "basis", *says})


def check_says(visit: Visit, version: int, says: set[str]) -> None:
    right: dict[str, Any] = {
        "details": OTHER,
        "window": days("2023-03-01"),
        "window_given_up": JUNE,
        "held_window": days("2023-02-05"),
        "condition": condition("once invited", Side.HOST),
        "basis": [word(Side.PRESS)],
        **REASON,
    }
    paths = {"window", "held_window", "window_given_up", "condition", "reason", "basis"}
    for path in paths | {f"details.{field}" for field in DETAIL_FIELDS}:
        fork = visit.fork()
        if path in says:
            correct(fork, path, version=version, **right)
        else:
            assert f"does not say {path}. What it says is" in str(
                refusal(fork, path, version=version, **right)
            )


def test_an_amendment_says_what_its_mask_names() -> None:
    """Single items that it added are retracted and recorded anew."""
    visit = scheduled_visit()
    items = DetailItems(related=(RelatedVisit("another", Relation.SUPERSEDES),))
    enter(visit, "amend", update_mask=["title"], details=OTHER, added=items)
    correct(visit, "title", "reason", version=2, details=DETAILS, **REASON)
    assert visit.state.details.title == DETAILS.title
    assert "single items" in str(refusal(visit, "related", version=2))
    assert "single items" in str(refusal(visit, "related"))


def test_items_that_were_there_already_were_given_by_the_change_before() -> None:
    """Adding them again changed nothing."""
    visit = scheduled_visit()
    items = DetailItems(aliases=DETAILS.aliases)
    enter(visit, "amend", update_mask=["title"], details=OTHER, added=items)
    event = correct(visit, "aliases", details=VisitDetails(aliases=("blinken",)))
    assert event.corrected_version == 1


def test_what_a_statement_says_is_recorded_anew() -> None:
    """Its condition too; its reason and basis are corrected."""
    visit = visit_left_open()
    say(visit, StatementKind.REAFFIRM, Side.GUEST, condition=condition("at the first chance"))
    assert "what a statement says" in str(refusal(visit, "condition", condition=condition()))
    correct(visit, "reason", version=3, **REASON)


def test_a_correction_of_a_correction_is_of_the_first_change() -> None:
    """It is a later word on the same change."""
    visit = rescheduled_visit()
    correct(visit, "window", version=1, window=days("2023-02-05"))
    event = correct(visit, "window", version=4, window=days("2023-02-06"))
    assert event.corrected_version == 1
    assert [p.window for p in visit.state.previous_windows] == [days("2023-02-06")]


@pytest.mark.parametrize("version", [2, 3])
def test_a_change_that_is_retracted_is_not_corrected(version: int) -> None:
    """It does not stand, and says nothing; neither does its correction."""
    visit = postponed_visit()
    correct(visit, "reason", **REASON)
    enter(visit, "retract", retracted_version=3)
    enter(visit, "retract", retracted_version=2)
    assert f"change {version} is retracted" in str(
        refusal(visit, "reason", version=version, **REASON)
    )


def test_a_correction_of_a_change_that_is_retracted_is_not_corrected() -> None:
    """It stands, but what it corrects does not."""
    visit = postponed_visit()
    correct(visit, "reason", **REASON)
    enter(visit, "retract", retracted_version=2)
    assert "change 2 is retracted" in str(refusal(visit, "reason", version=3, reason="Yet another"))


def test_a_retraction_is_not_corrected() -> None:
    """It is retracted itself."""
    visit = postponed_visit()
    enter(visit, "retract", retracted_version=2)
    assert "undo that" in str(refusal(visit, "reason", version=3, **REASON))


@pytest.mark.parametrize(("version", "text"), [(3, "which has 2"), (-1, "must not be negative")])
def test_a_change_that_was_not_made_is_not_corrected(version: int, text: str) -> None:
    """The refusal names how many there are."""
    with pytest.raises(InvalidValue, match=text) as refused:
        correct(postponed_visit(), "reason", version=version, **REASON)
    assert [p.field for p in refused.value.problems] == ["corrected.corrected_version"]


def test_a_correction_names_what_was_wrong() -> None:
    """The refusal names what may be corrected."""
    with pytest.raises(InvalidValue, match=r"choose from window, .*details.title") as refused:
        correct(scheduled_visit())
    assert [p.field for p in refused.value.problems] == ["corrected.update_mask"]


@pytest.mark.parametrize("path", ["*", "details", "window.start", "statement", "known_time"])
def test_an_unknown_field_is_not_corrected(path: str) -> None:
    """Nor is what every change has: its times, and who made it."""
    with pytest.raises(InvalidValue, match="unknown field") as refused:
        correct(scheduled_visit(), path)
    assert [p.field for p in refused.value.problems] == ["corrected.update_mask"]


def test_right_values_follow_the_rules() -> None:
    """Each problem has its path in the request."""
    with pytest.raises(InvalidValue) as refused:
        correct(
            scheduled_visit(),
            "title",
            "window",
            "reason",
            details=VisitDetails(title=""),
            window=days("2023-02-06", "2023-02-05"),
            reason="\x00",
        )
    assert {p.field for p in refused.value.problems} == {
        "corrected.details.title",
        "corrected.window.end",
        "corrected.reason",
    }


def test_the_event_holds_the_full_paths_once() -> None:
    """And of the details only what the mask names."""
    event = correct(
        scheduled_visit(), "title", "details.title", details=VisitDetails("Right", purpose="x")
    )
    assert isinstance(event, Corrected)
    assert event.update_mask == ("details.title",)
    assert event.details == VisitDetails(title="Right")


def test_a_visit_must_be_there_and_at_the_expected_version() -> None:
    """As for any other change."""
    with pytest.raises(VisitWithdrawn):
        enter(withdrawn_visit(), "correct")
    with pytest.raises(VersionMismatch):
        enter(scheduled_visit(), "correct", NOW, expected_version=2)
