"""The end of the log, where it grows: what is made of its entries grows with it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from service.store.engines.bulk import insert_rows
from service.store.log import segments, tree_edge
from service.store.log.segments import OpenSegment
from service.store.tables import log
from service.tlog.tiles import Edge


class End(NamedTuple):
    """The right edge of the tree, and the changes that are in no segment yet."""

    edge: Edge
    segment: OpenSegment

    @property
    def peaks(self) -> bytes:
        """As the head row has them."""
        return b"".join(self.edge.peaks)


def end_of(connection: Connection, head: Any, known: End | None) -> End:
    """The end of the log that the head row tells of; ``known`` is that of an earlier time.

    :raises LogDamaged: the head row, the last entries and the tiles do not belong together.
    """
    return End(
        tree_edge.edge_of(connection, head, known and known.edge),
        segments.open_segment(connection, head.size, known and known.segment),
    )


def extend(
    connection: Connection, end: End, rows: Sequence[dict[str, Any]], hashes: Sequence[bytes]
) -> End:
    """Insert rows, whose leaf hashes are given, behind the end of the log: its new end.

    The head row is for the caller to write.

    :raises IntegrityError: a version or a request id stands already.
    """
    grown, tiles = end.edge.grown(hashes)
    tree_edge.keep(connection, tiles)
    insert_rows(connection, log, rows)
    segment, complete = end.segment.grown([row["frame_prefix"] + row["body"] for row in rows])
    segments.keep(connection, complete)
    return End(grown, segment)
