"""What was known, recorded and in force of other visits, and of all of them."""

import pytest

from domain.history import fold
from tests.domain import stories
from tests.domain.asking import (
    AGAIN,
    NOT_YET,
    PLANNED,
    UNKNOWN,
    UNRECORDED,
    Story,
    as_of,
    cases,
    status_as_of,
)
from tests.domain.builders import blank_visit, days

# Singapore 2018


@cases(
    ("2018-05-09", "", "", UNKNOWN),
    ("2018-05-10", "", "", PLANNED),
    ("2018-05-23", "", "", PLANNED),
    ("2018-05-24", "", "", "cancelled"),
    ("2018-05-25", "", "", "cancelled"),
    ("2018-05-31", "", "", "cancelled"),
    ("2018-06-01", "", "", AGAIN),
    ("2018-06-11", "", "", AGAIN),
    ("2018-06-12", "", "", "completed"),
    ("", "2018-05-09", "", NOT_YET),
    ("", "2018-05-23", "", PLANNED),
    ("", "2018-05-31", "", "cancelled"),
    ("", "2018-06-01", "", AGAIN),
    ("", "2018-06-12", "", "completed"),
    ("", "", "2018-05-10", UNRECORDED),
    ("", "", "2018-05-24", PLANNED),
    ("", "", "2018-05-25 09:00", "cancelled"),
    ("", "", "2018-06-01", "cancelled"),
    ("", "", "2018-06-02 09:00", AGAIN),
    ("", "", "2018-06-13 09:00", "completed"),
    ("2018-05-25", "2018-05-20", "", PLANNED),
    ("2018-05-31", "2018-06-12", "", "cancelled"),
    ("2018-06-12", "2018-05-31", "2018-06-01", "cancelled"),
)
def test_singapore_2018(known: str, valid: str, recorded: str, expected: str) -> None:
    """Called off, and a week later planned again."""
    assert status_as_of(stories.singapore_2018(), known, valid, recorded) == expected


@pytest.mark.parametrize(
    ("known", "held"),
    [
        ("2018-05-10", False),
        ("2018-05-31", False),
        ("2018-06-01", False),
        ("2018-06-12", True),
    ],
)
def test_singapore_2018_was_always_about_one_day(known: str, held: bool) -> None:
    """The cancellation keeps the window, and it is then planned again, with no other before it."""
    state = as_of(stories.singapore_2018(), known=known)
    day = stories.TWELFTH_OF_JUNE
    assert (state.window, state.previous_windows) == (day, ())
    assert state.held_window == (day if held else None)


# A postponement of 10 March that was a mistake, entered on the 11th, retracted on the 13th


@cases(
    ("2024-02-29", "", "", UNKNOWN),
    ("2024-03-09", "", "", PLANNED),
    ("2024-03-10", "", "", PLANNED),
    ("2024-03-11", "", "", PLANNED),
    ("2024-03-13", "", "", PLANNED),
    ("", "2024-03-09", "", PLANNED),
    ("", "2024-03-11", "", PLANNED),
    ("", "", "2024-03-11 08:59", PLANNED),
    ("", "", "2024-03-11 09:00", "postponed"),
    ("", "", "2024-03-13 08:59", "postponed"),
    ("", "", "2024-03-13 09:00", PLANNED),
    ("2024-03-11", "", "2024-03-12", "postponed"),
    ("2024-03-11", "2024-03-11", "2024-03-12", "postponed"),
    ("2024-03-11", "2024-03-11", "2024-03-13", PLANNED),
)
def test_a_postponement_that_was_mistyped(
    known: str, valid: str, recorded: str, expected: str
) -> None:
    """It was never known; only our own record had it, until it was retracted."""
    visit = stories.mistaken_postponement(was_believed=False)
    assert status_as_of(visit, known, valid, recorded) == expected


@cases(
    ("2024-03-09", "", "", PLANNED),
    ("2024-03-10", "", "", "postponed"),
    ("2024-03-11", "", "", "postponed"),
    ("2024-03-12 23:00", "", "", "postponed"),
    ("2024-03-12", "", "", PLANNED),
    ("", "2024-03-11", "", PLANNED),
    ("2024-03-11", "2024-03-09", "", PLANNED),
    ("2024-03-11", "2024-03-11", "", "postponed"),
    ("2024-03-12", "2024-03-11", "", PLANNED),
    ("", "", "2024-03-10", PLANNED),
    ("", "", "2024-03-12", "postponed"),
    ("", "", "2024-03-13", PLANNED),
    ("2024-03-11", "", "2024-03-13", "postponed"),
    ("2024-03-12", "", "2024-03-12", "postponed"),
)
def test_a_postponement_that_the_world_believed(
    known: str, valid: str, recorded: str, expected: str
) -> None:
    """It was known until the 12th; what was in force, as known today, was always the plan."""
    visit = stories.mistaken_postponement(was_believed=True)
    assert status_as_of(visit, known, valid, recorded) == expected


def test_a_mistake_moves_the_window_for_as_long_as_it_is_believed() -> None:
    """And back, as if nothing had been said."""
    visit = stories.mistaken_postponement(was_believed=True)
    planned = days("2024-04-02", "2024-04-03")
    believed, today = as_of(visit, known="2024-03-11"), as_of(visit)
    assert (believed.window, [p.window for p in believed.previous_windows]) == (None, [planned])
    assert (today.window, today.previous_windows) == (planned, ())


# Every story


@pytest.mark.parametrize("story", stories.ALL.values(), ids=stories.ALL)
def test_today_is_the_visit_as_it_stands(story: Story) -> None:
    """Each of the three times defaults to now."""
    visit = story()
    assert fold(visit.changes) == visit.state


@pytest.mark.parametrize("story", stories.ALL.values(), ids=stories.ALL)
def test_what_comes_later_never_changes_an_answer(story: Story) -> None:
    """Only the changes recorded by then matter."""
    visit = story()
    for version in range(1, visit.version + 1):
        replayed = blank_visit(visit.id)
        for event in visit.changes[:version]:
            event.mutate(replayed)
        assert fold(visit.changes[:version]) == replayed.state
