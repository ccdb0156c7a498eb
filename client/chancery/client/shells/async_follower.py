"""Somebody who follows the log."""

from collections.abc import AsyncIterator, Callable
from typing import Any, Generic, Self, TypeVar

from chancery.client.following import Following
from chancery.client.shells.async_driver import given
from chancery.client.shells.async_transport import Exchange, Transport

Change = TypeVar("Change")


class AsyncFollower(AsyncIterator[Change], Generic[Change]):
    """The recorded changes of the log and then each new one, without end.

    If the stream is cut off (the server shuts down, the network breaks), the follower waits a
    little and resumes after the last change that it returned: none is missed and none comes
    twice. Any other failure raises :class:`ChanceryError`; if the log is another one by then,
    since the database was restored, that is :class:`LogReplaced`.

    Whoever was interrupted or cancelled while waiting can go on iterating.
    """

    def __init__(
        self, following: Following, transport: Transport, read: Callable[[Any], Change]
    ) -> None:
        self._following = following
        self._transport = transport
        self._read = read
        self._is_closed = False
        self._begin()

    def _begin(self) -> None:
        """Go on after the last change, with a stream of its own."""
        self._exchange = Exchange(self._transport)
        self._events = given(self._following.plan(), self._exchange)

    @property
    def position(self) -> int | None:
        """The log position to resume after, also in a later run.

        Every requested change up to it was returned. It is None until the first frame, if the
        follower starts at the end of the log.
        """
        return self._following.position

    @property
    def log_origin(self) -> str:
        """The name of the log that the position belongs to: keep both. Empty until known."""
        return self._following.log_origin

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at position {self.position}>"

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Change:
        if self._is_closed:
            raise StopAsyncIteration
        try:
            return self._read(await anext(self._events))
        except Exception:
            raise
        except BaseException:  # not the stream ended, but the waiting for it
            self._begin()
            raise

    def close(self) -> None:
        """End the iteration, even if somebody else is waiting in it."""
        self._is_closed = True
        self._exchange.close()
