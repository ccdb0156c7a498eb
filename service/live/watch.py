"""One reader's way: from the log into the ring, and back into the log if it is too slow."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from enum import Enum
from typing import NamedTuple

from service.limits import WATCH_FRAME_BYTES
from service.live.ring import Ring, Selection
from service.store.log.reader import EventPage, EventQuery

# Promised is a frame at least every 15 s.
IDLE_SECONDS = 10.0
# No statement reads through more of the log than this, however few changes it finds.
LOG_STRETCH = 20_000
PAGE_EVENTS = 500

# Reads up to so many changes, and so many bytes, of the log.
ReadLog = Callable[[EventQuery, int, int], Awaitable[EventPage]]


class Kind(Enum):
    """What a frame is."""

    EVENTS = "events"
    CAUGHT_UP = "caught_up"
    FELL_BEHIND = "fell_behind"
    PROGRESS = "progress"
    CLOSING = "closing"


class Frame(NamedTuple):
    """What a reader is told: all changes that it wants up to ``position`` were delivered.

    ``members`` are the bytes of the changes; of frames that are no events, none.
    """

    kind: Kind
    position: int
    members: Sequence[bytes] = ()


async def watch(
    ring: Ring, read_log: ReadLog, selection: Selection, position: int
) -> AsyncIterator[Frame]:
    """The changes behind a position that a reader wants, until the ring is closed.

    Requires that the position is not beyond the head.
    """
    clock = asyncio.get_running_loop().time
    is_catching_up = True
    told_at = clock()
    while not ring.is_closed:
        members: Sequence[bytes] = ()
        kind = Kind.EVENTS
        if position < ring.floor:
            if not is_catching_up:
                is_catching_up = True
                yield Frame(Kind.FELL_BEHIND, position)
            members, position = await _from_log(ring.head, read_log, selection, position)
        else:
            members, position = ring.after(position, selection, WATCH_FRAME_BYTES)
            if not members and is_catching_up:
                is_catching_up = False
                kind = Kind.CAUGHT_UP
            elif not members:
                position = await ring.wait(selection, told_at + IDLE_SECONDS)
        if not members and kind is Kind.EVENTS:
            if clock() < told_at + IDLE_SECONDS:
                continue
            kind = Kind.PROGRESS
        yield Frame(kind, position, members)
        told_at = clock()
        if members and position < ring.head:
            await ring.turn()
    yield Frame(Kind.CLOSING, position)


async def _from_log(
    head: int, read_log: ReadLog, selection: Selection, position: int
) -> tuple[Sequence[bytes], int]:
    """The next changes of the log that a reader wants, and the position reached."""
    until = head if selection.visit_id else min(head, position + LOG_STRETCH)
    query = EventQuery(position, until, selection.visit_id, sorted(selection.topics))
    page = await read_log(query, PAGE_EVENTS, WATCH_FRAME_BYTES)
    members = [row.frame_prefix + row.body for row in page.rows]
    return members, page.rows[-1].position if page.has_more else until
