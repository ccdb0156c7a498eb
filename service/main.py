"""The composition root: the only file that wires things."""

import asyncio
import gc
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from multiprocessing import parent_process
from pathlib import Path

import structlog
import uvloop
from sqlalchemy.engine import URL

from service import logs
from service.application import VisitApplication
from service.backup import copy_verified
from service.config import Settings
from service.keys import LogKey, open_key, rotate_key
from service.rebuild import rebuild_visits
from service.rpc.server import Server
from service.store import opening
from service.store.database import Database
from service.store.errors import LogDamaged, StartupRefused
from service.store.sqlite import SqliteDatabase
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
def _told() -> Iterator[None]:
    """Tell a person of what the store refuses."""
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
    with _told():
        return get(database, Path(file))


def _open(url: str, *, create: bool = True, read_only: bool = False) -> Database:
    with _told():
        return opening.open_database(url, create=create, read_only=read_only)


def _parse(url: str) -> URL:
    with _told():
        return opening.parse(url)


async def _serve(settings: Settings) -> None:
    database = _open(settings.database, read_only=settings.read_only)
    application = VisitApplication(database, settings.cached_visits)
    stop = _stop_signal()  # before anybody is told that there is a server to stop
    try:
        key = _key(open_key, database, settings)
        application.listen()
        server = Server(application, key, settings)
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
            database=database.version,
            position=application.view.head.position,
            log_origin=application.view.head.origin,
            public_key=str(key.signer.verifier),
        )
        if application.view.head.closed is not None:
            logger.warning("changes refused", reason=f"the log {application.view.head.closed}")
        await stop.wait()
        logger.info("stopping")
        await server.stop(settings.shutdown_seconds)
    finally:
        application.close()
    logger.info("stopped", position=application.view.head.position)


def _stop_signal() -> asyncio.Event:
    """What SIGTERM and SIGINT set, and the end of whoever started this worker."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if parent := parent_process():  # of a worker, which ends with it
        loop.add_reader(parent.sentinel, stop.set)
    return stop
