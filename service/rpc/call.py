"""A call that is being served: who calls, since when, and how it ends."""

import asyncio
import itertools
import math
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import grpc

from service.access.caller import ANYBODY
from service.limits import CALL_SECONDS, MESSAGE_SECONDS
from service.live.turns import NOBODY, Party
from service.rpc.places import Places

ServicerContext = grpc.aio.ServicerContext

_numbers = itertools.count(1)


@cache
def _process() -> str:
    """An id that no other process has."""
    return str(uuid.uuid4())


class Call:
    """A call that is being served.

    ``id`` is one that no other call has, and ``request_id`` the one that the client gave its
    change, or else that of the call. ``code`` is the status code that the call ended with.
    ``caller`` is nobody in particular until the call is admitted, and ``asked`` is its request
    once that is read. ``ends_at`` is when it is ended if it still runs, by ``time.perf_counter``,
    and ``because`` why it was ended.
    """

    __slots__ = (
        "_task",
        "_waits",
        "_works",
        "asked",
        "because",
        "began",
        "caller",
        "code",
        "context",
        "ends_at",
        "id",
        "may_give_way",
        "method",
        "party",
        "request_id",
    )

    def __init__(self, method: str, context: "ServicerContext[Any, Any]") -> None:
        self.method = method
        self.context = context
        self.began = time.perf_counter()
        self.ends_at = self.began + MESSAGE_SECONDS
        self.id = self.request_id = f"{_process()}-{next(_numbers)}"
        self.caller = ANYBODY
        self.party = NOBODY
        self.code = "CANCELLED"
        self.asked: Any = None
        self.may_give_way = True
        self.because: Exception | None = None
        self._task = asyncio.current_task()

    def begin(self, works: Places, waits: Places) -> None:
        """Take a place among the calls that work. Those that wait have places elsewhere.

        Requires a caller who may call.

        :raises TooManyCalls: there is none.
        """
        connection, name = self.context.peer(), self.caller.name
        if self.caller.is_known:
            self.party = Party(name, connection, name)
        else:
            self.party = Party(connection.rpartition(":")[0], connection, connection)
        self._works, self._waits = works, waits
        works.take(self)

    def leave(self) -> None:
        """Give back the place."""
        self._works.leave(self)

    def end(self, because: Exception) -> None:
        """End the call soon, with this error: whoever serves it gets CancelledError."""
        if self.because is None and self._task is not None:
            self.because = because
            self._task.cancel()

    def was_ended(self) -> bool:
        """Whether a CancelledError came of ``end``, and not because the client is gone."""
        return self.because is not None and self._task is not None and not self._task.uncancel()

    def may_take(self, seconds: float) -> None:
        """End the call if it still runs after so many seconds from now."""
        self.ends_at = time.perf_counter() + seconds

    def has_message(self) -> None:
        """Let the call go on as long as its client says, or 30 s."""
        self.ends_at = math.inf if self.seconds_left() is not None else self.began + CALL_SECONDS

    def seconds_left(self) -> float | None:
        """Seconds until the client's deadline; None if it set none."""
        return self.context.time_remaining()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Within the context the call waits for others, and takes no place of those that work.

        :raises TooManyCalls: too many wait, or work once it need not wait any more.
        """
        self._waits.take(self)
        self._works.leave(self)
        try:
            yield
        finally:
            self._waits.leave(self)
        self._works.take(self)
