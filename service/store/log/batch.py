"""What one transaction of the writer does: it appends a batch to the log."""

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy import bindparam as param

from service.codec import wire
from service.store import tables
from service.store.engines.bulk import execute_values, insert_rows
from service.store.engines.database import now_microseconds
from service.store.errors import LogClosed, RequestIdTaken, VersionConflict
from service.store.log.end import End, end_of, extend
from service.store.log.entries import Append, Entry
from service.store.states.lookups import write_aliases, write_words
from service.store.states.rows import StatusTimes, VisitRow
from service.tlog import tree


def lock_head(connection: Connection) -> Any:
    """The head row, and ``now`` by the clock of the database.

    No other process appends until the transaction ends.
    """
    return connection.execute(_LOCK_HEAD).one()


def write(
    connection: Connection,
    appends: Sequence[Append],
    end: End | None,
    clock: Callable[[], int] | None = None,
) -> End | None:
    """Write the appends in one transaction, which holds the lock of the head row.

    ``end`` is that of the log as this process knows it, and what is given back that of
    the log that has the appends. ``clock`` gives microseconds; None is that of the database.

    :raises LogClosed: the log takes no more changes.
    :raises IntegrityError: a version or a request id stands already.
    :raises VersionConflict: a visit is not at the version that a change was decided on.
    """
    head = lock_head(connection)
    earliest = max(clock() if clock else head.now, head.record_time)
    entries = [entry for append in appends for entry in append.entries]
    if not entries:
        for append in appends:
            append.record_time = earliest
        return end
    if head.closed is not None:
        raise LogClosed(head.closed)
    for append in appends:
        _check_rests(connection, append)
    record_time = max(earliest, *(append.not_before for append in appends))
    end = end_of(connection, head, end)
    rows, hashes = _log_rows(entries, head, record_time)
    end = extend(connection, end, rows, hashes)
    _write_states(connection, entries, head.size, record_time)
    size = head.size + len(entries)
    connection.execute(_UPDATE_HEAD, {"size": size, "record_time": record_time, "peaks": end.peaks})
    written = 0
    for append in appends:
        append.first_position, append.record_time = head.size + written + 1, record_time
        until = written + len(append.entries)
        append.frame_prefixes = [row["frame_prefix"] for row in rows[written:until]]
        append.nonces = [row["nonce"] for row in rows[written:until]]
        written = until
    return end


def stands(connection: Connection, appends: Iterable[Append]) -> bool:
    """Whether the appends stand that were written together, though nobody knows of a commit."""
    lock_head(connection)  # who wrote them may not have ended yet
    written = next((append for append in appends if append.nonces), None)
    if written is None:
        return False
    nonce = select(tables.log.c.nonce).where(tables.log.c.position == written.first_position)
    return connection.execute(nonce).scalar() == written.nonces[0]


def _log_rows(
    entries: Sequence[Entry], head: Any, record_time: int
) -> tuple[list[dict[str, Any]], Sequence[bytes]]:
    """The rows of the log, and their leaf hashes."""
    nonces = os.urandom(32 * len(entries))
    rows, hashes = [], []
    for i, entry in enumerate(entries):
        position, nonce = head.size + 1 + i, nonces[32 * i : 32 * i + 32]
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


def _write_states(
    connection: Connection, entries: Sequence[Entry], size: int, record_time: int
) -> None:
    """Bring the current-state table to where the entries leave their visits."""
    new: dict[str, dict[str, Any]] = {}
    known: dict[str, dict[str, Any]] = {}
    aliases: dict[str, VisitRow] = {}
    words: dict[str, tuple[str, str]] = {}
    for position, entry in enumerate(entries, start=size + 1):
        row = entry.row
        if row is None:
            continue
        rows = new if row.version == 1 or row.visit_id in new else known
        rows[row.visit_id] = _after(rows.get(row.visit_id), row, position, record_time)
        if row.aliases is not None:
            aliases[row.visit_id] = row
        before, _ = words.get(row.visit_id, (row.words_before, ""))
        words[row.visit_id] = before, row.facets.words
    if new:
        insert_rows(connection, tables.visit, [_inserted(row) for row in new.values()])
    if known:
        changed = execute_values(connection, tables.visit, _UPDATE_VISIT, list(known.values()))
        if changed != len(known):
            raise VersionConflict(_NOT_AT_VERSION)
    if aliases:
        write_aliases(connection, aliases.values())
    write_words(connection, words)


def _after(
    before: dict[str, Any] | None, row: VisitRow, position: int, record_time: int
) -> dict[str, Any]:
    """The row of ``_UPDATE_VISIT`` that leads to where a change leaves its visit.

    ``before`` is that of another change of the visit in the same batch.
    """
    values = visit_values(row, position, record_time)
    version, keeps = row.version - 1, row.effective_and_known is StatusTimes.KEEP
    if before is not None:
        if version != before["version"]:
            raise VersionConflict(_NOT_AT_VERSION)
        version = before["before"]
        values["create_time"] = before["create_time"]
        if keeps:
            keeps = before["keeps"]
            values |= {name: before[name] for name in _TIMES}
    return {"before": version, "keeps": int(keeps), **values}


def _inserted(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _OF_UPDATE}


def visit_values(row: VisitRow, position: int, record_time: int) -> dict[str, Any]:
    """The columns of a visit whose first change this is."""
    times = row.effective_and_known
    if isinstance(times, StatusTimes):
        times = (record_time, record_time)
    return {
        "visit_id": row.visit_id,
        "version": row.version,
        "position": position,
        "create_time": record_time,
        "update_time": record_time,
        "effective_time": times and times[0],
        "known_time": times and times[1],
        "state": row.state,
        **vars(row.facets),
    }


def without_offenders(connection: Connection, batch: Iterable[Append]) -> list[Append]:
    """The appends that can be written one after the other; the others get their error."""
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


def _check_rests(connection: Connection, append: Append) -> None:
    """Refuse an append that was decided on what does not stand.

    That is a visit which others have changed since, or a change that was not recorded: another
    one may have its version.
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
    """Note an entry as written, where nothing stands against it."""
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


_HEAD = select(tables.head).with_for_update().subquery()
_LOCK_HEAD = select(_HEAD, now_microseconds().label("now"))  # by the clock once it is locked
_UPDATE_HEAD = update(tables.head).values(
    size=param("size"), record_time=param("record_time"), peaks=param("peaks")
)
_NOT_AT_VERSION = "a visit is not at the version that a change was decided on"
_TIMES = ("effective_time", "known_time")
_OF_UPDATE = ("before", "keeps")


def _update_visit() -> str:
    """The statement that brings visits from the version ``before`` to another state.

    Where it ``keeps`` them, their effective and known times stay.
    """
    names = [*_OF_UPDATE, *(column.name for column in tables.visit.columns)]
    new = {name: f"new.column{number}" for number, name in enumerate(names, start=1)}
    values = {name: new[name] for name in names[len(_OF_UPDATE) :]}
    values |= {n: f"CASE new.column2 WHEN 1 THEN visit.{n} ELSE {new[n]} END" for n in _TIMES}
    del values["visit_id"], values["create_time"]
    assignments = ", ".join(f"{name} = {value}" for name, value in values.items())
    return (
        f"UPDATE visit SET {assignments} FROM ({{values}}) AS new "
        f"WHERE visit.visit_id = {new['visit_id']} AND visit.version = {new['before']}"
    )


_UPDATE_VISIT = _update_visit()
