"""What a correction may say of each field, and what of its times."""

from typing import Any

import pytest

from domain.errors import InvalidValue, NothingChanged
from domain.events import Corrected
from domain.standing import conditions, words
from domain.state import Ending, PreviousWindow
from domain.terms import Side, StatementKind
from domain.values import Statement, VisitDetails
from domain.visit import Visit
from tests.domain.amending import amend
from tests.domain.builders import (
    AUTUMN,
    DETAILS,
    FEBRUARY,
    JUNE,
    NOW,
    blank_visit,
    completed_visit,
    condition,
    context,
    days,
    disclosed_visit,
    enter,
    on,
    postponed_visit,
    rescheduled_visit,
    say,
    scheduled_visit,
    time_field,
    visit_left_open,
    word,
)
from tests.domain.correcting import correct
from tests.domain.speaking import GUEST, HOST, stands


@pytest.mark.parametrize(
    ("visit", "path", "right"),
    [
        (scheduled_visit, "window", JUNE),
        (rescheduled_visit, "window", AUTUMN),
        (completed_visit, "held_window", days("2023-02-04")),
    ],
)
def test_a_window_is_corrected(visit: Any, path: str, right: Any) -> None:
    """The planned one and the held one."""
    corrected, values = visit(), {path: right}
    correct(corrected, path, **values)
    assert getattr(corrected.state, path) == right


@pytest.mark.parametrize("was_given", [True, False])
def test_the_window_given_up_is_corrected_also_where_there_was_none(was_given: bool) -> None:
    """An opening may have left it out, or got it wrong."""
    visit = blank_visit()
    given = FEBRUARY if was_given else None
    enter(visit, "postpone", details=DETAILS, window_given_up=given)
    correct(visit, "window_given_up", window_given_up=JUNE)
    assert [p.window for p in visit.state.previous_windows] == [JUNE]
    correct(visit, "window_given_up")
    assert visit.state.previous_windows == ()


@pytest.mark.parametrize("change", ["postpone", "defer", "cancel"])
def test_a_condition_is_corrected_also_where_there_was_none(change: str) -> None:
    """The condition is then one of the change."""
    visit = scheduled_visit()
    enter(visit, change)
    correct(visit, "condition", condition=condition("once invited"))
    (current,) = conditions(visit.state)
    assert (current.condition.text, current.event.originator_version) == ("once invited", 2)


def test_a_condition_that_was_never_named_is_taken_away() -> None:
    """But of a visit that is left open under one."""
    visit = scheduled_visit()
    enter(visit, "cancel", condition=condition())
    correct(visit, "condition")
    assert conditions(visit.state) == []
    with pytest.raises(InvalidValue) as refused:
        correct(visit_left_open(), "condition")
    assert [p.field for p in refused.value.problems] == ["corrected.condition"]


def test_the_reason_and_the_basis_are_corrected() -> None:
    """Beside those of the correction itself."""
    visit = scheduled_visit()
    enter(visit, "postpone", basis=[word(GUEST)], reason="A storm")
    visit.correct(
        context(reason="Misread", basis=[word(Side.PRESS)]),
        update_mask=["reason", "basis"],
        reason="A vote",
        basis=[word(Side.PRESS)],
    )
    event = visit.changes[-1]
    assert isinstance(event, Corrected)
    assert (event.reason, event.right_reason) == ("Misread", "A vote")
    assert visit.state.status_change is not None
    assert visit.state.status_change.reason == "A vote"
    assert stands(visit) == "reported"


def test_the_basis_of_a_statement_is_corrected() -> None:
    """What the statement says is not."""
    visit = scheduled_visit()
    say(visit, StatementKind.CONFIRM, HOST)
    correct(visit, "basis", version=2, basis=[word(Side.PRESS)])
    assert stands(visit) == "reported"


def test_a_statement_without_the_basis_that_was_entered_rests_on_its_own_speaker() -> None:
    """As it would if it had been recorded without one."""
    visit = scheduled_visit()
    said = Statement(StatementKind.CONFIRM, Side.HOST, speaker="Wang Wenbin")
    enter(visit, "record_statement", basis=[word(Side.PRESS)], statement=said)
    assert stands(visit) == "reported"
    correct(visit, "basis", version=2)
    assert stands(visit) == "official"
    with pytest.raises(NothingChanged):
        correct(visit, "basis", version=2)


def test_a_change_of_the_status_without_the_basis_that_was_entered_rests_on_the_desk() -> None:
    """As it would if it had been entered without one."""
    visit = scheduled_visit()
    enter(visit, "postpone", basis=[word(GUEST)])
    correct(visit, "basis", version=2)
    assert [word.voice.side for word in words(visit.state)] == [Side.DESK]


@pytest.mark.parametrize(
    ("path", "field"), [("title", "details.title"), ("principal", "details.principal")]
)
def test_an_opening_keeps_a_title_and_a_principal(path: str, field: str) -> None:
    """A visit does not lose what says which it is."""
    visit = scheduled_visit()
    with pytest.raises(InvalidValue) as refused:
        correct(visit, path, details=VisitDetails())
    assert [p.field for p in refused.value.problems] == [f"corrected.{field}"]


def made_exact() -> Visit:
    """A visit whose plan was made more exact."""
    visit = scheduled_visit()
    amend(visit, "window", window=JUNE)
    return visit


@pytest.mark.parametrize(
    ("visit", "path"),
    [
        (rescheduled_visit, "window"),
        (made_exact, "window"),
        (completed_visit, "held_window"),
        (disclosed_visit, "held_window"),
    ],
)
def test_a_window_is_not_corrected_away(visit: Any, path: str) -> None:
    """Without it, the change could not have been entered."""
    with pytest.raises(InvalidValue, match=f"corrected.{path}: is required"):
        correct(visit(), path)


def test_a_visit_may_have_been_scheduled_without_the_window_that_was_entered() -> None:
    """As if only the invitation had been accepted; the window was then never planned."""
    visit = scheduled_visit()
    correct(visit, "window")
    assert (visit.state.window, visit.state.previous_windows) == (None, ())
    correct(visit, "window", window=JUNE)
    assert visit.state.window == JUNE


def test_a_visit_was_not_held_after_the_day_of_the_change_that_is_corrected() -> None:
    """What lies in the future did not take place, whenever it is corrected."""
    visit = completed_visit()
    with pytest.raises(InvalidValue, match="must not begin after 2023-02-07") as refused:
        correct(visit, "held_window", held_window=days("2023-02-08"))
    assert [p.field for p in refused.value.problems] == ["corrected.held_window"]


@pytest.mark.parametrize(
    ("mask", "right"),
    [
        (["window"], {"window": FEBRUARY}),
        (["details.title", "details.purpose"], {"details": DETAILS}),
        (["reason"], {}),
    ],
)
def test_a_correction_to_what_the_change_says_is_refused(
    mask: list[str], right: dict[str, Any]
) -> None:
    """There is nothing wrong with it."""
    visit = scheduled_visit()
    with pytest.raises(NothingChanged, match="change 1 says so already") as refused:
        correct(visit, *mask, version=1, **right)
    assert (refused.value.visit_id, visit.version) == (visit.id, 1)


def test_a_correction_that_was_wrong_is_corrected_back() -> None:
    """What counts is what the change says with its corrections."""
    visit = scheduled_visit()
    correct(visit, "window", window=JUNE)
    with pytest.raises(NothingChanged):
        correct(visit, "window", window=JUNE)
    correct(visit, "window", window=FEBRUARY)
    assert visit.state.window == FEBRUARY


def test_a_corrected_amendment_replaces_what_that_said() -> None:
    """A plan may thereby never have been made exact."""
    visit = scheduled_visit()
    amend(visit, "window", window=JUNE)
    correct(visit, "window", version=2, window=AUTUMN)
    assert visit.state.window == AUTUMN
    assert visit.state.previous_windows == (PreviousWindow(FEBRUARY, Ending.MADE_EXACT, 2),)


# Times


def test_a_correction_has_no_effective_time_of_its_own() -> None:
    """It has that of the change that it corrects."""
    visit = scheduled_visit()
    with pytest.raises(InvalidValue) as refused:
        visit.correct(context(effective="2023-02-03"), update_mask=["window"], window=JUNE)
    assert [p.field for p in refused.value.problems] == ["context.effective_period"]


@pytest.mark.parametrize(
    ("known", "is_accepted"),
    [
        ("2023-02-02", False),
        ("2023-02-03 11:59", False),
        ("2023-02-03 12:00", True),
        ("2023-02-03", True),
        ("2023", True),
    ],
)
def test_a_correction_is_not_known_before_the_change(known: str, is_accepted: bool) -> None:
    """Nobody could know that it was wrong."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-02-01", known="2023-02-03 12:00")
    if is_accepted:
        assert correct(visit, "window", known=known, window=JUNE).known is not None
    else:
        with pytest.raises(InvalidValue, match="2023-02-03T12:00:00") as refused:
            correct(visit, "window", known=known, window=JUNE)
        assert [p.field for p in refused.value.problems] == [time_field("known", known)]


def test_a_correction_is_not_known_in_the_future() -> None:
    """As no other change is."""
    with pytest.raises(InvalidValue, match="must not be in the future"):
        correct(scheduled_visit(), "window", known="2024", window=JUNE)


def test_what_was_heard_is_not_heard_again_by_correcting_it() -> None:
    """Unless the world learnt of it."""
    visit = postponed_visit()
    correct(visit, "reason", reason="A storm")
    assert visit.state.last_heard == on("2023-01-02 12:00")
    correct(visit, "reason", known="2023-03-01", reason="A vote", recorded=NOW)
    assert visit.state.last_heard == on("2023-03-01")
