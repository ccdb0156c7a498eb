"""What was known, recorded and in force of two visits to Beijing."""

from dataclasses import replace

from domain.standing import claimed_windows, conditions, standing, words
from tests.domain.asking import (
    AGAIN,
    NOT_YET,
    OPEN,
    PLANNED,
    UNKNOWN,
    UNRECORDED,
    as_of,
    cases,
    status_as_of,
)
from tests.domain.visits_to_beijing import (
    EARLY_2023,
    IN_MAY,
    JUNE_2023,
    THIS_MONTH,
    WHEN_ALLOWED,
    beijing_2023,
    burns_2023,
)

# Beijing 2023, entered from day to day at nine on the next morning


@cases(
    # what the world knew
    ("2022-11-13", "", "", UNKNOWN),
    ("2022-11-14 23:00", "", "", UNKNOWN),
    ("2022-11-14", "", "", PLANNED),
    ("2023-02-02", "", "", PLANNED),
    ("2023-02-03", "", "", OPEN),
    ("2023-03-01", "", "", OPEN),
    ("2023-06-07", "", "", OPEN),
    ("2023-06-13", "", "", OPEN),
    ("2023-06-14", "", "", AGAIN),
    ("2023-06-18", "", "", AGAIN),
    ("2023-06-19", "", "", "completed"),
    ("", "", "", "completed"),
    # what was so, as known today
    ("", "2022-11-13", "", NOT_YET),
    ("", "2022-11-14", "", PLANNED),
    ("", "2023-02-02", "", PLANNED),
    ("", "2023-02-03 12:00", "", PLANNED),
    ("", "2023-02-03", "", OPEN),
    ("", "2023-06-13", "", OPEN),
    ("", "2023-06-14", "", AGAIN),
    ("", "2023-06-19", "", "completed"),
    # what our own record said
    ("", "", "2022-11-14", UNRECORDED),
    ("", "", "2022-11-15 09:00", PLANNED),
    ("", "", "2023-02-03", PLANNED),
    ("", "", "2023-02-04 08:59", PLANNED),
    ("", "", "2023-02-04 09:00", OPEN),
    ("", "", "2023-03-01", OPEN),
    ("", "", "2023-06-15", AGAIN),
    ("", "", "2023-06-20", "completed"),
    # what was known on 1 March about 10 February, and about the days before and after
    ("2023-03-01", "2023-02-10", "", OPEN),
    ("2023-03-01", "2023-02-02", "", PLANNED),
    ("2023-03-01", "2023-06-19", "", OPEN),
    # all three
    ("2023-03-01", "2023-02-10", "2023-02-04 08:59", PLANNED),
    ("2023-03-01", "2023-02-10", "2023-02-04 09:00", OPEN),
    ("2023-02-03", "2023-02-03", "2023-06-20", OPEN),
)
def test_beijing_2023(known: str, valid: str, recorded: str, expected: str) -> None:
    """Planned, left open, planned again, made: before, between and after."""
    assert status_as_of(beijing_2023(), known, valid, recorded) == expected


@cases(
    ("2022-11-13", "", "", UNKNOWN),
    ("2023-03-01", "2023-02-10", "", OPEN),
    ("2023-06-07", "", "", OPEN),
    ("2023-06-14", "", "", AGAIN),
    ("", "", "2025-01-09", UNRECORDED),
    ("2023-03-01", "", "2025-01-09", UNRECORDED),
    ("2023-03-01", "", "2025-01-10", OPEN),
)
def test_beijing_2023_loaded_two_years_later(
    known: str, valid: str, recorded: str, expected: str
) -> None:
    """What the world knew does not depend on when it was entered; what we had recorded does."""
    visit = beijing_2023(loaded="2025-01-10 09:00")
    assert status_as_of(visit, known, valid, recorded) == expected


def test_on_1_march_beijing_had_no_date_and_a_condition() -> None:
    """The answer holds everything known by then, and nothing that came later."""
    state = as_of(beijing_2023(), known="2023-03-01")
    assert state.window is None
    assert [p.window for p in state.previous_windows] == [EARLY_2023]
    assert [c.condition.text for c in conditions(state)] == ["when conditions allow"]
    assert [w.said.spoken.speaker for w in words(state)] == ["Foreign ministry", "Ned Price"]
    assert standing(state) == "disputed"
    assert state.details.title == "Blinken to Beijing"


def test_on_7_june_beijing_was_talked_about_and_still_open() -> None:
    """Reports and refusals to comment change no status."""
    state = as_of(beijing_2023(), known="2023-06-07")
    assert [(w.said.spoken.speaker, w.stance) for w in words(state)] == [
        ("Foreign ministry", "contradicts the status"),
        ("Ned Price", "agrees"),
        ("CBS News", None),
        ("Vedant Patel", None),
        ("Wang Wenbin", None),
    ]
    assert [
        said.statement and said.statement.claimed_window for _, said in claimed_windows(state)
    ] == [THIS_MONTH]
    assert state.window is None
    assert [c.condition for c in conditions(state)] == [replace(WHEN_ALLOWED, speaker="Ned Price")]


def test_on_14_june_beijing_had_a_new_window_and_no_condition() -> None:
    """The window of the winter is a previous one."""
    state = as_of(beijing_2023(), known="2023-06-14")
    assert state.window == JUNE_2023
    assert [p.window for p in state.previous_windows] == [EARLY_2023]
    assert (state.conditions, state.held_window) == ({}, None)
    assert standing(state) == "official"


def test_the_record_of_october_makes_beijing_official_from_then_on() -> None:
    """It confirms what was true since June."""
    visit = beijing_2023()
    assert standing(as_of(visit, known="2023-10-17")) == "reported"
    assert standing(as_of(visit, known="2023-10-18")) == "official"
    assert standing(as_of(visit, recorded="2023-10-18")) == "reported"
    assert standing(as_of(visit, valid="2023-10-17")) == "reported"


# Burns, May 2023: made in secret in May, disclosed on 2 June, entered on 10 June


@cases(
    ("2023-05-31", "", "", UNKNOWN),
    ("2023-06-01", "", "", UNKNOWN),
    ("2023-06-02", "", "", "completed"),
    ("2023-06-06", "", "", "completed"),
    ("", "2023-04-30", "", NOT_YET),
    ("", "2023-05-19", "", NOT_YET),
    ("", "2023-05-31", "", "completed"),
    ("2023-06-01", "2023-05-31", "", UNKNOWN),
    ("2023-06-02", "2023-05-19", "", NOT_YET),
    ("2023-06-02", "2023-05-31", "", "completed"),
    ("", "", "2023-06-02", UNRECORDED),
    ("", "", "2023-06-10 08:59", UNRECORDED),
    ("", "", "2023-06-10 09:00", "completed"),
    ("2023-06-06", "2023-05-31", "2023-06-06", UNRECORDED),
    ("2023-06-01", "2023-05-31", "2023-06-10", UNKNOWN),
    ("2023-06-06", "2023-05-31", "2023-06-10", "completed"),
)
def test_the_secret_trip_of_may_2023(known: str, valid: str, recorded: str, expected: str) -> None:
    """Three different times; "May" does not claim more than its last day."""
    assert status_as_of(burns_2023(), known, valid, recorded) == expected


def test_the_secret_trip_was_held_in_may() -> None:
    """It was never planned in public, and nobody put a name to it."""
    state = as_of(burns_2023(), known="2023-06-06")
    assert (state.held_window, state.window, state.previous_windows) == (
        IN_MAY,
        None,
        (),
    )
    assert standing(state) == "reported"
