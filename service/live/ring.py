"""The changes committed last, ready to be sent, and the readers that wait for the next.

There is one ring per process, on its event loop. A reader is one watch. It has no queue of its
own: it reads the ring, or the log if the ring does not go back far enough.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from weakref import WeakSet

from service.limits import PAUSE_SECONDS, READERS_PER_TURN, RING_BYTES, RING_CHANGES


class Recent(NamedTuple):
    """A committed change. ``member`` are its bytes as one of the ``events`` of a frame."""

    visit_id: str
    topic: str
    member: bytes


@dataclass(frozen=True)
class Selection:
    """Which changes a reader wants: of one visit or all (None), of some topics or all (empty).

    ``is_whole`` says whether the reader may see all of them, or their open parts alone.
    """

    visit_id: str | None = None
    topics: frozenset[str] = frozenset()
    is_whole: bool = True

    def takes(self, recent: Recent) -> bool:
        """Whether the reader wants this change."""
        return (self.visit_id is None or recent.visit_id == self.visit_id) and (
            not self.topics or recent.topic in self.topics
        )


@dataclass(eq=False, slots=True, weakref_slot=True)
class WatchPlace:
    """The position that a watch is at; None while it waits, since it has all that it wants."""

    position: int | None


class Ring:
    """The changes after position ``floor`` and up to ``head``.

    It holds at most ``changes`` of them, and at most ``size`` bytes.
    """

    def __init__(self, head: int, changes: int = RING_CHANGES, size: int = RING_BYTES) -> None:
        self.floor = self.head = head
        self.is_closed = False
        self._changes = changes
        self._size = size
        self._held = 0
        # The change at position p has the index p - floor - 1.
        self._recent: deque[Recent] = deque()
        # The frames that were sent since the ring was fed last, and the position that each reaches.
        self._frames: dict[tuple[int, Selection], tuple[Any, int]] = {}
        # Readers that wait for a change, by the visit that they want: each with its future.
        self._waiting: dict[str | None, dict[asyncio.Future[int], Selection]] = {}
        # The places of all open watches: each is there for as long as its watch has it.
        self._places: WeakSet[WatchPlace] = WeakSet()
        # Readers that may go on, in this order, each with the position that it gets.
        self._ready: deque[tuple[asyncio.Future[int], int]] = deque()
        # When the last round of readers began, and when the next may begin, in seconds of the loop.
        self._round_began = self._round_at = 0.0

    def place(self, position: int) -> "WatchPlace":
        """A place for a watch, to be kept up to date until it ends."""
        place = WatchPlace(position)
        self._places.add(place)
        return place

    @property
    def watches(self) -> int:
        """How many watches are open."""
        return len(self._places)

    @property
    def lag(self) -> int:
        """The changes by which the slowest watch is behind the head."""
        behind = [self.head - each.position for each in self._places if each.position is not None]
        return max(behind, default=0)

    @property
    def size(self) -> tuple[int, int]:
        """How many changes it holds, and how many bytes of them."""
        return len(self._recent), self._held

    def feed(self, first_position: int, recent: Sequence[Recent]) -> None:
        """Add changes that were committed at ``first_position`` and the ones after it.

        If there is a gap after the head, the ring starts over and all waiting readers go on:
        they have to read the gap from the log.
        """
        if not recent:
            return
        self._frames.clear()
        before, has_gap = self.head, first_position != self.head + 1
        if has_gap:
            self._recent.clear()
            self._held = 0
            self.floor = first_position - 1
        self._recent += recent
        self._held += sum(len(each.member) for each in recent)
        self.head = first_position + len(recent) - 1
        while self._held > self._size or len(self._recent) > self._changes:
            self._held -= len(self._recent.popleft().member)
            self.floor += 1
        if has_gap:
            self._let_all_in(before)
        else:
            self._wake(before, recent)

    def after(self, position: int, selection: Selection, size: int) -> tuple[list[bytes], int]:
        """The changes after a position that a reader wants, and the position reached.

        Gives one change, and more up to ``size`` bytes. Requires floor <= position <= head.
        """
        members: list[bytes] = []
        for at in range(position, self.head):
            recent = self._recent[at - self.floor]
            if selection.takes(recent):
                size -= len(recent.member)
                if size < 0 and members:
                    return members, at
                members.append(recent.member)
        return members, self.head

    def frame_after(
        self,
        position: int,
        selection: Selection,
        size: int,
        encode: Callable[[int, Sequence[bytes]], Any],
    ) -> tuple[Any, int]:
        """What ``after`` gives, encoded once for all readers; None if there is nothing.

        All callers with the same selection encode alike.
        """
        key = position, selection
        if key not in self._frames:
            members, reached = self.after(position, selection, size)
            self._frames[key] = encode(reached, members) if members else None, reached
        return self._frames[key]

    async def wait(self, selection: Selection, until: float) -> int:
        """Wait for a change that a reader wants. Requires that it has all up to the head.

        Ends as well at ``until``, a time of the event loop, or when the ring is closed.
        Returns the head from before it ended: the reader wants nothing up to there.
        """
        loop = asyncio.get_running_loop()
        change: asyncio.Future[int] = loop.create_future()
        self._waiting.setdefault(selection.visit_id, {})[change] = selection
        timer = loop.call_at(until, self._give_up, change, selection)
        try:
            return await change
        finally:
            timer.cancel()
            self._forget(change, selection)

    async def turn(self) -> None:
        """Wait for this reader's turn, after the readers that are ready already."""
        turn: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._let_in([(turn, self.head)])
        await turn

    def close(self) -> None:
        """Let all waiting readers go on, so that they end."""
        self.is_closed = True
        self._let_all_in(self.head)

    def _wake(self, before: int, recent: Sequence[Recent]) -> None:
        """Let the readers go on that want one of these changes."""
        topics: dict[str | None, set[str]] = {None: {each.topic for each in recent}}
        for each in recent:
            topics.setdefault(each.visit_id, set()).add(each.topic)
        for visit_id, changed in topics.items():
            woken = {
                change: selection
                for change, selection in self._waiting.get(visit_id, {}).items()
                if not selection.topics or not changed.isdisjoint(selection.topics)
            }
            for change, selection in woken.items():
                self._forget(change, selection)
            self._let_in([(change, before) for change in woken])

    def _let_all_in(self, position: int) -> None:
        waiting, self._waiting = self._waiting, {}
        for changes in waiting.values():
            self._let_in([(change, position) for change in changes])

    def _forget(self, change: "asyncio.Future[int]", selection: Selection) -> bool:
        """Remove a waiting reader. Returns False if it was not waiting any more."""
        waiting = self._waiting.get(selection.visit_id, {})
        was_there = waiting.pop(change, None) is not None
        if was_there and not waiting:
            del self._waiting[selection.visit_id]
        return was_there

    def _give_up(self, change: "asyncio.Future[int]", selection: Selection) -> None:
        if self._forget(change, selection):
            self._let_in([(change, self.head)])

    def _let_in(self, readers: "Sequence[tuple[asyncio.Future[int], int]]") -> None:
        """Let readers go on, each with a position, a few per turn of the event loop.

        Frames are costly: a change that thousands want would otherwise block all calls. After a
        round, no reader goes on for as long as the round took. So watches take at most half of
        the event loop's time, and get more changes in one frame instead.
        """
        if readers and not self._ready:
            loop = asyncio.get_running_loop()
            self._round_began = max(loop.time(), self._round_at)
            loop.call_at(self._round_began, self._let_some_in)
        self._ready.extend(readers)

    def _let_some_in(self) -> None:
        for _ in range(min(READERS_PER_TURN, len(self._ready))):
            reader, position = self._ready.popleft()
            if not reader.done():
                reader.set_result(position)
        loop = asyncio.get_running_loop()
        if self._ready:
            loop.call_soon(self._let_some_in)
        else:
            loop.call_soon(self._end_round)

    def _end_round(self) -> None:
        now = asyncio.get_running_loop().time()
        self._round_at = now + min(now - self._round_began, PAUSE_SECONDS)
