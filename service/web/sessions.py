"""Who is signed in: tokens in the memory of this process, each behind a random id."""

import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from service.limits import (
    SESSION_IDLE_SECONDS,
    SESSION_SECONDS,
    SESSIONS,
    SIGN_IN_ADDRESSES,
    SIGN_IN_FAILURES,
    SIGN_IN_SECONDS,
)


@dataclass
class _Session:
    token: str
    begun: float
    used: float


class Sessions:
    """The sessions of a board. They end with its process.

    Of too many, the one that was not used for longest ends. An id is kept as its hash alone.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sessions: OrderedDict[bytes, _Session] = OrderedDict()

    def begin(self, token: str) -> str:
        """A new session for a token that the server takes; the answer is its id."""
        session_id, now = secrets.token_urlsafe(32), self._clock()
        self._sessions[_key(session_id)] = _Session(token, now, now)
        while len(self._sessions) > SESSIONS:
            self._sessions.popitem(last=False)
        return session_id

    def token(self, session_id: str) -> str:
        """The token of a session; empty if there is none of that id, or none any more."""
        key, now = _key(session_id), self._clock()
        session = self._sessions.get(key)
        if session is None:
            return ""
        if now - session.used > SESSION_IDLE_SECONDS or now - session.begun > SESSION_SECONDS:
            del self._sessions[key]
            return ""
        session.used = now
        self._sessions.move_to_end(key)
        return session.token

    def end(self, session_id: str) -> None:
        """End a session, if there is one of that id."""
        self._sessions.pop(_key(session_id), None)

    def __len__(self) -> int:
        return len(self._sessions)


class Attempts:
    """The failed attempts to sign in, by the address that they came from."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, address: str) -> float:
        """The seconds that an address has to wait before it may try again; 0 if it may now."""
        failures = self._failures.get(address)
        if failures is None or len(failures) < SIGN_IN_FAILURES:
            return 0.0
        return max(0.0, failures[0] + SIGN_IN_SECONDS - self._clock())

    def failed(self, address: str) -> None:
        """Take note of a failed attempt."""
        failures = self._failures.setdefault(address, deque(maxlen=SIGN_IN_FAILURES))
        failures.append(self._clock())
        self._failures.move_to_end(address)
        while len(self._failures) > SIGN_IN_ADDRESSES:
            self._failures.popitem(last=False)


def _key(session_id: str) -> bytes:
    return sha256(session_id.encode("utf-8", "surrogatepass")).digest()
