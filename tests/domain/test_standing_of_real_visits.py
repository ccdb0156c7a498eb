"""How firm the status of real visits was, after each of their changes."""

from collections.abc import Callable

import pytest

from domain.history import fold
from domain.standing import standing
from domain.terms import Side
from domain.visit import Visit
from tests.domain import stories
from tests.domain.visits_to_beijing import beijing_2023, borrell_2023, burns_2023

GUEST, HOST = Side.GUEST, Side.HOST
Story = Callable[[], Visit]


@pytest.mark.parametrize(
    ("story", "version", "status", "expected"),
    [
        pytest.param(story, version, status, expected, id=f"{name}, {version}: {what}")
        for name, story, rows in [
            (
                "Beijing 2023",
                beijing_2023,
                [
                    (1, "scheduled", "official", "the guest announces it"),
                    (2, "scheduled", "official", "the press has dates"),
                    (3, "scheduled", "official", "the host welcomes it"),
                    (4, "scheduled", "official", "the guest expects to go"),
                    (5, "when conditions allow", "official", "the guest leaves it open"),
                    (6, "when conditions allow", "disputed", "the host: it was never announced"),
                    (7, "when conditions allow", "disputed", "the guest says again: put off"),
                    (8, "when conditions allow", "disputed", "the press: planned again"),
                    (9, "when conditions allow", "disputed", "the guest: nothing to announce"),
                    (10, "when conditions allow", "disputed", "the host: nothing to share"),
                    (11, "rescheduled", "official", "the guest announces new dates"),
                    (12, "rescheduled", "official", "the press sees the arrival"),
                    (13, "completed", "reported", "the press sees the end"),
                    (14, "completed", "official", "the guest's record confirms it"),
                ],
            ),
            (
                "Burns 2023",
                burns_2023,
                [
                    (1, "completed", "reported", "five people tell a paper"),
                    (2, "completed", "reported", "an official confirms it without a name"),
                ],
            ),
            (
                "Singapore 2018",
                stories.singapore_2018,
                [
                    (1, "scheduled", "official", "the guest names day and place"),
                    (2, "cancelled", "official", "the guest writes a letter"),
                    (3, "cancelled", "official", "the guest is still open to it"),
                    (4, "rescheduled", "official", "the guest: it is on again"),
                    (5, "completed", "official", "the guest's record has it"),
                ],
            ),
            (
                "Denmark 2019, by statement",
                lambda: stories.denmark_2019(is_cancelled=False),
                [
                    (2, "postponed", "official", "the guest: postponing"),
                    (3, "postponed", "disputed", "his office the same day: cancelled"),
                    (4, "postponed", "disputed", "the host is surprised"),
                ],
            ),
            (
                "Denmark 2019, by change",
                lambda: stories.denmark_2019(is_cancelled=True),
                [
                    (2, "postponed", "official", "the guest: postponing"),
                    (3, "cancelled", "official", "his office the same day: cancelled"),
                    (4, "cancelled", "official", "the host is surprised"),
                ],
            ),
            (
                "Washington 2013",
                stories.washington_2013,
                [
                    (1, "scheduled", "official", "the host announces it"),
                    (2, "when conditions allow", "official", "both sides leave it open"),
                    (3, "rescheduled", "official", "both presidents announce it"),
                    (4, "completed", "official", "the host's record has it"),
                ],
            ),
            (
                "France 2023, by both sides",
                lambda: stories.france_2023(GUEST, HOST),
                [
                    (2, "scheduled", "official", "a minister of the host: ready"),
                    (3, "postponed", "official", "both put it off, hours later"),
                ],
            ),
            (
                "France 2023, by the guest alone",
                lambda: stories.france_2023(GUEST),
                [(3, "postponed", "official", "the minister spoke before it, on that day")],
            ),
            (
                "France 2023, by the press alone",
                lambda: stories.france_2023(Side.PRESS),
                [(3, "postponed", "reported", "the minister spoke before it, on that day")],
            ),
            (
                "Japan 2020",
                stories.japan_2020,
                [
                    (1, "scheduled", "reported", "an agency reports it"),
                    (2, "scheduled", "official", "the host prepares for it"),
                    (3, "scheduled", "official", "a paper: it will be put off"),
                    (4, "when conditions allow", "official", "the host leaves it open"),
                    (5, "when conditions allow", "official", "the guest leaves it open"),
                ],
            ),
            (
                "Borrell 2023",
                borrell_2023,
                [
                    (1, "scheduled", "reported", "agencies have dates"),
                    (2, "postponed", "official", "the guest is ill"),
                    (3, "rescheduled", "official", "the guest's ambassador names a day"),
                    (4, "postponed", "official", "the guest: no longer possible"),
                    (5, "postponed", "official", "the host has no information"),
                    (6, "postponed", "official", "the press: cancelled"),
                ],
            ),
        ]
        for version, status, expected, what in rows
    ],
)
def test_a_real_visit_had_this_standing(
    story: Story, version: int, status: str, expected: str
) -> None:
    """After each change, with what was known by then."""
    state = fold(story().changes[:version])
    assert (state.status, standing(state)) == (status, expected)
