"""What each refusal says to a person, and what it holds for a program."""

import pytest

from domain import errors
from domain.errors import (
    AliasTaken,
    ChangeRefused,
    CorrectionRefused,
    InvalidValue,
    Invisible,
    NothingChanged,
    NotVisibleThen,
    NoWindow,
    OutOfOrder,
    Problem,
    Refusal,
    RetractionRefused,
    VersionMismatch,
    VisitExists,
    VisitNotFound,
    VisitWithdrawn,
)
from domain.status import Status, StatusChange
from tests.domain.builders import at

ID = "beijing-2023"


def refusals() -> set[type[Refusal]]:
    """The classes of all refusals."""
    return {
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, Refusal)
    }


def test_every_refusal_is_drawn_in_the_tree() -> None:
    """One screen shows every failure of the domain."""
    drawn = {line.strip("├└│─ ").split(" ")[0] for line in (errors.__doc__ or "").splitlines()}
    assert {each.__name__ for each in refusals()} <= drawn


EACH: list[tuple[Refusal, str, dict[str, object]]] = [
    (VisitNotFound(ID), "there is no visit 'beijing-2023'", {"visit_id": ID, "path": ""}),
    (VisitWithdrawn(ID, ""), "visit 'beijing-2023' was withdrawn", {"visit_id": ID}),
    (
        VisitWithdrawn(ID, "other"),
        "visit 'beijing-2023' was withdrawn, a duplicate of 'other'",
        {"visit_id": ID, "merged_into": "other"},
    ),
    (
        VisitExists(ID, Status.POSTPONED),
        "visit 'beijing-2023' already exists and is postponed",
        {"visit_id": ID, "status": "postponed"},
    ),
    (
        AliasTaken("blinken-china", ID),
        "'blinken-china' already names visit 'beijing-2023': choose another alias or id",
        {"alias": "blinken-china", "visit_id": ID},
    ),
    (
        NotVisibleThen(ID, Invisible.NOT_RECORDED),
        "visit 'beijing-2023' was not recorded by then",
        {"visit_id": ID, "why": "not recorded", "first_known": None},
    ),
    (
        NotVisibleThen(ID, Invisible.NOT_KNOWN, at("2023-06-02 09:00")),
        "visit 'beijing-2023' was not known by then: it became known at "
        "2023-06-02T09:00:00.000000Z",
        {"visit_id": ID, "why": "not known", "first_known": at("2023-06-02 09:00")},
    ),
    (
        ChangeRefused(ID, Status.COMPLETED, StatusChange.CANCEL),
        "cannot cancel visit 'beijing-2023': it is completed; "
        "allowed from here: no change of status",
        {"visit_id": ID, "status": "completed", "change": "cancel", "allowed": ()},
    ),
    (
        ChangeRefused(ID, Status.CANCELLED, StatusChange.CANCEL),
        "cannot cancel visit 'beijing-2023': it is cancelled; "
        "allowed from here: defer, reschedule, complete",
        {"allowed": ("defer", "reschedule", "complete")},
    ),
    (
        ChangeRefused(ID, Status.SCHEDULED, StatusChange.CANCEL, "leave out the details"),
        "cannot cancel visit 'beijing-2023': it is scheduled; leave out the details",
        {"allowed": ("postpone", "defer", "reschedule", "complete", "cancel")},
    ),
    (
        OutOfOrder(ID, 2, at("2023-02-03 12:00")),
        "the change takes effect before change 2 of visit 'beijing-2023', which took effect at "
        "2023-02-03T12:00:00.000000Z: retract change 2 first, and then record both",
        {"visit_id": ID, "version": 2},
    ),
    (
        NothingChanged(ID, "it is so already"),
        "this would change nothing of visit 'beijing-2023': it is so already",
        {"visit_id": ID},
    ),
    (
        NoWindow(ID, Status.POSTPONED, "has no window: reschedule it instead"),
        "visit 'beijing-2023' is postponed and has no window: reschedule it instead",
        {"visit_id": ID, "status": "postponed"},
    ),
    (
        CorrectionRefused(ID, "name the version", [2, 4]),
        "cannot correct visit 'beijing-2023': name the version",
        {"visit_id": ID, "versions": (2, 4)},
    ),
    (
        RetractionRefused(ID, 2, "it is retracted already"),
        "cannot retract change 2 of visit 'beijing-2023': it is retracted already",
        {"visit_id": ID, "version": 2},
    ),
    (
        VersionMismatch(ID, 2, 3),
        "visit 'beijing-2023' is at version 3, not at 2",
        {"visit_id": ID, "expected": 2, "actual": 3},
    ),
]


@pytest.mark.parametrize(("refusal", "text", "evidence"), EACH, ids=[text for _, text, _ in EACH])
def test_each_refusal_says_why(refusal: Refusal, text: str, evidence: dict[str, object]) -> None:
    """One sentence, which names the visit; a program need not read it."""
    assert str(refusal) == text
    assert {name: getattr(refusal, name) for name in evidence} == evidence


def test_every_refusal_says_so_here() -> None:
    """The table above leaves none out but the one that names fields."""
    assert refusals() - {Refusal, InvalidValue} == {type(refusal) for refusal, *_ in EACH}


def test_problems_are_named_from_the_message_that_holds_them() -> None:
    """Each path goes in front of the one before; an empty path leaves them alone."""
    refused = InvalidValue([Problem("end", "is required"), Problem("start", "is odd")])
    assert refused.under("window").under("scheduled").problems == (
        Problem("scheduled.window.end", "is required"),
        Problem("scheduled.window.start", "is odd"),
    )
    assert refused.under("") is refused
    assert str(refused) == "end: is required; start: is odd"
    assert InvalidValue.of("end", "is required").problems == (Problem("end", "is required"),)
