"""What an operator does with a database: opening, rebuilding, copying, the key."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import structlog
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from service.access.callers import Callers, known_callers
from service.access.reach import board_warning, warning_of
from service.access.tls import Tls, tls_of
from service.access.together import check_together
from service.audit.key_file import LogKey
from service.audit.keys import begin_history, rotate_key
from service.config import Settings
from service.limits import AWAY_AGAIN_SECONDS
from service.observe.record import AccessRecord
from service.operate.backup import copy_verified
from service.projections.rebuild import fold_again, rebuild_visits
from service.store import files
from service.store.engines import opening, sqlite, sqlite_file
from service.store.engines.database import Database
from service.store.engines.sqlite import SqliteDatabase
from service.store.errors import (
    DatabaseAway,
    DiskFull,
    LogDamaged,
    ReadOnly,
    StartupRefused,
    StoreUnavailable,
)
from service.store.log.writer import Writer
from service.tlog.note import VerifierKey
from service.verify import Progress, Report

logger = structlog.get_logger()


class StartupError(Exception):
    """The server cannot start. The message tells a person why."""


class Away(StartupError):
    """The server of the database cannot be reached for now."""


def reason_of(error: Exception) -> str:
    """Why a process of a server cannot start or go on, for a person. A defect is logged as well."""
    if isinstance(error, StartupError):
        return str(error)
    if isinstance(error, DBAPIError):
        return f"the database cannot be used: {error.orig}"
    logger.error("defect", exc_info=error)
    return f"a defect ({type(error).__name__}): the log has more"


def rebuild(database_url: str) -> int:
    """Rebuild the current-state table from the log, and return the number of visits.

    :raises StartupError: the database cannot be opened, a server has it open, or its log
        is damaged.
    """
    with _startup_errors("; nothing was changed"), opening.owned(database_url) as engine:
        return rebuild_visits(engine)


def upgrade(database_url: str) -> str:
    """Bring the schema of a database and the folding of its words up to date.

    Returns the name of the schema.

    :raises StartupError: the database cannot be opened or belongs to another program, this user
        may not change its tables, or its log is damaged.
    """
    with _startup_errors():
        revision = opening.upgrade(database_url)
        with opening.owned(database_url) as engine:
            fold_again(engine)
    return revision


def rotate(settings: Settings) -> str:
    """Replace the log's signing key, and return the new verifier key.

    :raises StartupError: the database or the key file cannot be opened or written, or a server
        has the database open.
    """
    with closing(open_log(settings.database, create=False)) as database:
        return str(key_of(rotate_key, database, settings).signer.verifier)


def begin_anew(settings: Settings) -> VerifierKey:
    """Make the log of a database another one, and return its verifier key.

    :raises StartupError: the database or the key file cannot be opened or written, or a server
        has the database open.
    """
    with closing(open_log(settings.database, create=False)) as database:
        return key_of(begin_history, database, settings).signer.verifier


def copy(source: str, target: str, progress: Progress) -> Report:
    """Copy a database to a new file, even while it is served, and verify the copy.

    :raises StartupError: the database cannot be read or does not verify, or the file exists
        already or cannot be written.
    """
    with _startup_errors("; nothing was written"):
        return copy_verified(source, Path(target), progress)


def shown(database_url: str) -> str:
    """A database URL for people: without what it says of passwords, and nothing of a wrong one.

    :raises StartupError: the URL is not valid.
    """
    parsed = _parse(database_url)
    hidden = {name: "***" for name in parsed.query if "password" in name.lower()}
    return parsed.update_query_dict(hidden).render_as_string(hide_password=True)


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


@contextmanager
def _startup_errors(if_damaged: str = "") -> Iterator[None]:
    """Turn refusals of the store into StartupError, with a remark if the log is damaged."""
    try:
        yield
    except LogDamaged as error:
        raise StartupError(f"{error}{if_damaged}") from error
    except DatabaseAway as error:
        raise Away(str(error)) from error
    except StartupRefused as error:
        raise StartupError(str(error)) from error


def key_of(
    get: Callable[[Database, Path], LogKey], database: Database, settings: Settings
) -> LogKey:
    """The key that ``get`` takes from the key file: ``open_key`` or ``rotate_key``.

    :raises StartupError: the file cannot be read or written, or has another log's key.
    """
    file = key_file(database, settings)
    with _startup_errors():
        return get(database, file)


def key_file(database: Database, settings: Settings) -> Path:
    """The file of the log's key.

    :raises StartupError: none is named, and the database has none by default.
    """
    if settings.key_file:
        return Path(settings.key_file)
    if isinstance(database, SqliteDatabase):
        return Path(f"{database.file}.key")
    raise StartupError("PostgreSQL needs --key-file: the key is not in the database")


def open_log(url: str, **how: bool) -> Database:
    """Open the database of a URL; see ``open_database`` for how.

    :raises StartupError: it cannot be opened.
    """
    with _startup_errors():
        database = opening.open_database(url, **how)
        if isinstance(database, SqliteDatabase) and not how.get("beside_writer"):
            try:
                fold_again(database.writer)
            except BaseException:
                database.close()
                raise
        return database


def open_when_there(wait: Callable[[float], bool], url: str, **how: bool) -> Database:
    """Open the database of a URL as ``open_log`` does, and wait for its server if that is away.

    ``wait`` waits so many seconds, and returns whether to give up.

    :raises StartupError: it cannot be opened.
    """
    is_told = False
    while True:
        try:
            return open_log(url, **how)
        except Away as error:
            if not is_told:
                logger.warning("the database is away", reason=str(error))
            is_told = True
            if wait(AWAY_AGAIN_SECONDS):
                raise


def check_not_lost(settings: Settings) -> None:
    """Refuse to begin an empty SQLite file if the key of its log is there.

    :raises StartupError: it is, and the file is not.
    """
    parsed = _parse(settings.database)
    if settings.key_file and not opening.is_postgresql(parsed):
        with _startup_errors():
            sqlite.check_url(parsed)
            sqlite_file.check_not_lost(Path(str(parsed.database)), Path(settings.key_file))


def check_end(writer: Writer) -> None:
    """Refuse a log that does not end as its head row says. One that is only read is not checked.

    :raises StartupError: it does not, or cannot be read.
    """
    with _startup_errors("; chancery verify tells more"):
        try:
            writer.check()
        except ReadOnly:
            return
        except (StoreUnavailable, DiskFull) as error:
            raise StartupRefused(f"the log cannot be read: {error}") from error


def access(settings: Settings) -> tuple[Callers | None, Tls | None]:
    """The callers who are known, and the certificate that the server shows; each if there is one.

    :raises StartupError: a file cannot be used, or a setting is missing.
    """
    tls = identity(settings)
    with _startup_errors():
        return known_callers(settings), tls


def identity(settings: Settings) -> Tls | None:
    """The certificate that is shown to clients, if there is one.

    :raises StartupError: a file cannot be used, or a setting is missing.
    """
    with _startup_errors():
        check_together(settings)
        return tls_of(settings)


def reach(settings: Settings) -> str:
    """What is to be warned of, as to who can reach the server; empty if nothing is.

    :raises StartupError: other machines can, and must not; or the host is not known.
    """
    with _startup_errors():
        return warning_of(settings)


def reach_of_board(settings: Settings, knows_callers: Callable[[], bool]) -> str:
    """The same as to a board that runs alone.

    ``knows_callers`` asks its server, and is called if other machines reach the board.

    :raises StartupError: other machines can, and must not; or the host is not known.
    """
    with _startup_errors():
        return board_warning(settings, knows_callers)


def access_record(database: Database, settings: Settings) -> AccessRecord | None:
    """The record of who read the audit service and who was refused; None if there is none.

    :raises StartupError: its file cannot be written.
    """
    name = settings.access_record
    if not name and isinstance(database, SqliteDatabase):
        name = f"{database.file}.access"
    with _startup_errors(), files.refusals("write", Path(name)):
        return AccessRecord(Path(name)) if name else None


def _parse(url: str) -> URL:
    with _startup_errors():
        return opening.parse(url)
