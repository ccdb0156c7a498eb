"""The Python client's calls: retried if that is harmless, and never forever."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, count, repeat
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty

from chancery.client import AsOf, Connection
from chancery.v1.audit_service_pb2 import ExportBundleRequest
from chancery.v1.history_service_pb2 import ReadEventsRequest, WatchEventsRequest
from service.limits import LOG_SECONDS
from tests.client.unable import Unable
from tests.support import http2
from tests.support.messages import basis, bytes_of, change, postponed, scheduled, stated
from tests.support.proxy import NEVER, Proxy
from tests.support.server import Client, Server
from tests.support.waiting import wait_until

Connect = Callable[..., Connection]
Call = Callable[[Connection], Any]

NOWHERE = "127.0.0.1:1"
NUMBERS = count(1)
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE

READS: dict[str, Call] = {
    "visit": lambda c: c.visit("visits/a"),
    "batch": lambda c: c.batch(["visits/a"]),
    "visits": lambda c: c.visits(limit=1),
    "count": lambda c: c.count(),
    "compare": lambda c: c.compare("visits/a", AsOf(position=1)),
    "info": lambda c: c.info(),
    "history": lambda c: c.history(limit=1),
    "events": lambda c: next(c.events()),
    "changes": lambda c: c.changes(limit=1),
    "checkpoint": lambda c: c.checkpoint(),
    "inclusion_proof": lambda c: c.inclusion_proof(1),
    "consistency_proof": lambda c: c.consistency_proof(1),
}
CHANGES: dict[str, Call] = {
    "record": lambda c: c.messages.record(change("visits/a", stated())),
    "apply": lambda c: c.messages.apply_changes([change("visits/a", stated())]),
}
EVERY_CALL = READS | CHANGES


@pytest.fixture(scope="module", autouse=True)
def _visit(client: Client) -> None:
    """A visit to ask for."""
    client.record("visits/a", scheduled())


class Restarting:
    """A server that is killed and restarted while a call waits for it behind a proxy."""

    def __init__(self, server: Server, pool: ThreadPoolExecutor) -> None:
        self.server = server
        self._pool = pool

    def over_a_restart(self, call: Call) -> Any:
        """The result of a call that was sent to the server before it was killed."""
        actor = f"restarting-{next(NUMBERS)}"
        with (
            Proxy(self.server.address) as proxy,
            Connection(proxy.address, timeout=20, actor=actor) as connection,
        ):
            connection.info()
            proxy.hang_answers()
            answer = self._pool.submit(call, connection)
            wait_until(lambda: len(calls(self.server, actor)) == 2)
            self.server.kill()
            proxy.target = self.server.start().address
            assert not answer.done()
            proxy.cut()
            proxy.resume()
            return answer.result()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads to call from."""
    with ThreadPoolExecutor(len(EVERY_CALL)) as pool:
        yield pool


def calls(server: Server, actor: str) -> list[tuple[str, str]]:
    """An actor's calls that the server has served: the methods, and how they ended."""
    return [
        (line["method"].rpartition("/")[2], line["code"])
        for line in server.log
        if line.get("actor") == f"unverified:{actor}"
    ]


def all_calls(server: Server, actor: str, number: int) -> list[tuple[str, str]]:
    """The same, once there are so many, and any other would have been logged as well."""
    wait_until(lambda: len(calls(server, actor)) >= number)
    time.sleep(3 * LOG_SECONDS)
    return calls(server, actor)


@pytest.fixture(scope="module")
def its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a visit, which the tests of this module kill and restart."""
    with Server(tmp_path_factory.mktemp("restarting") / "chancery.db") as server:
        server.client().record("visits/a", scheduled())
        yield server


@pytest.fixture
def restarting(its_own: Server, pool: ThreadPoolExecutor) -> Restarting:
    """Kills that server while a call waits for it."""
    return Restarting(its_own, pool)


# A server that is down for a while


@pytest.mark.parametrize("call", READS.values(), ids=READS)
def test_a_read_is_asked_again_when_the_server_is_back(
    server: Server, proxy: Proxy, proxied: Connection, pool: ThreadPoolExecutor, call: Call
) -> None:
    """The caller only sees the answer."""
    proxy.target = NOWHERE
    answer = pool.submit(call, proxied)
    wait_until(lambda: proxy.connections > 0)

    proxy.target = server.address

    assert answer.result() is not None


@pytest.mark.parametrize("way", ["visit", "history", "events"])
def test_a_read_that_a_server_did_not_live_to_answer_is_answered_by_the_next(
    restarting: Restarting, way: str
) -> None:
    """By the server that is restarted on the file, within the call's deadline."""
    began = time.monotonic()
    answer = restarting.over_a_restart(READS[way])

    assert answer is not None
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("way", CHANGES)
def test_a_change_that_a_server_did_not_live_to_answer_is_recorded_once(
    restarting: Restarting, way: str
) -> None:
    """Whether it was recorded before the kill or after the restart."""
    client = restarting.server.client()
    before = client.head

    answer = restarting.over_a_restart(CHANGES[way])

    applied = answer if way == "record" else answer.changes[0]
    client = restarting.server.client()
    assert applied.event.position == client.head == before + 1
    assert bytes_of([applied.event]) == log(client)[before:]


@pytest.mark.parametrize("code", [UNAVAILABLE, grpc.StatusCode.CANCELLED])
@pytest.mark.parametrize("failing", [1, 4])
def test_a_call_that_a_server_could_not_serve_is_made_again(
    pool: ThreadPoolExecutor, failing: int, code: grpc.StatusCode
) -> None:
    """With the same bytes, up to four times; gRPC cancels calls that reach a server as it ends."""

    def requests(call: Call) -> list[bytes]:
        with Unable(failing, code) as server, Connection(server.address) as connection:
            call(connection)
            return server.requests

    calls: list[Call] = [
        lambda c: c.visit("visits/a"),
        lambda c: c.messages.record(change("visits/a", stated())),
        lambda c: c.messages.apply_changes([change("visits/a", stated())]),
        lambda c: list(c.messages.read_events(ReadEventsRequest())),
        lambda c: list(c.messages.export_bundle(ExportBundleRequest())),
    ]
    for made in pool.map(requests, calls):
        assert len(made) == failing + 1
        assert len(set(made)) == 1


def test_a_call_that_a_server_never_can_serve_is_raised_within_its_time() -> None:
    """It was retried before that."""
    began = time.monotonic()
    with Unable(1000) as server, Connection(server.address, timeout=1) as connection:
        with pytest.raises(grpc.RpcError) as caught:
            connection.visit("visits/a")
        assert 2 <= len(server.requests) < 1000
    assert caught.value.code() in (UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
    assert time.monotonic() - began < 3


@pytest.mark.usefixtures("long_away")
def test_those_who_read_while_the_server_is_away_see_nothing_of_it(
    its_own: Server, pool: ThreadPoolExecutor
) -> None:
    """It takes a while to restart: each caller gets its answers in time."""
    address = its_own.address
    is_over = threading.Event()

    def read(call: Call) -> int:
        number = 0
        with Connection(address, timeout=60) as connection:
            while not is_over.is_set():
                call(connection)
                number += 1
        return number

    readers = [pool.submit(read, call) for call in READS.values()]
    served = len(calls(its_own, "unknown"))
    wait_until(lambda: len(calls(its_own, "unknown")) > served + 20)
    its_own.stop()
    its_own.start(address)
    is_over.set()

    assert all(reader.result() > 1 for reader in readers)


def test_a_connection_that_takes_a_while_to_be_made_is_waited_for(
    proxy: Proxy, proxied: Connection, pool: ThreadPoolExecutor
) -> None:
    """On a slow network the first answer takes half a second: nobody reconnects meanwhile."""
    proxy.hang()
    answer = pool.submit(proxied.info)
    wait_until(lambda: proxy.connections > 0)
    time.sleep(0.5)
    proxy.resume()

    assert answer.result().head_position > 0
    assert proxy.connections == 1


def test_a_request_id_that_the_client_makes_is_another_for_each_change(
    direct: Connection, name: str
) -> None:
    """Two changes that look the same are two; a retry is the same change."""
    direct.messages.record(change(name, scheduled()))
    same = change(name, stated())
    first, second = direct.messages.record(same), direct.messages.record(same)
    third, fourth = direct.messages.apply_changes([same, same]).changes

    ids = {each.event.event.request_id for each in (first, second, third, fourth)}

    assert len(ids) == 4
    assert not any(each.replayed for each in (first, second, third, fourth))
    assert same == change(name, stated())


REFUSED: dict[grpc.StatusCode, Call] = {
    grpc.StatusCode.NOT_FOUND: lambda c: c.visit("visits/nobody"),
    grpc.StatusCode.INVALID_ARGUMENT: lambda c: c.messages.apply_changes([]),
    grpc.StatusCode.OUT_OF_RANGE: lambda c: next(
        c.messages.read_events(ReadEventsRequest(after_position=999))
    ),
    grpc.StatusCode.ALREADY_EXISTS: lambda c: c.messages.record(change("visits/a", scheduled())),
    grpc.StatusCode.ABORTED: lambda c: c.messages.record(
        change("visits/a", stated(), expected_version=9)
    ),
}


def test_a_call_of_too_many_is_made_again_until_there_is_room(
    start_server: Callable[..., Server],
) -> None:
    """Whether it asks, records or follows."""
    server = start_server("--max-calls", "1", "--max-watches", "1")
    client = server.client()
    client.record("visits/a", scheduled())
    working = http2.Connection(server.address)
    working.send(http2.headers(1, "chancery.v1.VisitService/GetVisit"))
    working.arrive()
    watching = client.history.WatchEvents(WatchEventsRequest(beginning=Empty()))
    next(watching)
    with Connection(server.address, timeout=20) as connection, ThreadPoolExecutor(3) as pool:
        wait_until(lambda: is_refused(client))
        asked = pool.submit(connection.visit, "visits/a")
        recorded = pool.submit(CHANGES["record"], connection)
        followed = pool.submit(lambda: next(iter(connection.follow(after=0))))
        wait_until(lambda: sum(line.get("code") == "RESOURCE_EXHAUSTED" for line in server.log) > 5)
        watching.cancel()
        working.close()

        assert asked.result().version >= 1
        assert recorded.result().event.position == 2
        assert followed.result()


def is_refused(client: Client) -> bool:
    """Whether the server has no room for another call."""
    try:
        client.visit("visits/a")
    except grpc.RpcError:
        return True
    return False


@pytest.mark.parametrize("code", REFUSED)
def test_a_refusal_is_raised_and_not_asked_again(
    server: Server, connect: Connect, actor: str, code: grpc.StatusCode
) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        REFUSED[code](connect(server.address, actor=actor))

    assert caught.value.code() is code
    assert [ended for _, ended in all_calls(server, actor, 1)] == [code.name]


# An answer that is lost


@pytest.mark.parametrize("request_id", ["", "key"], ids=["no request id", "a request id"])
@pytest.mark.parametrize("way", CHANGES)
def test_a_change_whose_answer_is_lost_is_recorded_once(
    server: Server,
    client: Client,
    proxy: Proxy,
    proxied: Connection,
    pool: ThreadPoolExecutor,
    actor: str,
    name: str,
    way: str,
    request_id: str,
) -> None:
    """It is retried with its request id; if it has none, the client makes one.

    The caller gets the first answer; the change object is unchanged.
    """
    opening = client.record(name, scheduled()).event.position
    proxied.info()
    asked = change(name, postponed(), request_id=request_id and f"{request_id} of {name}")
    before = asked.SerializeToString(deterministic=True)
    method = "PostponeVisit" if way == "record" else "ApplyChanges"

    proxy.hang_answers()
    answering = pool.submit(
        lambda: (
            proxied.messages.record(asked)
            if way == "record"
            else proxied.messages.apply_changes([asked]).changes[0]
        )
    )
    wait_until(lambda: (method, "OK") in calls(server, actor))
    assert not answering.done()
    proxy.cut()
    proxy.resume()
    answer = answering.result()

    assert answer.replayed
    assert answer.event.position == client.head == opening + 1
    assert bytes_of([answer.event]) == log(client)[opening:]
    assert answer.visit == client.visit(name)
    assert all_calls(server, actor, 3) == [
        ("GetServerInfo", "OK"),
        (method, "OK"),
        (method, "OK"),
    ]
    assert proxy.connections == 2
    assert asked.SerializeToString(deterministic=True) == before
    given = answer.event.event.request_id
    assert given == asked.context.request_id if request_id else len(given) == 36


# The answer to a change has somewhat more than 500 bytes here, after the bytes that open a
# connection: it is cut before, within and after it.
CUTS = range(1, 800, 23)


def cut_at(server: Server, cut: int, actor: str, call: Call) -> Any:
    """The result of a call whose connection is cut after so many bytes of the answer."""
    with (
        Proxy(server.address, chain([cut], repeat(NEVER))) as proxy,
        Connection(proxy.address, actor=actor) as connection,
    ):
        try:
            return call(connection)
        except grpc.RpcError as error:
            return error.code()


def test_wherever_an_answer_is_cut_off_its_change_is_recorded_once(
    server: Server, client: Client, pool: ThreadPoolExecutor, actor: str, name: str
) -> None:
    """A retry with the same request id gets the first answer; the change is recorded once."""
    client.record(name, scheduled())

    def record(cut: int) -> tuple[str, int]:
        asked = change(name, stated(text="x" * 200), request_id=f"{name} {cut}")
        cut_at(server, cut, actor, lambda c: c.messages.record(asked))
        again = Connection(server.address, actor=actor)
        with again:
            return asked.context.request_id, again.messages.record(asked).event.position

    recorded = dict(pool.map(record, CUTS))

    events = [
        event
        for frame in client.history.ReadEvents(ReadEventsRequest(visit=name))
        for event in frame.events
    ]
    assert {event.event.request_id: event.position for event in events[1:]} == recorded
    assert len(events) == len(CUTS) + 1


@pytest.mark.parametrize("way", ["record", "apply", "visit"])
def test_wherever_an_answer_is_cut_off_the_caller_gets_it(
    server: Server, client: Client, pool: ThreadPoolExecutor, actor: str, name: str, way: str
) -> None:
    """Even if a part had arrived; without a request id the change could not be retried."""
    client.record(name, scheduled())
    head = client.head
    call: dict[str, Call] = {
        "record": lambda c: c.record(change(name, stated(text="x" * 200))).event.position,
        "apply": lambda c: (
            c.messages.apply_changes([change(name, stated(text="x" * 200))]).changes[0].replayed
        ),
        "visit": lambda c: c.visit(name).version,
    }

    answers = list(pool.map(lambda cut: cut_at(server, cut, actor, call[way]), CUTS))

    assert [answer for answer in answers if answer is UNAVAILABLE] == []
    assert client.head - head == (len(CUTS) if way in CHANGES else 0)


@pytest.fixture(scope="module")
def long_visit(client: Client) -> str:
    """A visit with twelve changes of 200 kB, which fill three frames of a replay."""
    name = "visits/long"
    client.record(name, scheduled())
    quotes = [basis(quote="x" * 4000) for _ in range(50)]
    for _ in range(12):
        client.record(name, stated(), basis=quotes)
    return name


PARTS: list[dict[str, Any]] = [{}, {"limit": 1}, {"limit": 9}, {"limit": 13}]


@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize("part", PARTS, ids=str)
def test_a_replay_that_is_cut_off_goes_on_behind_its_last_change(
    server: Server, client: Client, long_visit: str, part: dict[str, Any], backwards: bool
) -> None:
    """Wherever it is cut, each change comes once, and no more come than were asked for.

    The request object is unchanged.
    """
    request = ReadEventsRequest(visit=long_visit, backwards=backwards, **part)
    expected = log(client, visit=long_visit, backwards=backwards, **part)
    before = request.SerializeToString()
    for cuts in ([100], [300_000], [1_500_000], [1_100_000, 1_200_000, 50], [10] * 4):
        with (
            Proxy(server.address, chain(cuts, repeat(NEVER))) as proxy,
            Connection(proxy.address) as connection,
        ):
            assert bytes_of(list(connection.messages.read_events(request))) == expected
    assert request.SerializeToString() == before


def test_a_replay_ends_at_the_head_as_it_was_when_it_began_also_where_it_is_cut_off(
    server: Server, client: Client, long_visit: str, name: str
) -> None:
    """Changes committed meanwhile are not in it."""
    expected = log(client)
    with (
        Proxy(server.address, chain([1_500_000], repeat(NEVER))) as proxy,
        Connection(proxy.address) as connection,
    ):
        replay = connection.messages.read_events(ReadEventsRequest())
        first = next(replay)
        client.record(name, scheduled())

        assert bytes_of([first, *replay]) == expected
        assert proxy.connections == 2


# Deadlines


@pytest.mark.parametrize("call", EVERY_CALL.values(), ids=EVERY_CALL)
@pytest.mark.parametrize("is_new", [True, False], ids=["a new connection", "a used connection"])
def test_no_call_waits_longer_than_its_time_for_a_server_that_says_nothing(
    server: Server, proxy: Proxy, connect: Connect, call: Call, is_new: bool
) -> None:
    """DEADLINE_EXCEEDED after the connection's timeout."""
    connection = connect(proxy.address, timeout=0.6)
    if not is_new:
        connection.info()
    proxy.hang()
    began = time.monotonic()

    with pytest.raises(grpc.RpcError) as caught:
        call(connection)

    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert 0.5 < time.monotonic() - began < 3
    assert is_new or proxy.connections == 1


def test_no_call_waits_longer_than_its_time_for_a_server_that_is_away(connect: Connect) -> None:
    """Even if there are attempts left."""
    connection = connect(NOWHERE, timeout=0.5)
    began = time.monotonic()

    with pytest.raises(grpc.RpcError) as caught:
        connection.info()

    assert caught.value.code() in (UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
    assert time.monotonic() - began < 2


def test_a_replay_that_hangs_in_the_middle_has_an_end(
    client: Client, proxy: Proxy, connect: Connect, name: str
) -> None:
    """Its deadline is for the whole stream; what came before it is handed back."""
    client.record(name, scheduled())
    quotes = [basis(quote="x" * 4000) for _ in range(50)]
    for _ in range(30):
        client.record(name, stated(), basis=quotes)
    replay = connect(proxy.address, timeout=3).messages.read_events(ReadEventsRequest(visit=name))
    first = next(replay)
    proxy.hang()

    with pytest.raises(grpc.RpcError) as caught:
        list(replay)

    assert first.event.version == 1
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def log(client: Client, **request: Any) -> list[bytes]:
    """The changes in the log, or in a part of it."""
    frames = client.history.ReadEvents(ReadEventsRequest(**request))
    return bytes_of([event for frame in frames for event in frame.events])
