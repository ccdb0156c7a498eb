"""Days, times and windows as people say them."""

from datetime import date

import pytest

from chancery.client import Window
from service.web import wording
from tests.web.wording.values import EARLY, JUNE, at


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2023-06-18", "2023-06-18", "18 June 2023"),
        ("2023-06-18", "2023-06-19", "18 to 19 June 2023"),
        ("2023-06-30", "2023-07-02", "30 June to 2 July 2023"),
        ("2022-12-30", "2023-01-02", "30 December 2022 to 2 January 2023"),
        ("2023-01-01", "2023-03-31", "1 January to 31 March 2023"),
    ],
)
def test_exact_days_are_told_day_by_day(first: str, last: str, said: str) -> None:
    assert wording.span(date.fromisoformat(first), date.fromisoformat(last)) == said


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2023-01-01", "2023-03-31", "January to March 2023"),
        ("2023-02-01", "2023-02-28", "February 2023"),
        ("2024-02-01", "2024-02-28", "1 to 28 February 2024"),
        ("2022-12-01", "2023-01-31", "December 2022 to January 2023"),
        ("2023-01-01", "2023-12-31", "2023"),
        ("2023-01-01", "2024-12-31", "2023 to 2024"),
        ("2023-01-01", "2023-02-15", "1 January to 15 February 2023"),
    ],
)
def test_rough_days_that_are_whole_months_are_told_by_these(
    first: str, last: str, said: str
) -> None:
    told = wording.span(date.fromisoformat(first), date.fromisoformat(last), rough=True)
    assert told == said


@pytest.mark.parametrize(
    ("days", "said", "given"),
    [
        (JUNE, "18 to 19 June 2023", "for 18 to 19 June 2023"),
        (
            EARLY,
            "“early next year”, taken as January to March 2023",
            "for “early next year”, taken as January to March 2023",
        ),
        (Window(JUNE.start, JUNE.end, approximate=True), "about 18 to 19 June 2023", None),
        (Window(JUNE.start, None), "18 June 2023 or later", "from 18 June 2023 on"),
        (Window(None, JUNE.end), "19 June 2023 or earlier", "by 19 June 2023"),
        (
            Window(JUNE.start, None, approximate=True),
            "about 18 June 2023 or later",
            "from about 18 June 2023 on",
        ),
        (Window(as_stated="after Ramadan"), "“after Ramadan”", "for “after Ramadan”"),
        (
            Window(JUNE.start, JUNE.end, as_stated="Sunday and Monday"),
            "“Sunday and Monday”, 18 to 19 June 2023",
            None,
        ),
    ],
    ids=str,
)
def test_a_window_is_told_as_exactly_as_it_is_known(
    days: Window, said: str, given: str | None
) -> None:
    assert wording.plain(wording.window(days)) == said
    assert wording.plain(wording.given(days)) == (given or f"for {said}")


@pytest.mark.parametrize(
    ("period", "long", "short", "within"),
    [
        ("", "7 June 2023", "14:30, 7 Jun 2023", "on 7 June 2023"),
        ("2023-06-07", "7 June 2023", "7 Jun 2023", "on 7 June 2023"),
        ("2023-06", "June 2023", "Jun 2023", "in June 2023"),
        ("2023", "2023", "2023", "in 2023"),
    ],
)
def test_a_time_is_told_as_exactly_as_it_was(
    period: str, long: str, short: str, within: str
) -> None:
    time = at("2023-06-07 14:30")
    assert wording.when(time, period) == long
    assert wording.short_when(time, period) == short
    assert wording.moment(time, period) == within


@pytest.mark.parametrize(
    ("days", "age", "ago"),
    [
        (0, "less than a day", "today"),
        (1, "1 day", "yesterday"),
        (12, "12 days", "12 days ago"),
        (90, "3 months", "3 months ago"),
        (800, "2 years", "2 years ago"),
    ],
)
def test_a_lapse_is_told_roughly(days: int, age: str, ago: str) -> None:
    assert (wording.age(days), wording.ago(days)) == (age, ago)


def test_counts_are_words_up_to_twelve() -> None:
    assert [wording.number(each) for each in (0, 1, 4, 12, 13, 1204)] == [
        "no",
        "one",
        "four",
        "twelve",
        "13",
        "1,204",
    ]
    assert wording.count(1, "visit") == "one visit"
    assert wording.count(2, "field differs", "fields differ") == "two fields differ"
    assert wording.plural(1, "day") == "1 day"
    assert wording.listed(["2", "3", "<4>"]) == "2, 3 and &lt;4&gt;"


def test_days_are_held_together_on_a_line() -> None:
    said = wording.unbroken(wording.window(JUNE))
    assert said == "18\xa0to\xa019\xa0June\xa02023"
