"""What the client does one step at a time: what a plan asks for, and what it is given.

A plan is a generator that decides: which call to make, when to make it again, what to hand to the
caller. It knows no transport. Whoever carries it out takes each step that it yields, and sends
back the result or throws the :class:`~chancery.client.errors.ChanceryError` into it. So one plan
serves the synchronous and the asynchronous client.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeVar

from google.protobuf.message import Message

from chancery.client.methods import Method

Result = TypeVar("Result")


@dataclass(frozen=True)
class Ask:
    """Make a call that has one answer. The result is the answer."""

    method: Method[Any, Any]
    request: Message
    timeout: float


@dataclass(frozen=True)
class Open:
    """Begin a stream in place of the one before. ``request`` is None if there are many."""

    method: Method[Any, Any]
    request: Message | None = None
    timeout: float | None = None


@dataclass(frozen=True)
class Send:
    """Send one of many requests on the stream."""

    request: Message


@dataclass(frozen=True)
class Read:
    """Wait for the next answer on the stream. The result is the answer, or None at the end."""


@dataclass(frozen=True)
class Pause:
    """Wait for so many seconds, or until it is closed."""

    seconds: float


@dataclass(frozen=True)
class Take:
    """Take the next thing that the caller hands over. The result is that, or None at the end."""


@dataclass(frozen=True)
class Give:
    """Give something to the caller, and go on when the caller asks for more."""

    item: Any


Step = Ask | Open | Send | Read | Pause | Take | Give
Plan = Generator[Step, Any, Result]
