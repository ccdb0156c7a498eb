"""Following with the Python client: each change comes once, whatever is cut."""

import gc
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from typing import Any

import grpc
import pytest

from chancery.client import Connection, Event, Follower
from chancery.client import following as follow_plan
from chancery.client.errors import Unavailable
from chancery.client.results import event as read_event
from chancery.client.shells.channel import Destination
from chancery.client.shells.sync_transport import Transport
from chancery.client.words import CHANGE_TYPE
from chancery.v1.history_service_pb2 import ReadEventsRequest, WatchEventsRequest
from tests.client.following import Following, taken
from tests.support.messages import apply, bytes_of, change, postponed, scheduled, stated
from tests.support.proxy import Proxy
from tests.support.server import Client, Server
from tests.support.waiting import wait_until

Connect = Callable[..., Connection]

METHOD = "chancery.v1.HistoryService/WatchEvents"
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
NOWHERE = "127.0.0.1:1"


def log(client: Client, **request: Any) -> list[bytes]:
    """The log, or a part of it, as ReadEvents replays it."""
    frames = client.history.ReadEvents(ReadEventsRequest(**request))
    return bytes_of([event for frame in frames for event in frame.events])


def said(events: Sequence[Event]) -> list[bytes]:
    """The changes that were handed back, to compare byte by byte."""
    return bytes_of([event.message for event in events])


def write(client: Client, name: str, number: int, text: str = "") -> int:
    """Record so many statements on a visit together; return the position of the last."""
    answer = client.desk.ApplyChanges(
        apply(*[change(name, stated(text=f"{i} {text}")) for i in range(number)])
    )
    return int(answer.changes[-1].event.position)


@pytest.fixture
def start(client: Client, name: str) -> int:
    """The position of the visit's first change; the test follows from there."""
    return int(client.record(name, scheduled()).event.position)


@pytest.fixture
def follow(proxied: Connection) -> Iterator[Callable[..., Following]]:
    """Follows through the proxy until the end of the test."""
    open_ones: list[Following] = []

    def follow(**asked: Any) -> Following:
        open_ones.append(Following(proxied, **asked))
        return open_ones[-1]

    yield follow
    for each in open_ones:
        each.close()


# After cuts


@pytest.mark.parametrize("way", ["stopped", "killed"])
def test_each_change_comes_once_over_restarts_of_the_server(
    own_server: Server, connect: Connect, way: str
) -> None:
    """On the same port. An orderly end is reported as None, a server that is gone as an error."""
    address = own_server.address
    own_server.client().record("visits/a", scheduled())
    with Following(connect(address)) as following:
        for restarts in range(1, 3):
            write(own_server.client(), "visits/a", 3)
            following.handed_back(restarts * 3 + 1)
            cuts = len(following.cuts)
            own_server.stop() if way == "stopped" else own_server.kill()
            following.was_cut(cuts + 1)
            assert following.codes[cuts] == (None if way == "stopped" else UNAVAILABLE)
            own_server.start(address)
        write(own_server.client(), "visits/a", 3)

        events = following.handed_back(10)

        assert said(events) == log(own_server.client())
        assert set(following.codes) <= {None, UNAVAILABLE}


def test_each_change_comes_once_however_often_the_network_is_cut(
    server: Server, client: Client, connect: Connect, name: str, start: int
) -> None:
    """At any byte of any frame, or of what precedes it; the watch is resumed each time."""
    chance = random.Random(7)
    last = start
    for _ in range(30):
        last = write(client, name, 10, text="x" * chance.randint(0, 2000))
    lives = (chance.randint(1, 100_000) for _ in count())
    with (
        Proxy(server.address, lives) as proxy,
        Following(connect(proxy.address), after=start) as following,
    ):
        events = following.handed_back(last - start)

        assert said(events) == log(client, after_position=start)
        assert len(following.cuts) >= 3
        assert set(following.codes) == {UNAVAILABLE}
        assert proxy.connections > len(following.cuts) / 2


def test_each_cut_is_told_once(
    client: Client, proxy: Proxy, follow: Callable[..., Following], name: str, start: int
) -> None:
    """While it waits for a change; what comes after each cut is handed back."""
    following = follow(after=start)
    for times in range(1, 4):
        following.at(write(client, name, 1))
        proxy.cut()
        following.was_cut(times)
        assert len(following.cuts) == times

    assert following.codes == [UNAVAILABLE] * 3
    last = write(client, name, 1)
    assert said(following.handed_back(last - start)) == log(client, after_position=start)


def test_whoever_follows_is_told_once_that_it_goes_on_after_a_cut(
    server: Server, client: Client, connect: Connect, proxy: Proxy, name: str, start: int
) -> None:
    """However many attempts failed, and before the next change is handed back."""
    told: list[str] = []
    following = connect(proxy.address).follow(
        after=start,
        on_cut=lambda error: told.append("cut"),
        on_resumed=lambda: told.append("resumed"),
    )

    def hands_back(number: int) -> None:
        for event in taken(following, number):
            told.append(str(event.position - start))

    write(client, name, 2)
    hands_back(2)
    for position in (3, 4):
        proxy.target = NOWHERE
        proxy.cut()
        write(client, name, 1)
        with ThreadPoolExecutor(1) as pool:
            handing_back = pool.submit(hands_back, 1)
            wait_until(lambda: told[-3:] == ["cut"] * 3)
            proxy.target = server.address
            handing_back.result()
        assert told[-2:] == ["resumed", str(position)]
    following.close()

    assert told[:2] == ["1", "2"]
    assert told.count("resumed") == 2


def test_a_server_that_cannot_be_reached_is_tried_until_it_can(
    own_server: Server, connect: Connect
) -> None:
    """Each failed attempt is reported."""
    address = own_server.address
    own_server.client().record("visits/a", scheduled())
    own_server.stop()
    with Following(connect(address)) as following:
        following.was_cut(3)
        assert following.codes == [UNAVAILABLE] * len(following.cuts)
        assert following.events == []

        own_server.start(address)

        assert said(following.handed_back(1)) == log(own_server.client())


def test_what_was_committed_while_it_was_cut_off_comes_when_it_is_back(
    server: Server,
    client: Client,
    proxy: Proxy,
    follow: Callable[..., Following],
    name: str,
    start: int,
) -> None:
    """Whatever it follows: everything, a visit or a type, from a position or from now."""
    parts: list[dict[str, Any]] = [
        {},
        {"visit": name},
        {"change_types": ["postponed"]},
        {"visit": name, "change_types": ["statement recorded"]},
    ]
    followings = [follow(after=after, **part) for part in parts for after in (start, None)]
    for following in followings:
        following.at(start)
    proxy.target = NOWHERE
    proxy.cut()
    for following in followings:
        following.was_cut()
    client.record(name, postponed())
    client.record(f"{name}-other", scheduled())
    write(client, name, 2)
    client.record(f"{name}-other", postponed())
    proxy.target = server.address

    for following, part in zip(followings, [p for p in parts for _ in range(2)], strict=True):
        types = map(CHANGE_TYPE.parse, part.get("change_types", ()))
        expected = log(client, after_position=start, **{**part, "change_types": types})
        assert said(following.handed_back(len(expected))) == expected
        following.at(start + 5)
    assert [len(following.events) for following in followings] == [5, 5, 3, 3, 2, 2, 2, 2]


def test_a_network_that_hangs_for_a_while_costs_nothing(
    client: Client, proxy: Proxy, follow: Callable[..., Following], name: str, start: int
) -> None:
    """What was held up arrives when it recovers; this does not count as a cut."""
    following = follow(after=start)
    following.at(start)
    proxy.hang()
    last = write(client, name, 5)
    assert following.events == []

    proxy.resume()

    assert said(following.handed_back(last - start)) == log(client, after_position=start)
    assert following.cuts == []


def test_a_watch_is_asked_for_anew_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
    server: Server,
    client: Client,
    follow: Callable[..., Following],
    name: str,
    start: int,
    actor: str,
) -> None:
    """So a silent server is noticed. The caller is not told, and nothing is missed."""
    monkeypatch.setattr(follow_plan, "WATCH_SECONDS", 0.2)
    following = follow(after=start)

    def watches_over() -> int:
        return sum(line.get("actor") == f"unverified:{actor}" for line in server.log)

    def more_are_over_than(number: int) -> bool:
        return watches_over() > number

    for number in range(1, 5):
        write(client, name, 1)
        following.handed_back(number)
        wait_until(partial(more_are_over_than, watches_over()))

    assert said(following.events) == log(client, after_position=start)
    assert following.cuts == []


# The end


def test_closing_ends_an_iteration_that_waits_for_a_change(
    follow: Callable[..., Following], start: int
) -> None:
    """From another thread, at once and without an error; closing again changes nothing."""
    following = follow(after=None)
    following.at(start)
    began = time.monotonic()

    following.close()

    assert time.monotonic() - began < 2
    assert (following.events, following.failure, following.cuts) == ([], None, [])
    following.close()
    assert list(following.follower) == []


def test_closing_ends_an_iteration_that_waits_to_try_again(
    monkeypatch: pytest.MonkeyPatch, connect: Connect
) -> None:
    """It does not wait for the next attempt."""
    monkeypatch.setattr(follow_plan, "FIRST_WAIT", 60.0)
    following = Following(connect(NOWHERE))
    following.was_cut()
    began = time.monotonic()

    following.close()

    assert time.monotonic() - began < 2
    assert (following.failure, following.codes) == (None, [UNAVAILABLE])


def test_closing_ends_an_iteration_whose_server_does_not_answer(
    proxy: Proxy, follow: Callable[..., Following]
) -> None:
    """Even if there is no connection yet."""
    proxy.hang()
    following = follow()
    wait_until(lambda: proxy.connections == 1)
    began = time.monotonic()

    following.close()

    assert time.monotonic() - began < 2
    assert (following.failure, following.cuts) == (None, [])


def test_a_follower_that_is_closed_hands_back_nothing_more(
    client: Client, direct: Connection, name: str, start: int
) -> None:
    """Not even the rest of a frame; the position is that of the last change."""
    write(client, name, 10)
    following = direct.follow(after=start)
    events = taken(following, 3)

    following.close()

    assert list(following) == []
    assert following.position == events[-1].position


def test_a_follower_that_is_closed_before_it_began_asks_nothing(
    proxied: Connection, proxy: Proxy
) -> None:
    following = proxied.follow()
    following.close()
    assert list(following) == []
    assert proxy.connections == 0


class Watching(Transport):
    """A transport on which every call is this one."""

    def __init__(self, watch: Callable[..., Any]) -> None:
        super().__init__(Destination(NOWHERE))
        self._watch = watch

    def call(self, method: object) -> Callable[..., Any]:
        return self._watch


def follower_of(watch: Callable[..., Any], *told: Any) -> Follower[Event]:
    """A follower that opens its watches like this."""
    following = follow_plan.Following(WatchEventsRequest(after_position=0), *told)
    return Follower(following, Watching(watch), read_event)


class Silent:
    """A watch that gets nothing until it is cancelled."""

    def __init__(self) -> None:
        self.is_cancelled = threading.Event()

    def __next__(self) -> Any:
        self.is_cancelled.wait()
        raise StopIteration

    def cancel(self) -> None:
        """End it."""
        self.is_cancelled.set()


def test_closing_ends_an_iteration_that_is_just_asking_for_the_watch() -> None:
    """A watch that was opened during the close is cancelled."""
    opened: list[Silent] = []

    def watch(*_: Any, **__: Any) -> Silent:
        opened.append(Silent())
        closing = threading.Thread(target=following.close)
        closing.start()
        closing.join()
        return opened[-1]

    following = follower_of(watch)
    iteration = threading.Thread(target=list, args=(following,), daemon=True)
    iteration.start()
    iteration.join(2)

    assert len(opened) == 1
    goes_on = iteration.is_alive()
    opened[0].cancel()
    assert not goes_on


class Cancelled(grpc.RpcError):
    """What gRPC raises for a watch that reaches a server just as it ends."""

    def code(self) -> grpc.StatusCode:
        """The caller did not cancel it."""
        return grpc.StatusCode.CANCELLED

    def details(self) -> str:
        return "Cancelling all calls"

    def trailing_metadata(self) -> tuple[()]:
        return ()


def test_a_watch_that_reaches_a_server_at_its_end_is_asked_for_again() -> None:
    """Nobody here cancelled it, so it is a cut like any other."""
    cuts: list[grpc.RpcError | None] = []

    def watch(*_: Any, **__: Any) -> Silent:
        if not cuts:
            raise Cancelled
        silent = Silent()
        silent.cancel()
        following.close()
        return silent

    following = follower_of(watch, cuts.append)

    assert list(following) == []
    assert isinstance(cuts[0], Unavailable)
    assert cuts[0].code() is grpc.StatusCode.CANCELLED


def test_a_follower_that_was_interrupted_goes_on() -> None:
    """Such as one in a notebook, whose cell is stopped and run again."""
    asked: list[WatchEventsRequest] = []

    def watch(request: WatchEventsRequest, **_: Any) -> Silent:
        asked.append(request)
        if len(asked) == 1:
            raise KeyboardInterrupt
        silent = Silent()
        silent.cancel()
        following.close()
        return silent

    following = follower_of(watch)
    with pytest.raises(KeyboardInterrupt):
        next(following)
    assert list(following) == []
    assert len(asked) == 2


def test_a_follower_that_is_left_alone_holds_no_watch(
    server: Server, client: Client, proxied: Connection, actor: str, name: str, start: int
) -> None:
    """Its watch ends with it, even in the middle of a frame."""
    write(client, name, 10)
    following = proxied.follow(after=start)
    taken(following, 3)

    del following
    gc.collect()

    line = server.logged("call", method=METHOD, actor=f"unverified:{actor}")
    assert line["code"] == "CANCELLED"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"after": 10**9}, grpc.StatusCode.OUT_OF_RANGE),
        ({"after": -1}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"visit": "visits/No Id"}, grpc.StatusCode.INVALID_ARGUMENT),
    ],
    ids=str,
)
def test_a_failure_that_no_retry_mends_is_raised(
    direct: Connection, start: int, asked: dict[str, Any], code: grpc.StatusCode
) -> None:
    """It is raised at the first change; it is not a cut, and the iteration is over."""
    cuts: list[Any] = []
    following = direct.follow(on_cut=cuts.append, **asked)

    with pytest.raises(grpc.RpcError) as caught:
        next(following)

    assert caught.value.code() is code
    assert cuts == []
    assert list(following) == []


def test_another_log_on_the_server_that_came_back_is_raised(
    own_server: Server, connect: Connect, start_server: Callable[..., Server]
) -> None:
    """The position to resume after does not belong to it."""
    own_server.client().record("visits/a", scheduled())
    other = start_server()
    with Proxy(own_server.address) as proxy:
        following = Following(connect(proxy.address))
        following.handed_back(1)
        proxy.target = other.address
        proxy.cut()
        following.ended()
    assert following.failure is not None
    assert following.failure.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert following.codes == [UNAVAILABLE]


# The position


def test_the_position_goes_along_with_each_change_handed_back(
    client: Client, direct: Connection, name: str, start: int
) -> None:
    """Even within a frame: resuming after it gives the changes that were not yet handed back.

    Before the first change, and after each one.
    """
    last = write(client, name, 10)
    expected = log(client, after_position=start)
    following = direct.follow(after=start)
    assert following.position == start
    handed_back: list[Event] = []
    for number in range(10):
        resumed = direct.follow(after=following.position)
        rest = taken(resumed, 10 - number)
        resumed.close()
        assert said(handed_back + rest) == expected
        handed_back += taken(following, 1)
        assert following.position == handed_back[-1].position
    following.close()
    assert following.position == last


def test_the_position_goes_on_over_changes_that_are_not_asked_for(
    client: Client, follow: Callable[..., Following], name: str, start: int
) -> None:
    """As soon as the server says so, so they are not read again."""
    write(client, name, 2)
    end = int(client.record(f"{name}-other", scheduled()).event.position)

    following = follow(visit=name, after=start)

    following.at(end)
    assert [event.position for event in following.events] == [end - 2, end - 1]


def test_a_follower_that_begins_now_gets_no_old_change(
    client: Client, follow: Callable[..., Following], name: str, start: int
) -> None:
    """Its position is the head's, once the server has reported it."""
    write(client, name, 2)
    following = follow(after=None)
    following.at(client.head)

    first = write(client, name, 1)

    assert [event.position for event in following.handed_back(1)] == [first]


def test_a_follower_that_begins_now_has_no_position_before_the_server_told(
    server: Server,
    client: Client,
    proxy: Proxy,
    follow: Callable[..., Following],
    name: str,
    start: int,
) -> None:
    """If it is cut before that, it starts at the head of that time."""
    proxy.target = NOWHERE
    following = follow(after=None)
    following.was_cut(2)
    assert following.follower.position is None
    last = write(client, name, 1)

    proxy.target = server.address

    following.at(last)
    after = write(client, name, 1)
    assert [event.position for event in following.handed_back(1)] == [after]
