"""Verifying the log of a database: its entries, and what repeats or sums them up."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, func, select

from service import codec
from service.codec import wire
from service.store import tables
from service.store.errors import LogDamaged
from service.store.log.leaves import leaf_hash
from service.store.log.rows import HeadRow, LogRow
from service.store.log.segments import EVENTS, OpenSegment
from service.store.log.tiles import read_tile
from service.store.tables import log
from service.tlog import tree
from service.tlog.note import Checkpoint
from service.tlog.tiles import HEIGHT, WIDTH, Edge, Tile
from service.verify.report import Progress, Report

_BY_POSITION = select(*(log.c[name] for name in LogRow._fields)).order_by(log.c.position)
_SEGMENT = select(tables.segment.c.events).where(tables.segment.c.number == bindparam("number"))
_SEGMENTS = select(func.count()).select_from(tables.segment)
_TILES = select(func.count(), func.coalesce(func.sum(func.length(tables.tile.c.hashes)), 0))


def check_log(connection: Connection, report: Report, progress: Progress) -> Edge:
    """Check the entries in the order of their positions, and the tiles and segments over them.

    Counts the entries in the report. Returns the right edge of their tree.

    :raises LogDamaged: something is not as it should be.
    """
    edge, versions = Edge(), dict[str, int]()
    open_segment, segments = OpenSegment(), 0
    _check_since(report.since, edge, [])
    with connection.execute(_BY_POSITION.execution_options(yield_per=WIDTH)) as results:
        for some in results.partitions():
            rows = [LogRow._make(row) for row in some]
            for position, row in enumerate(rows, start=edge.size + 1):
                if row.position != position:
                    raise LogDamaged(position, f"the entry is missing; {row.position} follows")
            hashes = [leaf_hash(row) for row in rows]
            grown, tiles = edge.grown(hashes)
            for each in tiles:
                _check_tile(connection, each)
            for row in rows:
                _check_entry(row, versions, report)
            open_segment, complete = open_segment.grown([_as_replayed(row) for row in rows])
            segments += sum(_check_segment(connection, *each) for each in complete)
            _check_since(report.since, edge, hashes)
            edge = grown
            progress(edge.size, 2 * report.checkpoint.size)
    found = connection.execute(_SEGMENTS).scalar_one()
    if found != segments:
        raise LogDamaged(edge.size, f"{found} segments are stored, not {segments}", first=1)
    return edge


def check_head(connection: Connection, head: HeadRow, edge: Edge, report: Report) -> None:
    """Compare the head row and the number of tiles with what the entries make.

    :raises LogDamaged: they differ.
    """
    since = report.since
    if since is not None and since.size > edge.size:
        raise LogDamaged(
            edge.size + 1,
            f"the entry is missing: the checkpoint that was kept has {since.size} changes",
        )
    if edge.size < head.size:
        raise LogDamaged(
            edge.size + 1, f"the entry is missing: the head row has {head.size} changes"
        )
    if edge.size > head.size:
        raise LogDamaged(head.size + 1, "the log goes on after the last entry of the head row")
    if head.record_time != report.last_time:
        raise LogDamaged(head.size, "the entry has another record time than the head row")
    _check_peaks(head, edge)
    found = tuple(map(int, connection.execute(_TILES).one()))
    if found != _expected_tiles(head.size):
        tiles, size = _expected_tiles(head.size)
        raise LogDamaged(
            head.size,
            f"{found[0]} tiles with {found[1]} bytes are stored, not {tiles} with {size}",
        )


def _check_peaks(head: HeadRow, edge: Edge) -> None:
    end, peaks = 0, tree.split(head.peaks)
    for level in range(head.size.bit_length() - 1, -1, -1):
        if not head.size >> level & 1:
            continue
        begin, end = end, end + (1 << level)
        peak = (head.size >> level).bit_count() - 1
        if [edge.peaks[peak]] != peaks[peak : peak + 1]:
            raise LogDamaged(end, "the head row has another peak over these", first=begin + 1)
    if len(peaks) != len(edge.peaks):
        raise LogDamaged(head.size, "the head row has peaks that its log does not have")


def _expected_tiles(size: int) -> tuple[int, int]:
    """How many tiles are stored for a tree, and how many bytes they have together."""
    count, nodes = size // WIDTH, size >> HEIGHT
    hashes = count * WIDTH
    while nodes:
        count, hashes = count - (-nodes // WIDTH), hashes + nodes
        nodes >>= HEIGHT
    return count, hashes * tree.HASH_SIZE


def _check_entry(row: LogRow, versions: dict[str, int], report: Report) -> None:
    """Check what can be seen in passing; ``check_states`` compares all columns, visit by visit."""
    try:
        visit_id, version = codec.event_key(row.body)
    except ValueError as error:
        raise LogDamaged(row.position, f"the body is not as a server writes it: {error}") from None
    if misdated := report.misdated(row.position, row.record_time):
        raise LogDamaged(row.position, misdated)
    if (row.visit_id, row.version) != (visit_id, version):
        raise LogDamaged(
            row.position,
            f"by its body the entry is change {version} of visits/{visit_id}, but its columns "
            "name another",
        )
    if row.record_time < report.last_time:
        raise LogDamaged(row.position, "the record time goes back")
    expected = versions.get(visit_id, 0) + 1
    if version != expected:
        raise LogDamaged(
            row.position,
            f"the entry is change {version} of visits/{visit_id}, but change {expected} comes next",
        )
    versions[visit_id] = version
    report.count(row.position, row.record_time)


def _check_since(since: Checkpoint | None, edge: Edge, hashes: Sequence[bytes]) -> None:
    """Compare the tree with the checkpoint that was kept, once it reaches that size.

    ``hashes`` are the leaf hashes that come after the edge.
    """
    if since is None:
        return
    missing = since.size - edge.size
    if missing == 0 == len(hashes) or 0 < missing <= len(hashes):
        root = tree.root(tree.append(edge.peaks, edge.size, hashes[:missing]))
        if root != since.root:
            raise LogDamaged(
                since.size,
                "the entries are not those of the checkpoint that was kept: it has the root "
                f"{since.root.hex()}, and they have {root.hex()}",
                first=1,
            )


def _check_tile(connection: Connection, made: Tile) -> None:
    """Compare a stored tile with the one made from the entries so far."""
    stored = read_tile(connection, made.level, made.index)
    if stored[: len(made.hashes)] == made.hashes:
        return
    pairs = zip(tree.split(made.hashes), tree.split(stored), strict=False)
    differing = next((i for i, (one, other) in enumerate(pairs) if one != other), None)
    width = WIDTH**made.level
    tile = f"tile {made.index} of level {made.level}"
    if differing is None:
        last = (made.index * WIDTH + len(tree.split(made.hashes))) * width
        raise LogDamaged(last, f"{tile} is missing or too short")
    last = (made.index * WIDTH + differing + 1) * width
    raise LogDamaged(last, f"{tile} has another hash", first=last - width + 1)


def _as_replayed(row: LogRow) -> bytes:
    return wire.frame_prefix(row.position, row.record_time, len(row.body)) + bytes(row.body)


def _check_segment(connection: Connection, number: int, made: bytes) -> bool:
    """Compare a stored segment with the one made from the entries. False: there is none."""
    stored = connection.execute(_SEGMENT, {"number": number}).scalar()
    if stored not in (None, made):
        first, last = number * EVENTS + 1, (number + 1) * EVENTS
        raise LogDamaged(last, f"segment {number} does not match the entries", first=first)
    return stored is not None
