"""Repeating calls that failed because the server was away."""

import math
import random
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import grpc

# The pauses before a call is repeated, in seconds; each is shortened at random by up to a quarter.
# Together they last longer than a server takes to restart. gRPC's own retries do not help: they
# end when the first bytes of an answer have arrived.
WAITS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)

# The status of a call whose server went away. gRPC reports CANCELLED if a call reached a server
# just as it shut down; this client does not wait for an answer to a call that it cancels itself.
GONE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)

Answer = TypeVar("Answer")


def waits_between_attempts() -> Iterator[float]:
    """The pauses before a call is repeated, in seconds: the first failure takes the first."""
    return iter(WAITS)


def call_with_retries(
    call: Callable[..., Answer], request: Any, *, timeout: float, metadata: Any
) -> Answer:
    """The answer to a call, repeated while the server is away.

    ``timeout`` is in seconds and bounds all attempts together.

    :raises grpc.RpcError: the call failed for another reason, or too often.
    """
    until, waits = time.monotonic() + timeout, waits_between_attempts()
    while True:
        try:
            left = max(0.0, until - time.monotonic())
            return call(request, timeout=left, metadata=metadata)
        except grpc.RpcError as error:
            wait_to_retry(error, waits, until)


def wait_to_retry(error: grpc.RpcError, waits: Iterator[float], until: float = math.inf) -> None:
    """Pause before a call is repeated, for the next of ``waits``.

    ``until`` is the deadline of the call, by the monotonic clock.

    :raises grpc.RpcError: ``error`` itself, if the call must not be repeated: the server is not
        away, no waits are left, or the pause would pass the deadline.
    """
    wait = next(waits, math.inf)
    if error.code() not in GONE or time.monotonic() + wait >= until:
        raise error
    time.sleep(wait * random.uniform(0.75, 1))
