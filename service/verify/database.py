"""Verifying a database, while a server may be writing to it: all of it is of one moment."""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.exc import DatabaseError

from service import codec
from service.codec import wire
from service.projections.rebuild import rebuilt
from service.store import tables
from service.store.engines.opening import place, reading
from service.store.errors import LogDamaged, StartupRefused
from service.store.log.segments import EVENTS, OpenSegment
from service.store.log.tree_edge import leaf_hash, tile_hashes
from service.store.states.rows import VisitRow
from service.tlog import tree
from service.tlog.bundle import Contents
from service.tlog.note import Checkpoint, InvalidNote, Note, VerifierKey
from service.tlog.tiles import HEIGHT, WIDTH, Edge, Tile
from service.verify.report import WITHDRAWN, Progress, Report

log = tables.log
_STATE = select(tables.visit).where(tables.visit.c.visit_id == bindparam("of"))
_SEGMENT = select(tables.segment.c.events).where(tables.segment.c.number == bindparam("of"))
_ALIASES = select(tables.alias.c.alias).where(tables.alias.c.visit_id == bindparam("of"))
_WORDS = select(func.count()).where(
    tables.word.c.visit_id == bindparam("of"),
    tables.word.c.word.in_(bindparam("words", expanding=True)),
)


def verify_database(
    url: str, keys: Sequence[VerifierKey], since: Note | None, progress: Progress
) -> Report:
    """Verify that all of a database follows from the bodies and nonces of its log.

    That nobody made all of it anew only ``since`` shows, a checkpoint that was kept elsewhere.

    :raises StartupRefused: there is no such database, or the connection to it was lost.
    :raises LogDamaged: something in it is not as it should be.
    :raises InvalidNote: ``since`` is of another log, or nobody whose key was given signed it.
    """
    engine = reading(url)
    try:
        with engine.connect() as connection:
            head = _head(connection)
            root = tree.root(tree.split(head.peaks))
            report = Report(Contents(), Checkpoint(head.origin, head.size, root))
            report.go_on_from(since, keys)
            edge = _check_log(connection, report, progress)
            _check_head(connection, head, edge, report)
            _check_states(connection, report, progress)
            return report
    except (DatabaseError, UnicodeDecodeError) as error:
        if getattr(error, "connection_invalidated", False):
            raise StartupRefused(f"the connection to {place(url)} was lost") from error
        reason = getattr(error, "orig", error)
        raise LogDamaged(1, f"or one behind it cannot be read: {reason}") from error
    finally:
        engine.dispose()


def _head(connection: Connection) -> Any:
    """The only head row.

    :raises LogDamaged: it is none that a server writes.
    """
    rows = connection.execute(select(tables.head)).all()
    if len(rows) != 1 or not _is_head(rows[0]):
        last = connection.execute(select(func.max(log.c.position))).scalar() or 0
        raise LogDamaged(last, "is the last, and the head row is none that a server writes")
    return rows[0]


def _is_head(row: Any) -> bool:
    *fields, public_key, closed = row
    types = [type(field) for field in (*fields, closed or "")]
    if types != [int, int, int, bytes, str, str] or row.id != 1:
        return False
    try:
        return public_key is None or (
            f"{VerifierKey.parse(public_key)}" == public_key
            and VerifierKey.parse(public_key).name == row.origin
        )
    except (AttributeError, InvalidNote, TypeError):
        return False


def _check_log(connection: Connection, report: Report, progress: Progress) -> Edge:
    """The entries by their positions, and the tiles over them. Gives the edge of the tree."""
    edge, versions = Edge(), dict[str, int]()
    open_segment, kept_segments = OpenSegment(), 0
    _check_since(report.since, edge, [])
    by_position = select(log).order_by(log.c.position)
    with connection.execution_options(yield_per=WIDTH).execute(by_position) as rows:
        for some in rows.partitions():
            for position, row in enumerate(some, start=edge.size + 1):
                if row.position != position:
                    raise LogDamaged(position, f"is missing: {row.position} follows")
            hashes = [leaf_hash(row) for row in some]
            grown, tiles = edge.grown(hashes)
            for each in tiles:
                _check_tile(connection, each)
            for row in some:
                _check_entry(row, versions, report)
            open_segment, complete = open_segment.grown([_as_replayed(row) for row in some])
            kept_segments += sum(_check_segment(connection, *each) for each in complete)
            _check_since(report.since, edge, hashes)
            edge = grown
            progress(edge.size, 2 * report.checkpoint.size)
    found = connection.execute(select(func.count()).select_from(tables.segment)).scalar_one()
    if found != kept_segments:
        raise LogDamaged(
            edge.size, f"is of a log of {kept_segments} segments, and there are {found}"
        )
    return edge


def _as_replayed(row: Any) -> bytes:
    return wire.frame_prefix(row.position, row.record_time, len(row.body)) + bytes(row.body)


def _check_segment(connection: Connection, number: int, made: bytes) -> bool:
    """Hold a segment that is stored against the one made of the entries. False: there is none."""
    stored = connection.execute(_SEGMENT, {"of": number}).scalar()
    if stored not in (None, made):
        last = (number + 1) * EVENTS
        raise LogDamaged(
            last, f"or one back to {last - EVENTS + 1} does not match segment {number}"
        )
    return stored is not None


def _check_entry(row: Any, versions: dict[str, int], report: Report) -> None:
    """What of the entry can be seen in passing; all its columns are looked at visit by visit."""
    try:
        visit_id, version = codec.event_key(row.body)
    except ValueError:
        raise LogDamaged(row.position) from None
    if (row.visit_id, row.version) != (visit_id, version):
        raise LogDamaged(
            row.position, f"is change {version} of visits/{visit_id} by its body alone"
        )
    if row.record_time < report.last_time:
        raise LogDamaged(row.position, "was recorded before what is before it")
    expected = versions.get(visit_id, 0) + 1
    if version != expected:
        raise LogDamaged(
            row.position,
            f"is change {version} of visits/{visit_id}, where {expected} is expected",
        )
    versions[visit_id] = version
    report.count(row.position, row.record_time)


def _check_since(since: Checkpoint | None, edge: Edge, hashes: Sequence[bytes]) -> None:
    """Hold the tree against the checkpoint that was kept, as it passes its size."""
    if since is None:
        return
    behind = since.size - edge.size
    if behind == 0 == len(hashes) or 0 < behind <= len(hashes):
        root = tree.root(tree.append(edge.peaks, edge.size, hashes[:behind]))
        if root != since.root:
            raise LogDamaged(
                since.size,
                "and those before it are not those of the checkpoint that was kept: it has the "
                f"root {since.root.hex()}, and they have {root.hex()}",
            )


def _check_tile(connection: Connection, made: Tile) -> None:
    """Hold a tile that is stored against the one made of the entries so far."""
    stored = tile_hashes(connection, made.level, made.index)
    if stored[: len(made.hashes)] == made.hashes:
        return
    pairs = zip(tree.split(made.hashes), tree.split(stored), strict=False)
    differing = next((i for i, (one, other) in enumerate(pairs) if one != other), None)
    width = WIDTH**made.level
    tile = f"tile {made.index} of level {made.level}"
    if differing is None:
        position = (made.index * WIDTH + len(tree.split(made.hashes))) * width
        raise LogDamaged(position, f"is the last of some that are missing in {tile}")
    position = (made.index * WIDTH + differing + 1) * width
    before = f"or one back to {position - width + 1} " if width > 1 else ""
    raise LogDamaged(position, f"{before}does not match {tile}")


def _check_head(connection: Connection, head: Any, edge: Edge, report: Report) -> None:
    since = report.since
    if since is not None and since.size > edge.size:
        raise LogDamaged(
            edge.size + 1, f"is missing: the checkpoint that was kept has {since.size} changes"
        )
    if edge.size < head.size:
        raise LogDamaged(edge.size + 1, f"is missing: the head row has {head.size} changes")
    if edge.size > head.size:
        raise LogDamaged(head.size + 1, "is more than the head row has")
    if head.record_time != report.last_time:
        raise LogDamaged(head.size, "was not recorded when the head row says")
    end, peaks = 0, tree.split(head.peaks)
    for level in range(head.size.bit_length() - 1, -1, -1):
        if not head.size >> level & 1:
            continue
        begin, end = end, end + (1 << level)
        peak = (head.size >> level).bit_count() - 1
        if [edge.peaks[peak]] != peaks[peak : peak + 1]:
            raise LogDamaged(end, f"or one back to {begin + 1} does not match the head row")
    if len(peaks) != len(edge.peaks):
        raise LogDamaged(head.size, "is not the last that the peaks of the head row have")
    in_tiles = func.coalesce(func.sum(func.length(tables.tile.c.hashes)), 0)
    found = tuple(map(int, connection.execute(select(func.count(), in_tiles)).one()))
    if found != _tiles(head.size):
        raise LogDamaged(
            head.size,
            "is of a log of {} tiles with {} bytes, and there are {} with {}".format(
                *_tiles(head.size), *found
            ),
        )


def _tiles(size: int) -> tuple[int, int]:
    """How many tiles are stored of a tree, and how many bytes they have together."""
    count, nodes = size // WIDTH, size >> HEIGHT
    hashes = count * WIDTH
    while nodes:
        count, hashes = count - (-nodes // WIDTH), hashes + nodes
        nodes >>= HEIGHT
    return count, hashes * tree.HASH_SIZE


def _check_states(connection: Connection, report: Report, progress: Progress) -> None:
    """The current-state table, which the changes of each visit are to leave."""
    by_visit = select(log).order_by(log.c.visit_id, log.c.version)
    done, visits, aliases, words = report.changes, 0, 0, 0
    with connection.execution_options(yield_per=WIDTH).execute(by_visit) as rows:
        for visit_id, changes in groupby(rows, attrgetter("visit_id")):
            history = list(changes)
            row, values = _rebuilt(visit_id, history)
            names, found_by = set(row.aliases or ()), set(row.facets.words.split())
            _check_state(connection, history[-1].position, values)
            _check_names(connection, history[-1], names, found_by)
            report.states[values["status"] or WITHDRAWN] += 1
            done, visits = done + len(history), visits + 1
            aliases, words = aliases + len(names), words + len(found_by)
            progress(done, 2 * report.changes)
    for table, expected in zip(tables.STATES, (visits, aliases, words), strict=True):
        count = connection.execute(select(func.count()).select_from(table)).scalar_one()
        if count != expected:
            raise LogDamaged(
                report.changes,
                f"leaves {expected} rows in the table {table.name}, and there are {count}",
            )


def _rebuilt(visit_id: str, history: Sequence[Any]) -> tuple[VisitRow, dict[str, Any]]:
    """What the changes of a visit leave, even if no desk would have recorded them."""
    try:
        return rebuilt(visit_id, history)
    except (AttributeError, LookupError, OverflowError, TypeError, ValueError) as error:
        raise LogDamaged(
            history[-1].position,
            f"or one before it cannot be applied to visits/{visit_id}: {error}",
        ) from None


def _check_state(connection: Connection, position: int, values: dict[str, Any]) -> None:
    visit_id = values["visit_id"]
    row = connection.execute(_STATE, {"of": visit_id}).one_or_none()
    stored = row._asdict() if row is not None else {}
    differing = [column for column in values if values[column] != stored.get(column)]
    if row is None or differing:
        raise LogDamaged(
            position,
            f"is the last change of visits/{visit_id}, whose current state in the table visit is "
            f"another: {', '.join(differing) if row is not None else 'none'}",
        )


def _check_names(connection: Connection, last: Any, aliases: set[str], words: set[str]) -> None:
    """Hold what the visit of a last change is found by against what its changes make."""
    has_other = f"is the last change of visits/{last.visit_id}, which has other"
    if set(connection.execute(_ALIASES, {"of": last.visit_id}).scalars()) != aliases:
        raise LogDamaged(last.position, f"{has_other} aliases")
    found = connection.execute(_WORDS, {"of": last.visit_id, "words": sorted(words)})
    if found.scalar_one() != len(words):
        raise LogDamaged(last.position, f"{has_other} words")
