"""One watch: it reads the log until it reaches the ring, and the log again if it falls behind."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from functools import partial
from typing import TypeVar

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


Encoded = TypeVar("Encoded")
# Makes a frame of a kind. All changes that the reader wants up to the position were delivered with
# it; the bytes of changes come with frames of events only.
Encode = Callable[[FrameKind, int, Sequence[bytes]], Encoded]


async def watch(
    ring: Ring,
    read_log: ReadLog,
    selection: Selection,
    position: int,
    encode: Encode[Encoded],
    send: Callable[[Encoded], Awaitable[None]],
) -> None:
    """Send the changes after a position that a reader wants, until the ring is closed.

    Frames are sent as ``encode`` makes them, one for all readers that want the same changes.
    Requires a position up to the head.
    """
    clock = asyncio.get_running_loop().time
    events = partial(encode, FrameKind.EVENTS)
    is_catching_up = True
    sent_at = clock()
    place = ring.place(position)
    while not ring.is_closed:
        frame: Encoded | None
        place.position = position
        if position < ring.floor:
            if not is_catching_up:
                is_catching_up = True
                await send(encode(FrameKind.FELL_BEHIND, position, ()))
            members, position = await _from_log(ring.head, read_log, selection, position)
            frame = events(position, members) if members else None
        else:
            frame, position = ring.frame_after(position, selection, WATCH_FRAME_BYTES, events)
            if frame is None and is_catching_up:
                is_catching_up = False
                await send(encode(FrameKind.CAUGHT_UP, position, ()))
                sent_at = clock()
                continue
            if frame is None:
                place.position = None
                position = await ring.wait(selection, sent_at + IDLE_SECONDS)
        if frame is not None:
            await send(frame)
            sent_at = clock()
            if position < ring.head:
                await ring.turn()
        elif clock() >= sent_at + IDLE_SECONDS:
            await send(encode(FrameKind.PROGRESS, position, ()))
            sent_at = clock()
    await send(encode(FrameKind.CLOSING, position, ()))


async def _from_log(
    head: int, read_log: ReadLog, selection: Selection, position: int
) -> tuple[Sequence[bytes], int]:
    """The next changes of the log that a reader wants, and the position reached."""
    until = head if selection.visit_id else min(head, position + WATCH_POSITIONS)
    query = EventQuery(position, until, selection.visit_id, sorted(selection.topics))
    page = await read_log(query, WATCH_CHANGES, WATCH_FRAME_BYTES)
    members = [row.frame_prefix + row.body for row in page.rows]
    return members, page.rows[-1].position if page.has_more else until
