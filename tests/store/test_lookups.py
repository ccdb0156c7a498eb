"""What visits are found by is written only where it changes, with few statements."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from domain.terms import Relation, Side, StatementKind
from domain.values import RelatedVisit, Statement, VisitDetails
from service.store.engines import bulk
from service.store.tables import STATES
from tests.domain.builders import AUTUMN, FEBRUARY, JUNE
from tests.store.builders import change, stored
from tests.store.serving import Desk, desk_on
from tests.support.place import Place, SqliteFile

WRITTEN = re.compile(r"(INSERT INTO|DELETE FROM) (word|label|days)\b")
SCANNED = re.compile(r"SCAN (\w+)")
ARRIVED = Statement(StatementKind.ARRIVED, Side.PRESS)
DEPARTED = Statement(StatementKind.DEPARTED, Side.PRESS)
CLAIM = Statement(StatementKind.REPORT, Side.PRESS, claimed_window=AUTUMN)


class Written:
    """The statements by which look-up tables were written, since they were last asked for."""

    def __init__(self, desk: Desk) -> None:
        self._found = Counter[str]()
        event.listen(desk.database.writer, "checkout", self._listen)

    def _listen(self, connection: Any, *_: object) -> None:
        connection.set_trace_callback(self._take)

    def _take(self, statement: str) -> None:
        if found := WRITTEN.match(statement):
            self._found[f"{found[1].split()[0].lower()} {found[2]}"] += 1

    def told(self) -> dict[str, int]:
        """How many there were of each kind."""
        told, self._found = dict(self._found), Counter()
        return told


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_on(SqliteFile(tmp_path / "chancery.db")) as desk:
        yield desk


@pytest.fixture
def written(desk: Desk) -> Written:
    """What is written after a visit to Beijing was scheduled."""
    written = Written(desk)
    desk.record("beijing", "scheduled")
    assert written.told() == {"insert word": 1, "insert label": 1, "insert days": 1}
    return written


def test_a_change_of_nothing_that_visits_are_found_by_writes_no_row(
    desk: Desk, written: Written
) -> None:
    """A statement, another kind of visit, the words of a plan, a cancellation."""
    desk.record("beijing", "statement_recorded")
    said = VisitDetails(title="The secretary of state to Beijing")
    desk.record("beijing", "amended", details=said, update_mask=("kind",))
    desk.record("beijing", "cancelled")
    assert written.told() == {}


@pytest.mark.parametrize(
    ("topic", "values", "expected"),
    [
        ("postponed", {}, {"insert days": 1, "delete days": 1}),
        ("rescheduled", {"window": JUNE}, {"insert days": 1, "delete days": 1}),
        ("completed", {"held_window": FEBRUARY}, {"insert days": 1}),
        ("statement_recorded", {"statement": CLAIM}, {"insert days": 1}),
        ("statement_recorded", {"statement": ARRIVED}, {"insert label": 1}),
        (
            "amended",
            {
                "details": VisitDetails(related=(RelatedVisit("other", Relation.SUPERSEDES),)),
                "update_mask": ("related",),
            },
            {"insert label": 1},
        ),
    ],
    ids=str,
)
def test_only_the_tables_with_a_difference_are_written(
    desk: Desk, written: Written, topic: str, values: dict[str, Any], expected: dict[str, int]
) -> None:
    desk.record("beijing", topic, **values)
    assert written.told() == expected


def test_many_visits_of_a_round_are_written_together(desk: Desk, written: Written) -> None:
    """With as many statements as one, as long as they have no more than 64 rows."""
    desk.share(*(change(f"visit-{i}", "scheduled") for i in range(20)))
    told = written.told()
    assert told.pop("insert word") < 10
    assert told == {"insert label": 1, "insert days": 1}
    desk.share(*(change(f"visit-{i}", "postponed") for i in range(20)))
    assert written.told() == {"insert days": 1, "delete days": 1}


def test_no_statement_of_a_round_reads_a_whole_table(desk: Desk) -> None:
    """Each row that a round reads, changes or deletes is looked up, however many there are."""
    statements: list[str] = []

    def listen(connection: Any, *_: object) -> None:
        connection.set_trace_callback(statements.append)

    event.listen(desk.database.writer, "checkout", listen)
    title: dict[str, Any] = {"details": VisitDetails(title="Kyiv"), "update_mask": ("title",)}
    told: dict[str, dict[str, Any]] = {"scheduled": {}, "postponed": {}, "amended": title}
    for topic, values in told.items():
        desk.share(*(change(f"visit-{i}", topic, **values) for i in range(3)))
    asked = [each for each in statements if each.startswith(("DELETE", "SELECT", "UPDATE", "WITH"))]
    with desk.database.writer.begin() as connection:
        plans = [bulk.run(connection, f"EXPLAIN QUERY PLAN {each}").fetchall() for each in asked]
    scanned = [found[1] for plan in plans for *_, step in plan if (found := SCANNED.match(step))]
    assert "given" in scanned
    assert not {"log", *(table.name for table in STATES)} & set(scanned)


def test_several_changes_of_a_visit_in_a_round_are_written_as_one(
    desk: Desk, written: Written
) -> None:
    """What comes and goes within it is not written."""
    said = (ARRIVED, DEPARTED)
    desk.record_all([change("beijing", "statement_recorded", statement=each) for each in said])
    assert written.told() == {}


def test_each_row_stands_for_what_a_visit_is_found_by(place: Place) -> None:
    """Both directions of a relation are there, and a withdrawn visit has no row."""
    related = (RelatedVisit("kyiv", Relation.CONTINUES),)
    with desk_on(place) as desk:
        desk.record("kyiv", "scheduled")
        desk.record("beijing", "scheduled")
        given = VisitDetails(related=related)
        desk.record("beijing", "amended", details=given, update_mask=("related",))
        desk.record("beijing", "rescheduled")
        labels = "SELECT kind, value FROM label WHERE visit_id = '{}' ORDER BY kind, value"
        assert stored(place, labels.format("beijing")) == [
            ("destination_country", "CN"),
            ("names", "kyiv"),
            ("principal", "antonyblinken"),
        ]
        assert ("named_by", "beijing") in stored(place, labels.format("kyiv"))
        days = "SELECT kind, first_day, last_day FROM days WHERE visit_id = 'beijing' ORDER BY kind"
        assert stored(place, days) == [
            ("former", "2023-02-05", "2023-02-06"),
            ("planned", "2023-06-18", "2023-06-19"),
        ]
        desk.record("beijing", "retracted", retracted_version=1)
        assert stored(place, labels.format("beijing")) == stored(place, days) == []
        assert ("named_by", "beijing") not in stored(place, labels.format("kyiv"))
