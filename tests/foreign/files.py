"""Readers in Node read what is exported, and what the board feeds, as those in Python do.

They are ical.js and jsonld.js. ``make foreign`` installs them and runs this file.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chancery.client import Connection, Visit
from chancery.v1.info_service_pb2 import GetServerInfoRequest
from service.exchange import icalendar, jsonld, names
from tests.cli.desk import Desk
from tests.exchange import readers, some
from tests.model.serving import recorded
from tests.model.telling import random_history
from tests.support.board import ServedBoard
from tests.support.server import Server

SEEDS = range(400, 425)
# Smaller examples would take minutes to find: a reader is started for each.
once = settings(max_examples=5, phases=[Phase.generate], suppress_health_check=[*HealthCheck])
lists = st.lists(some.visits(), min_size=40, max_size=40)


@pytest.fixture(scope="module")
def visits(server: Server) -> list[Visit]:
    """Visits of stories of any kind, which are recorded."""
    client = server.client()
    for seed in SEEDS:
        for command in random_history(seed)[1]:
            recorded(client, command)
    with Connection(server.address) as connection:
        return list(connection.visits())


@pytest.fixture(scope="module")
def board(server: Server) -> Iterator[ServedBoard]:
    """The board in front of the server."""
    with ServedBoard(server.address) as board:
        yield board


def test_ical_js_reads_the_days_of_each_visit(
    server: Server, board: ServedBoard, visits: list[Visit]
) -> None:
    """In an export, and in the calendar of the board: the same, but for addresses of pages."""
    origin = server.client().info.GetServerInfo(GetServerInfoRequest()).log_origin
    log = origin.rpartition("/")[2]
    exported = Desk(server.address).does(f"export --format icalendar --board {board.address}")
    with board.client() as web:
        fed = web.get("/visits.ics").text
    found = readers.by_ical_js(exported)
    assert found == readers.by_icalendar(exported)
    by_uid = {each["uid"]: each for each in found}
    assert {each["uid"]: each for each in readers.by_ical_js(fed)} == by_uid
    dated = {f"{visit.id}@{log}": days for visit in visits if (days := days_of(visit))}
    assert len(dated) > len(SEEDS) // 2
    assert {uid: (each["first"], each["after"]) for uid, each in by_uid.items()} == dated


def days_of(visit: Visit) -> tuple[str, str] | None:
    """The day on which a calendar has a visit begin, and that after its last."""
    shown = names.days_of(visit)
    window = shown[1] if shown else None
    first = window and (window.start or window.end)
    last = window and (window.end or window.start)
    if not first or not last:
        return None
    return first.isoformat(), (last + timedelta(1)).isoformat()


def test_jsonld_js_understands_each_visit(
    server: Server, board: ServedBoard, visits: list[Visit]
) -> None:
    text = Desk(server.address).does(f"export --format jsonld --board {board.address}")
    document = json.loads(text)
    found = readers.by_jsonld_js(document)
    assert found == readers.by_pyld(document)
    by_address = {each["@id"]: each for each in found}
    assert by_address.keys() == {f"{board.address}/visits/{visit.id}" for visit in visits}
    with board.client() as web:
        for visit in visits[:3]:
            (node,) = readers.by_jsonld_js(web.get(f"/visits/{visit.id}.jsonld").json())
            assert node == by_address[node["@id"]]


@given(lists)
@once
def test_ical_js_reads_any_visits(visits: list[Visit]) -> None:
    events = (icalendar.event(visit, some.ORIGIN, some.page) for visit in visits)
    calendar = icalendar.head("Visits") + "".join(events) + icalendar.TAIL
    assert readers.by_ical_js(calendar) == readers.by_icalendar(calendar)


@given(lists)
@once
def test_jsonld_js_understands_any_visits(visits: list[Visit]) -> None:
    nodes: list[Any] = [jsonld.node(visit, some.ORIGIN, some.page) for visit in visits]
    assert readers.by_jsonld_js(nodes) == readers.by_pyld(nodes)
