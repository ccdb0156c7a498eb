"""WatchEvents: nothing is missed and nothing comes twice, whoever writes and however it is read."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest

from chancery.v1.event_pb2 import (
    CHANGE_TYPE_AMENDED,
    CHANGE_TYPE_STATEMENT_RECORDED,
    Amended,
    RecordedEvent,
)
from chancery.v1.visit_service_pb2 import ListVisitsRequest
from tests.rpc.watching import BEGINNING, MIB, NOW, UNREAD, Watch, caught_up, log
from tests.support.messages import amended, apply, bytes_of, change, much_said, scheduled, stated
from tests.support.server import Client, Server

PARTS: dict[str, dict[str, Any]] = {
    "all": {},
    "a visit": {"visit": "visits/a"},
    "a type": {"change_types": [CHANGE_TYPE_AMENDED]},
    "a visit and a type": {"visit": "visits/a", "change_types": [CHANGE_TYPE_AMENDED]},
}


_numbers = count(1)


def another() -> Amended:
    """An amendment that changes something, whatever was amended before."""
    return amended(purpose=f"Talks, round {next(_numbers)}")


def write(client: Client, writers: int = 8, changes: int = 25) -> None:
    """Let several clients write at once: statements and amendments, singly and together."""

    def one(writer: int) -> None:
        visit = f"visits/{'abcd'[writer % 4]}"
        for i in range(changes):
            if i % 5 == 4:
                client.desk.ApplyChanges(apply(change(visit, stated()), change(visit, another())))
            else:
                client.record(visit, another() if i % 2 else stated(text=f"{writer} says {i}"))

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(one, range(writers)))


def mark(client: Client) -> int:
    """Record a change that is in every part of the log, and return its position."""
    return int(client.record("visits/a", another()).event.position)


@pytest.fixture(scope="module", autouse=True)
def _visits(client: Client) -> None:
    """The visits that writers change: a to d."""
    for letter in "abcd":
        client.record(f"visits/{letter}", scheduled())


# While others write


def test_whoever_watches_while_others_write_gets_each_change_once(client: Client) -> None:
    """From the beginning, from a position and from now; all changes or a part; byte for byte."""
    starts: list[Mapping[str, Any]] = [BEGINNING, NOW, {"after_position": 3}]
    early = [(start, part) for start in starts for part in PARTS.values()]
    watches = [(Watch(client, **start, **part), start, part) for start, part in early]
    start: Mapping[str, Any]

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write, client)
        while not writing.done():
            after = client.head
            part = list(PARTS.values())[len(watches) % len(PARTS)]
            start = {"after_position": after}
            watches.append((caught_up(client, **start, **part), start, part))
            time.sleep(0.02)
    last = mark(client)

    assert last == client.head > 200
    for watch, start, part in watches:
        watch.to(last)
        after = start.get("after_position", 0)
        if start is NOW:
            assert watch.kinds[0] == "caught_up"
            after = watch.frames[0].position
        assert bytes_of(watch.events) == bytes_of(log(client, after_position=after, **part))
        watch.cancel()
    assert len(watches) > len(early) + 5


def test_listing_visits_and_then_watching_from_there_misses_nothing(
    client: Client,
) -> None:
    """Watching starts after the first page's position; no visit has a gap in its versions.

    Meanwhile others write, and new visits are opened.
    """

    def open_visits() -> None:
        for i in range(60):
            client.record(f"visits/{'abcd'[i % 4]}-{i}", scheduled())

    def listed() -> tuple[dict[str, int], int]:
        """The versions of all visits, page by page, and the first page's position."""
        versions: dict[str, int] = {}
        page = client.visits.ListVisits(ListVisitsRequest(page_size=3))
        position = page.view_position
        while True:
            versions |= {visit.name: visit.version for visit in page.visits}
            if not page.next_page_token:
                return versions, position
            again = ListVisitsRequest(page_size=3, page_token=page.next_page_token)
            page = client.visits.ListVisits(again)

    found = []
    with ThreadPoolExecutor(2) as pool:
        writing = [pool.submit(write, client, writers=4), pool.submit(open_visits)]
        while not all(each.done() for each in writing):
            versions, position = listed()
            found.append((versions, Watch(client, after_position=position)))
            time.sleep(0.02)
    last = mark(client)
    everything, _ = listed()

    assert len(found) > 3
    for versions, watch in found:
        for event in watch.to(last).events:
            known = versions.get(event.event.visit, 0)
            assert event.event.version <= known + 1
            versions[event.event.visit] = max(known, event.event.version)
        assert versions == everything
        watch.cancel()


def test_a_change_comes_to_every_watch(client: Client) -> None:
    """To three hundred of them on one connection."""
    watches = [caught_up(client, **NOW) for _ in range(200)]
    of_one = [caught_up(client, visit="visits/a", **NOW) for _ in range(50)]
    of_another = [caught_up(client, visit="visits/b", **NOW) for _ in range(50)]

    changes = [client.record("visits/a", stated(text=f"{i}")).event for i in range(3)]
    other = client.record("visits/b", stated()).event

    for watch in watches:
        assert bytes_of(watch.to(other.position).events) == bytes_of([*changes, other])
    for watch in of_one:
        assert bytes_of(watch.to(changes[-1].position).events) == bytes_of(changes)
    for watch in of_another:
        assert bytes_of(watch.to(other.position).events) == bytes_of([other])
    for watch in (*watches, *of_one, *of_another):
        watch.cancel()


# Resuming


def test_whoever_resumes_after_any_position_misses_nothing_and_gets_nothing_twice(
    client: Client,
) -> None:
    """Whatever frame had the position."""
    write(client, writers=2, changes=10)
    watches = {called: caught_up(client, **BEGINNING, **part) for called, part in PARTS.items()}
    watches |= {
        f"{called} from now on": caught_up(client, **NOW, **part) for called, part in PARTS.items()
    }
    for _ in range(3):  # one by one, so that each gets a frame of its own
        for letter in "abc":
            for step in (stated(), another()):
                client.record(f"visits/{letter}", step)
    last = mark(client)
    for watch in watches.values():
        watch.to(last)
    whole = {called: bytes_of(log(client, **part)) for called, part in PARTS.items()}

    resumed = 0
    for called, watch in watches.items():
        part = called.removesuffix(" from now on")
        given = len(whole[part]) - len(watch.events)
        for frame in watch.frames:
            given += len(frame.events.events)
            position = frame.position
            again = caught_up(client, after_position=position, **PARTS[part])

            assert bytes_of(again.events) == whole[part][given:], (called, position)
            again.cancel()
            resumed += 1
    assert resumed > 50


# A reader that does not keep up


def write_much(client: Client, changes: int) -> list[RecordedEvent]:
    """Record so many changes of almost a mebibyte each."""
    return [client.record("visits/a", stated(), basis=much_said()).event for _ in range(changes)]


def test_a_reader_that_is_too_slow_is_told_and_misses_nothing(
    server: Server, client: Client
) -> None:
    """When it reads on, it gets the rest from the log, and catches up in the end.

    A reader that keeps up is told nothing, and waits for nobody.
    """
    before = client.head
    slow = caught_up(server.client(*UNREAD), after_position=before - 1)
    slow_of_one = caught_up(server.client(*UNREAD), **NOW, visit="visits/a")
    fast = caught_up(client, **NOW)
    for _ in range(12):
        fast.to(write_much(client, 1)[0].position)
    client.record("visits/b", stated())

    last = mark(client)
    fast.to(last)

    assert set(fast.kinds) == {"caught_up", "events"}
    for watch, after, part in ((slow, before - 1, "all"), (slow_of_one, before, "a visit")):
        watch.until("fell_behind")
        assert watch.position < last
        watch.until("caught_up")
        assert watch.position == last
        assert watch.kinds.count("caught_up") == 1 + watch.kinds.count("fell_behind")
        expected = log(client, after_position=after, **PARTS[part])
        assert bytes_of(watch.events) == bytes_of(expected)
        assert len(watch.events) > 12
    # From here on they are like any other watch.
    later = client.record("visits/a", stated()).event
    for watch in (slow, slow_of_one, fast):
        assert bytes_of(watch.next().events.events) == bytes_of([later])


def test_a_large_change_has_a_frame_of_its_own(client: Client) -> None:
    """Both when it is new and when it is read from the log; no frame is over a mebibyte."""
    head = client.head
    as_it_comes = caught_up(client, **NOW)
    write_much(client, 2)
    for i in range(5):
        client.record("visits/b", stated(text=f"{i}"))
    (last,) = write_much(client, 1)

    for watch in (as_it_comes.to(last.position), caught_up(client, after_position=head)):
        large = [frame for frame in watch.frames if frame.ByteSize() > 100_000]

        assert [len(frame.events.events) for frame in large] == [1, 1, 1]
        assert all(990_000 < frame.ByteSize() <= MIB for frame in large)
        assert bytes_of(watch.events) == bytes_of(log(client, after_position=head))


def test_many_small_changes_share_a_frame(client: Client) -> None:
    """A log is not read change by change."""
    head = client.head
    for _ in range(20):
        client.desk.ApplyChanges(apply(*[change("visits/a", stated())] * 100))

    for part in ({}, {"change_types": [CHANGE_TYPE_STATEMENT_RECORDED]}):
        watch = caught_up(client, after_position=head, **part)

        assert bytes_of(watch.events) == bytes_of(log(client, after_position=head))
        assert len(watch.events) == 2000
        assert len(watch.frames) < 20
