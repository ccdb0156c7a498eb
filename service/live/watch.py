"""One watch: it reads the log until it reaches the ring, and the log again if it falls behind."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from enum import Enum
from typing import NamedTuple

from service.limits import IDLE_SECONDS, WATCH_CHANGES, WATCH_FRAME_BYTES, WATCH_POSITIONS
from service.live.ring import Ring, Selection
from service.store.log.reader import EventPage, EventQuery

# Reads from the log, up to a number of changes and of bytes.
ReadLog = Callable[[EventQuery, int, int], Awaitable[EventPage]]


class FrameKind(Enum):
    """What a frame says."""

    EVENTS = "events"
    CAUGHT_UP = "caught_up"
    FELL_BEHIND = "fell_behind"
    PROGRESS = "progress"
    CLOSING = "closing"


class Frame(NamedTuple):
    """A frame of a watch. All changes that the reader wants up to ``position`` were delivered.

    ``members`` are the bytes of the changes; only frames of events have any.
    """

    kind: FrameKind
    position: int
    members: Sequence[bytes] = ()


async def watch(
    ring: Ring, read_log: ReadLog, selection: Selection, position: int
) -> AsyncGenerator[Frame, None]:
    """The changes after a position that a reader wants, until the ring is closed.

    Requires a position up to the head.
    """
    clock = asyncio.get_running_loop().time
    is_catching_up = True
    sent_at = clock()
    while not ring.is_closed:
        members: Sequence[bytes] = ()
        kind = FrameKind.EVENTS
        if position < ring.floor:
            if not is_catching_up:
                is_catching_up = True
                yield Frame(FrameKind.FELL_BEHIND, position)
            members, position = await _from_log(ring.head, read_log, selection, position)
        else:
            members, position = ring.after(position, selection, WATCH_FRAME_BYTES)
            if not members and is_catching_up:
                is_catching_up = False
                kind = FrameKind.CAUGHT_UP
            elif not members:
                position = await ring.wait(selection, sent_at + IDLE_SECONDS)
        if not members and kind is FrameKind.EVENTS:
            if clock() < sent_at + IDLE_SECONDS:
                continue
            kind = FrameKind.PROGRESS
        yield Frame(kind, position, members)
        sent_at = clock()
        if members and position < ring.head:
            await ring.turn()
    yield Frame(FrameKind.CLOSING, position)


async def _from_log(
    head: int, read_log: ReadLog, selection: Selection, position: int
) -> tuple[Sequence[bytes], int]:
    """The next changes of the log that a reader wants, and the position reached."""
    until = head if selection.visit_id else min(head, position + WATCH_POSITIONS)
    query = EventQuery(position, until, selection.visit_id, sorted(selection.topics))
    page = await read_log(query, WATCH_CHANGES, WATCH_FRAME_BYTES)
    members = [row.frame_prefix + row.body for row in page.rows]
    return members, page.rows[-1].position if page.has_more else until
