"""The process that starts the core and the edges, links them, and starts again what ends.

Each is forked from this process, in which everything is imported and nothing else runs: it
begins in some milliseconds, and shares its memory. This process has no gRPC and no database.
"""

import os
import selectors
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import structlog

from service.limits import REPEAT_SECONDS, RESTART_SECONDS
from service.link.control import ALIVE, RELOAD, Control
from service.link.notify import ServiceManager
from service.link.process import Process, Role

# Of the seconds within which the service manager wants to hear: what one look may take.
LOOKS_IN_TIME = 3

logger = structlog.get_logger()


class StartFailed(Exception):
    """A process ended before everything served. The message tells a person why."""


class Supervisor:
    """Runs one core and a number of edges. ``kill_after`` seconds are left to each to end.

    ``manager`` is told when all of them serve, that they go on answering, and that they end.
    SIGHUP, which it may send, lets the files be read again that edges and the board follow.
    ``board`` and ``metrics`` run beside them, if they are given, and are told how many were
    started again. Nobody waits for them, and their end ends nothing.
    """

    def __init__(
        self,
        core: Role,
        edges: Sequence[Role],
        kill_after: float,
        manager: ServiceManager,
        *,
        board: Role | None = None,
        metrics: Role | None = None,
    ) -> None:
        self._core = Process("core", core)
        self._edges = [Process("edge", role) for role in edges]
        self._board = [Process("board", board)] if board is not None else []
        self._metrics = [Process("metrics", metrics)] if metrics is not None else []
        self._kill_after = kill_after
        self._manager = manager
        self._look_due = float("inf")
        self._is_to_reload = self._is_reloading = False
        self._selector = selectors.DefaultSelector()
        self._has_served = False
        self._is_ending = False
        self._ends_at: float | None = None

    @property
    def _all(self) -> list[Process]:
        return [self._core, *self._edges, *self._beside]

    @property
    def _beside(self) -> list[Process]:
        return [*self._board, *self._metrics]

    def run(self, serving: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """Run until SIGTERM or SIGINT, and return the last report of the core.

        ``serving`` is called with the core's report once everything serves.

        :raises StartFailed: a process ended before that.
        """
        self._heed_signals()
        try:
            while self._ends_at is None or any(each.runs for each in self._all):
                self._start_what_is_due()
                for key, _ in self._selector.select(self._seconds_to_wait()):
                    key.data()
                if not self._has_served and all(each.report for each in (self._core, *self._edges)):
                    self._has_served = True
                    serving(self._core.report or {})
                    self._manager.ready()
                    if self._manager.watchdog_seconds is not None:
                        self._look_due = 0.0
                self._reload()
                self._look()
                self._end_what_is_left()
        finally:
            for each in self._all:
                if each.runs:
                    os.kill(each.pid, signal.SIGKILL)
                    os.waitpid(each.pid, 0)
        return self._core.report or {}

    def _heed_signals(self) -> None:
        heard, wake = socket.socketpair()
        for each in (heard, wake):
            each.setblocking(False)
        signal.set_wakeup_fd(wake.fileno())
        self._signals = heard, wake

        def end(*_: object) -> None:
            self._ends_at = self._ends_at or time.monotonic() + self._kill_after

        def reload(*_: object) -> None:
            self._is_to_reload = True

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        if self._manager.is_there:  # else SIGHUP is the end of a terminal
            signal.signal(signal.SIGHUP, reload)
        self._selector.register(heard, selectors.EVENT_READ, lambda: heard.recv(4096))

    def _seconds_to_wait(self) -> float | None:
        """Seconds until something is due; None if nothing is."""
        now = time.monotonic()
        if self._ends_at is not None:
            return max(0.0, self._ends_at - now)
        dues = [each.due for each in self._all if not each.runs and self._may_start(each)]
        due = min([*dues, self._look_due])
        return max(0.0, due - now) if due < float("inf") else None

    def _look(self) -> None:
        """When it is time: tell the manager if core and edges have answered, and ask them again."""
        now = time.monotonic()
        if now < self._look_due or self._manager.watchdog_seconds is None:
            return
        self._look_due = now + self._manager.watchdog_seconds / LOOKS_IN_TIME
        if all(each.is_alive for each in (self._core, *self._edges)):
            self._manager.alive()
        for each in (self._core, *self._edges):
            each.ask(ALIVE)

    def _reload(self) -> None:
        """Let the files be read again, if that was wanted, and tell when it is done."""
        if self._is_to_reload and self._has_served:
            self._is_to_reload, self._is_reloading = False, True
            self._manager.reloading()
            for each in (*self._edges, *self._board):
                if each.report:
                    each.ask(RELOAD)
        if self._is_reloading and not any(RELOAD in each.asked for each in self._all):
            self._is_reloading = False
            self._manager.ready()

    def _may_start(self, process: Process) -> bool:
        """Whether a process may run now: others begin when the core has first served."""
        return process is self._core or self._core.report is not None or self._has_served

    def _start_what_is_due(self) -> None:
        for each in self._all:
            is_due = not each.runs and time.monotonic() >= each.due
            if is_due and self._ends_at is None and self._may_start(each):
                self._start(each)
                if each in self._edges:
                    self._link(each)

    def _start(self, process: Process) -> None:
        ours, theirs = Control.pair()
        process.pid = os.fork()
        if process.pid == 0:
            self._become(process.role, theirs, ours)
        theirs.close()
        process.restarts += process.began > 0
        process.control, process.report, process.began = ours, None, time.monotonic()
        process.reason = ""
        process.asked.clear()
        if self._manager.watchdog_seconds is not None and process not in self._beside:
            process.ask(ALIVE)
        self._selector.register(ours, selectors.EVENT_READ, lambda: self._hear(process))

    def _become(self, role: Role, theirs: Control, ours: Control) -> None:
        """Run a role in the process that was just forked, and end."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGTERM, signal.SIGINT):  # the supervisor alone is told to end
                signal.signal(number, signal.SIG_IGN)
            if self._manager.is_there:
                signal.signal(signal.SIGHUP, signal.SIG_IGN)
            self._selector.close()
            for control in (ours, *(each.control for each in self._all)):
                if control is not None:
                    control.close()
            for end in self._signals:
                end.close()
            role(theirs)
            status = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            with suppress(OSError):
                sys.stderr.flush()
            os._exit(status)

    def _link(self, edge: Process) -> None:
        """Link an edge with the core, if both run and the core serves; else that is done later."""
        if self._core.control is not None and self._core.report and edge.control is not None:
            one, other = socket.socketpair()
            with one, other:
                self._core.control.send("link", one)
                edge.control.send("link", other)

    def _hear(self, process: Process) -> None:
        """Take the report of a process, or notice its end."""
        assert process.control is not None
        said, _ = process.control.receive()
        if said is None:
            self._note_end(process)
        elif "failed" in said:
            process.reason = said["failed"]
        elif "unlinked" in said:
            self._link(process)
        elif "done" in said:
            process.asked.discard(said["done"])
        else:
            is_new = process.report is None
            process.report = said
            if process is self._core and is_new:
                for edge in self._edges:
                    self._link(edge)
            if is_new:
                self._tell_restarts()
            if is_new and process.restarts:
                logger.info(f"{process.name} serves again", pid=process.pid)

    def _tell_restarts(self) -> None:
        """Tell whoever shows the metrics how many processes of each name were started again."""
        restarts: Counter[str] = Counter()
        for each in self._all:
            restarts[each.name] += each.restarts
        for each in self._beside:
            if each.control is not None:
                each.control.send({"restarts": restarts})

    def _note_end(self, process: Process) -> None:
        assert process.control is not None
        self._selector.unregister(process.control)
        process.control.close()
        process.control = None
        process.asked.clear()
        _, status = os.waitpid(process.pid, 0)
        if self._ends_at is not None:
            return
        if not self._has_served and process not in self._beside:
            raise StartFailed(process.reason or f"the {process.name} ended while it started")
        code = os.waitstatus_to_exitcode(status)
        now = time.monotonic()
        # What cannot be started for the same reason again and again is told now and then.
        if not process.reason or process.reason != process.told or now >= process.tell_again:
            logger.error(
                f"{process.name} ended", pid=process.pid, status=code, reason=process.reason
            )
            process.told, process.tell_again = process.reason, now + REPEAT_SECONDS
        # What has just been started is given a pause.
        has_served = process.report is not None and now - process.began > RESTART_SECONDS
        process.due = now if has_served else now + RESTART_SECONDS

    def _end_what_is_left(self) -> None:
        """After a signal: end the board, which asks the edges, then those, the core, the rest."""
        if self._ends_at is None:
            return
        if not self._is_ending:
            self._is_ending = True
            logger.info("stopping")
            self._manager.stopping()
        groups = (self._board, self._edges, [self._core], self._metrics)
        running = [[each for each in group if each.runs] for group in groups]
        next_ones = next(filter(None, running), [])
        for each in next_ones:
            if each.control is not None:
                each.control.send("end")
        if time.monotonic() > self._ends_at:
            for each in next_ones:
                os.kill(each.pid, signal.SIGKILL)
            self._ends_at = time.monotonic() + self._kill_after
