"""The core's end of the links: a plain loop over the sockets of all edges."""

import selectors
import socket
from collections import deque
from collections.abc import Callable

import structlog

from service.limits import ASKS_PER_TURN, LINK_BYTES, LOOK_SECONDS
from service.link.control import Control
from service.link.frames import Condition, Recorded, ToCore, ToEdge, frame, received_by_core

READ_BYTES = 1 << 18

logger = structlog.get_logger()


class Link:
    """The link with one edge. What it does not read at once waits, up to a bound."""

    def __init__(self, edge: socket.socket) -> None:
        edge.setblocking(False)
        self.socket = edge
        self.asked: deque[ToCore] = deque()
        self.is_open = True
        self._received = received_by_core()
        self._gathered: list[ToEdge] = []
        self._unsent = bytearray()

    @property
    def is_behind(self) -> bool:
        """Whether something waits until the edge has read more."""
        return bool(self._unsent)

    def read(self) -> None:
        """Take what the edge has sent."""
        try:
            data = self.socket.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.is_open = False
        self.asked += self._received.messages(data)

    def say(self, message: ToEdge) -> None:
        """Send a message with the next ``flush``."""
        self._gathered.append(message)

    def flush(self) -> None:
        """Send what waits, as far as the edge takes it."""
        if self._gathered:
            self._unsent += frame(self._gathered)
            self._gathered.clear()
        while self._unsent and self.is_open:
            try:
                sent = self.socket.send(self._unsent)
            except BlockingIOError:
                break
            except OSError:
                self.is_open = False
                break
            del self._unsent[:sent]
        if len(self._unsent) > LINK_BYTES:
            logger.error("edge does not read")
            self.is_open = False


class Links:
    """The links of all edges. ``control`` brings new ones, and the end.

    ``take`` is called with each message of an edge and the function that answers it. ``turn``
    does what was taken, and ``work`` a slice of what takes long, once those who wait for the turn
    are answered; it returns whether there is more of either. Both are called once a second at
    least. ``end`` says where the log ends, and next how the core fares: an edge is told that first.
    """

    def __init__(
        self,
        control: Control,
        take: Callable[[ToCore, Callable[[ToEdge], None]], None],
        turn: Callable[[], None],
        work: Callable[[], bool],
        end: Callable[[], Recorded],
    ) -> None:
        self._control = control
        self._take = take
        self._turn = turn
        self._work = work
        self._end = end
        self._condition = Condition()
        self._links: list[Link] = []
        self._selector = selectors.DefaultSelector()
        self._is_ending = False

    def tell_all(self, message: Recorded | Condition) -> None:
        """Send a message to every edge, before the answers that rest on it."""
        if isinstance(message, Condition):
            self._condition = message
        for link in self._links:
            link.say(message)

    def run(self) -> None:
        """Serve the edges until the end is told, and then until all is done that they asked."""
        self._selector.register(self._control, selectors.EVENT_READ, self._hear)
        is_busy = False
        while is_busy or not self._is_ending:
            for key, _ in self._selector.select(0 if is_busy else LOOK_SECONDS):
                key.data()
            for link in self._links:
                for _ in range(min(len(link.asked), ASKS_PER_TURN)):
                    self._take(link.asked.popleft(), link.say)
            self._turn()
            self._flush()
            is_busy = self._work() or any(link.asked for link in self._links)
            self._flush()

    def _flush(self) -> None:
        for link in tuple(self._links):
            link.flush()
            self._watch(link)

    def _hear(self) -> None:
        """Do what the supervisor says. If it is gone, end."""
        said, edge = self._control.receive()
        if edge is not None:
            link = Link(edge)
            link.say(self._end())
            if self._condition != Condition():
                link.say(self._condition)
            self._links.append(link)
            self._selector.register(edge, selectors.EVENT_READ, link.read)
        elif said is None or said == "end":
            self._is_ending = True

    def _watch(self, link: Link) -> None:
        """Wait for what the link needs next; leave it if it is closed."""
        if not link.is_open:
            self._links.remove(link)
            self._selector.unregister(link.socket)
            link.socket.close()
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if link.is_behind else 0)
        if self._selector.get_key(link.socket).events != events:
            self._selector.modify(link.socket, events, link.read)
