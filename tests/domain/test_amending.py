"""A mask names the facts that change, and nothing else changes."""

from dataclasses import replace
from typing import Any

import pytest

from domain.errors import InvalidValue, NoWindow
from domain.status import Status
from domain.terms import Side
from domain.values import DETAIL_FIELDS, VisitDetails
from tests.domain.amending import OTHER, amend
from tests.domain.builders import (
    DETAILS,
    FEBRUARY,
    IN_STATUS,
    JUNE,
    blank_visit,
    cancelled_visit,
    completed_visit,
    days,
    enter,
    rescheduled_visit,
    scheduled_visit,
    word,
)


def mask_problems(*mask: str) -> str:
    visit = scheduled_visit()
    with pytest.raises(InvalidValue) as refused:
        amend(visit, *mask)
    (problem,) = refused.value.problems
    assert problem.field == "amended.update_mask"
    assert visit.version == 1
    return problem.text


# The mask


@pytest.mark.parametrize("prefix", ["", "details."])
@pytest.mark.parametrize("field", DETAIL_FIELDS)
def test_each_detail_is_amended_alone(field: str, prefix: str) -> None:
    """By its bare name or its full path. Whatever the mask does not name stays."""
    visit = scheduled_visit()

    event = amend(visit, prefix + field)

    assert visit.state.details == replace(DETAILS, **{field: getattr(OTHER, field)})
    assert visit.state.window == FEBRUARY
    assert event.update_mask == (f"details.{field}",)


def test_a_window_is_amended_alone() -> None:
    """A more exact window for the same plan is no change of status."""
    visit = scheduled_visit()

    event = amend(visit, "window")

    assert visit.state.window == JUNE
    assert visit.state.details == DETAILS
    assert visit.state.status is Status.SCHEDULED
    assert event.update_mask == ("window",)


def test_several_fields_are_amended_together() -> None:
    """In one change with one version."""
    visit = scheduled_visit()
    amend(visit, "kind", "details.purpose", "window")
    assert visit.state.details == replace(DETAILS, kind=OTHER.kind, purpose=OTHER.purpose)
    assert visit.state.window == JUNE
    assert visit.version == 2


def test_a_field_named_twice_is_named_once() -> None:
    """The event holds each path in full, once, in the order given."""
    event = amend(scheduled_visit(), "window", "title", "details.title", "kind", "window")
    assert event.update_mask == ("window", "details.title", "details.kind")


def test_the_event_holds_only_what_the_mask_names() -> None:
    """Other values that were sent are not recorded."""
    event = amend(scheduled_visit(), "title")
    assert event.details == VisitDetails(title=OTHER.title)
    assert event.window is None


def test_what_the_mask_does_not_name_is_not_checked() -> None:
    """A client may send a visit back as it got it, and name what it changed."""
    amend(
        scheduled_visit(),
        "purpose",
        details=replace(OTHER, title="x" * 201),
        window=days("2023-02-06", "2023-02-05"),
    )


@pytest.mark.parametrize(
    "path",
    [
        "",
        "*",
        "status",
        "details",
        "Title",
        "details.principal.name",
        "principal.name",
        "window.start",
        "details.window",
        "details.details.title",
        "window_given_up",
        "reason",
        "previous_windows",
        " title",
        "x" * 10_000,
    ],
)
def test_an_unknown_path_is_refused(path: str) -> None:
    """Paths have one level; the first unknown one is named, and cut if it is long."""
    text = mask_problems("title", path)
    assert f"unknown field {path[:200]!r};" in text
    assert len(text) < 600


# Clearing


@pytest.mark.parametrize(
    ("field", "empty"),
    [
        ("host", None),
        ("destinations", ()),
        ("kind", None),
        ("purpose", ""),
        ("trip", ""),
        ("aliases", ()),
        ("related", ()),
        ("initiated_by", None),
    ],
)
def test_a_named_field_that_is_not_given_is_cleared(field: str, empty: Any) -> None:
    """The mask says that the field has a new value: none."""
    visit = blank_visit()
    enter(visit, "schedule", details=OTHER)
    amend(visit, field, details=None)
    assert visit.state.details == replace(OTHER, **{field: empty})


@pytest.mark.parametrize("field", ["title", "principal"])
def test_a_visit_keeps_a_title_and_a_principal(field: str) -> None:
    """They cannot be cleared."""
    visit = scheduled_visit()
    with pytest.raises(InvalidValue) as refused:
        amend(visit, field, details=VisitDetails())
    assert [p.field for p in refused.value.problems] == [f"amended.details.{field}"]


@pytest.mark.parametrize("field", ["window", "held_window"])
def test_a_window_cannot_be_amended_away(field: str) -> None:
    """To leave a visit without a window is to postpone it, and a visit that took place has days."""
    with pytest.raises(InvalidValue) as refused:
        amend(completed_visit(), field, window=None)
    assert [p.field for p in refused.value.problems] == [f"amended.{field}"]


def test_new_values_follow_the_rules() -> None:
    """Each problem has its path in the request, and those of the context come with them."""
    with pytest.raises(InvalidValue) as refused:
        amend(
            scheduled_visit(),
            "title",
            "details.aliases",
            "window",
            actor="",
            details=VisitDetails(title="x" * 201, aliases=("",), purpose="x" * 4001),
            window=days("2023-02-06", "2023-02-05"),
        )
    assert {p.field for p in refused.value.problems} == {
        "context.actor",
        "amended.details.title",
        "amended.details.aliases[0]",
        "amended.window.end",
    }


def test_new_values_are_kept_in_one_form() -> None:
    """An amendment cleans text as any other change does."""
    visit = scheduled_visit()
    amend(visit, "title", details=VisitDetails(title="Ma\u0301rquez"))
    assert visit.state.details.title == "M\u00e1rquez"


# When


@pytest.mark.parametrize("status", list(Status))
def test_details_are_amended_in_any_status(status: Status) -> None:
    """Even when the visit took place: the record comes months later."""
    visit = IN_STATUS[status]()
    amend(visit, "kind")
    assert visit.state.details.kind is OTHER.kind
    assert visit.state.status is status


@pytest.mark.parametrize(
    "state", [scheduled_visit, rescheduled_visit, completed_visit, cancelled_visit]
)
def test_a_visit_with_a_window_can_have_it_amended(state: Any) -> None:
    """It is planned, or keeps the window of its last plan."""
    visit = state()
    amend(visit, "window", window=days("2023-06-17", "2023-06-21"))
    assert visit.state.window == days("2023-06-17", "2023-06-21")


@pytest.mark.parametrize("status", [Status.POSTPONED, Status.WHEN_CONDITIONS_ALLOW])
def test_a_visit_without_a_window_is_rescheduled_and_not_amended(status: Status) -> None:
    """A new window is a change of status."""
    visit = IN_STATUS[status]()
    with pytest.raises(NoWindow, match="reschedule it instead") as refused:
        amend(visit, "title", "window")
    assert (refused.value.visit_id, refused.value.status) == (visit.id, status)
    assert visit.state.details == DETAILS


@pytest.mark.parametrize("state", [scheduled_visit, rescheduled_visit, cancelled_visit])
def test_a_visit_that_did_not_take_place_has_no_held_window(state: Any) -> None:
    """It is completed first."""
    visit = state()
    with pytest.raises(NoWindow, match="complete it instead") as refused:
        amend(visit, "held_window", held_window=FEBRUARY)
    assert (refused.value.visit_id, refused.value.status) == (visit.id, visit.state.status)


def test_an_amendment_has_the_basis_and_the_reason_of_any_change() -> None:
    """What it rests on, and why."""
    visit = rescheduled_visit()
    event = amend(visit, "kind", reason="Announced so", basis=[word(Side.GUEST)])
    assert (event.reason, event.basis) == ("Announced so", (word(Side.GUEST),))
