"""How fresh an answer is: waiting for positions, and checking that they exist."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from domain.errors import InvalidValue
from service.errors import LogReplaced, PositionBeyondHead, ViewNotFresh
from service.limits import BEHIND_SECONDS, FRESH_SECONDS
from service.live.log_view import LogView


@dataclass(frozen=True)
class Freshness:
    """Compares positions with what this process knows of the log.

    ``is_shared`` says whether other processes also commit to the log.
    """

    log_view: LogView
    is_shared: bool

    async def reach(self, min_position: int, seconds_left: Callable[[], float | None]) -> None:
        """Wait until the log view is at a position.

        ``seconds_left`` says how many seconds the caller waits; 10 if None.

        :raises InvalidValue: the position is negative.
        :raises ViewNotFresh: it did not get there in time.
        """
        if min_position < 0:
            raise InvalidValue.of("min_position", "must not be negative")
        head = self.log_view.head
        if min_position > head.position:
            within = seconds_left()
            # Leave time for the answer before the caller's deadline.
            seconds = FRESH_SECONDS if within is None else max(0.0, within * 0.9 - 0.05)
            try:
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
