"""Documented visits, in the shape in which public reports were compiled."""

import json
from datetime import date
from io import BytesIO
from typing import Any

import pytest

from chancery.client import Basis, Condition, Host, Place, Principal, Window, draft
from service.exchange.playbooks import reading
from service.exchange.playbooks.reading import Bad, Read
from service.exchange.recognising import recognise
from tests.model.stories import data


def step(day: str, event: str, status: str, **more: Any) -> dict[str, Any]:
    """A step, which the ministry told on the record."""
    said = {"publicly_known": day, "effective": day, "said_by": "The ministry", "what": "So it is."}
    told = {"event": event, "status_after": status, "attribution": "on_record"}
    return {**said, **told, **more}


def entry(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A documented visit."""
    about = {"id": "ana-oslo", "title": "Ana to Oslo", "principal": {"name": "Ana", "office": "FM"}}
    where = {"host": {"country": "NO"}, "destination": "Oslo, Bergen", "purpose": "Talks"}
    return {**about, **where, "steps": list(steps), **more}


def read(*entries: dict[str, Any]) -> list[Read | Bad]:
    """The changes of such a file, and what is wrong with it."""
    return list(reading.read(BytesIO(json.dumps(entries).encode())))


def test_each_step_is_the_change_or_the_word_that_it_tells() -> None:
    days = {"start": "2025-02-05", "end": "2025-02-06", "precision": "day"}
    month = {"start": "2025-06-01", "end": "2025-06-30", "precision": "month", "raw": "in June"}
    found = read(
        entry(
            step("2025-01-10", "Announced", "scheduled", planned_window=days),
            step("2025-01-11", "HostDisputesPremise", "scheduled"),
            step("2025-01-12", "ContextIncident", "scheduled"),
            step("2025-02-01", "Postponed", "when_conditions_allow", condition_text="when dry",
                 reason="Snow", attribution="on_record + readout"),
            step("2025-02-02", "DatesReported", "when_conditions_allow", planned_window=month,
                 attribution="anonymous_sources", first_reported_by="Lusa"),
            step("2025-03", "Rescheduled", "rescheduled", planned_window=month),
            step("later", "Completed", "completed", effective="2025-06-12"),
        )
    )  # fmt: skip
    word = Basis("guest", "on the record", "The ministry")
    june = Window(date(2025, 6, 1), date(2025, 6, 30), approximate=True, as_stated="in June")
    changes = [
        draft.schedule(
            "ana-oslo", title="Ana to Oslo", principal=Principal("Ana", "FM"), host=Host("NO"),
            destinations=(Place("Oslo"), Place("Bergen")), purpose="Talks", basis=word,
            known="2025-01-10", effective="2025-01-10", window=("2025-02-05", "2025-02-06"),
        ),
        draft.state(
            "ana-oslo", "deny", "host", text="So it is.", known="2025-01-11",
            effective="2025-01-11", basis=Basis("host", "on the record", "The ministry"),
        ),
        draft.defer(
            "ana-oslo", condition=Condition("when dry", "guest"), reason="Snow", known="2025-02-01",
            effective="2025-02-01", basis=[word, Basis("guest", "readout", "The ministry")],
        ),
        draft.state(
            "ana-oslo", "report", "press", text="So it is.", known="2025-02-02",
            effective="2025-02-02", claimed_window=june,
            basis=Basis("press", "anonymous", "The ministry", outlet="Lusa"),
        ),
        draft.reschedule(
            "ana-oslo", window=june, known="2025-03", effective="2025-03", basis=word
        ),
        draft.complete(
            "ana-oslo", held_window=(None, "2025-06-12"), effective="2025-06-12", basis=word
        ),
    ]  # fmt: skip
    for version, change in enumerate(changes):
        change.context.expected_version = version
    assert [each.change for each in found if isinstance(each, Read)] == changes


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (entry(step("2025", "Announced", "soon")), "status_after: unknown status 'soon'"),
        (entry(step("2025", "Announced", "scheduled", attribution="a")), "attribution: unknown"),
        (entry("x"), "steps: give a list"),  # type: ignore[arg-type]
        (entry(step("2025", "A", "scheduled"), host={"country": "ID, AU"}), "ID and AU are visits"),
        (entry(step("2025", "A", "scheduled"), principal=""), "principal: it is missing"),
        (entry(id=""), "steps: it is missing"),
    ],
)
def test_an_entry_that_is_no_visit_is_named_and_the_others_are_read(
    bad: dict[str, Any], reason: str
) -> None:
    first, second = read(bad, entry(step("2025", "Announced", "scheduled")))
    assert isinstance(first, Bad)
    assert reason in first.reason
    assert isinstance(second, Read)


def test_the_documented_visits_of_the_data_are_read() -> None:
    file = data("playbooks/visits.json")
    assert recognise(file.read_bytes()[:4096]) == "playbooks"
    with file.open("rb") as opened:
        found = list(reading.read(opened))
    names = {each.change.name for each in found if isinstance(each, Read)}
    assert len(names) == 9
    assert sorted(each.reason for each in found if isinstance(each, Bad)) == [
        "host: CD and SS are visits of their own: part them",
        "host: ID and AU are visits of their own: part them",
        "steps: what is planned after a visit took place is another: part them",
    ]
