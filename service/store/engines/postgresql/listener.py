"""Following the log of a shared database: one connection of this process waits for changes."""

import threading
from typing import Any

import psycopg
import structlog
from sqlalchemy.engine import URL

from service.store.engines.database import Database
from service.store.engines.postgresql.connections import SECONDS, SERVER, connect

# The name is that in the trigger of migration 0003.
CHANNEL = "chancery_log"
# Seconds between two looks at the head of the log, if notifications come and if they do not.
POLL = 0.5
STANDBY_POLL = 0.05
# Seconds before a connection is tried again.
RECONNECT = 0.1

# A server that dies or hangs in the middle of a COPY would keep the lock of the head row: during
# COPY none of PostgreSQL's timeouts apply.
_END_ABANDONED = f"""
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user
    AND application_name = '{SERVER}' AND xact_start IS NOT NULL
    AND wait_event = 'ClientRead' AND state_change < now() - interval '{SECONDS} s'
"""

logger = structlog.get_logger()


class Listener:
    """The one connection of this process that waits for notifications, and also polls.

    A notification can be lost with its connection, and a standby sends none. The listener also
    ends transactions that other servers have abandoned, so that they block nobody.
    """

    def __init__(self, database: Database, url: URL) -> None:
        self._database = database
        self._url = url
        self._size = 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="chancery-listener", daemon=True)

    def start(self) -> None:
        """Start listening, if it has not been started."""
        if not self._thread.is_alive():
            self._thread.start()

    def stop(self) -> None:
        """Stop listening, and wait for the end."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        is_cut = False
        while not self._closing.is_set():
            try:
                with connect(self._url, autocommit=True) as connection:
                    poll = self._listen(connection)
                    is_cut = False
                    self._follow(connection, poll)
            except psycopg.Error as error:
                if not is_cut:
                    logger.warning("the log cannot be followed", reason=str(error).strip())
                is_cut = True
                self._closing.wait(RECONNECT)

    def _listen(self, connection: "psycopg.Connection[Any]") -> float:
        """Ask for notifications, and return the seconds to wait between two looks."""
        try:
            connection.execute(f"LISTEN {CHANNEL}")
            return POLL
        except psycopg.errors.ReadOnlySqlTransaction:
            return STANDBY_POLL

    def _follow(self, connection: "psycopg.Connection[Any]", poll: float) -> None:
        while not self._closing.is_set():
            row = connection.execute("SELECT size, closed FROM head").fetchone()
            size, self._database.closed = row or (0, None)
            if size < self._size:
                logger.error("changes are lost", before=self._size, now=size)
            self._size = size
            self._database.notify(size)
            if poll == STANDBY_POLL:
                self._closing.wait(poll)
            else:
                connection.execute(_END_ABANDONED)
                for notice in connection.notifies(timeout=poll):
                    self._database.notify(int(notice.payload))
