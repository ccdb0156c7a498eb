"""Making a call again that failed because the server was away, or had too many."""

import math
import random
import time

import grpc

from chancery.client.errors import ChanceryError, TooManyCalls
from chancery.client.methods import Answer, Method, Request
from chancery.client.steps import Ask, Pause, Plan

# The pauses before a call is repeated, in seconds; each is shortened at random by up to a quarter.
# Together they last longer than a server takes to restart. gRPC's own retries do not help: they
# end when the first bytes of an answer have arrived.
WAITS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)

# The status of a call whose server went away. gRPC reports CANCELLED if a call reached a server
# just as it shut down; this client does not wait for an answer to a call that it cancels itself.
GONE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)


def passes(error: ChanceryError) -> bool:
    """Whether the same call may succeed soon: the server was away, or had too many calls."""
    return error.code() in GONE or isinstance(error, TooManyCalls)


class Attempts:
    """The attempts at one call, which share a deadline and the pauses between them."""

    def __init__(self, timeout: float = math.inf) -> None:
        """``timeout`` is in seconds and bounds all attempts together."""
        self._until = time.monotonic() + timeout
        self._waits = iter(WAITS)

    def left(self) -> float:
        """The seconds until the deadline."""
        return max(0.0, self._until - time.monotonic())

    def pause(self, error: ChanceryError) -> Pause:
        """The pause before the next attempt.

        :raises ChanceryError: ``error`` itself, if there must be none: the server is not away and
            has not too many calls, no pauses are left, or the pause would pass the deadline.
        """
        wait = max(next(self._waits, math.inf), error.retry_after)
        if not passes(error) or time.monotonic() + wait >= self._until:
            raise error
        return Pause(wait * random.uniform(0.75, 1))


def asked(method: Method[Request, Answer], request: Request, timeout: float) -> Plan[Answer]:
    """The answer to a call, which is repeated while the server is away.

    ``timeout`` is in seconds and bounds all attempts together.

    :raises ChanceryError: the call failed for another reason, or too often.
    """
    attempts = Attempts(timeout)
    while True:
        try:
            answer: Answer = yield Ask(method, request, attempts.left())
            return answer
        except ChanceryError as error:
            pause = attempts.pause(error)
        yield pause
