"""How fresh an answer is: waiting for positions, and checking that they exist."""

import asyncio
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import Protocol

from domain.errors import InvalidValue
from service.errors import LogReplaced, PositionBeyondHead, ViewNotFresh
from service.limits import BEHIND_SECONDS, FRESH_SECONDS
from service.live.log_view import LogView


class Waiter(Protocol):
    """A call that can wait: for so many seconds, or without a bound if that is None."""

    def seconds_left(self) -> float | None:
        """Seconds until its deadline; None if it has none."""

    def waiting(self) -> AbstractContextManager[None]:
        """A context within which it does not count among those that work."""


@dataclass(frozen=True)
class Freshness:
    """Compares positions with what this process knows of the log.

    ``is_shared`` says whether other processes also commit to the log.
    """

    log_view: LogView
    is_shared: bool

    async def reach(self, min_position: int, call: Waiter) -> None:
        """Wait until the log view is at a position, for 10 s at most.

        :raises InvalidValue: the position is negative.
        :raises ViewNotFresh: it did not get there in time.
        """
        if min_position < 0:
            raise InvalidValue.of("min_position", "must not be negative")
        head = self.log_view.head
        if min_position > head.position:
            within = call.seconds_left()
            seconds = FRESH_SECONDS
            if within is not None:  # leave time for the answer before the caller's deadline
                seconds = min(seconds, max(0.0, within * 0.9 - 0.05))
            try:
                with call.waiting():
                    await asyncio.wait_for(self.log_view.reach(min_position), seconds)
            except TimeoutError:
                raise ViewNotFresh(min_position, head.position) from None

    def check_origin(self, log_origin: str) -> None:
        """Refuse the name of another log; an empty one names none.

        :raises LogReplaced: this log has another name.
        """
        if log_origin and log_origin != self.log_view.head.origin:
            raise LogReplaced(log_origin, self.log_view.head.origin)

    async def check_position(self, field: str, position: int) -> None:
        """Refuse a position that is negative or beyond the head.

        If other processes also commit, this one may lag: it waits a little.

        :raises InvalidValue: the position is negative.
        :raises PositionBeyondHead: the log does not reach that far.
        """
        if position < 0:
            raise InvalidValue.of(field, "must not be negative")
        if position > self.log_view.head.position and self.is_shared:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.log_view.reach(position), BEHIND_SECONDS)
        if position > self.log_view.head.position:
            raise PositionBeyondHead(field, position, self.log_view.head.position)
