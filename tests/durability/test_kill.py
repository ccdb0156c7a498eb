"""What a server acknowledged is there after it is killed in the middle of writing."""

import os
import random
import shutil
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import grpc

from service.projections.rebuild import rebuild_visits
from service.store.engines.opening import open_database
from tests.durability.load import Acknowledged, Load, acknowledged, differences, log_of, not_told
from tests.store import logbook
from tests.store.builders import stored, url
from tests.support import messages
from tests.support.server import Client, Server
from tests.support.waiting import wait_until

# `make torture` has 300.
KILLS = int(os.environ.get("CHANCERY_SERVER_KILLS", "10"))


def test_no_acknowledged_change_is_lost_when_all_is_killed_again_and_again(tmp_path: Path) -> None:
    """Ten writers: each acknowledged change is at its position, once.

    Every other time all processes are killed at once, else the supervisor, and the others end.
    """
    chance = random.Random(20)
    load = Load.on_visits(10)
    with Server(tmp_path / "chancery.db") as server:
        told = load.schedule(server.client())
        checked = 0
        for number in range(KILLS):
            before = len(load.told)
            load.start(server.client())
            wait_until(partial(load.told_more_than, before + 10))
            time.sleep(chance.uniform(0, 0.2))
            assert (server.kill_all() if number % 2 else server.kill()) == -9
            load.join()
            server.start()
            replayed = log_of(server.client(), after=checked)
            new = [each for each in told + load.told if each.position > checked]
            assert differences(new, replayed) == []
            checked += len(replayed)
        # At the end each writer asks again for the change that was not acknowledged.
        load.start(server.client(), changes=1)
        load.join()
        log = log_of(server.client())
    told += load.told
    assert load.failures == {grpc.StatusCode.UNAVAILABLE}
    assert len(told) > KILLS * 10
    assert differences(told, log) == []
    assert not_told(told, log) == []
    rows = logbook.read(server.file)
    recorded = [row.request_id or "" for row in rows if row.actor == "unverified:load"]
    assert sorted(recorded) == sorted(load.asked)
    assert logbook.problems(server.file) == []
    assert rebuilding_changes_nothing(server.file)


def rebuilding_changes_nothing(file: Path) -> bool:
    """Whether the stored states follow from the log."""
    statements = ("SELECT * FROM visit ORDER BY visit_id", "SELECT * FROM alias ORDER BY 1, 2")
    before = [stored(file, statement) for statement in statements]
    database = open_database(url(file))
    rebuild_visits(database.writer)
    database.close()
    return before == [stored(file, statement) for statement in statements]


def test_a_change_whose_answer_was_lost_is_recorded_once(tmp_path: Path) -> None:
    """Asked for again after the kill, it gets its first answer; one that was lost is recorded."""
    with Server(tmp_path / "chancery.db") as server:
        client = server.client()
        client.record("visits/beijing", messages.scheduled())
        lost = ask_and_kill(server, client)
        server.start()
        client = server.client()
        assert client.head == 2
        again = client.record("visits/beijing", messages.postponed(), request_id="lost")
        assert again.replayed
        assert (again.event.position, again.visit.version) == (2, 2)
        assert again.visit == client.visit("visits/beijing")
        assert lost is None or lost.event == acknowledged(again).event
        for replayed in (False, True):
            other = client.record("visits/beijing", messages.stated(), request_id="never came")
            assert (other.replayed, other.event.position) == (replayed, 3)
        assert client.head == 3
    assert logbook.problems(server.file) == []


def ask_and_kill(server: Server, client: Client) -> Acknowledged | None:
    """Kill the server as soon as another caller sees the change, and drop the answer."""
    request = messages.request("visits/beijing", messages.postponed(), request_id="lost")
    call = client.desk.PostponeVisit.future(request)
    other = server.client()
    wait_until(lambda: other.head == 2)
    server.kill()
    try:
        return acknowledged(call.result())
    except grpc.RpcError:
        return None


# The check can fail


def test_a_log_that_lost_its_last_changes_is_noticed(tmp_path: Path) -> None:
    """In a slightly older copy of the file, acknowledged changes are missing."""
    file, older = tmp_path / "chancery.db", tmp_path / "older.db"
    load = Load.on_visits(2)
    server = Server(file)
    with server:
        told = load.schedule(server.client())
        load.start(server.client(), changes=5)
        load.join()
    shutil.copy(file, older)
    with server:
        load.start(server.client(), changes=1)
        load.join()
        told += load.told
        assert differences(told, log_of(server.client())) == []
    shutil.copy(older, file)
    with server:
        log = log_of(server.client())
        found = differences(told, log)
        assert len(found) == 2
        assert all("was lost" in problem for problem in found)
        # If others take the positions of what was lost, the bytes differ.
        for number in range(2):
            server.client().record("visits/visit-0", messages.stated(text=f"Other {number}"))
        found = differences(told, log_of(server.client()))
    assert len(found) == 2
    assert all("was altered" in problem for problem in found)


def test_the_check_finds_each_kind_of_lie() -> None:
    """It finds a change that was lost, altered, moved, acknowledged twice or never."""
    log = {1: b"one", 2: b"two", 3: b"three"}
    told = [Acknowledged(f"request-{p}", p, event) for p, event in log.items()]
    one, two, three = told
    assert differences(told, log) == []
    assert not_told(told, log) == []
    assert differences(told, {1: b"one", 2: b"two"}) == ["request-3 was lost: position 3 is empty"]
    assert differences([one, replace(two, event=b"too"), three], log) == [
        "request-2 was altered: position 2 has other bytes"
    ]
    moved = [replace(one, position=2), replace(two, position=1)]
    assert len(differences(moved, log)) == 2
    assert differences([*told, replace(one, request_id="another")], log) == [
        "another has the position of request-1"
    ]
    assert not_told([one, three], log) == [2]
