"""Times as people type them on the board."""

from datetime import timedelta

import pytest

from service.exchange.dates import TwoReadings
from service.web import typed
from tests.web.reading import today_utc


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-12-07", "2026-12-07"),
        (" 7 Dec  2026 ", "2026-12-07"),
        ("7.12.2026", "2026-12-07"),
        ("30/11/2026", "2026-11-30"),
        ("December 2026", "2026-12"),
        ("2026", "2026"),
        ("2026-12-07 14:30", "2026-12-07T14:30:00Z"),
        ("7 Dec 2026, 9:15", "2026-12-07T09:15:00Z"),
        ("2026-12-07T14:30+08:00", "2026-12-07T06:30:00Z"),
        ("today", "{today}"),
        ("Yesterday", "{yesterday}"),
        ("yesterday 14:30", "{yesterday}T14:30:00Z"),
        ("9:15", "{today}T09:15:00Z"),
    ],
)
def test_a_time_may_be_typed_as_people_do(written: str, meant: str) -> None:
    today = today_utc()
    meant = meant.format(today=today, yesterday=today - timedelta(1))
    assert typed.time(written) == meant
    assert typed.usual(written) == meant


def test_a_day_that_can_be_read_in_two_ways_is_not_guessed() -> None:
    for read in (typed.time, typed.usual):
        with pytest.raises(TwoReadings, match="can be 7 December 2026 or 12 July 2026"):
            read("7/12/2026")


@pytest.mark.parametrize("text", ["", "soon", "today soon", "25:00", "2026-02-30"])
def test_what_is_no_time_stays_as_it_was_typed(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a time|does not exist"):
        typed.time(text)
    assert typed.usual(text) == text
