"""A way to a server that can break: TCP on loopback, forwarded, held up and cut."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Self

SECONDS = 20.0
NEVER = 1 << 60
# A socket with this option is closed with a reset; what it had not sent is lost.
AT_ONCE = struct.pack("ii", 1, 0)


class Proxy:
    """Forwards connections to a server, until they are cut.

    ``lives`` gives how many bytes of answers each connection lets through before it is cut
    by itself, in the middle of whatever is sent then. ``target`` may be changed: it is
    where the next connection leads. While nobody listens there, connections are closed as
    soon as they are made.
    """

    def __init__(self, target: str, lives: Iterator[int] | None = None) -> None:
        self.target = target
        self.connections = 0
        self._lives = lives
        self._links: list[_Link] = []
        self._changed = threading.Condition()
        self._holds_requests = self._holds_answers = False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def cut(self) -> None:
        """Cut all connections at once."""
        with self._changed:
            for link in self._links:
                link.cut()
            self._changed.notify_all()

    def hang(self) -> None:
        """Pass nothing on any more, and cut nothing: the connections seem to be there."""
        self._hold(requests=True, answers=True)

    def hang_existing(self) -> None:
        """Pass on nothing of the connections that there are, and all of those that come."""
        with self._changed:
            for link in self._links:
                link.hangs = True
            self._changed.notify_all()

    def hang_answers(self) -> None:
        """Pass on what clients send, and nothing of what the server says."""
        self._hold(requests=False, answers=True)

    def resume(self) -> None:
        """Pass all on again, also what was held up."""
        self._hold(requests=False, answers=False)

    def close(self) -> None:
        """Cut all connections, and take no more."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join(SECONDS)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _hold(self, *, requests: bool, answers: bool) -> None:
        with self._changed:
            self._holds_requests, self._holds_answers = requests, answers
            for link in self._links:
                link.hangs = False
            self._changed.notify_all()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            self.connections += 1
            host, _, port = self.target.rpartition(":")
            try:
                server = socket.create_connection((host, int(port)))
            except OSError:  # nobody listens
                client.close()
                continue
            link = _Link(client, server, next(self._lives) if self._lives else NEVER)
            pumps = [
                threading.Thread(target=pump, args=(link,))
                for pump in (self._pump_requests, self._pump_answers)
            ]
            with self._changed:
                self._links.append(link)
            self._threads = [thread for thread in self._threads if thread.is_alive()] + pumps
            for pump in pumps:
                pump.start()

    def _pump_requests(self, link: "_Link") -> None:
        while True:
            data = link.receive(link.client)
            self._held_up(link, lambda: self._holds_requests)
            if not data:
                return self._end(link)
            link.send(link.server, data)

    def _pump_answers(self, link: "_Link") -> None:
        while True:
            data = link.receive(link.server)
            self._held_up(link, lambda: self._holds_answers)
            link.send(link.client, data[: link.life])
            link.life -= len(data)
            if not data or link.life <= 0:
                return self._end(link)

    def _held_up(self, link: "_Link", holds: Callable[[], bool]) -> None:
        """Wait while what has come, or that nothing more comes, is not to be passed on."""
        with self._changed:
            self._changed.wait_for(lambda: link.is_cut or not (link.hangs or holds()))

    def _end(self, link: "_Link") -> None:
        """Cut a connection of which one pump has ended; with the other one it is closed."""
        with self._changed:
            link.cut()
            link.pumps -= 1
            if link.pumps == 0:
                self._links.remove(link)
                link.close()
            self._changed.notify_all()


class _Link:
    """A connection that was made and the one that it leads on to."""

    def __init__(self, client: socket.socket, server: socket.socket, life: int) -> None:
        self.client = client
        self.server = server
        self.life = life
        self.pumps = 2
        self.is_cut = False
        self.hangs = False

    def receive(self, end: socket.socket) -> bytes:
        """What comes next; nothing where the connection has ended."""
        try:
            return b"" if self.is_cut else end.recv(1 << 16)
        except OSError:
            return b""

    def send(self, end: socket.socket, data: bytes) -> None:
        """Pass on, unless the connection has ended."""
        with contextlib.suppress(OSError):
            if not self.is_cut:
                end.sendall(data)

    def cut(self) -> None:
        """End both sides; whoever waits for one of them goes on."""
        self.is_cut = True
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the sockets back, when nobody uses them any more."""
        self.client.close()
        self.server.close()
