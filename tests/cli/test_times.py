"""How times are typed."""

from datetime import UTC, datetime

import pytest

from chancery.v1.visit_pb2 import (
    PRECISION_DAY,
    PRECISION_INSTANT,
    PRECISION_MONTH,
    PRECISION_YEAR,
    Date,
)
from service.cli.notation import times
from service.cli.notation.times import Span

NOON = datetime(2023, 6, 7, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2023-06-07T14:30:00Z", datetime(2023, 6, 7, 14, 30, tzinfo=UTC)),
        ("2023-06-07 14:30:00z", datetime(2023, 6, 7, 14, 30, tzinfo=UTC)),
        ("2023-06-07t14:30:00+08:00", datetime(2023, 6, 7, 6, 30, tzinfo=UTC)),
        ("2023-06-07T14:30:00-00:00", datetime(2023, 6, 7, 14, 30, tzinfo=UTC)),
        ("2023-06-07T14:30:00.5Z", datetime(2023, 6, 7, 14, 30, 0, 500_000, tzinfo=UTC)),
        ("2023-06-07T14:30:00.000001Z", datetime(2023, 6, 7, 14, 30, 0, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999Z", datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_an_rfc_3339_time_is_an_instant(text: str, instant: datetime) -> None:
    assert Span.parse(text) == Span(instant, instant, PRECISION_INSTANT)


@pytest.mark.parametrize(
    ("text", "first", "last", "precision"),
    [
        ("2023-02-03", "2023-02-03", "2023-02-03", PRECISION_DAY),
        ("2024-02", "2024-02-01", "2024-02-29", PRECISION_MONTH),
        ("2023-12", "2023-12-01", "2023-12-31", PRECISION_MONTH),
        ("2023", "2023-01-01", "2023-12-31", PRECISION_YEAR),
        ("9999", "9999-01-01", "9999-12-31", PRECISION_YEAR),
        ("9999-12-31", "9999-12-31", "9999-12-31", PRECISION_DAY),
    ],
)
def test_a_bare_date_month_or_year_is_a_period_of_utc(
    text: str, first: str, last: str, precision: int
) -> None:
    span = Span.parse(text)
    assert span.first == datetime.fromisoformat(f"{first}T00:00:00Z")
    assert span.last == datetime.fromisoformat(f"{last}T23:59:59.999999Z")
    assert span.precision == precision


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "20230607",
        "2023-6-7",
        "2023-13",
        "2023-00",
        "2023-01-00",
        "2023-02-29",
        "0000",
        "2023-W23",
        "2023-06-07T14:30:00",
        "2023-06-07T14:30Z",
        "2023-06-07T24:30:00Z",
        "2023-06-07T23:59:60Z",
        "2023-06-07T14:30:00.0000001Z",
        "0001-01-01T00:00:00+08:00",
        "9999-12-31T23:59:59-08:00",
        "\u0662\u0660\u0662\u0663-\u0660\u0666-\u0660\u0667",
        "2023-06-07\n",
    ],
)
def test_what_is_no_time_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a time|does not exist|too precise") as refusal:
        Span.parse(text)
    assert repr(text) in str(refusal.value)


def test_a_question_about_a_period_is_about_its_last_microsecond() -> None:
    assert times.asked("2023-03-01", NOON).ToJsonString() == "2023-03-01T23:59:59.999999Z"


@pytest.mark.parametrize("text", ["2023-06-07", "2023-06", "2023"])
def test_a_question_about_a_period_that_is_not_over_is_about_now(text: str) -> None:
    assert times.asked(text, NOON).ToDatetime(UTC) == NOON


def test_a_question_about_a_future_period_is_left_to_the_server_to_refuse() -> None:
    assert times.asked("2024", NOON).ToJsonString() == "2024-12-31T23:59:59.999999Z"


def test_a_question_about_an_instant_is_about_that_instant() -> None:
    assert times.asked("2023-06-07T14:30:00Z", NOON).ToJsonString() == "2023-06-07T14:30:00Z"


def test_since_a_period_is_since_its_beginning() -> None:
    assert times.since("2023-06").ToJsonString() == "2023-06-01T00:00:00Z"


def test_the_days_of_a_month_are_its_first_and_its_last() -> None:
    span = times.days("2024-02")
    assert times.date(span.first) == Date(year=2024, month=2, day=1)
    assert times.date(span.last) == Date(year=2024, month=2, day=29)


def test_an_instant_is_no_day() -> None:
    with pytest.raises(ValueError, match="write 2023-06-07"):
        times.days("2023-06-07T14:30:00Z")


def test_a_month_is_longer_than_a_day() -> None:
    with pytest.raises(ValueError, match="longer than a day"):
        times.day("2023-06")
