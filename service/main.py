"""The composition root: the only file that wires things."""

import asyncio
import gc
import signal
from collections.abc import Callable
from pathlib import Path

import structlog
import uvloop

from service import logs
from service.application import VisitApplication
from service.backup import copy_verified
from service.config import Settings
from service.keys import LogKey, open_key, rotate_key
from service.rebuild import rebuild_visits
from service.rpc.server import Server
from service.store.database import Database, sqlite_url
from service.store.errors import LogDamaged, StartupRefused
from service.verify import Progress, Report

logger = structlog.get_logger()


class StartupError(Exception):
    """The server cannot start; the message says why, for a person."""


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT.

    :raises StartupError: the database cannot be served, or the address not be taken.
    """
    logs.set_up(settings.log_format)
    uvloop.run(_serve(settings))


def rebuild(database_url: str) -> int:
    """Make the current-state table again from the log, and give the number of visits.

    :raises StartupError: the database cannot be opened, a server has it open, or its log
        is damaged.
    """
    database = _open(database_url, create=False)
    try:
        return rebuild_visits(database)
    except LogDamaged as error:
        raise StartupError(f"{error}; nothing was changed") from error
    finally:
        database.close()


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
    try:
        return str(sqlite_url(url).database)
    except StartupRefused as error:
        raise StartupError(str(error)) from error


def _key(get: Callable[[Database, Path], LogKey], database: Database, settings: Settings) -> LogKey:
    try:
        return get(database, Path(settings.key_file or f"{database.file}.key"))
    except StartupRefused as error:
        raise StartupError(str(error)) from error


def _open(url: str, *, create: bool = True) -> Database:
    try:
        return Database(url, create=create)
    except StartupRefused as error:
        raise StartupError(str(error)) from error


async def _serve(settings: Settings) -> None:
    database = _open(settings.database)
    application = VisitApplication(database, settings.cached_visits)
    stop = _stop_signal()  # before anybody is told that there is a server to stop
    try:
        key = _key(open_key, database, settings)
        application.listen()
        server = Server(application, key, settings.max_calls, settings.max_watches)
        try:
            address = await server.start(settings.listen)
        except RuntimeError as error:
            raise StartupError(f"cannot listen on {settings.listen}") from error
        gc.collect()
        gc.freeze()  # what was made at start is not looked at again
        logger.info(
            "listening",
            address=address,
            database=database.version,
            position=application.head.position,
            log_origin=application.head.origin,
            public_key=str(key.signer.verifier),
        )
        await stop.wait()
        logger.info("stopping")
        await server.stop(settings.shutdown_seconds)
    finally:
        application.close()
    logger.info("stopped", position=application.head.position)


def _stop_signal() -> asyncio.Event:
    """What SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
