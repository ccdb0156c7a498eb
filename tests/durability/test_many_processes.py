"""Several servers on one database: one log, in one order, and its readers miss nothing."""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from google.protobuf.message import Message

from chancery.v1.history_service_pb2 import ReadEventsRequest
from chancery.v1.visit_service_pb2 import GetVisitRequest
from tests.durability.followers import Careful, Faults, Pace, faults, write_together
from tests.durability.load import Load, Writer, acknowledged, differences, log_of
from tests.durability.serving import Service, check_sound, new_log, request_ids, together
from tests.support import messages
from tests.support.postgresql import HOST, Cluster, fresh_database
from tests.support.server import refusal

POSITIONS = 2500
SEED = int(os.environ.get("CHANCERY_SOAK_SEED", "0")) or random.randrange(1, 1 << 32)
SERVERS = 4
WRITERS = 16
FOLLOWERS = 8
CHANGES = 20


@pytest.fixture(scope="module")
def servers(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sequence[Service]]:
    """Four servers that the tests share: they name visits of their own."""
    url, key = cluster.url(new_log(cluster)), tmp_path_factory.mktemp("shared") / "key"
    with together(*(Service(url, key) for _ in range(SERVERS))) as servers:
        yield servers


def test_followers_that_move_between_four_servers_miss_nothing(
    cluster: Cluster, tmp_path: Path
) -> None:
    """While sixteen write on all, each of eight gets each change once, in order, as it is."""
    print(f"CHANCERY_SOAK_SEED={SEED}")
    url = cluster.url(new_log(cluster))
    pace = Pace()
    same: dict[bytes, bytes] = {}
    with together(*(Service(url, tmp_path / "key") for _ in range(SERVERS))) as servers:
        addresses = [server.address for server in servers]
        followers = [
            Careful(addresses, POSITIONS, random.Random(SEED + i), pace, same)
            for i in range(FOLLOWERS)
        ]
        began = time.monotonic()
        for follower in followers:
            follower.start()
        write_together(addresses, WRITERS, POSITIONS, SEED, pace)
        written = time.monotonic() - began
        for follower in followers:
            follower.join()
        logs = [log_of(server.client(), min_position=POSITIONS) for server in servers]
    cuts = sum((follower.cuts for follower in followers), Counter()).total()
    moves = sum(follower.crashes for follower in followers)
    found = [faults(follower.kept, logs[0]) for follower in followers]
    print(
        f"{SERVERS} servers, {WRITERS} writers: {POSITIONS / written:.0f} positions a second\n"
        f"{FOLLOWERS} followers: {cuts} cuts, {moves} moves, {found}"
    )
    assert [follower.failure for follower in followers] == [None] * FOLLOWERS
    assert len(logs[0]) == POSITIONS
    assert logs == [logs[0]] * SERVERS
    assert found == [Faults()] * FOLLOWERS
    assert moves > FOLLOWERS
    assert cuts > FOLLOWERS
    check_sound(url, logs[0])


def test_sixteen_writers_on_four_servers_are_told_what_the_log_holds(
    servers: Sequence[Service],
) -> None:
    """On eight visits, each changed on two servers at once: nothing is refused, lost or doubled."""
    client = servers[0].client()
    before = client.head
    writers = [Writer(f"writer-{i}", f"visits/crowd-{i // 2}") for i in range(WRITERS)]
    told = Load(writers).schedule(client)
    loads = [Load(writers[i::SERVERS]) for i in range(SERVERS)]
    for load, server in zip(loads, servers, strict=True):
        load.start(server.client(), changes=CHANGES)
    for load in loads:
        load.join()
        told += load.told
    last = before + WRITERS * CHANGES + WRITERS // 2
    log = log_of(client, after=before, min_position=last)
    assert [load.failures for load in loads] == [set()] * SERVERS
    assert differences(told, log) == []
    assert sorted(each.position for each in told) == sorted(log)
    assert sorted(log) == list(range(before + 1, last + 1))
    assert len(set(request_ids(log))) == len(request_ids(log)) == WRITERS * CHANGES
    for server in servers:
        assert log_of(server.client(), after=before, min_position=last) == log
        visits = [server.client().visit(writer.visit) for writer in writers]
        assert [visit.version for visit in visits] == [2 * CHANGES + 1] * WRITERS


def test_what_one_server_acknowledged_is_seen_on_each_other(servers: Sequence[Service]) -> None:
    """Any read there that names the change's position has the change."""
    clients = [server.client() for server in servers]
    clients[0].record("visits/seen", messages.scheduled())
    waited = []
    for number in range(CHANGES * SERVERS):
        answer = clients[number % SERVERS].record("visits/seen", messages.stated())
        position, version = answer.event.position, answer.visit.version
        for other in clients:
            began = time.monotonic()
            asked = GetVisitRequest(name="visits/seen", min_position=position)
            assert other.visits.GetVisit(asked).visit.version == version
            waited.append(time.monotonic() - began)
        request = ReadEventsRequest(after_position=position - 1, min_position=position)
        events = [event for frame in other.history.ReadEvents(request) for event in frame.events]
        assert acknowledged(answer).event in messages.bytes_of(events)
    waited.sort()
    print(f"read elsewhere: median {waited[len(waited) // 2] * 1e3:.1f} ms, {waited[-1] * 1e3:.1f}")
    assert waited[-1] < 1


def test_a_visit_that_is_changed_on_one_server_after_the_other_has_dense_versions(
    servers: Sequence[Service],
) -> None:
    """Each change is decided on the one before, wherever it was recorded."""
    clients = [server.client() for server in servers]
    steps: list[Callable[[], Message]] = [
        messages.postponed,
        messages.rescheduled,
        lambda: messages.amended(title=f"Title {version}"),
        messages.stated,
    ]
    version = clients[0].record("visits/moving", messages.scheduled()).visit.version
    for number in range(CHANGES * SERVERS):
        client, step = clients[number % 2], steps[number % len(steps)]
        answer = client.record("visits/moving", step(), expected_version=version)
        assert answer.visit.version == version + 1
        version = answer.visit.version


def test_what_is_refused_on_one_server_rests_on_what_the_others_recorded(
    servers: Sequence[Service],
) -> None:
    """What the earlier state forbade succeeds at once, and what it allowed is refused."""
    clients = [server.client() for server in servers]
    for number in range(CHANGES):
        visit = f"visits/refused-{number}"
        first, second, third, fourth = clients[number % SERVERS :] + clients[: number % SERVERS]
        first.record(visit, messages.scheduled())
        second.record(visit, messages.cancelled())
        assert refusal(first.record, visit, messages.postponed()).reason == "CHANGE_NOT_ALLOWED"
        third.record(visit, messages.rescheduled())
        first.record(visit, messages.completed())
        assert refusal(second.record, visit, messages.cancelled()).reason == "CHANGE_NOT_ALLOWED"
        assert refusal(fourth.record, visit, messages.scheduled()).reason == "VISIT_EXISTS"
        assert fourth.visit(visit).version == 4


# The check can fail


def test_positions_of_a_sequence_without_the_lock_are_missed(cluster: Cluster) -> None:
    """Reading after the last position then skips what is committed later."""
    where = {"host": HOST, "port": cluster.port, "user": "postgres", "autocommit": True}
    where["dbname"] = fresh_database(cluster).rpartition("/")[2]
    cluster.execute("CREATE TABLE told (position bigserial, body bytea)", str(where["dbname"]))
    written = threading.Event()
    kept: list[tuple[int, bytes]] = []

    def write(number: int) -> None:
        chance = random.Random(SEED + number)
        with psycopg.connect(**where) as connection:
            for _ in range(CHANGES):
                with connection.transaction():
                    connection.execute("INSERT INTO told (body) VALUES (%s)", [b"change"])
                    connection.execute("SELECT pg_sleep(%s)", [chance.uniform(0, 0.01)])

    def follow() -> None:
        with psycopg.connect(**where) as connection:
            is_last = False
            while not is_last:
                is_last = written.is_set()
                last = kept[-1][0] if kept else 0
                statement = "SELECT position, body FROM told WHERE position > %s ORDER BY 1"
                kept.extend(connection.execute(statement, [last]).fetchall())

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        following = pool.submit(follow)
        for each in [pool.submit(write, number) for number in range(WRITERS)]:
            each.result()
        written.set()
        following.result()
    log = dict(cluster.execute("SELECT position, body FROM told", str(where["dbname"])))
    found = faults(kept, log)
    print(found)
    assert len(log) == WRITERS * CHANGES
    assert found.missed > 0
    assert found == Faults(missed=found.missed)
