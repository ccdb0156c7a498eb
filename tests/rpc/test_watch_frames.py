"""What the frames of a watch are."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chancery.v1.event_pb2 import (
    CHANGE_TYPE_COMPLETED,
    CHANGE_TYPE_DEFERRED,
    CHANGE_TYPE_DISCLOSED,
    CHANGE_TYPE_SCHEDULED,
)
from tests.rpc.watching import BEGINNING, NOW, Watch, caught_up, kind_of, log
from tests.support.messages import bytes_of, postponed, scheduled, stated
from tests.support.server import Client, Server

# What its frames are


def test_an_empty_log_is_caught_up_at_once(own_server: Server) -> None:
    """At position 0; the first change comes after it."""
    client = own_server.client()
    watches = [
        Watch(client, **start, **part)
        for start in (BEGINNING, NOW, {"after_position": 0})
        for part in ({}, {"visit": "visits/a"}, {"change_types": [CHANGE_TYPE_SCHEDULED]})
    ]
    for watch in watches:
        assert kind_of(watch.next()) == "caught_up"
        assert watch.position == 0

    first = client.record("visits/a", scheduled()).event

    for watch in watches:
        assert bytes_of(watch.to(1).events) == bytes_of([first])


@pytest.mark.parametrize(
    "part",
    [
        {"visit": "visits/nobody-at-all"},
        {"visit": "visits/b", "change_types": [CHANGE_TYPE_DEFERRED]},
        {"visit": "visits/c", "change_types": [CHANGE_TYPE_DISCLOSED, CHANGE_TYPE_COMPLETED]},
    ],
    ids=str,
)
def test_a_watch_that_nothing_is_for_is_caught_up_at_once(
    client: Client, part: dict[str, Any]
) -> None:
    """With the head as the position to resume after, so unwanted changes are not read again."""
    watch = Watch(client, **BEGINNING, **part)

    assert kind_of(watch.next()) == "caught_up"
    assert watch.position == client.head


def test_it_is_caught_up_once(client: Client, name: str) -> None:
    watch = caught_up(client, **BEGINNING)
    client.record(name, scheduled())

    watch.to(client.record(name, postponed()).event.position)

    assert watch.kinds.count("caught_up") == 1
    assert set(watch.kinds) == {"events", "caught_up"}


def test_a_watch_on_which_nothing_happens_tells_how_far_it_is(
    client: Client, name: str, other_name: str, own_server: Server
) -> None:
    """At least every 15 seconds, even while others write.

    A watch that resumes after that position gets what is committed later, and nothing earlier.
    """
    parts: dict[str, dict[str, Any]] = {
        "all": {},
        "the visit": {"visit": name},
        "another visit": {"visit": other_name},
        "a type that comes": {"change_types": [CHANGE_TYPE_SCHEDULED]},
        "a type that does not come": {"change_types": [CHANGE_TYPE_COMPLETED]},
        "neither": {"visit": other_name, "change_types": [CHANGE_TYPE_COMPLETED]},
    }
    watches = {called: caught_up(client, **NOW, **part) for called, part in parts.items()}
    busy_client = own_server.client()
    busy = [caught_up(busy_client, **NOW, **parts[called]) for called in list(parts)[4:]]
    began = time.monotonic()
    opened = client.record(name, scheduled()).event
    head = client.record(name, postponed()).event.position
    busy_client.record("visits/busy", scheduled())

    with ThreadPoolExecutor(len(watches) + len(busy)) as pool:
        reading = [pool.submit(w.until, "progress") for w in (*watches.values(), *busy)]
        while not all(each.done() for each in reading):
            busy_client.record("visits/busy", stated())
            time.sleep(0.02)

    assert 5 < time.monotonic() - began < 15
    told = {called: bytes_of(watch.events) for called, watch in watches.items()}
    both = bytes_of(log(client, visit=name))
    assert told == {
        "all": both,
        "the visit": both,
        "another visit": [],
        "a type that comes": bytes_of([opened]),
        "a type that does not come": [],
        "neither": [],
    }
    assert {watch.position for watch in watches.values()} == {head} == {client.head}
    assert all(10 < watch.position <= busy_client.head for watch in busy)
    later = client.record(other_name, scheduled()).event
    for called in ("all", "another visit", "a type that comes"):
        again = Watch(client, after_position=head, **parts[called])
        for watch in (watches[called], again):
            assert bytes_of(watch.next().events.events) == bytes_of([later])
