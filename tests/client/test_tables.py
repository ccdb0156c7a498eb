"""Results as tables: rows that a data frame takes as they are."""

from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest

from chancery.client import AsOf, Connection, draft

Calling = Callable[..., Any]

TIME = pl.Datetime("us", "UTC")


@pytest.fixture
def trip(direct: Connection, name: str) -> str:
    """A trip of 120 visits, of which the last alone took place."""
    drafts = [
        draft.schedule(
            f"{name}-{i:03}", title=f"Visit {i}", principal="A", host="FR", trip=name, known="2023"
        )
        for i in range(120)
    ]
    drafts.append(draft.complete(f"{name}-119", held_window="2023-03-26", known="2023-12-31"))
    assert all(result.event for result in direct.import_changes(drafts[:-1]))
    direct.record(drafts[-1])
    return name


def test_visits_make_a_data_frame_with_days_and_times(direct: Connection, trip: str) -> None:
    """polars guesses the types from the first hundred rows, unless it is told to look at all."""
    found = direct.visits(trip=trip)
    frame = pl.DataFrame(found.rows(), infer_schema_length=None)
    assert frame.height == 120
    assert frame.schema["held_start"] == pl.Date
    assert frame.schema["known_time"] == TIME
    assert frame.schema["version"] == pl.Int64
    held = frame.filter(pl.col("status") == "completed").row(0, named=True)
    assert (held["name"], held["held_start"]) == (f"{trip}-119", date(2023, 3, 26))
    assert frame.columns == list(found[0].row())


def test_changes_make_a_data_frame(direct: Connection, trip: str) -> None:
    frame = pl.DataFrame(direct.history(f"{trip}-119").rows())
    assert frame["change_type"].to_list() == ["scheduled", "completed"]
    assert frame.schema["record_time"] == TIME
    audited = pl.DataFrame(direct.changes(visit=f"{trip}-119").rows())
    status = audited.filter(pl.col("path") == "status")
    assert status["new_value"].to_list() == ["scheduled", "completed"]


ANSWERS: dict[str, Callable[[Connection, str], Any]] = {
    "visit": lambda c, visit: c.visit(visit),
    "batch": lambda c, visit: c.batch([visit, visit]),
    "count": lambda c, visit: c.count(count_by="status"),
    "compare": lambda c, visit: c.compare(visit, AsOf(known_at="2023-03-10"), AsOf()),
    "amend": lambda c, visit: c.amend(visit, purpose="Talks"),
    "apply": lambda c, visit: c.apply([draft.cancel(visit), draft.amend(visit, trip="x")]),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_every_answer_is_a_table(direct: Connection, visit: str, answer: str) -> None:
    """With the same columns in every row, and nothing in a cell that a table cannot show."""
    direct.reschedule(visit, window="2023-09")
    rows = ANSWERS[answer](direct, visit).rows()
    assert {tuple(row) for row in rows} == {tuple(rows[0])}
    assert pl.DataFrame(rows).height == len(rows)
    for row in rows:
        for cell in row.values():
            assert cell is None or isinstance(cell, bool | int | str | date)
