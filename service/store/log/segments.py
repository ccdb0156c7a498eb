"""Segments: complete stretches of the log, each in one row, as replay sends them.

Whoever replays reads one row instead of 1024. Segment n has the changes behind position
1024 n, each with its frame prefix; it is never changed, and follows from the log alone. There
is none of a stretch that does not fit into a frame, nor, before ``fill``, of one that was
recorded before there were segments.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select
from sqlalchemy import bindparam as param

from service.store.tables import head, log, segment

EVENTS = 1024
# Room is left in a frame of 1 MiB for its other fields.
BYTES = (1 << 20) - 64


@dataclass(frozen=True)
class OpenSegment:
    """The changes of a log of ``size`` that no complete segment has."""

    size: int = 0
    members: tuple[bytes, ...] = ()

    def grown(self, members: Sequence[bytes]) -> "tuple[OpenSegment, list[tuple[int, bytes]]]":
        """It with more changes, and the number and bytes of each segment that is complete."""
        size, waiting = self.size + len(members), (*self.members, *members)
        complete = []
        for number in range(self.size // EVENTS, size // EVENTS):
            joined, waiting = b"".join(waiting[:EVENTS]), waiting[EVENTS:]
            if len(joined) <= BYTES:
                complete.append((number, joined))
        return OpenSegment(size, waiting), complete


def open_segment(connection: Connection, size: int, known: OpenSegment | None) -> OpenSegment:
    """The open segment of the log, which has that size; ``known`` is that of an earlier time."""
    if known is not None and known.size == size:
        return known
    return OpenSegment(size, _members(connection, size - size % EVENTS, size))


def keep(connection: Connection, complete: Sequence[tuple[int, bytes]]) -> None:
    """Store complete segments."""
    for number, events in complete:
        connection.execute(insert(segment).values(number=number, events=events))


def fill(connection: Connection) -> None:
    """Make the segments that are not there yet, in the transaction that is open."""
    size = connection.execute(select(head.c.size)).scalar_one()
    there = set(connection.execute(select(segment.c.number)).scalars())
    for number in range(size // EVENTS):
        if number not in there:
            first = number * EVENTS
            _, complete = OpenSegment(first).grown(_members(connection, first, first + EVENTS))
            keep(connection, complete)


def _members(connection: Connection, after: int, until: int) -> tuple[bytes, ...]:
    """The changes behind a position and up to another."""
    rows = connection.execute(_BEHIND, {"after": after, "until": until})
    return tuple(row.frame_prefix + row.body for row in rows)


_BEHIND = (
    select(log.c.frame_prefix, log.c.body)
    .where(log.c.position > param("after"), log.c.position <= param("until"))
    .order_by(log.c.position)
)
