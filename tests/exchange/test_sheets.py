"""Visits and changes as sheets, read by the csv module."""

import csv
import io
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from chancery.client import Visit
from chancery.v1 import values_pb2 as values
from service.exchange import sheets
from tests.exchange import some
from tests.support import messages
from tests.support.examples import examples
from tests.support.messages import window


def read(header: sheets.Row, *rows: sheets.Row) -> list[dict[str, Any]]:
    """The rows as a reader has them, by their columns."""
    text = sheets.MARK + sheets.lines([header, *rows])
    decoded = io.StringIO(text.encode().decode("utf-8-sig"), newline="")
    return list(csv.DictReader(decoded, strict=True))


def row(**fields: Any) -> dict[str, Any]:
    """The row of a visit."""
    (found,) = read(sheets.VISITS, sheets.visit(some.visit(**fields)))
    return found


def test_a_visit_is_a_row_with_its_days() -> None:
    found = row(window=window("2023-02-05", "2023-02-06"), known_period="2023-01")
    assert (found["visit"], found["title"]) == (
        "blinken-beijing",
        "The secretary of state to Beijing",
    )
    assert (found["principal"], found["represents"]) == ("Antony Blinken", "US")
    assert (found["host_country"], found["destinations"]) == ("CN", "Beijing, CN")
    assert (found["status"], found["standing"]) == ("scheduled", "official")
    assert (found["start"], found["end"], found["days"]) == ("2023-02-05", "2023-02-06", "2")
    assert (found["which"], found["approximate"]) == ("window", "")
    assert (found["known"], found["recorded"]) == ("2023-01", "2023-02-03 18:00:07")


def test_a_postponed_visit_has_the_days_of_its_last_window_and_says_so() -> None:
    found = row(
        status=values.STATUS_POSTPONED,
        previous_windows=[some.previous(window("2023-02-05")), some.previous(window("2023-03-01"))],
        conditions=[some.condition("when conditions allow")],
    )
    assert (found["start"], found["which"]) == ("2023-03-01", "previous")
    assert found["previous"] == "2023-02-05; 2023-03-01"
    assert found["conditions"] == "when conditions allow (guest)"


def test_a_visit_that_was_held_has_the_days_on_which_it_was() -> None:
    found = row(held_window=window("2023-06-18"), window=window("2023-06-01"))
    assert (found["start"], found["which"]) == ("2023-06-18", "held")


def test_a_phrase_alone_has_no_days() -> None:
    found = row(window=values.Window(as_stated="after the election"))
    assert (found["start"], found["days"], found["as_stated"]) == ("", "", "after the election")


def test_a_change_is_a_row() -> None:
    change = some.audited(
        7,
        messages.rescheduled(window("2023-06-18")),
        reason="A balloon",
        actor="anna",
        basis=[messages.basis(speaker="Ned Price"), messages.basis(values.SIDE_HOST)],
    )
    (found,) = read(sheets.CHANGES, sheets.change(change))
    assert (found["position"], found["visit"], found["change"]) == ("7", "x", "rescheduled")
    assert found["what"] == "rescheduled for 2023-06-18"
    assert found["fields"] == "status"
    assert (found["actor"], found["reason"]) == ("anna", "A balloon")
    assert found["basis"] == "guest, on the record, Ned Price; host, on the record"
    assert (found["effective"], found["known"]) == ("2023-02", "2023-02-03 12:00:00")


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", '"=1', "\uff1d1"]
)
def test_no_cell_is_a_formula(text: str) -> None:
    found = row(reason=text)
    assert found["reason"] == f"'{text}"
    assert row(reason=f"a{text}")["reason"] == f"a{text}"


@given(some.visits())
@settings(max_examples=examples(80), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_visit_is_read_as_it_was_written(visit: Visit) -> None:
    (found,) = read(sheets.VISITS, sheets.visit(visit))
    assert list(found) == list(sheets.VISITS)
    for name, text in zip(sheets.VISITS, sheets.visit(visit), strict=True):
        assert found[name] == sheets.defused(str(text)), name
        assert not found[name].startswith(("=", "+", "-", "@", "\t", "\r"))
