"""The changes that were committed last, ready to be sent, and those who wait for the next.

One ring a process, on its event loop. Whoever watches reads it, and reads the log
instead where the ring no longer goes back far enough: no reader has a queue of its own.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

EVENTS = 10_000
BYTES = 8 << 20
# Readers that go on in one turn of the event loop.
AT_A_TIME = 16
# Seconds between two rounds of letting readers go on, at the most.
LONGEST_PAUSE = 0.05


class Recent(NamedTuple):
    """A committed change: the bytes that make it a member of a frame's ``events``."""

    visit_id: str
    topic: str
    member: bytes


@dataclass(frozen=True)
class Selection:
    """Which changes a reader wants: of one visit or of all (None), of some topics or of all."""

    visit_id: str | None = None
    topics: frozenset[str] = frozenset()

    def takes(self, recent: Recent) -> bool:
        """Whether the reader wants this change."""
        return (self.visit_id is None or recent.visit_id == self.visit_id) and (
            not self.topics or recent.topic in self.topics
        )


class Ring:
    """The last changes up to ``head``, all those behind ``floor``.

    It holds at most ``events`` of them, and ``size`` bytes.
    """

    def __init__(self, head: int, events: int = EVENTS, size: int = BYTES) -> None:
        self.floor = self.head = head
        self.is_closed = False
        self._events = events
        self._size = size
        self._held = 0
        # The change at position p stands at p - floor - 1.
        self._recent: deque[Recent] = deque()
        # By the visit that they want: who waits for a change, each with a future.
        self._waiting: dict[str | None, dict[asyncio.Future[int], Selection]] = {}
        # Who may go on, in this order, each with the position that it is told.
        self._ready: deque[tuple[asyncio.Future[int], int]] = deque()
        # When the last round of letting in began, and when the next one may: seconds of the loop.
        self._round_began = self._round_at = 0.0

    def feed(self, first_position: int, recent: Sequence[Recent]) -> None:
        """Take the changes that were committed at this position and those that follow.

        Where others lie between them and the head, the ring begins anew, and all who wait
        go on: what lies between is to be read from the log.
        """
        if not recent:
            return
        before, has_gap = self.head, first_position != self.head + 1
        if has_gap:
            self._recent.clear()
            self._held = 0
            self.floor = first_position - 1
        self._recent += recent
        self._held += sum(len(each.member) for each in recent)
        self.head = first_position + len(recent) - 1
        while self._held > self._size or len(self._recent) > self._events:
            self._held -= len(self._recent.popleft().member)
            self.floor += 1
        if has_gap:
            self._let_all_in(before)
        else:
            self._wake(before, recent)

    def after(self, position: int, selection: Selection, size: int) -> tuple[list[bytes], int]:
        """What a reader wants of the changes behind a position, and the position reached.

        One change, and more up to ``size`` bytes. Requires floor <= position <= head.
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

    async def wait(self, selection: Selection, until: float) -> int:
        """Wait for a change that a reader wants, who was given all up to the head.

        It ends as well when the time of the event loop is ``until``, or the ring is closed.
        Gives the head from before it ended: nothing up to there is wanted.
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
        """Wait until it is this reader's turn, behind those that are ready already."""
        turn: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._let_in([(turn, self.head)])
        await turn

    def close(self) -> None:
        """Let all go on who wait: they are to end."""
        self.is_closed = True
        self._let_all_in(self.head)

    def _wake(self, before: int, recent: Sequence[Recent]) -> None:
        """Let those go on who want one of these changes."""
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
        """Take a reader out of those who wait; False if it is there no longer."""
        waiting = self._waiting.get(selection.visit_id, {})
        was_there = waiting.pop(change, None) is not None
        if was_there and not waiting:
            del self._waiting[selection.visit_id]
        return was_there

    def _give_up(self, change: "asyncio.Future[int]", selection: Selection) -> None:
        if self._forget(change, selection):
            self._let_in([(change, self.head)])

    def _let_in(self, readers: "Sequence[tuple[asyncio.Future[int], int]]") -> None:
        """Let readers go on, each with a position: a few at a time, and others in between.

        A frame costs so much that a change which thousands want would stop all calls. As long
        as it took to let all in who were ready, nobody is let in afterwards: those who follow
        have half of the event loop's time at the most, and then get more in one frame.
        """
        if readers and not self._ready:
            loop = asyncio.get_running_loop()
            self._round_began = max(loop.time(), self._round_at)
            loop.call_at(self._round_began, self._let_some_in)
        self._ready.extend(readers)

    def _let_some_in(self) -> None:
        for _ in range(min(AT_A_TIME, len(self._ready))):
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
        self._round_at = now + min(now - self._round_began, LONGEST_PAUSE)
