"""What the core does beside its rounds: it looks after the database, and tells how it fares."""

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import structlog
from sqlalchemy.exc import DBAPIError

from service.codec.clock import from_microseconds
from service.limits import (
    CLOCK_AHEAD_SECONDS,
    HOLD_AGAIN_SECONDS,
    HOLD_SECONDS,
    LOOK_SECONDS,
    WAL_BYTES,
    WAL_HOLD_BYTES,
)
from service.link.frames import Condition
from service.store.engines.database import FULL, Database
from service.store.errors import StoreError
from service.store.log.writer import Writer

logger = structlog.get_logger()


class Upkeep:
    """Looks after a database once a second. ``tell`` is called with what has changed.

    ``warnings`` are what the operator should know from the start on.
    """

    def __init__(
        self,
        database: Database,
        writer: Writer,
        tell: Callable[[Condition], None],
        warnings: Sequence[str] = (),
    ) -> None:
        self._database = database
        self._writer = writer
        self._tell = tell
        self._warnings = tuple(warnings)
        self._clock_warning = self._wal_warning = ""
        self._told = Condition()
        self._due = 0.0
        # Until when edges are asked to begin no read, and when they may be asked again.
        self._held_until = 0.0
        self._hold_again = 0.0

    def turn(self) -> bool:
        """Do what is due, and return whether there is more to do at once."""
        if self._held_until:
            self._empty_wal_in_hold()
        elif time.monotonic() >= self._due:
            self._due = time.monotonic() + LOOK_SECONDS
            self._look()
        self._tell_what_changed()
        return bool(self._held_until)

    def _look(self) -> None:
        database = self._database
        database.look()
        database.trouble.log_counts()
        self._clock_warning = clock_warning(self._writer.last_record_time)
        if database.fault:
            return
        if database.trouble.reason:
            self._probe()
        if database.wal_bytes < WAL_BYTES:
            self._wal_warning = ""
        elif database.wal_bytes < WAL_HOLD_BYTES or time.monotonic() < self._hold_again:
            self._empty_wal()
        else:
            self._held_until = time.monotonic() + HOLD_SECONDS

    def _probe(self) -> None:
        """Try whether what failed still fails."""
        if not self._database.has_room():
            self._database.trouble.lasts(FULL)
            return
        with suppress(StoreError):  # it is noted where it fails
            self._writer.probe()

    def _empty_wal(self) -> bool:
        """Try to empty the write-ahead log, and return whether nobody prevented it."""
        try:
            return self._database.empty_wal()
        except DBAPIError as error:
            self._database.failed("checkpoint failed", error)
            return True

    def _empty_wal_in_hold(self) -> None:
        """Try it while edges begin no read, and tell if somebody else prevents it."""
        is_done = self._empty_wal()
        if not is_done and time.monotonic() < self._held_until:
            return
        self._held_until = 0.0
        self._hold_again = time.monotonic() + HOLD_AGAIN_SECONDS
        if not is_done:
            megabytes = self._database.wal_bytes >> 20
            self._wal_warning = (
                f"the write-ahead log has {megabytes} MiB and cannot be emptied: "
                f"{_who_reads(self._database.readers_pids())} has been reading it too long"
            )

    def _tell_what_changed(self) -> None:
        database = self._database
        fault = database.fault or database.trouble.reason
        found = filter(None, (self._clock_warning, self._wal_warning))
        warnings = (*self._warnings, *found)
        now = Condition(fault, warnings, bool(self._held_until))
        if now == self._told:
            return
        if fault != self._told.fault:
            if fault:
                logger.error("changes at risk", reason=fault)
            else:
                logger.info("changes are safe again")
        for warning in set(warnings) - set(self._told.warnings):
            logger.warning("attention", reason=warning)
        self._told = now
        self._tell(now)


def clock_warning(record_time: int) -> str:
    """What to tell if the last record time (microseconds) is ahead of the clock; else empty.

    Every later change gets that time, until the clock has caught up.
    """
    if record_time / 1e6 - time.time() <= CLOCK_AHEAD_SECONDS:
        return ""
    last = from_microseconds(record_time).isoformat(timespec="seconds")
    return (
        f"the last change was recorded at {last}, and it is not that late by the clock of this "
        "machine: changes get that time until it is. Check the clock"
    )


def _who_reads(pids: Sequence[int]) -> str:
    """Who reads, for a person: a process that is not of this server, if there is one."""
    foreign = [pid for pid in pids if pid != os.getpid() and _parent(pid) != os.getppid()]
    if foreign:
        return f"another program (process {', '.join(map(str, foreign))})"
    return "a process of this server" if pids else "somebody"


def _parent(pid: int) -> int:
    """The parent of a process; 0 if it is not known."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError):
        return 0
