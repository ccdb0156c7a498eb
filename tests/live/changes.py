"""Changes for a ring, the log that keeps them all, and turns of the event loop."""

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
    """A change to commit: its visit, its topic, and the size of its member in a frame, in bytes."""

    visit_id: str = "a"
    topic: str = "postponed"
    size: int = 10


changes = st.builds(Change, st.sampled_from(VISITS), st.sampled_from(TOPICS), st.integers(6, 40))


@dataclass(frozen=True)
class Row:
    """A row of the log, as in a page of it."""

    position: int
    frame_prefix: bytes
    body: bytes


class Log:
    """All changes in a list, whether or not a ring still holds them."""

    def __init__(self) -> None:
        self.changes: list[Recent] = []

    @property
    def head(self) -> int:
        """The position of the last change."""
        return len(self.changes)

    def commit(self, *changes: Change) -> list[Recent]:
        """Append changes; the bytes of each begin with its position."""
        new = [
            Recent(each.visit_id, each.topic, f"{position}:".encode().ljust(each.size, b"."))
            for position, each in enumerate(changes, self.head + 1)
        ]
        self.changes += new
        return new

    def feed(self, ring: Ring, *changes: Change) -> None:
        """Append changes, and feed them to the ring."""
        first = self.head + 1
        ring.feed(first, self.commit(*changes))

    def behind(
        self, position: int, selection: Selection, until: int | None = None
    ) -> Iterator[tuple[int, bytes]]:
        """The changes after a position that a selection takes, each with its own position."""
        for i in range(position, self.head if until is None else until):
            if selection.takes(self.changes[i]):
                yield i + 1, self.changes[i].member

    def page(self, query: EventQuery, limit: int, size: int) -> EventPage:
        """A page like the store reader's: ``limit`` changes or ``size`` bytes, but at least one."""
        selection = Selection(query.visit_id, frozenset(query.topics))
        rows: list[Row] = []
        for position, member in self.behind(query.after, selection, query.until):
            size -= len(member)
            if len(rows) == limit or (size < 0 and rows):
                return EventPage(rows, has_more=True)
            rows.append(Row(position, member[:4], member[4:]))
        return EventPage(rows, has_more=False)


def position_in(member: bytes) -> int:
    """The position of the change with these bytes."""
    found = re.match(rb"\d+", member)
    assert found is not None
    return int(found[0])


def positions_in(members: Sequence[bytes]) -> list[int]:
    """The positions of the changes in these bytes."""
    return [position_in(member) for member in members]


async def turns(number: int = 10) -> None:
    """Let the event loop turn so many times, so that everything that can go on does."""
    for _ in range(number):
        await asyncio.sleep(0)


async def until(holds: Callable[[], object], number: int = 100_000) -> None:
    """Let the event loop turn until something holds."""
    for _ in range(number):
        if holds():
            return
        await asyncio.sleep(0)
    raise AssertionError("it did not come to hold")
