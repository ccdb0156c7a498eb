"""The table of changes, cell by cell, through the commands of a visit."""

from typing import Any

import pytest

from domain.checks import Context
from domain.errors import (
    ChangeRefused,
    InvalidValue,
    Refusal,
    VersionMismatch,
    VisitExists,
    VisitNotFound,
    VisitWithdrawn,
)
from domain.status import GROUPS, TABLE, Status, StatusChange
from domain.visit import Visit
from tests.domain.builders import (
    AUTUMN,
    DETAILS,
    IN_STATUS,
    LEAST,
    blank_visit,
    completed_visit,
    condition,
    context,
    disclosed_visit,
    enter,
    postponed_visit,
    scheduled_visit,
    withdrawn_visit,
)

DESIGN = """
| From | schedule | disclose | postpone | defer | reschedule | complete | cancel |
| (none) | scheduled | completed | postponed | when conditions allow | rescheduled | | cancelled |
| scheduled | | | postponed | when conditions allow | rescheduled | completed | cancelled |
| postponed | | | | when conditions allow | rescheduled | completed | cancelled |
| when conditions allow ||| postponed | when conditions allow | rescheduled | completed | cancelled|
| rescheduled | | | postponed | when conditions allow | rescheduled | completed | cancelled |
| completed | | | | | | | |
| cancelled | | | | when conditions allow | rescheduled | completed | |
"""

HEADING, *ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in DESIGN.strip().splitlines()
]
CELLS = [(row[0], change, to) for row in ROWS for change, to in zip(HEADING, row, strict=True)]
CELLS = [(before, change, to) for before, change, to in CELLS if change != "From"]
OPENING = ("schedule", "disclose")
NOT_OPENING = [command for command in LEAST if command not in OPENING]

# A visit is left open, or planned again, for another condition or window than it has.
OTHER: dict[str, dict[str, Any]] = {
    "defer": {"condition": condition("once invited")},
    "reschedule": {"window": AUTUMN},
}


def status_named(text: str) -> Status | None:
    return None if text == "(none)" else Status(text)


def visit_that_is(text: str) -> Visit:
    return IN_STATUS[status_named(text)]()


def allowed_from(before: str) -> list[str]:
    return [change for row, change, to in CELLS if row == before and to]


def test_the_design_has_a_row_for_each_status_and_a_column_for_each_change() -> None:
    """The transcription leaves nothing out."""
    assert HEADING[1:] == list(StatusChange)
    assert [status_named(row[0]) for row in ROWS] == [None, *Status]
    assert len(CELLS) == 49


def test_the_table_is_that_of_the_design() -> None:
    """For each status, the changes and the statuses they lead to are those of the design."""
    table = {
        status_named(before): {
            StatusChange(change): Status(to) for row, change, to in CELLS if row == before and to
        }
        for before, *_ in ROWS
    }
    assert table == TABLE


@pytest.mark.parametrize(("before", "change", "to"), [c for c in CELLS if c[2]])
def test_an_allowed_change_leads_to_its_status(before: str, change: str, to: str) -> None:
    """What the cell says is the status afterwards, and one change was recorded."""
    visit = visit_that_is(before)
    version = visit.version

    opening = {} if visit.state.status else {"details": DETAILS}
    event = enter(visit, change, **OTHER.get(change, {}) | opening)

    assert visit.state.status == to
    assert visit.state.status_change is event
    assert visit.version == event.originator_version == version + 1


@pytest.mark.parametrize(
    ("before", "change"),
    [(b, c) for b, c, to in CELLS if not to and b != "(none)" and c not in OPENING],
)
def test_an_empty_cell_is_refused_with_its_evidence(before: str, change: str) -> None:
    """The refusal holds the current status, the change asked for, and the changes allowed."""
    visit = visit_that_is(before)
    version = visit.version

    with pytest.raises(ChangeRefused) as refused:
        enter(visit, change)

    assert refused.value.visit_id == visit.id
    assert refused.value.status == before
    assert refused.value.change == change
    assert list(refused.value.allowed) == allowed_from(before)
    assert visit.version == version
    assert visit.state.status == before


def test_a_refusal_says_to_a_person_what_is_allowed() -> None:
    """The message names the status and each change that is allowed from it."""
    with pytest.raises(ChangeRefused) as refused:
        enter(postponed_visit(), "postpone")
    assert str(refused.value) == (
        "cannot postpone visit 'beijing-2023': it is postponed; "
        "allowed from here: defer, reschedule, complete, cancel"
    )

    with pytest.raises(ChangeRefused, match=r"it is completed; .*: no change of status"):
        enter(completed_visit(), "cancel")


@pytest.mark.parametrize("change", OPENING)
@pytest.mark.parametrize("before", list(Status))
def test_the_id_of_an_existing_visit_is_taken(before: Status, change: str) -> None:
    """No visit that exists is scheduled or disclosed again."""
    visit = IN_STATUS[before]()
    with pytest.raises(VisitExists) as refused:
        enter(visit, change)
    assert (refused.value.visit_id, refused.value.status) == (visit.id, before)


@pytest.mark.parametrize("change", [c for c in StatusChange if c not in OPENING])
def test_a_disclosed_visit_is_completed_for_good(change: str) -> None:
    """No change of status follows on a disclosure."""
    with pytest.raises(ChangeRefused) as refused:
        enter(disclosed_visit(), change)
    assert refused.value.allowed == ()


@pytest.mark.parametrize("command", NOT_OPENING)
def test_a_visit_of_which_nothing_is_recorded_is_not_found(command: str) -> None:
    """Schedule and disclose open one; other changes do so only with details."""
    with pytest.raises(VisitNotFound) as refused:
        enter(blank_visit(), command)
    assert not isinstance(refused.value, VisitWithdrawn)
    assert refused.value.visit_id == "beijing-2023"


@pytest.mark.parametrize("command", NOT_OPENING)
def test_a_withdrawn_visit_takes_no_other_change(command: str) -> None:
    """But one that opens it again, with details, and the undoing of its retraction."""
    with pytest.raises(VisitWithdrawn) as refused:
        enter(withdrawn_visit(), command)
    assert (refused.value.visit_id, refused.value.merged_into) == ("beijing-2023", "")


def test_a_withdrawn_duplicate_says_of_which_visit() -> None:
    """The refusal of a duplicate says which visit replaces it."""
    visit = scheduled_visit()
    enter(visit, "retract", merged_into="blinken-beijing")

    with pytest.raises(VisitWithdrawn, match="a duplicate of 'blinken-beijing'") as refused:
        enter(visit, "cancel")

    assert refused.value.merged_into == "blinken-beijing"


@pytest.mark.parametrize(("change", "status"), list(TABLE[None].items()))
def test_a_withdrawn_visit_is_opened_again(change: str, status: Status) -> None:
    """Its id and its history stay, and the numbers of its changes go on."""
    visit = withdrawn_visit()
    event = enter(visit, change, details=DETAILS)
    assert visit.state.status is status
    assert event.originator_version == len(visit.changes) == 3


@pytest.mark.parametrize("command", NOT_OPENING)
def test_a_change_of_another_version_is_refused_with_both_versions(command: str) -> None:
    """The refusal gives the actual version."""
    visit = scheduled_visit()
    with pytest.raises(VersionMismatch) as refused:
        enter(visit, command, expected_version=2)
    assert (refused.value.expected, refused.value.actual) == (2, 1)


@pytest.mark.parametrize("change", OPENING)
def test_opening_a_visit_can_expect_that_nothing_is_recorded(change: str) -> None:
    """Version 0 is that of a blank visit; a withdrawn one has the version of its history."""
    enter(blank_visit(), change, expected_version=0)
    enter(withdrawn_visit(), change, expected_version=2)
    for visit, expected in (blank_visit(), 1), (withdrawn_visit(), 0):
        with pytest.raises(VersionMismatch):
            enter(visit, change, expected_version=expected)


def test_no_visit_has_a_negative_version() -> None:
    """Expecting one is no mismatch but a mistake."""
    with pytest.raises(InvalidValue, match=r"context\.expected_version: must not be neg"):
        enter(blank_visit(), "schedule", expected_version=-1)


@pytest.mark.parametrize("command", NOT_OPENING)
def test_the_version_that_is_expected_is_accepted(command: str) -> None:
    """A change on the version that its author has seen is like any other."""
    visit = scheduled_visit()
    enter(visit, command, expected_version=1)
    assert visit.version == 2


def test_a_refusal_is_the_first_that_applies() -> None:
    """Values come before existence, existence before the version, that before the status."""
    bad_context = context(actor=" ", expected_version=7)
    good_context = context(expected_version=7)
    refusals: list[tuple[Visit, Context, str]] = [
        (blank_visit(), bad_context, "InvalidValue"),
        (blank_visit(), good_context, "VisitNotFound"),
        (withdrawn_visit(), good_context, "VisitWithdrawn"),
        (postponed_visit(), good_context, "VersionMismatch"),
        (postponed_visit(), context(effective="2024-07"), "ChangeRefused"),
        (scheduled_visit(), context(effective="2024-07"), "InvalidValue"),
    ]
    for visit, asked, name in refusals:
        with pytest.raises(Refusal) as refused:
            visit.postpone(asked)
        assert type(refused.value).__name__ == name


def test_statuses_agree_within_four_groups() -> None:
    """Planned, open, cancelled and completed: each status is in one."""
    groups: dict[str, list[str]] = {}
    for status in Status:
        groups.setdefault(GROUPS[status], []).append(status)
    assert groups == {
        "planned": ["scheduled", "rescheduled"],
        "open": ["postponed", "when conditions allow"],
        "cancelled": ["cancelled"],
        "completed": ["completed"],
    }
