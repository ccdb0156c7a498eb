"""The line between the supervisor and one process that it started."""

import json
import select
import socket
from typing import Any

MESSAGE_BYTES = 1 << 16
# What a process is asked to do: to answer, and to read its files again.
ALIVE, RELOAD = "alive", "reload"


class Control:
    """One end of the line: whole messages, each of which may carry the socket of a link."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line

    @classmethod
    def pair(cls) -> "tuple[Control, Control]":
        """Both ends."""
        one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        return cls(one), cls(other)

    def fileno(self) -> int:
        """The file descriptor, to wait for messages."""
        return self._line.fileno()

    def send(self, message: Any, link: socket.socket | None = None) -> None:
        """Send a message of JSON; nobody may be there to read it."""
        data = json.dumps(message).encode()
        try:
            socket.send_fds(self._line, [data], [link.fileno()] if link is not None else [])
        except OSError:
            return  # its end will be noticed

    def done(self, what: str) -> None:
        """Tell the supervisor that what it asked for is done."""
        self.send({"done": what})

    def receive(self) -> tuple[Any, socket.socket | None]:
        """The next message, and the link that it carries. None as the message is the end.

        ``ALIVE`` is answered here: whoever reads the line answers.
        """
        try:
            data, sockets, _, _ = socket.recv_fds(self._line, MESSAGE_BYTES, 1)
        except ConnectionResetError:
            # The other end closed and had not read everything. What it said is still there.
            return self.receive()
        link = socket.socket(fileno=sockets[0]) if sockets else None
        said = json.loads(data) if data else None
        if said == ALIVE:
            self.done(ALIVE)
        return said, link

    def wait(self, seconds: float) -> bool:
        """Wait so long for a message, and return whether there is one, or the end."""
        return bool(select.select([self], [], [], seconds)[0])

    def close(self) -> None:
        """Close this end."""
        self._line.close()
