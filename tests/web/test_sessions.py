"""How long somebody stays signed in, and how often one may try."""

from service.limits import (
    SESSION_IDLE_SECONDS,
    SESSION_SECONDS,
    SESSIONS,
    SIGN_IN_ADDRESSES,
    SIGN_IN_FAILURES,
    SIGN_IN_SECONDS,
)
from service.web.sessions import Attempts, Sessions


class Clock:
    """A clock that goes on when it is told."""

    now = 1000.0

    def __call__(self) -> float:
        """The time, in seconds."""
        return self.now


def test_a_session_ends_when_it_is_idle_and_when_it_is_old() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    idle, used = sessions.begin("a"), sessions.begin("b")
    for _ in range(SESSION_SECONDS // (SESSION_IDLE_SECONDS - 1)):
        clock.now += SESSION_IDLE_SECONDS - 1
        assert sessions.token(used) == "b"
    assert sessions.token(idle) == ""
    clock.now = 1000 + SESSION_SECONDS + 1
    assert sessions.token(used) == ""
    assert len(sessions) == 0


def test_there_are_only_so_many_sessions() -> None:
    sessions = Sessions()
    ids = [sessions.begin(str(number)) for number in range(SESSIONS)]
    assert sessions.token(ids[0]) == "0"
    sessions.begin("last")
    assert len(sessions) == SESSIONS
    assert (sessions.token(ids[0]), sessions.token(ids[1])) == ("0", "")


def test_attempts_are_counted_by_address_and_forgotten() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for _ in range(SIGN_IN_FAILURES):
        assert attempts.wait("a") == 0
        attempts.failed("a")
    assert attempts.wait("a") == SIGN_IN_SECONDS
    assert attempts.wait("b") == 0
    clock.now += SIGN_IN_SECONDS
    assert attempts.wait("a") == 0
    for number in range(SIGN_IN_ADDRESSES):
        attempts.failed(str(number))
    assert len(attempts._failures) == SIGN_IN_ADDRESSES
