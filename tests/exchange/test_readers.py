"""Readers in Node read calendars and linked data as those in Python do."""

import json
from typing import Any

import pytest

from chancery.client import Visit
from chancery.v1 import values_pb2 as values
from service.exchange import icalendar, jsonld
from tests.exchange import readers, some
from tests.support import messages
from tests.support.messages import window

PLANNED = window("2023-02-05", "2023-02-06")
PUT_OFF = values.STATUS_POSTPONED


def visits() -> list[Visit]:
    """One that is planned, one that is put off, and each text that may break out, everywhere."""
    return [
        some.visit(window=PLANNED, details=messages.details(trip="asia-2023")),
        some.visit(
            name="visits/put-off",
            status=PUT_OFF,
            version=3,
            previous_windows=[some.previous(window("1866-12-31"))],
            conditions=[some.condition("when the sea, and the wind; allow")],
        ),
        *(hostile(f"visits/hostile-{number}", text) for number, text in enumerate(some.HOSTILE)),
    ]


def hostile(name: str, text: str) -> Visit:
    """A visit that says nothing but a text."""
    details = messages.details(
        title=text,
        purpose=text,
        trip=text,
        principal=values.Principal(name=text, office=text, other_names=[text]),
        destinations=[values.Place(city=text, country="CN")],
    )
    return some.visit(
        name=name, window=PLANNED, details=details, conditions=[some.condition(text)], reason=text
    )


def test_ical_js_reads_days_ids_and_texts_as_they_were_written() -> None:
    written = [icalendar.event(visit, some.ORIGIN, some.page) for visit in visits()]
    calendar = icalendar.head("Visits") + "".join(written) + icalendar.TAIL
    found = readers.by_ical_js(calendar)
    assert found == readers.by_icalendar(calendar)
    planned, put_off, *others = found
    assert len(others) == len(some.HOSTILE)
    assert planned["uid"] == f"blinken-beijing@{some.LOG}"
    assert (planned["first"], planned["after"]) == ("2023-02-05", "2023-02-07")
    assert (planned["status"], planned["transparent"]) == ("CONFIRMED", False)
    assert (put_off["first"], put_off["after"]) == ("1866-12-31", "1867-01-01")
    assert (put_off["status"], put_off["transparent"]) == ("TENTATIVE", True)
    assert (put_off["sequence"], put_off["whole_days"]) == (2, True)
    said = {"condition": ["when the sea, and the wind; allow"], "trip": []}
    assert put_off["own"] == {"status": ["postponed"], "standing": ["official"], **said}


def test_jsonld_js_understands_visits_as_pyld_does() -> None:
    nodes = [jsonld.listed(visit, some.ORIGIN, some.page) for visit in visits()]
    document = json.loads(jsonld.HEAD + jsonld.BETWEEN.join(nodes) + jsonld.TAIL)
    found = readers.by_jsonld_js(document)
    assert found == readers.by_pyld(document)
    assert len(found) == len(nodes)
    assert found[1]["@id"] == "https://board.example/visits/put-off"


def test_no_reader_of_linked_data_fetches_anything() -> None:
    document: Any = {"@context": "https://elsewhere.example", "name": "A"}
    with pytest.raises(RuntimeError, match=r"nothing is fetched: https://elsewhere\.example"):
        readers.by_jsonld_js(document)
    with pytest.raises(Exception, match=r"elsewhere\.example"):
        readers.by_pyld(document)
