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
from service.store.log.tree_reader import TreeReader
from service.tlog.note import SignerKey
from service.verify import Progress, Report
from service.workers import supervise, take_port

# A call leaves few cycles behind: looking for them every 700 objects took a quarter of the time.
GC_THRESHOLDS = (20_000, 20, 20)

logger = structlog.get_logger()


class StartupError(Exception):
    """The server cannot start. The message tells a person why."""


class Service:
    """Everything between an open database and the gRPC server, wired together.

    ``clock`` returns microseconds since 1970. By default, commands take their time from the
    system's clock and record times come from the database's clock.
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
        """What makes proofs, and signs checkpoints with a key."""
        return Prover(self.reads, TreeReader(self.database), self.freshness, signer)

    def servicers(self, key: LogKey, settings: Settings) -> Sequence[Any]:
        """One servicer for each service of the contract."""
        view, freshness = self.log_view, self.freshness
        return (
            VisitServicer(self.queries, self.past, freshness, view),
            DeskServicer(self.commands),
            HistoryServicer(self.history, self.queries, self.past, freshness, view),
            AuditServicer(self.changes, self.prover(key.signer), self.queries, freshness, view),
            InfoServicer(self.database, key, settings, freshness, view),
        )

    def close(self) -> None:
        """Commit what was submitted, then close the database."""
        self.reads.close()
        self.application.close()


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, in as many processes as the settings say.

    :raises StartupError: the server cannot use the database, or cannot listen on the address.
    """
    logs.set_up(settings.log_format)
    if settings.workers == 1:
        uvloop.run(_serve(settings))
        return
    if not opening.is_postgresql(_parse(settings.database)):
        raise StartupError(
            f"one process alone serves a SQLite file; {settings.workers} workers need PostgreSQL"
        )
    with closing(_open(settings.database, read_only=settings.read_only)) as database:
        _key(open_key, database, settings)
    try:
        port, address = take_port(settings.listen)
    except OSError as error:
        raise StartupError(f"cannot listen on {settings.listen}") from error
    with port:
        supervise(settings.workers, _work, settings.model_copy(update={"listen": address}))


def rebuild(database_url: str) -> int:
    """Rebuild the current-state table from the log, and return the number of visits.

    :raises StartupError: the database cannot be opened, a server has it open, or its log
        is damaged.
    """
    with _startup_errors("; nothing was changed"), opening.owned(database_url) as engine:
        return rebuild_visits(engine)


def rotate(settings: Settings) -> str:
    """Replace the log's signing key, and return the new verifier key.

    :raises StartupError: the database or the key file cannot be opened or written, or a server
        has the database open.
    """
    with closing(_open(settings.database, create=False)) as database:
        return str(_key(rotate_key, database, settings).signer.verifier)


def copy(source: str, target: str, progress: Progress) -> Report:
    """Copy a database to a new file, even while it is served, and verify the copy.

    :raises StartupError: the database cannot be read or does not verify, or the file exists
        already or cannot be written.
    """
    with _startup_errors("; nothing was written"):
        return copy_verified(source, Path(target), progress)


def file_of(url: str) -> str:
    """The file that a database URL names.

    :raises StartupError: the URL is not valid, or names a PostgreSQL database.
    """
    parsed = _parse(url)
    if opening.is_postgresql(parsed):
        raise StartupError(
            f"{opening.place(url)} is not a SQLite file; use the backups of PostgreSQL"
        )
    return str(parsed.database)


def _work(settings: Settings) -> None:
    """Serve, as one of several workers."""
    logs.set_up(settings.log_format)
    try:
        uvloop.run(_serve(settings))
    except StartupError as error:
        logger.error("cannot serve", reason=str(error))
        sys.exit(1)


async def _serve(settings: Settings) -> None:
    """Serve, in this process alone."""
    database = _open(settings.database, read_only=settings.read_only)
    service = Service(database, settings.cached_visits)
    stop = _stop_signal()  # before anybody can know that there is a server to stop
    try:
        key = _key(open_key, database, settings)
        service.visits.listen()
        server = Server(
            service.servicers(key, settings),
            Calls(settings.max_calls, settings.max_watches),
            service.log_view.drain,
            shares_port=settings.workers > 1,
        )
        try:
            address = await server.start(settings.listen)
        except RuntimeError as error:
            raise StartupError(f"cannot listen on {settings.listen}") from error
        gc.collect()
        gc.freeze()  # never look at the objects of the start again
        gc.set_threshold(*GC_THRESHOLDS)
        _log_start(service, key, address)
        await stop.wait()
        logger.info("stopping")
        await server.stop(settings.shutdown_seconds)
    finally:
        service.close()
    logger.info("stopped", position=service.log_view.head.position)


def _log_start(service: Service, key: LogKey, address: str) -> None:
    """Log what the server serves, and where."""
    head = service.log_view.head
    logger.info(
        "listening",
        address=address,
        database=service.database.version,
        position=head.position,
        log_origin=head.origin,
        public_key=str(key.signer.verifier),
    )
    if head.closed is not None:
        logger.warning("changes refused", reason=f"the log {head.closed}")


def _stop_signal() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set, and the end of a worker's parent process."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if parent := parent_process():  # in a worker only
        loop.add_reader(parent.sentinel, stop.set)
    return stop


@contextmanager
def _startup_errors(if_damaged: str = "") -> Iterator[None]:
    """Turn refusals of the store into StartupError, with a remark if the log is damaged."""
    try:
        yield
    except LogDamaged as error:
        raise StartupError(f"{error}{if_damaged}") from error
    except StartupRefused as error:
        raise StartupError(str(error)) from error


def _key(get: Callable[[Database, Path], LogKey], database: Database, settings: Settings) -> LogKey:
    """The key that ``get`` takes from the key file: ``open_key`` or ``rotate_key``."""
    file = settings.key_file
    if not file and isinstance(database, SqliteDatabase):
        file = f"{database.file}.key"
    if not file:
        raise StartupError("PostgreSQL needs --key-file: the key is not in the database")
    with _startup_errors():
        return get(database, Path(file))


def _open(url: str, *, create: bool = True, read_only: bool = False) -> Database:
    with _startup_errors():
        return opening.open_database(url, create=create, read_only=read_only)


def _parse(url: str) -> URL:
    with _startup_errors():
        return opening.parse(url)
