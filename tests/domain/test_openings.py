"""A visit is opened by whichever change it is first heard of, with its details."""

from dataclasses import replace
from typing import Any

import pytest

from domain.errors import ChangeRefused, InvalidValue, VisitNotFound, VisitWithdrawn
from domain.state import Ending, PreviousWindow
from domain.status import TABLE
from domain.values import Host, Principal, VisitDetails, Window
from domain.visit import Visit
from tests.domain.builders import (
    DETAILS,
    FEBRUARY,
    IN_STATUS,
    JUNE,
    blank_visit,
    days,
    end_of_day,
    enter,
    scheduled_visit,
    time_field,
    withdrawn_visit,
)
from tests.domain.giving import problems

OPENING = list(TABLE[None])
ONLY_WITH_DETAILS = [change for change in OPENING if change not in ("schedule", "disclose")]


def opened(command: str, **values: Any) -> Visit:
    """A visit of which this is the first that is heard."""
    visit = blank_visit()
    enter(visit, command, **{"details": DETAILS} | values)
    return visit


# The details


@pytest.mark.parametrize("command", OPENING)
def test_a_visit_begins_with_the_details_of_its_opening(command: str) -> None:
    """Desks often hear of a visit first when it is put off or called off."""
    visit = opened(command)
    assert visit.state.details == DETAILS
    assert visit.state.opening is visit.changes[0]
    assert visit.changes[0].opens


@pytest.mark.parametrize("command", OPENING)
def test_a_title_and_a_principal_are_enough(command: str) -> None:
    """The rest may not be known yet."""
    least = VisitDetails(title="A journey", principal=Principal("Anna Alder"))
    assert opened(command, details=least).state.details == least


@pytest.mark.parametrize("command", OPENING)
def test_an_opening_names_a_title_and_a_principal(command: str) -> None:
    """Without them nobody could say which visit it is."""
    with pytest.raises(InvalidValue) as refused:
        opened(command, details=VisitDetails(host=Host("CN")))
    (topic,) = {p.field.split(".")[0] for p in refused.value.problems}
    assert {p.field for p in refused.value.problems} == {
        f"{topic}.details.title",
        f"{topic}.details.principal",
    }


@pytest.mark.parametrize("command", ["schedule", "disclose"])
def test_scheduling_and_disclosing_always_open_a_visit(command: str) -> None:
    """They need its details, and say so."""
    assert problems(command, {"details": None}) == {f"{command}d.details": "is required"}


@pytest.mark.parametrize("command", ONLY_WITH_DETAILS)
def test_without_details_the_id_may_be_mistyped(command: str) -> None:
    """There is no visit of that name that could be changed."""
    visit = blank_visit()
    with pytest.raises(VisitNotFound):
        enter(visit, command)
    with pytest.raises(VisitWithdrawn):
        enter(withdrawn_visit(), command)
    assert visit.version == 0


@pytest.mark.parametrize(
    ("status", "command"),
    [(status, command) for status in TABLE for command in ONLY_WITH_DETAILS if status],
)
def test_a_visit_that_stands_takes_no_details(status: Any, command: str) -> None:
    """They only open a visit; facts of one that stands are amended."""
    visit = IN_STATUS[status]()
    version = visit.version
    with pytest.raises(ChangeRefused) as refused:
        enter(visit, command, details=DETAILS)
    if command in TABLE[status]:
        assert "leave out the details" in str(refused.value)
    assert (refused.value.status, visit.version) == (status, version)


# The window that was given up


@pytest.mark.parametrize(
    ("command", "window", "previous"),
    [
        ("postpone", None, (PreviousWindow(FEBRUARY, Ending.PUT_OFF, 1),)),
        ("defer", None, (PreviousWindow(FEBRUARY, Ending.PUT_OFF, 1),)),
        ("reschedule", JUNE, (PreviousWindow(FEBRUARY, Ending.MOVED, 1),)),
        ("cancel", FEBRUARY, ()),
    ],
)
def test_an_opening_may_say_which_window_was_given_up(
    command: str, window: Window | None, previous: tuple[PreviousWindow, ...]
) -> None:
    """A cancellation keeps it, and the others list it."""
    visit = opened(command, window_given_up=FEBRUARY)
    assert (visit.state.window, visit.state.previous_windows) == (window, previous)


@pytest.mark.parametrize("command", ONLY_WITH_DETAILS)
def test_an_opening_without_such_a_window_gave_up_none(command: str) -> None:
    """It may never have been said."""
    assert opened(command).state.previous_windows == ()


def test_an_opening_that_plans_the_window_given_up_gave_up_none() -> None:
    """The days are the same."""
    visit = opened("reschedule", window_given_up=replace(JUNE, as_stated="mid-June"))
    assert (visit.state.window, visit.state.previous_windows) == (JUNE, ())


@pytest.mark.parametrize("command", ONLY_WITH_DETAILS)
def test_a_visit_that_stands_gives_up_the_window_it_has(command: str) -> None:
    """It needs no other, and takes none."""
    visit = scheduled_visit()
    with pytest.raises(InvalidValue, match="may be given only with details") as refused:
        enter(visit, command, window_given_up=JUNE)
    ((field, _),) = [(p.field, p.text) for p in refused.value.problems]
    assert field.endswith(".window_given_up")
    assert visit.version == 1


# Windows that are not known


def test_a_visit_may_be_scheduled_without_a_window() -> None:
    """The invitation was accepted."""
    visit = opened("schedule", window=None)
    assert (visit.state.status, visit.state.window) == ("scheduled", None)
    enter(visit, "reschedule", window=JUNE)
    assert (visit.state.window, visit.state.previous_windows) == (JUNE, ())


@pytest.mark.parametrize("command", ["postpone", "cancel"])
def test_a_visit_without_a_window_may_be_put_off_or_called_off(command: str) -> None:
    """No window is listed for it."""
    visit = opened("schedule", window=None)
    enter(visit, command)
    assert (visit.state.window, visit.state.previous_windows) == (None, ())


# Disclosures


@pytest.mark.parametrize("known", ["", "2023-03-01", "2023-03-01 09:00"])
def test_a_disclosed_visit_took_effect_on_its_last_held_day(known: str) -> None:
    """It became known when it is said to, or else when it was recorded."""
    event = enter(blank_visit(), "disclose", "2023-04-01 12:00", known=known)
    assert event.effective is not None
    assert (event.effective.period, event.effective.instant) == (
        "2023-02-06",
        end_of_day("2023-02-06"),
    )
    assert event.known is not None
    assert event.known.period == ("" if not known or ":" in known else known)


def test_a_visit_disclosed_on_its_last_held_day_took_effect_by_then() -> None:
    """The day is lowered to the hour at which it became known."""
    event = enter(blank_visit(), "disclose", "2023-02-06 12:00")
    assert event.effective_moment.period == "2023-02-06"
    assert event.effective_instant == event.known_instant == event.timestamp


def test_a_disclosed_visit_may_have_an_effective_time_of_its_own() -> None:
    """A month, where the days are not sure."""
    event = enter(blank_visit(), "disclose", effective="2023-02", known="2023-06-06")
    assert event.effective_moment.period == "2023-02"


@pytest.mark.parametrize("window", [Window(FEBRUARY.start), Window(as_stated="in the winter")])
def test_where_the_last_held_day_is_unknown_the_known_time_is_taken(window: Window) -> None:
    """Nothing else is said."""
    event = enter(blank_visit(), "disclose", known="2023-06-06", held_window=window)
    assert event.effective == event.known


@pytest.mark.parametrize("known", ["2023-02-05", "2023-01", "2023-02-05 23:59"])
def test_a_visit_is_not_disclosed_before_its_last_held_day(known: str) -> None:
    """A secret trip that is not over yet is no trip that took place."""
    visit = blank_visit()
    with pytest.raises(InvalidValue, match="last held day, 2023-02-06") as refused:
        enter(visit, "disclose", known=known)
    assert [p.field for p in refused.value.problems] == [time_field("known", known)]
    assert visit.version == 0


@pytest.mark.parametrize("window", [days("2031-05-01"), days("2023-10-18", "2023-10-20")])
def test_a_visit_of_the_future_is_not_disclosed(window: Window) -> None:
    """Neither one of 2031 nor one that goes on."""
    assert list(problems("disclose", {"held_window": window})) == ["disclosed.held_window"]
