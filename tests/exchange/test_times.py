"""How times are typed."""

from datetime import UTC, datetime

import pytest

from chancery.v1.values_pb2 import Date
from service.exchange import times
from service.exchange.times import Span

NOON = datetime(2023, 6, 7, 12, tzinfo=UTC)
TOKYO = times.zone("Asia/Tokyo")


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2023-06-07T14:30:00Z", datetime(2023, 6, 7, 14, 30, tzinfo=UTC)),
        ("2023-06-07 14:30:00z", datetime(2023, 6, 7, 14, 30, tzinfo=UTC)),
        ("2023-06-07t14:30:00+08:00", datetime(2023, 6, 7, 6, 30, tzinfo=UTC)),
        ("2023-06-07T14:30:00-00:00", datetime(2023, 6, 7, 14, 30, tzinfo=UTC)),
        ("2023-06-07T14:30:00.5Z", datetime(2023, 6, 7, 14, 30, 0, 500_000, tzinfo=UTC)),
        ("2023-06-07T14:30:00.000001Z", datetime(2023, 6, 7, 14, 30, 0, 1, tzinfo=UTC)),
        ("2023-06-07T14:30Z", datetime(2023, 6, 7, 14, 30, tzinfo=UTC)),
        ("7 June 2023, 9:05 +02:00", datetime(2023, 6, 7, 7, 5, tzinfo=UTC)),
        ("7.6.2023 14:30 UTC", datetime(2023, 6, 7, 14, 30, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999Z", datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_a_date_with_a_time_is_an_instant(text: str, instant: datetime) -> None:
    assert Span.parse(text) == Span(instant, instant, "")


def test_digits_finer_than_a_microsecond_are_dropped() -> None:
    span = Span.parse("2023-06-07T14:30:00.0000019Z")
    assert span.begin() == datetime(2023, 6, 7, 14, 30, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2023-06-07 14:30", "2023-06-07T14:30:00", "7 June 2023 14:30"])
def test_an_instant_without_a_time_zone_is_one_of_utc_or_of_the_zone_that_is_asked_for(
    text: str,
) -> None:
    span = Span.parse(text)
    assert span.begin() == datetime(2023, 6, 7, 14, 30, tzinfo=UTC)
    assert span.begin(TOKYO) == datetime(2023, 6, 7, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2023-02-03", "2023-02-03", "2023-02-03"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2023-12", "2023-12-01", "2023-12-31"),
        ("2023", "2023-01-01", "2023-12-31"),
        ("9999", "9999-01-01", "9999-12-31"),
        ("9999-12-31", "9999-12-31", "9999-12-31"),
    ],
)
def test_a_bare_date_month_or_year_is_a_period(text: str, first: str, last: str) -> None:
    span = Span.parse(text)
    assert span.begin() == datetime.fromisoformat(f"{first}T00:00:00Z")
    assert span.end() == datetime.fromisoformat(f"{last}T23:59:59.999999Z")
    assert span.period == text


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("26 March 2023", "2023-03-26"),
        ("26 mar. 2023", "2023-03-26"),
        ("6th March 2023", "2023-03-06"),
        ("March 26, 2023", "2023-03-26"),
        ("March 26 2023", "2023-03-26"),
        ("26.3.2023", "2023-03-26"),
        ("06. 03. 2023", "2023-03-06"),
        ("26/3/2023", "2023-03-26"),
        ("3/26/2023", "2023-03-26"),
        ("26-03-2023", "2023-03-26"),
        ("2023/3/26", "2023-03-26"),
        ("2023-3-6", "2023-03-06"),
        ("March 2023", "2023-03"),
        ("Sept 2023", "2023-09"),
        ("3.2023", "2023-03"),
        ("03/2023", "2023-03"),
        ("4/4/2023", "2023-04-04"),
    ],
)
def test_a_date_is_written_as_people_write_it(text: str, period: str) -> None:
    """It is kept as the contract has it, wherever only one reading is possible."""
    assert Span.parse(text).period == period


@pytest.mark.parametrize("text", ["3/4/2023", "03-04-2023", "3/4/2023 14:30"])
def test_a_date_that_can_be_read_in_two_ways_is_refused_with_both(text: str) -> None:
    both = "3 April 2023 or 4 March 2023: write 2023-04-03 or 2023-03-04"
    with pytest.raises(ValueError, match=both):
        Span.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "20230607",
        "3/4/23",
        "26 Marchy 2023",
        "2023-13",
        "2023-00",
        "2023-01-00",
        "2023-02-29",
        "30 February 2023",
        "13/13/2023",
        "0000",
        "2023-W23",
        "June 2023 14:30",
        "2023-06-07T24:30:00Z",
        "2023-06-07T23:59:60Z",
        "2023-06-07T14:30 CET",
        "0001-01-01T00:00:00+08:00",
        "9999-12-31T23:59:59-08:00",
        "\u0662\u0660\u0662\u0663-\u0660\u0666-\u0660\u0667",
        "2023-06-07\n",
    ],
)
def test_what_is_no_time_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a time|does not exist") as refusal:
        Span.parse(text)
    assert repr(text) in str(refusal.value)


def asked(text: str, zone: str = "UTC") -> str:
    """The moment of a question that is asked at noon of 7 June 2023."""
    return times.asked(Span.parse(text), times.zone(zone), NOON).ToJsonString()


def test_a_question_about_a_period_is_about_its_last_microsecond() -> None:
    assert asked("2023-03-01") == "2023-03-01T23:59:59.999999Z"


def test_the_days_of_a_question_are_those_of_a_time_zone() -> None:
    assert asked("2023-03-01", "Asia/Tokyo") == "2023-03-01T14:59:59.999999Z"
    assert asked("2023-03", "America/New_York") == "2023-04-01T03:59:59.999999Z"


@pytest.mark.parametrize("text", ["2023-06-07", "2023-06", "2023"])
def test_a_question_about_a_period_that_is_not_over_is_about_now(text: str) -> None:
    assert asked(text) == "2023-06-07T12:00:00Z"


def test_a_question_about_a_future_period_is_left_to_the_server_to_refuse() -> None:
    assert asked("2024") == "2024-12-31T23:59:59.999999Z"


def test_a_question_about_an_instant_is_about_that_instant() -> None:
    assert asked("2023-06-07T14:30:00Z", "Asia/Tokyo") == "2023-06-07T14:30:00Z"


def test_a_range_of_time_has_both_ends_of_its_periods() -> None:
    june = Span.parse("2023-06")
    assert str(times.since(june, UTC)) == str(times.timestamp(june.begin()))
    assert times.until(june, UTC) == times.timestamp(june.end())
    assert times.since(None) is times.until(None) is None


@pytest.mark.parametrize("name", ["", "Nowhere", "../UTC", "Asia/Tokio"])
def test_a_time_zone_that_there_is_not_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a time zone: write one such as Asia/Tokyo"):
        times.zone(name)


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
