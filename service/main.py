"""The composition root: the only file that wires things."""

import asyncio
import gc
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from multiprocessing import parent_process
from pathlib import Path
from typing import Any

import structlog
import uvloop
from sqlalchemy.engine import URL

from service.audit.changes import ChangeQueries
from service.audit.keys import LogKey, open_key, rotate_key
from service.audit.proofs import Prover
from service.commands.application import VisitApplication
from service.commands.record import Commands
from service.commands.visits import Visits
from service.config import Settings
from service.live.log_view import LogView
from service.live.reads import Reads
from service.observe import logs
from service.operate.backup import copy_verified
from service.projections.rebuild import rebuild_visits
from service.queries.as_of import AsOfQueries
from service.queries.freshness import Freshness
from service.queries.history import HistoryQueries
from service.queries.visits import VisitQueries
from service.rpc.audit_service import AuditServicer
from service.rpc.calls import Calls
from service.rpc.desk_service import DeskServicer
from service.rpc.history_service import HistoryServicer
from service.rpc.info_service import InfoServicer
from service.rpc.server import Server
from service.rpc.visit_service import VisitServicer
from service.store.engines import opening
from service.store.engines.database import Database
from service.store.engines.sqlite import SqliteDatabase
from service.store.errors import LogDamaged, StartupRefused
from service.store.log.tree import TreeReader
from service.tlog.note import SignerKey
from service.verify import Progress, Report
from service.workers import supervise, take_port

# A call leaves few cycles behind: to look for them every 700 objects took a quarter of the time.
GC_THRESHOLDS = (20_000, 20, 20)

logger = structlog.get_logger()


class StartupError(Exception):
    """The server cannot start; the message says why, for a person."""


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, with as many processes as the settings say.

    :raises StartupError: the database cannot be served, or the address not be taken.
    """
    logs.set_up(settings.log_format)
    if settings.workers == 1:
        uvloop.run(_serve(settings))
        return
    if not opening.is_postgresql(_parse(settings.database)):
        raise StartupError(
            f"one process alone serves a SQLite file: {settings.workers} workers need PostgreSQL"
        )
    with closing(_open(settings.database, read_only=settings.read_only)) as database:
        _key(open_key, database, settings)
    try:
        port, address = take_port(settings.listen)
    except OSError as error:
        raise StartupError(f"cannot listen on {settings.listen}") from error
    with port:
        supervise(settings.workers, _work, settings.model_copy(update={"listen": address}))


def _work(settings: Settings) -> None:
    """Serve as one of several workers."""
    logs.set_up(settings.log_format)
    try:
        uvloop.run(_serve(settings))
    except StartupError as error:
        logger.error("cannot serve", reason=str(error))
        sys.exit(1)


def rebuild(database_url: str) -> int:
    """Make the current-state table again from the log, and give the number of visits.

    :raises StartupError: the database cannot be opened, a server has it open, or its log
        is damaged.
    """
    try:
        with opening.owned(database_url) as engine:
            return rebuild_visits(engine)
    except LogDamaged as error:
        raise StartupError(f"{error}; nothing was changed") from error
    except StartupRefused as error:
        raise StartupError(str(error)) from error


def rotate(settings: Settings) -> str:
    """Make another key for the log, and give its verifier key.

    :raises StartupError: the database or the file of the key cannot be opened or written, or a
        server has the database open.
    """
    database = _open(settings.database, create=False)
    try:
        return str(_key(rotate_key, database, settings).signer.verifier)
    finally:
        database.close()


def copy(source: str, target: str, progress: Progress) -> Report:
    """Copy a database, also one that is served, to a new file, and verify the copy.

    :raises StartupError: the database cannot be read or does not verify, or the file is there
        already or cannot be written.
    """
    try:
        return copy_verified(source, Path(target), progress)
    except LogDamaged as error:
        raise StartupError(f"{error}; nothing was written") from error
    except StartupRefused as error:
        raise StartupError(str(error)) from error


def file_of(url: str) -> str:
    """The file that a database URL names.

    :raises StartupError: it is none that can be served.
    """
    parsed = _parse(url)
    if opening.is_postgresql(parsed):
        raise StartupError(f"{opening.place(url)} is no SQLite file: PostgreSQL has backups itself")
    return str(parsed.database)


@contextmanager
def _startup_errors() -> Iterator[None]:
    """Turn what the store refuses into a StartupError."""
    try:
        yield
    except (LogDamaged, StartupRefused) as error:
        raise StartupError(str(error)) from error


def _key(get: Callable[[Database, Path], LogKey], database: Database, settings: Settings) -> LogKey:
    file = settings.key_file
    if not file and isinstance(database, SqliteDatabase):
        file = f"{database.file}.key"
    if not file:
        raise StartupError("--key-file is required with PostgreSQL: the key is not in the database")
    with _startup_errors():
        return get(database, Path(file))


def _open(url: str, *, create: bool = True, read_only: bool = False) -> Database:
    with _startup_errors():
        return opening.open_database(url, create=create, read_only=read_only)


def _parse(url: str) -> URL:
    with _startup_errors():
        return opening.parse(url)


class Service:
    """Everything between an open database and the gRPC edge, wired.

    ``clock`` gives microseconds since 1970; without one, commands are dated by the system's
    clock, and record times are those of the database's.
    """

    def __init__(
        self,
        database: Database,
        cached_visits: int = 10_000,
        clock: Callable[[], int] | None = None,
    ) -> None:
        self.database = database
        self.application = VisitApplication(database, clock)
        self.reads = Reads(self.application.reader)
        head = self.reads.reader.head()
        self.log_view = LogView(head, self.reads, cached_visits, clock)
        self.visits = Visits(
            self.application, self.reads, self.log_view, max(1, cached_visits // 10)
        )
        self.freshness = Freshness(self.log_view, database.is_shared)
        self.commands = Commands(self.visits, self.reads, self.log_view)
        self.queries = VisitQueries(self.reads, self.log_view)
        self.history = HistoryQueries(self.reads, self.log_view)
        self.past = AsOfQueries(
            self.reads, self.log_view, self.queries, self.freshness, self.visits.barrier
        )
        self.changes = ChangeQueries(self.reads, self.queries, self.freshness)

    def prover(self, signer: SignerKey) -> Prover:
        """Makes proofs, and signs with a key."""
        return Prover(self.reads, TreeReader(self.database), self.freshness, signer)

    def servicers(self, key: LogKey, settings: Settings) -> Sequence[Any]:
        """What answers the calls of each service."""
        return (
            VisitServicer(self.queries, self.past, self.freshness),
            DeskServicer(self.commands),
            HistoryServicer(self.history, self.queries, self.past, self.freshness),
            AuditServicer(self.changes, self.prover(key.signer), self.queries, self.freshness),
            InfoServicer(self.database, self.freshness, key, settings),
        )

    def close(self) -> None:
        """Commit what was submitted, and close the database."""
        self.reads.close()
        self.application.close()


async def _serve(settings: Settings) -> None:
    service = Service(
        _open(settings.database, read_only=settings.read_only), settings.cached_visits
    )
    stop = _stop_signal()  # before anybody is told that there is a server to stop
    log_view = service.log_view
    try:
        key = _key(open_key, service.database, settings)
        service.visits.listen()
        server = Server(
            service.servicers(key, settings),
            Calls(settings.max_calls, settings.max_watches),
            log_view.drain,
            shares_port=settings.workers > 1,
        )
        try:
            address = await server.start(settings.listen)
        except RuntimeError as error:
            raise StartupError(f"cannot listen on {settings.listen}") from error
        gc.collect()
        gc.freeze()  # what was made at start is not looked at again
        gc.set_threshold(*GC_THRESHOLDS)
        logger.info(
            "listening",
            address=address,
            database=service.database.version,
            position=log_view.head.position,
            log_origin=log_view.head.origin,
            public_key=str(key.signer.verifier),
        )
        if log_view.head.closed is not None:
            logger.warning("changes refused", reason=f"the log {log_view.head.closed}")
        await stop.wait()
        logger.info("stopping")
        await server.stop(settings.shutdown_seconds)
    finally:
        service.close()
    logger.info("stopped", position=log_view.head.position)


def _stop_signal() -> asyncio.Event:
    """What SIGTERM and SIGINT set, and the end of whoever started this worker."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if parent := parent_process():  # of a worker, which ends with it
        loop.add_reader(parent.sentinel, stop.set)
    return stop
