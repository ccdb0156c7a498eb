"""Without a version, a correction is of the change that gave a field its present value."""

from typing import Any

import pytest

from domain.terms import Side
from domain.values import Host, VisitDetails
from domain.visit import Visit
from tests.domain.amending import amend
from tests.domain.builders import (
    DETAILS,
    FEBRUARY,
    JUNE,
    blank_visit,
    cancelled_visit,
    condition,
    days,
    enter,
    postponed_visit,
    scheduled_visit,
    visit_left_open,
    word,
)
from tests.domain.correcting import REASON, correct, refusal


def visit_with_everything() -> Visit:
    """A visit whose present values come from many changes."""
    visit = blank_visit()
    enter(visit, "postpone", details=DETAILS, window_given_up=FEBRUARY)
    amend(visit, "title")
    enter(visit, "reschedule", window=JUNE)
    amend(visit, "window", "kind", window=days("2023-06-18"))
    enter(visit, "complete", held_window=days("2023-06-18"))
    amend(visit, "held_window", held_window=days("2023-06-17", "2023-06-18"))
    return visit


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("details.purpose", 1),
        ("details.host", 1),
        ("window_given_up", 1),
        ("details.title", 2),
        ("details.kind", 4),
        ("window", 4),
        ("reason", 5),
        ("basis", 5),
        ("held_window", 6),
    ],
)
def test_it_is_the_change_that_gave_the_field_its_present_value(path: str, version: int) -> None:
    """Reason and basis are those of the change that made the status."""
    right: dict[str, Any] = {
        "details": VisitDetails(title="Right", purpose="Right", host=Host("KP")),
        "window": FEBRUARY,
        "window_given_up": JUNE,
        "held_window": FEBRUARY,
        "basis": [word(Side.PRESS)],
    }
    event = correct(visit_with_everything(), path, **right, **REASON)
    assert event.corrected_version == version


def test_it_is_the_change_that_gave_the_condition() -> None:
    """Or the one that made the status, where it gave none."""
    visit = visit_left_open()
    amend(visit, "title")
    assert correct(visit, "condition", condition=condition("x")).corrected_version == 2
    visit = cancelled_visit()
    assert correct(visit, "condition", condition=condition("x")).corrected_version == 2


def test_several_conditions_are_of_several_changes() -> None:
    """The refusal names them."""
    visit = visit_left_open()
    enter(visit, "defer", condition=condition("once invited", Side.HOST))
    refused = refusal(visit, "condition", condition=condition("x"))
    assert refused.versions == (2, 3)


def test_fields_with_values_of_different_changes_are_refused() -> None:
    """The refusal says which change gave which."""
    right = {"details": VisitDetails(title="Right"), "window": FEBRUARY}
    refused = refusal(visit_with_everything(), "title", "purpose", "window", **right)
    assert refused.versions == (1, 2, 4)
    assert "details.title: 2, details.purpose: 1, window: 4" in str(refused)
    assert "name the version to correct" in str(refused)


def test_an_amendment_that_repeats_the_window_did_not_give_it() -> None:
    """The plan before it did."""
    visit = scheduled_visit()
    amend(visit, "title", "window", window=FEBRUARY)
    assert correct(visit, "window", window=JUNE).corrected_version == 1


def test_a_change_that_is_retracted_gave_no_present_value() -> None:
    """The one before it did."""
    visit = scheduled_visit()
    amend(visit, "title")
    enter(visit, "retract", retracted_version=2)
    event = correct(visit, "title", details=VisitDetails(title="Right"))
    assert event.corrected_version == 1


@pytest.mark.parametrize(
    ("visit", "path"),
    [
        (postponed_visit, "window"),
        (scheduled_visit, "held_window"),
        (scheduled_visit, "window_given_up"),
        (scheduled_visit, "condition"),
    ],
)
def test_a_field_without_a_value_has_nothing_to_correct(visit: Any, path: str) -> None:
    """The refusal says what the change does say."""
    assert f"does not say {path}" in str(refusal(visit(), path, window=JUNE, held_window=FEBRUARY))
