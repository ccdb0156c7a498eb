"""The core's end of the links: a loop that serves every edge in turn, and waits for nobody."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from service.link import core
from service.link.control import Control
from service.link.core import Links
from service.link.frames import (
    Answer,
    Ask,
    AskEnd,
    Condition,
    Recorded,
    ToCore,
    ToEdge,
    frame,
    received_by_edge,
)
from tests.support.waiting import wait_until

SECONDS = 20.0


class Loop:
    """A core's loop in a thread, on a log of 7 changes, as a test steers it.

    ``taken`` has what was taken, in its order. It is answered at once, unless ``holds``. A request
    for the ``gate`` holds the loop up until that is set.
    """

    def __init__(self) -> None:
        self.supervisor, control = Control.pair()
        self.taken: list[ToCore] = []
        self.turns = 0
        self.holds = False
        self.gate = threading.Event()
        self._held: list[Callable[[], None]] = []
        self._edges: list[Edge] = []
        self.links = Links(control, self._take, self._turn, self._work, lambda: Recorded(8))
        self._thread = threading.Thread(target=self._run, args=(control,), daemon=True)
        self._thread.start()

    def _run(self, control: Control) -> None:
        self.links.run()
        self.links._selector.close()
        for link in self.links._links:
            link.socket.close()
        control.close()

    def _take(self, message: ToCore, reply: Callable[[ToEdge], None]) -> None:
        self.taken.append(message)
        request = message.request if isinstance(message, Ask) else b""
        if request == b"gate":
            self.gate.wait(SECONDS)
        if request == b"record":
            self.links.tell_all(Recorded(8, 1, [("beijing", "amended", b"event", None)]))
        self._held.append(lambda: reply(Answer(message.number, b"to " + request)))

    def _turn(self) -> None:
        self.turns += 1
        if not self.holds:
            held, self._held = self._held, []
            for answer in held:
                answer()

    def _work(self) -> bool:
        return bool(self._held)

    def link(self) -> "Edge":
        """Link a new edge."""
        ours, theirs = socket.socketpair()
        with theirs:
            self.supervisor.send("link", theirs)
        self._edges.append(Edge(ours))
        return self._edges[-1]

    def end(self) -> bool:
        """Tell it to end, and say whether it did."""
        self.holds = False
        self.supervisor.send("end")
        return self.ended()

    def close(self) -> None:
        """Close the other ends of all that it has."""
        self.supervisor.close()
        for edge in self._edges:
            edge.socket.close()

    def ended(self, seconds: float = SECONDS) -> bool:
        """Whether the loop ends within so many seconds."""
        self._thread.join(seconds)
        return not self._thread.is_alive()


class Edge:
    """An edge's end of a link."""

    def __init__(self, link: socket.socket) -> None:
        self.socket = link
        self._received = received_by_edge()
        self._said: list[Any] = []
        link.settimeout(SECONDS)

    def say(self, *messages: ToCore) -> None:
        """Send a frame with these messages."""
        self.socket.sendall(frame(messages))

    def hear(self, number: int) -> list[Any]:
        """The next messages."""
        while len(self._said) < number:
            data = self.socket.recv(1 << 20)
            assert data, "the link is closed"
            self._said += self._received.messages(data)
        heard, self._said = self._said[:number], self._said[number:]
        return heard

    def is_cut(self) -> bool:
        """Whether the core closes the link, once all is read that it sent before."""
        try:
            while self.socket.recv(1 << 20):
                pass
        except ConnectionError:
            pass
        return True


@pytest.fixture
def loop() -> Iterator[Loop]:
    """A loop, ended with the test."""
    loop = Loop()
    yield loop
    assert loop.end(), "the loop did not end"
    loop.close()


def ask(number: int, request: bytes = b"") -> Ask:
    """A request."""
    return Ask(number, "Amend", request, "desk", "call")


def test_an_edge_is_told_first_where_the_log_ends(loop: Loop) -> None:
    assert loop.link().hear(1) == [Recorded(8, 0, [])]


def test_what_is_asked_is_taken_and_answered(loop: Loop) -> None:
    """Each edge gets the answers to its own requests, also if their numbers are the same."""
    edges = [loop.link() for _ in range(3)]
    for n, edge in enumerate(edges):
        edge.say(ask(1, b"%d" % n), AskEnd(2))
    for n, edge in enumerate(edges):
        assert edge.hear(3)[1:] == [Answer(1, b"to %d" % n), Answer(2, b"to ")]


def test_what_is_committed_is_told_to_all_before_it_is_answered(loop: Loop) -> None:
    """To the edge that asked, and to those that did not."""
    one, other = loop.link(), loop.link()
    other.hear(1)
    one.hear(1)
    one.say(ask(1, b"record"))
    recorded = Recorded(8, 1, [("beijing", "amended", b"event", None)])
    assert one.hear(2) == [recorded, Answer(1, b"to record")]
    assert other.hear(1) == [recorded]


def test_how_the_core_fares_is_told_to_edges_that_come_later_too(loop: Loop) -> None:
    """After where the log ends; as long as nothing was told, nothing is."""
    one = loop.link()
    assert len(one.hear(1)) == 1
    told = Condition("the disk is full", ["Check the clock"])
    loop.links.tell_all(told)
    one.say(ask(1, b"next"))
    assert one.hear(2)[0] == told
    other = loop.link()
    assert other.hear(2)[1] == told


def test_edges_are_served_in_turn(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that asks for much takes no more than its share of a turn."""
    monkeypatch.setattr(core, "ASKS_PER_TURN", 2)
    much, little, first = (loop.link() for _ in range(3))
    for edge in (much, little, first):
        edge.hear(1)
    first.say(ask(0, b"gate"))
    wait_until(lambda: len(loop.taken) == 1, SECONDS)
    much.say(*(ask(n, b"much") for n in range(6)))
    little.say(*(ask(n, b"little") for n in range(3)))
    loop.gate.set()
    wait_until(lambda: len(loop.taken) == 10, SECONDS)
    requests = [message.request for message in loop.taken if isinstance(message, Ask)]
    turns = [b"much"] * 2 + [b"little"] * 2 + [b"much"] * 2 + [b"little"] + [b"much"] * 2
    assert requests == [b"gate", *turns]


def test_a_request_that_comes_in_pieces_is_taken_once_it_is_complete(loop: Loop) -> None:
    """Others are answered meanwhile."""
    slow, other = loop.link(), loop.link()
    data = frame([ask(1, bytes(5000))])
    slow.socket.sendall(data[:3])
    other.say(ask(1))
    other.hear(2)
    slow.socket.sendall(data[3:4000])
    other.say(ask(2))
    other.hear(1)
    slow.socket.sendall(data[4000:])
    slow.hear(2)
    assert [len(each.request) for each in loop.taken if isinstance(each, Ask)] == [0, 0, 5000]


def test_an_edge_that_ends_is_left(loop: Loop) -> None:
    """Also with answers out; the others are served as before, and a new one is linked."""
    gone, other = loop.link(), loop.link()
    loop.holds = True
    gone.say(ask(1))
    wait_until(lambda: len(loop.taken) == 1, SECONDS)
    gone.socket.close()
    loop.holds = False
    for edge in (other, loop.link()):
        edge.hear(1)
        edge.say(ask(1))
        assert edge.hear(1) == [Answer(1, b"to ")]


def test_an_edge_that_does_not_read_holds_nobody_up(loop: Loop) -> None:
    """What it does not read waits for it, and nothing else does."""
    slow, other = loop.link(), loop.link()
    slow.say(*(ask(n, bytes(1 << 16)) for n in range(50)))
    for n in range(20):
        other.say(ask(n))
        other.hear(2 - bool(n))
    assert [answer.number for answer in slow.hear(51)[1:]] == list(range(50))


def test_an_edge_that_never_reads_is_cut(
    loop: Loop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What waits for one edge is bounded."""
    monkeypatch.setattr(core, "LINK_BYTES", 1 << 20)
    slow, other = loop.link(), loop.link()
    slow.say(*(ask(n, bytes(1 << 16)) for n in range(50)))
    other.say(ask(1))
    other.hear(2)
    assert slow.is_cut()
    assert "edge does not read" in capsys.readouterr().out
    other.say(ask(2, b"record"))
    other.hear(2)


def test_a_loop_with_nothing_to_do_waits(loop: Loop) -> None:
    """Also while one edge does not read what was sent to it."""
    slow = loop.link()
    slow.say(*(ask(n, bytes(1 << 16)) for n in range(50)))
    wait_until(lambda: len(loop.taken) == 50, SECONDS)
    time.sleep(0.2)
    turns = loop.turns
    time.sleep(0.2)
    assert loop.turns - turns <= 1
    slow.hear(51)


def test_what_was_asked_is_done_before_the_end(loop: Loop) -> None:
    """What waits in the core is answered, and sent; then the link is closed."""
    edge = loop.link()
    edge.say(*(ask(n) for n in range(500)))
    edge.hear(1)
    assert loop.end()
    assert [answer.number for answer in edge.hear(500)] == list(range(500))
    assert edge.is_cut()


def test_it_ends_when_the_supervisor_is_gone(loop: Loop) -> None:
    """Nobody else could tell it to."""
    edge = loop.link()
    edge.hear(1)
    loop.supervisor._line.shutdown(socket.SHUT_RDWR)
    assert loop.ended()
