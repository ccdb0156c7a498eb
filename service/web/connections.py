"""The connections of browsers: what a client may hold, and for how long.

uvicorn itself bounds none of this: a head without an end would be read for ever, and kept.
"""

import asyncio
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.limits import (
    REQUEST_BYTES,
    WEB_CONNECTIONS,
    WEB_HEAD_BYTES,
    WEB_REQUEST_SECONDS,
    WEB_REQUESTS_AHEAD,
    WEB_UNREAD_SECONDS,
)

TOO_LARGE = "This is more than the board takes at a time."


class BoundedConnection(HttpToolsProtocol):
    """A connection that is closed if its client sends too slowly or too much, or does not read."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._comes: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        # Bytes of the request that comes: of its head, then of its body.
        self._bytes = 0
        self._is_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request, or close the connection if there are too many."""
        super().connection_made(transport)
        if len(self.connections) > WEB_CONNECTIONS:
            transport.abort()
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what was waited for."""
        self._has_come()
        self._is_read()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what comes, unless it is too much."""
        self._bytes += len(data)
        self._await_request()
        super().data_received(data)
        most = WEB_HEAD_BYTES if self._is_head else REQUEST_BYTES
        if self._bytes > most and not self.transport.is_closing():
            self._refuse(431 if self._is_head else 413)

    def on_message_begin(self) -> None:
        """A request comes."""
        super().on_message_begin()
        self._await_request()

    def on_headers_complete(self) -> None:
        """The head of a request is there, and its body comes."""
        self._bytes, self._is_head = 0, False
        if len(self.pipeline) >= WEB_REQUESTS_AHEAD:
            raise ValueError("too many requests")  # httptools and uvicorn make it a bad one
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """A request is there."""
        super().on_message_complete()
        self._bytes, self._is_head = 0, True
        self._has_come()

    def pause_writing(self) -> None:
        """The client does not read."""
        super().pause_writing()
        self._unread = self.loop.call_later(WEB_UNREAD_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """The client reads again."""
        super().resume_writing()
        self._is_read()

    def _await_request(self) -> None:
        if self._comes is None:
            self._comes = self.loop.call_later(WEB_REQUEST_SECONDS, self.transport.abort)

    def _has_come(self) -> None:
        if self._comes is not None:
            self._comes.cancel()
        self._comes = None

    def _is_read(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
        self._unread = None

    def _refuse(self, status: int) -> None:
        """Answer at once unless an answer is under way, and close the connection."""
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
            "content-type: text/plain; charset=utf-8\r\n"
            f"content-length: {len(TOO_LARGE)}\r\nconnection: close\r\n\r\n{TOO_LARGE}"
        )
        cycle = self.cycle
        if cycle is None or cycle.response_complete or not cycle.response_started:
            self.transport.write(head.encode())
        self.transport.close()
