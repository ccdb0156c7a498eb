"""Segments: complete stretches of the log, each in one row, as replay sends them.

Replay reads one row instead of 1024. Segment n holds the changes at the 1024 positions after
1024 n, each with its frame prefix. It never changes, and follows from the log alone. A stretch
has no segment if it does not fit into a frame, or, until ``fill`` has run, if it was recorded
before there were segments.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select
from sqlalchemy import bindparam as param

from service.store.errors import LogDamaged
from service.store.tables import head, log, segment

EVENTS = 1024
# What is read at once.
BYTES = (1 << 20) - 64

_MEMBERS = (
    select(log.c.position, log.c.frame_prefix, log.c.body)
    .where(log.c.position > param("after"), log.c.position <= param("until"))
    .order_by(log.c.position)
)


@dataclass(frozen=True)
class OpenSegment:
    """The changes of a log of ``size`` entries that are in no complete segment yet."""

    size: int = 0
    members: tuple[bytes, ...] = ()

    def grown(self, members: Sequence[bytes]) -> "tuple[OpenSegment, list[tuple[int, bytes]]]":
        """The open segment after more changes, and the segments that they complete.

        Each of these is given with its number and its bytes.
        """
        size, waiting = self.size + len(members), (*self.members, *members)
        complete = []
        for number in range(self.size // EVENTS, size // EVENTS):
            joined, waiting = b"".join(waiting[:EVENTS]), waiting[EVENTS:]
            if len(joined) <= BYTES:
                complete.append((number, joined))
        return OpenSegment(size, waiting), complete


def read_open_segment(connection: Connection, size: int, known: OpenSegment | None) -> OpenSegment:
    """The open segment of a log of that size.

    ``known`` is the open segment at an earlier time; None if the caller has none.

    :raises LogDamaged: an entry cannot be read.
    """
    if known is not None and known.size == size:
        return known
    return OpenSegment(size, _members(connection, size - size % EVENTS, size))


def write_segments(connection: Connection, complete: Sequence[tuple[int, bytes]]) -> None:
    """Store complete segments, given by their numbers and bytes."""
    for number, events in complete:
        connection.execute(insert(segment).values(number=number, events=events))


def fill(connection: Connection) -> None:
    """Make the segments that are missing, in the transaction that is open.

    :raises LogDamaged: an entry cannot be read.
    """
    size = connection.execute(select(head.c.size)).scalar_one()
    there = set(connection.execute(select(segment.c.number)).scalars())
    for number in range(size // EVENTS):
        if number not in there:
            first = number * EVENTS
            _, complete = OpenSegment(first).grown(_members(connection, first, first + EVENTS))
            write_segments(connection, complete)


def _members(connection: Connection, after: int, until: int) -> tuple[bytes, ...]:
    """The changes after one position and up to another.

    :raises LogDamaged: an entry cannot be read.
    """
    members = []
    for row in connection.execute(_MEMBERS, {"after": after, "until": until}):
        if not (isinstance(row.frame_prefix, bytes) and isinstance(row.body, bytes)):
            raise LogDamaged(row.position)
        members.append(row.frame_prefix + row.body)
    return tuple(members)
