"""What the writer does in one transaction: it appends a batch to the log."""

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy import bindparam as param

from service.codec import wire
from service.store import tables
from service.store.engines.database import now_microseconds
from service.store.errors import LogClosed, RequestIdTaken, VersionConflict
from service.store.log.appends import Append, Entry
from service.store.log.rows import HeadRow
from service.store.log.tail import LogTail, extend, read_tail
from service.store.states.write import write_states
from service.tlog import tree

_HEAD = select(tables.head).with_for_update().subquery()
# The clock is read once the row is locked.
_LOCK_HEAD = select(_HEAD, now_microseconds())
_UPDATE_HEAD = update(tables.head).values(
    size=param("size"), record_time=param("record_time"), peaks=param("peaks")
)
_NOT_AT_VERSION = "a visit is not at the version that a change was decided on"


def lock_head(connection: Connection) -> tuple[HeadRow, int]:
    """The head row, and the time (microseconds) by the clock of the database.

    No other process appends until the transaction ends.
    """
    *columns, now = connection.execute(_LOCK_HEAD).one()
    return HeadRow(*columns), now


def write(
    connection: Connection,
    appends: Sequence[Append],
    tail: LogTail | None,
    clock: Callable[[], int] | None = None,
) -> LogTail | None:
    """Write the appends in the transaction that is open.

    ``tail`` is the tail of the log as this process knows it, and the result is the new one.
    ``clock`` gives microseconds; without one, the clock of the database counts.

    :raises LogClosed: the log takes no more changes.
    :raises IntegrityError: a visit has this version already, or an actor this request id.
    :raises VersionConflict: a visit is not at the version that a change was decided on.
    :raises LogDamaged: the head row, the last entries and the tiles do not match.
    """
    head, now = lock_head(connection)
    earliest = max(clock() if clock else now, head.record_time)
    entries = [entry for append in appends for entry in append.entries]
    if not entries:
        for append in appends:
            append.record_time = earliest
        return tail
    if head.closed is not None:
        raise LogClosed(head.closed)
    for append in appends:
        _check_rests(connection, append)
    record_time = max(earliest, *(append.not_before for append in appends))
    tail = read_tail(connection, head, tail)
    rows, hashes = _log_rows(entries, head.size, record_time)
    tail = extend(connection, tail, rows, hashes)
    numbered = enumerate(entries, start=head.size + 1)
    states = [(position, entry.row) for position, entry in numbered if entry.row is not None]
    write_states(connection, states, record_time)
    size = head.size + len(entries)
    changed_head = {"size": size, "record_time": record_time, "peaks": tail.peaks}
    connection.execute(_UPDATE_HEAD, changed_head)
    _note_as_written(appends, rows)
    return tail


def without_conflicts(connection: Connection, batch: Iterable[Append]) -> list[Append]:
    """The appends that can be written one after the other; the others get their ``error``."""
    lock_head(connection)
    versions: dict[str, int] = {}
    taken: set[tuple[str, str | None]] = set()
    good = []
    for append in batch:
        seen_versions, seen_keys = dict(versions), set(taken)
        try:
            _check_rests(connection, append)
            for entry in append.entries:
                _check(connection, entry, seen_versions, seen_keys)
        except (VersionConflict, RequestIdTaken) as error:
            append.error = error
        else:
            versions, taken = seen_versions, seen_keys
            good.append(append)
    return good


def survived(connection: Connection, appends: Iterable[Append]) -> bool:
    """Whether a transaction that wrote these appends was committed, if its end is not known."""
    lock_head(connection)  # the transaction may not have ended yet
    written = next((append for append in appends if append.nonces), None)
    if written is None:
        return False
    nonce = select(tables.log.c.nonce).where(tables.log.c.position == written.first_position)
    return connection.execute(nonce).scalar() == written.nonces[0]


def _log_rows(
    entries: Sequence[Entry], size: int, record_time: int
) -> tuple[list[dict[str, Any]], Sequence[bytes]]:
    """The rows that follow on a log of that size, and their leaf hashes."""
    nonces = os.urandom(32 * len(entries))
    rows, hashes = [], []
    for i, entry in enumerate(entries):
        position, nonce = size + 1 + i, nonces[32 * i : 32 * i + 32]
        commitment = tree.commitment(nonce, entry.body)
        hashes.append(tree.leaf_hash(tree.leaf(position, record_time, commitment)))
        rows.append(
            {
                "position": position,
                "visit_id": entry.visit_id,
                "version": entry.version,
                "topic": entry.topic,
                "record_time": record_time,
                "body": entry.body,
                "nonce": nonce,
                "request_id": entry.request_id,
                "actor": entry.actor,
                "request_digest": entry.request_digest,
                "frame_prefix": wire.frame_prefix(position, record_time, len(entry.body)),
            }
        )
    return rows, hashes


def _note_as_written(appends: Sequence[Append], rows: Sequence[dict[str, Any]]) -> None:
    """Note on each append where in the log its entries are: at the next of these rows."""
    written = 0
    for append in appends:
        append.first_position = rows[0]["position"] + written
        append.record_time = rows[0]["record_time"]
        until = written + len(append.entries)
        append.frame_prefixes = [row["frame_prefix"] for row in rows[written:until]]
        append.nonces = [row["nonce"] for row in rows[written:until]]
        written = until


def _check_rests(connection: Connection, append: Append) -> None:
    """Refuse an append whose decision rests on something that no longer holds.

    Another process may have changed a visit since. Or a change before it was not recorded, and
    another one may have that version now.

    :raises VersionConflict: the append is refused.
    """
    if any(each.error is not None for each in append.on_top_of):
        raise VersionConflict(_NOT_AT_VERSION)
    if append.rest_on:
        columns = tables.visit.c.visit_id, tables.visit.c.version
        found = select(*columns).where(columns[0].in_(append.rest_on))
        if dict(map(tuple, connection.execute(found))) != append.rest_on:
            raise VersionConflict(_NOT_AT_VERSION)


def _check(
    connection: Connection,
    entry: Entry,
    versions: dict[str, int],
    taken: set[tuple[str, str | None]],
) -> None:
    """Note an entry as written, unless it conflicts with the log or an entry before it.

    :raises RequestIdTaken: the actor used the request id before.
    :raises VersionConflict: the visit is not at the version before the entry's.
    """
    log = tables.log.c
    key = (entry.actor, entry.request_id)
    if entry.request_id is not None:
        of_request = select(log.position).where(
            log.actor == entry.actor, log.request_id == entry.request_id
        )
        if key in taken or connection.execute(of_request).first():
            raise RequestIdTaken(f"request id {entry.request_id!r} was used before")
        taken.add(key)
    same = select(log.position).where(log.visit_id == entry.visit_id, log.version == entry.version)
    if entry.row is not None:
        if entry.visit_id not in versions:
            of_visit = select(tables.visit.c.version).where(
                tables.visit.c.visit_id == entry.visit_id
            )
            versions[entry.visit_id] = connection.execute(of_visit).scalar() or 0
        conflict = versions[entry.visit_id] != entry.version - 1
    else:
        conflict = entry.version <= versions.get(entry.visit_id, -1)
    if conflict or connection.execute(same).first():
        raise VersionConflict(f"visit {entry.visit_id!r} has another version {entry.version}")
    versions[entry.visit_id] = entry.version
