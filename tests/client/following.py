"""A follower that is read in a thread, and what it has handed back so far."""

import threading
from collections.abc import Callable
from typing import Any, Self

import grpc

from chancery.client import Connection, Event, Follower
from tests.support.server import PATIENCE
from tests.support.waiting import wait_until


class Following:
    """A follower of the log, until it is closed."""

    def __init__(self, connection: Connection, **asked: Any) -> None:
        self.events: list[Event] = []
        self.cuts: list[grpc.RpcError | None] = []
        self.failure: grpc.RpcError | None = None
        self._changed = threading.Condition()
        self.follower = connection.follow(on_cut=self._cut, **asked)
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()

    @property
    def codes(self) -> list[grpc.StatusCode | None]:
        """The code of each cut; None for an orderly end."""
        return [error.code() if error else None for error in self.cuts]

    def handed_back(self, number: int) -> list[Event]:
        """Wait until there are so many changes, and return them."""
        self._wait(lambda: len(self.events) >= number)
        return self.events

    def was_cut(self, times: int = 1) -> None:
        """Wait until it was cut so many times."""
        self._wait(lambda: len(self.cuts) >= times)

    def at(self, position: int) -> None:
        """Wait until this is the position to resume after."""
        wait_until(lambda: self.follower.position == position or not self._thread.is_alive())
        assert self.follower.position == position, self.failure

    def ended(self) -> None:
        """Wait until the iteration has ended by itself."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the iteration goes on"

    def close(self) -> None:
        """End it from this thread."""
        self.follower.close()
        self.ended()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _follow(self) -> None:
        try:
            for event in self.follower:
                self._note(self.events, event)
        except grpc.RpcError as error:
            self.failure = error
        finally:
            with self._changed:
                self._changed.notify_all()

    def _cut(self, error: grpc.RpcError | None) -> None:
        self._note(self.cuts, error)

    def _note(self, notes: list[Any], note: object) -> None:
        with self._changed:
            notes.append(note)
            self._changed.notify_all()

    def _wait(self, holds: Callable[[], bool]) -> None:
        with self._changed:
            self._changed.wait_for(lambda: holds() or not self._thread.is_alive(), PATIENCE)
        assert holds(), f"it did not come to that; {self.failure}"


def taken(follower: Follower[Event], number: int) -> list[Event]:
    """The next so many changes."""
    return [next(follower) for _ in range(number)]
