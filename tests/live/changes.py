"""Changes for a ring, the log that keeps them all, and a turn of the event loop."""

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from service.live.ring import Recent, Ring, Selection
from service.store.log.reader import EventPage, EventQuery

VISITS = ("a", "b", "c")
TOPICS = ("postponed", "amended", "retracted")

selections = st.builds(
    Selection,
    st.sampled_from((None, *VISITS)),
    st.frozensets(st.sampled_from(TOPICS), max_size=2),
)


@dataclass(frozen=True)
class Change:
    """What is committed: its visit, its topic, and how many bytes a frame's member of it has."""

    visit_id: str = "a"
    topic: str = "postponed"
    size: int = 10


changes = st.builds(Change, st.sampled_from(VISITS), st.sampled_from(TOPICS), st.integers(6, 40))


@dataclass(frozen=True)
class Row:
    """A row of the log, as a page of it has them."""

    position: int
    frame_prefix: bytes
    body: bytes


class Log:
    """All changes in a list, whether a ring still holds them or not."""

    def __init__(self) -> None:
        self.changes: list[Recent] = []

    @property
    def head(self) -> int:
        """The position of the last change."""
        return len(self.changes)

    def commit(self, *changes: Change) -> list[Recent]:
        """Write changes down; the bytes of each begin with its position."""
        new = [
            Recent(each.visit_id, each.topic, f"{position}:".encode().ljust(each.size, b"."))
            for position, each in enumerate(changes, self.head + 1)
        ]
        self.changes += new
        return new

    def feed(self, ring: Ring, *changes: Change) -> None:
        """Write changes down, and let the ring know of them."""
        first = self.head + 1
        ring.feed(first, self.commit(*changes))

    def behind(
        self, position: int, selection: Selection, until: int | None = None
    ) -> Iterator[tuple[int, bytes]]:
        """What a selection takes of the changes behind a position, each with its own."""
        for i in range(position, self.head if until is None else until):
            if selection.takes(self.changes[i]):
                yield i + 1, self.changes[i].member

    def page(self, query: EventQuery, limit: int, size: int) -> EventPage:
        """What the store's reader gives: up to ``limit`` changes, and one, or ``size`` bytes."""
        selection = Selection(query.visit_id, frozenset(query.topics))
        rows: list[Row] = []
        for position, member in self.behind(query.after, selection, query.until):
            size -= len(member)
            if len(rows) == limit or (size < 0 and rows):
                return EventPage(rows, has_more=True)
            rows.append(Row(position, member[:4], member[4:]))
        return EventPage(rows, has_more=False)


def position_in(member: bytes) -> int:
    """The position of the change that these bytes are."""
    found = re.match(rb"\d+", member)
    assert found is not None
    return int(found[0])


def positions_in(members: Sequence[bytes]) -> list[int]:
    """The positions of the changes that these bytes are."""
    return [position_in(member) for member in members]


async def turns(number: int = 10) -> None:
    """Let the event loop turn so often: all that can go on without an event does."""
    for _ in range(number):
        await asyncio.sleep(0)


async def until(holds: Callable[[], object], number: int = 100_000) -> None:
    """Let the event loop turn until something holds."""
    for _ in range(number):
        if holds():
            return
        await asyncio.sleep(0)
    raise AssertionError("it did not come to hold")
