"""An edge's process: the gRPC server. It reads the database, and passes changes to the core."""

import asyncio
import gc
import os
import socket
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import uvloop

from service.access.callers import Callers
from service.access.followed import follow
from service.access.tls import Tls
from service.audit.changes import ChangeQueries
from service.audit.checkpoints import Checkpoints
from service.audit.keys import public_key
from service.audit.proofs import Prover
from service.audit.tiles import Tiles
from service.config import Settings
from service.limits import AWAY_SECONDS, GC_THRESHOLDS, SWITCH_SECONDS, UNLINKED_SECONDS
from service.link.control import RELOAD, Control
from service.link.edge import CoreLink
from service.link.frames import Condition, Recorded
from service.live.log_view import Committed, LogView
from service.live.reads import Reads
from service.live.ring import Recent
from service.main import (
    StartupError,
    access,
    access_record,
    open_when_there,
    reach,
    reason_of,
)
from service.observe import logs, tracing
from service.observe.counting import counts
from service.queries.as_of import AsOfQueries
from service.queries.freshness import Freshness
from service.queries.history import HistoryQueries
from service.queries.visits import VisitQueries
from service.rpc.access import Doors
from service.rpc.audit_service import AuditServicer
from service.rpc.calls import Calls
from service.rpc.desk_service import DeskServicer, ask_for_checkpoint, reach_end
from service.rpc.history_service import HistoryServicer
from service.rpc.info_service import InfoServicer
from service.rpc.listening import connection_options, open_ports
from service.rpc.seen import report
from service.rpc.server import Server
from service.rpc.visit_service import VisitServicer
from service.store.engines.database import Database
from service.store.log.reader import Reader
from service.store.log.tree_reader import TreeReader


def run(
    control: Control, settings: Settings, reports: socket.socket | None, inner: str = ""
) -> None:
    """Answer calls, until the supervisor says that it is enough.

    What is counted goes to ``reports``, if somebody shows it. ``inner`` is the address for the
    board; empty if there is none.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    with logs.to_stderr(settings.log_format):
        try:
            send_traces = tracing.begin()
            uvloop.run(_serve(control, settings, reports, inner))
            send_traces()
        except Exception as error:
            control.send({"failed": reason_of(error)})


class Edge:
    """Everything between an open database and the gRPC server, wired together."""

    def __init__(
        self, database: Database, cached_visits: int, unlinked: Callable[[], None]
    ) -> None:
        self.database = database
        self.reads = Reads(Reader(database))
        self.log_view = LogView(self.reads.reader.head(), self.reads, cached_visits)
        self.core = CoreLink(self._hear, self._ask_for_link)
        self._unlinked = unlinked
        self._condition = Condition()
        # Called with whether changes are recorded as they should be, when that may have changed.
        self.can_record: Callable[[bool], None] = lambda _: None

    def warnings(self) -> Sequence[str]:
        """What the core says that the operator should look at."""
        faults = [f"changes are at risk: {self._condition.fault}"] if self._condition.fault else []
        return [*faults, *self._condition.warnings]

    def _hear(self, told: Recorded | Condition) -> None:
        if isinstance(told, Recorded):
            self._take(told)
            return
        if told.hold != self._condition.hold:
            self.reads.hold(told.hold)
        self._condition = told
        self.can_record(not told.fault)

    def _take(self, recorded: Recorded) -> None:
        """Take note of what the core has committed, and whether it can commit more."""
        self.database.closed = recorded.closed
        if recorded.changes:
            changes = [
                Committed(Recent(visit_id, topic, member), recorded.record_time, state)
                for visit_id, topic, member, state in recorded.changes
            ]
            self.log_view.take(recorded.first, changes)
        else:
            self.log_view.notice(recorded.first - 1)

    def servicers(
        self, settings: Settings, callers_known: bool, warnings: Callable[[], Sequence[str]]
    ) -> Sequence[Any]:
        """One servicer for each service of the contract."""
        key = public_key(self.database)
        view, reads = self.log_view, self.reads
        freshness = Freshness(view, self.database.is_shared)
        visits, history = VisitQueries(reads, view), HistoryQueries(reads, view)
        past = AsOfQueries(reads, view, visits, freshness, self._reach_end)
        changes = ChangeQueries(reads, visits, freshness)
        tree = TreeReader(self.database)
        checkpoints = Checkpoints(partial(ask_for_checkpoint, self.core), view)
        prover = Prover(reads, tree, freshness, checkpoints)
        tiles = Tiles(reads, tree, freshness)
        return (
            VisitServicer(visits, past, freshness, view),
            DeskServicer(self.core, view, visits),
            HistoryServicer(history, visits, past, freshness, view),
            AuditServicer(changes, prover, tiles, visits, freshness, view),
            InfoServicer(self.database, key, settings, freshness, view, callers_known, warnings),
        )

    async def _reach_end(self) -> None:
        """Wait for what is under way. A server that only reads cannot, and answers as it is."""
        if not self.database.is_read_only:
            await reach_end(self.core, self.log_view)

    def link(self, core: socket.socket) -> None:
        """Pass changes on over this socket from now on."""
        self._hear(Condition())
        self._linking = asyncio.ensure_future(self.core.connect(core))

    def _ask_for_link(self) -> None:
        """Ask for another link, if none comes by itself, as it does from a new core."""

        def ask() -> None:
            if not self.core.is_linked:
                self._unlinked()

        def tell() -> None:
            if not self.core.is_linked:
                self.can_record(False)

        loop = asyncio.get_running_loop()
        loop.call_later(UNLINKED_SECONDS, ask)
        loop.call_later(AWAY_SECONDS, tell)

    def listen(self) -> None:
        """Take note of what other servers commit."""
        loop = asyncio.get_running_loop()

        def notice(size: int) -> None:
            loop.call_soon_threadsafe(self.log_view.notice, size)

        if self.database.is_shared:
            self.database.listeners.add(notice)
            self.database.listen()

    def report(self, reports: socket.socket, server: Server, callers: Callers | None) -> None:
        """Tell once a second what can be seen of it."""
        valid = callers.tokens if callers is not None else lambda: None
        telling = report(reports, self.log_view, self.reads, self.core, server, valid)
        self._reporting = asyncio.ensure_future(telling)

    def close(self) -> None:
        """Wait for the running reads, and close the database."""
        self.reads.close()
        self.database.close()


async def _serve(
    control: Control, settings: Settings, reports: socket.socket | None, inner: str
) -> None:
    links: list[socket.socket] = []

    def hear(seconds: float) -> bool:
        """Keep the links that come meanwhile, and return whether it is the end."""
        said, link = control.receive() if control.wait(seconds) else ("", None)
        if link is not None:
            links.append(link)
        return said is None or said == "end"

    database = open_when_there(
        hear, settings.database, read_only=settings.read_only, beside_writer=True
    )
    edge = Edge(database, settings.cached_visits, lambda: control.send({"unlinked": True}))
    stop = asyncio.Event()
    record = None
    try:
        callers, tls = access(settings)
        refreshes = [each.refresh for each in (callers, tls) if each is not None]
        for refresh in refreshes:
            follow(refresh)
        if callers is not None:
            record = access_record(database, settings)
        edge.listen()
        warnings = partial(_warnings, reach(settings), tls, edge)
        server = Server(
            edge.servicers(settings, callers is not None, warnings),
            Calls(settings.max_calls, settings.max_watches, Doors(callers), record),
            edge.log_view.drain,
            connection_options(settings),
        )
        counts.methods |= server.methods
        edge.can_record = server.tell_whether_it_records
        for link in links:
            edge.link(link)
        hearing = partial(_hear, control, edge, stop, refreshes)
        asyncio.get_running_loop().add_reader(control, hearing)
        try:
            await server.start(partial(open_ports, settings=settings, tls=tls, inner=inner))
        except RuntimeError as error:
            raise StartupError(f"cannot listen on {settings.listen}") from error
        if reports is not None:
            edge.report(reports, server, callers)
        gc.freeze()  # never look at the objects of the start again
        gc.set_threshold(*GC_THRESHOLDS)
        control.send({"serving": True})
        await stop.wait()
        await server.stop(settings.shutdown_seconds)
    finally:
        edge.close()
        if record is not None:
            record.close()


def _warnings(reach: str, tls: Tls | None, edge: Edge) -> Sequence[str]:
    """What the operator should look at."""
    found = (*edge.warnings(), reach, tls.warning() if tls else "")
    return [each for each in found if each]


def _hear(
    control: Control, edge: Edge, stop: asyncio.Event, refreshes: Sequence[Callable[[], None]]
) -> None:
    """Do what the supervisor says. If it is gone, end at once: nobody would start the core."""
    said, link = control.receive()
    if said is None:
        os._exit(1)
    if link is not None:
        edge.link(link)
    elif said == RELOAD:
        for refresh in refreshes:
            refresh()
        control.done(RELOAD)
    elif said == "end":
        stop.set()
