"""The project's own table of visits, read back."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from chancery.client import Condition, Host, Place, Principal, Visit, VisitDetails, Window, draft
from chancery.client.visit import CurrentCondition, PreviousWindow
from chancery.v1.desk_service_pb2 import Change
from chancery.v1.visit_pb2 import Visit as VisitMessage
from service.exchange import sheets
from service.exchange.table import exported
from service.exchange.table.rows import Bad, Row

DAYS = Window(date(2025, 2, 5), date(2025, 2, 6))
DETAILS = VisitDetails(
    title="=Ana in Paris",
    principal=Principal("Ana Silva", "Minister", "PT"),
    host=Host("FR", "UNESCO"),
    destinations=(Place("Paris", "FR"), Place(country="BE")),
    kind="official working",
    purpose="-",
    trip="ana-2025",
    aliases=("a-1", "a-2"),
)
FACTS: dict[str, Any] = {
    "title": "=Ana in Paris",
    "principal": DETAILS.principal,
    "host": DETAILS.host,
    "destinations": DETAILS.destinations,
    "kind": "official working",
    "purpose": "-",
    "trip": "ana-2025",
    "aliases": ("a-1", "a-2"),
}


def visit(**facts: Any) -> Visit:
    """A visit of these details."""
    name = "visits/ana-paris"
    return Visit(name, DETAILS, standing="official", message=VisitMessage(), **facts)


def read(*visits: Visit) -> list[Row | Bad]:
    """What is read from the table of visits."""
    text = sheets.MARK + sheets.lines([sheets.VISITS, *map(sheets.visit, visits)])
    return list(exported.read(text.encode().splitlines(keepends=True)))


FORMER = (PreviousWindow(DAYS, "put off", 2),)
SNOW = CurrentCondition(Condition("when it is warm; or dry (at last)", "guest"), 2)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (
            visit(status="scheduled", window=DAYS, known_period="2025-01",
                  known_time=datetime(2025, 1, 31, tzinfo=UTC)),
            draft.schedule("ana-paris", **FACTS, window=DAYS, known="2025-01"),
        ),
        (
            visit(status="scheduled", window=Window(start=date(2025, 6, 1))),
            draft.schedule("ana-paris", **FACTS, window=("2025-06-01", None)),
        ),
        (
            visit(status="rescheduled", reason="Snow",
                  window=Window(as_stated="in summer", approximate=True),
                  known_time=datetime(2025, 1, 31, 12, 30, tzinfo=UTC)),
            draft.reschedule("ana-paris", **FACTS, reason="Snow", known="2025-01-31T12:30:00Z",
                             window=Window(as_stated="in summer", approximate=True)),
        ),
        (
            visit(status="completed", window=DAYS, held_window=Window(DAYS.start, DAYS.start)),
            draft.disclose("ana-paris", **FACTS, held_window=(DAYS.start, DAYS.start)),
        ),
        (
            visit(status="postponed", previous_windows=FORMER),
            draft.postpone("ana-paris", **FACTS, window_given_up=DAYS),
        ),
        (
            visit(status="when conditions allow", previous_windows=FORMER, conditions=(SNOW,)),
            draft.defer("ana-paris", **FACTS, window_given_up=DAYS, condition=SNOW.condition),
        ),
        (
            visit(status="cancelled", window=DAYS),
            draft.cancel("ana-paris", **FACTS, window_given_up=DAYS),
        ),
    ],
)  # fmt: skip
def test_a_visit_opens_as_it_stood(found: Visit, expected: Change) -> None:
    """Text that a spreadsheet was kept from running is what it was."""
    assert read(found) == [Row(2, expected)]


def test_a_bad_row_is_named_by_line_and_column() -> None:
    text = sheets.lines([sheets.VISITS, sheets.visit(visit(status="cancelled", window=DAYS))])
    for old, new, column in (
        ("cancelled", "off", "status"),
        ("cancelled", "", "status"),
        ("2025-02-05", "05/02/2025", "start"),
        ("ana-paris", "", "visit"),
        ("'=Ana in Paris", "", "title"),
    ):
        lines = text.replace(old, new).encode().splitlines(keepends=True)
        (bad,) = list(exported.read(lines))
        assert isinstance(bad, Bad)
        assert (bad.line, bad.column) == (2, column)


def test_another_table_is_refused() -> None:
    with pytest.raises(ValueError, match="it is not the table of visits"):
        list(exported.read([b"visit,status\n"]))
