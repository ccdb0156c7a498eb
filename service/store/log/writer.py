"""Appending to the log: lock it, write, and commit.

Whoever holds the lock knows the record time of what is appended next, and nobody else changes the
log meanwhile. A commit whose reply was lost is looked for by the nonce of its first entry.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import structlog
from sqlalchemy import Connection, select
from sqlalchemy import bindparam as param
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import IntegrityError as NotUnique

from service.codec import wire
from service.codec.parts import part_ends
from service.store import tables
from service.store.engines.bulk import NEW_ROWS, execute_values, run
from service.store.engines.database import Database
from service.store.errors import (
    Conflict,
    ConnectionLost,
    FilesChanged,
    LogClosed,
    NotConnected,
    ReadOnly,
    StoreUnavailable,
)
from service.store.log.entry import Entry, keyed_digest
from service.store.log.head import lock_head
from service.store.log.tail import LogTail, extend, read_tail
from service.store.log.tiles import read_edge
from service.store.states.write import write_states
from service.tlog import tree
from service.tlog.parts import NONCE_SIZE, commitment

_UPDATE_HEAD = (
    "UPDATE head SET size = new.size, record_time = new.record_time, peaks = new.peaks "
    f"FROM {NEW_ROWS}"
)
_NONCE = select(tables.log.c.nonce).where(tables.log.c.position == param("position"))

logger = structlog.get_logger()


class LockedLog:
    """The log in an open transaction, while nobody else can append to it.

    ``size`` is its last position. ``record_time`` (microseconds since 1970) is that of whatever
    is appended now: the later of the clock and the last record time.
    """

    def __init__(self, connection: Connection, clock: Callable[[], int] | None) -> None:
        self.connection = connection
        self.head, now = lock_head(connection)
        self.size = self.head.size
        self.record_time = max(clock() if clock else now, self.head.record_time)


class Writer:
    """The one connection of this process that appends to the log. Threads take turns.

    ``clock`` gives microseconds since 1970; without one, the clock of the database counts.
    """

    def __init__(self, database: Database, clock: Callable[[], int] | None = None) -> None:
        self._database = database
        self._clock = clock
        self._turn = threading.RLock()
        self._tail: LogTail | None = None
        # The size of the log as this process left it; None if that is not known.
        self._left: int | None = None
        self._is_closed = False
        # Of the log (microseconds), as this process last saw it.
        self.last_record_time = 0

    @contextmanager
    def lock(self) -> Iterator[LockedLog]:
        """Lock the log within the context. What is not appended by its end is rolled back.

        :raises ReadOnly: this server records no changes.
        :raises NotConnected: the database cannot be reached.
        :raises FilesChanged: the files are not as they were opened, or somebody else wrote.
        :raises StoreError: the database cannot be written, or the writer is closed.
        """
        if self._database.is_read_only:
            raise ReadOnly
        with self._turn:
            if self._is_closed:
                raise StoreUnavailable("the writer is closed")
            self._look()
            with self._failures(), self._connect() as connection:
                connection.begin()
                log = LockedLog(connection, self._clock)
                self._check_left(log.size)
                self._database.closed = log.head.closed
                self.last_record_time = log.head.record_time
                try:
                    yield log
                finally:
                    connection.rollback()  # after a commit that failed, closing would not do so

    def append(self, entries: Sequence[Entry], log: LockedLog | None = None) -> Sequence[int]:
        """Append the entries together or not at all, commit, and return their positions.

        ``log`` is the log if the caller has locked it. It may append once.

        :raises LogClosed: the log takes no more changes.
        :raises Conflict: a visit has such a version already, or a request such an id.
        :raises LogDamaged: the head row, the last entries and the tiles do not match.
        :raises StoreError: they cannot be written.
        """
        if log is None:
            with self.lock() as log:
                return self.append(entries, log)
        if not entries:
            return ()
        if log.head.closed is not None:
            raise LogClosed(log.head.closed)
        rows, hashes = _log_rows(entries, log.size, log.record_time)
        try:
            with self._failures():
                tail = self._write(log, entries, rows, hashes)
                self._left = None
                log.connection.commit()
                self._look()
        except ConnectionLost:
            if not self._is_there(rows[0]):
                raise
        else:
            self._tail = tail
            self._left = rows[-1]["position"]
            self.last_record_time = log.record_time
        self._database.notify(rows[-1]["position"])
        return range(rows[0]["position"], rows[-1]["position"] + 1)

    def confirm(self, log: LockedLog) -> None:
        """Wait until a synchronous standby has all that the log has.

        A primary that crashed shows changes that its standby may lack, until it is followed again.
        Whoever is told that such a change is recorded would lose it with the primary.

        :raises StoreError: the database takes no commit.
        """
        if self._database.is_shared:
            log.connection.commit()

    def check(self) -> None:
        """Check that the log ends as its head row says.

        :raises LogDamaged: the head row, the last entries and the tiles do not match.
        :raises StoreError: as ``lock`` does.
        """
        with self.lock() as log:
            read_edge(log.connection, log.head)

    def probe(self) -> None:
        """Try whether a commit succeeds, by one that changes nothing.

        :raises StoreError: it does not.
        """
        with self.lock() as log, self._failures():
            run(log.connection, "UPDATE head SET size = size")
            log.connection.commit()

    def close(self) -> None:
        """Append nothing more."""
        with self._turn:
            self._is_closed = True

    def _look(self) -> None:
        """Look at the files, before a change is decided and before it is acknowledged.

        :raises FilesChanged: they are not as they were opened.
        """
        self._database.look()
        if self._database.fault:
            raise FilesChanged

    def _check_left(self, size: int) -> None:
        """Check that nobody else appended to a log that is not shared.

        :raises FilesChanged: somebody did. Then nothing more is recorded.
        """
        if self._left not in (None, size) and not self._database.is_shared:
            self._database.intruder = "another program wrote to the log: stop it, and start again"
            self._look()
        self._left = size

    def _write(
        self,
        log: LockedLog,
        entries: Sequence[Entry],
        rows: Sequence[dict[str, Any]],
        hashes: Sequence[bytes],
    ) -> LogTail:
        """Write the rows and what follows from them, and return the new tail of the log."""
        connection = log.connection
        tail = read_tail(connection, log.head, self._tail)
        tail = extend(connection, tail, rows, hashes)
        numbered = enumerate(entries, start=log.size + 1)
        states = [(position, each.row) for position, each in numbered if each.row is not None]
        write_states(connection, states, log.record_time)
        size = log.size + len(entries)
        grown = {"size": size, "record_time": log.record_time, "peaks": tail.peaks}
        execute_values(connection, tables.head, _UPDATE_HEAD, [grown])
        return tail

    def _is_there(self, row: dict[str, Any]) -> bool:
        """Whether a row was committed, if the reply to its commit was lost."""
        with self._failures(), self._connect() as connection, connection.begin():
            lock_head(connection)  # the transaction may not have ended yet
            found = connection.execute(_NONCE, {"position": row["position"]}).scalar()
        return bool(found == row["nonce"])

    def _connect(self) -> Connection:
        """The connection, which is made again if it is broken.

        :raises NotConnected: it cannot be made.
        """
        try:
            return self._database.writer.connect()
        except DBAPIError as error:
            logger.warning("cannot connect", reason=type(error.orig).__name__)
            raise NotConnected from error

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Raise what the driver says as an error of the store."""
        try:
            yield
        except NotUnique as error:
            raise Conflict from error
        except DBAPIError as error:
            if error.connection_invalidated:
                logger.warning("connection lost", reason=type(error.orig).__name__)
                raise ConnectionLost from error
            raise self._database.failed("append failed", error) from error


def _log_rows(
    entries: Sequence[Entry], size: int, record_time: int
) -> tuple[list[dict[str, Any]], Sequence[bytes]]:
    """The rows that follow on a log of that size, and their leaf hashes."""
    nonces = os.urandom(NONCE_SIZE * len(entries))
    rows, hashes = [], []
    for i, entry in enumerate(entries):
        position, nonce = size + 1 + i, nonces[NONCE_SIZE * i : NONCE_SIZE * (i + 1)]
        body = entry.body
        header, opened = part_ends(body)
        committed = commitment(nonce, body[:header], body[header:opened], body[opened:])
        hashes.append(tree.leaf_hash(tree.leaf(position, record_time, committed)))
        rows.append(
            {
                "position": position,
                "visit_id": entry.visit_id,
                "version": entry.version,
                "topic": entry.topic,
                "record_time": record_time,
                "body": body,
                "nonce": nonce,
                "request_id": entry.request_id,
                "actor": entry.actor,
                "request_digest": keyed_digest(nonce, entry.request_digest),
                "open_length": opened,
                "frame_prefix": wire.frame_prefix(position, record_time, len(body)),
            }
        )
    return rows, hashes
