"""The tail of the log, where it grows. Its tree and its segments grow with it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from service.store.engines.bulk import insert_rows
from service.store.log.rows import HeadRow
from service.store.log.segments import OpenSegment, read_open_segment, write_segments
from service.store.log.tiles import read_edge, write_tiles
from service.store.tables import log
from service.tlog.tiles import Edge


class LogTail(NamedTuple):
    """The right edge of the tree, and the changes that are in no segment yet."""

    edge: Edge
    segment: OpenSegment

    @property
    def peaks(self) -> bytes:
        """The peaks of the tree, joined as the head row has them."""
        return b"".join(self.edge.peaks)


def read_tail(connection: Connection, head: HeadRow, known: LogTail | None) -> LogTail:
    """The tail of the log that ends with this head row.

    ``known`` is the tail at an earlier time; None if the caller has none.

    :raises LogDamaged: the head row, the last entries and the tiles do not match.
    """
    return LogTail(
        read_edge(connection, head, known and known.edge),
        read_open_segment(connection, head.size, known and known.segment),
    )


def extend(
    connection: Connection, tail: LogTail, rows: Sequence[dict[str, Any]], hashes: Sequence[bytes]
) -> LogTail:
    """Insert rows after the tail of the log, and return the new tail.

    ``hashes`` are the leaf hashes of the rows. The caller updates the head row.

    :raises IntegrityError: a visit has this version already, or a request this id.
    """
    edge, tiles = tail.edge.grown(hashes)
    write_tiles(connection, tiles)
    insert_rows(connection, log, rows)
    segment, complete = tail.segment.grown([row["frame_prefix"] + row["body"] for row in rows])
    write_segments(connection, complete)
    return LogTail(edge, segment)
