"""What each refusal says to a person, and what it holds for a program."""

from domain import errors
from domain.errors import (
    ChangeRefused,
    InvalidValue,
    Invisible,
    NotVisibleThen,
    NoWindowToAmend,
    Problem,
    Refusal,
    RetractionRefused,
    VersionMismatch,
    VisitExists,
    VisitNotFound,
    VisitWithdrawn,
)
from domain.status import Status, StatusChange

ID = "beijing-2023"


def test_every_refusal_is_drawn_in_the_tree() -> None:
    """One screen shows every failure of the domain."""
    refusals = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.Refusal)
    }
    drawn = {line.strip("├└│─ ").split(" ")[0] for line in (errors.__doc__ or "").splitlines()}
    assert refusals <= drawn


def test_each_refusal_says_why() -> None:
    """One sentence, which names the visit."""
    refusals: dict[Refusal, str] = {
        VisitNotFound(ID): "there is no visit 'beijing-2023'",
        VisitWithdrawn(ID, ""): "visit 'beijing-2023' was withdrawn",
        VisitWithdrawn(ID, "other"): "visit 'beijing-2023' was withdrawn, a duplicate of 'other'",
        VisitExists(ID, Status.POSTPONED): ("visit 'beijing-2023' already exists and is postponed"),
        NotVisibleThen(ID, Invisible.NOT_KNOWN): "visit 'beijing-2023' was not known by then",
        ChangeRefused(ID, Status.COMPLETED, StatusChange.CANCEL): (
            "cannot cancel visit 'beijing-2023': it is completed; "
            "allowed from here: no change of status"
        ),
        RetractionRefused(ID, 2, "it is itself a retraction"): (
            "cannot retract change 2 of visit 'beijing-2023': it is itself a retraction"
        ),
        NoWindowToAmend(ID, Status.POSTPONED): (
            "visit 'beijing-2023' is postponed and has no window to amend: reschedule it instead"
        ),
        VersionMismatch(ID, 2, 3): "visit 'beijing-2023' is at version 3, not at 2",
    }
    assert [str(refusal) for refusal in refusals] == list(refusals.values())


def test_a_refusal_holds_its_facts() -> None:
    """A program need not read the message."""
    withdrawn = VisitWithdrawn(ID, "other")
    assert (withdrawn.visit_id, withdrawn.merged_into) == (ID, "other")
    mismatch = VersionMismatch(ID, 2, 3)
    assert (mismatch.visit_id, mismatch.expected, mismatch.actual) == (ID, 2, 3)
    exists = VisitExists(ID, Status.POSTPONED)
    assert (exists.visit_id, exists.status) == (ID, Status.POSTPONED)
    assert VisitNotFound(ID).visit_id == ID
    assert VisitNotFound(ID).path == ""


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
