"""What is to be mended of a configuration, its database, its key and its files.

Nothing is written, and nothing is created: a SQLite file is opened to read only, and one that no
server uses without so much as the files beside it.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, func, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from service.access.together import check_together
from service.access.token_file import read_tokens
from service.audit.key_file import LogKey, read_key
from service.config import Settings
from service.limits import CLOCK_AHEAD_SECONDS, WAL_HOLD_BYTES
from service.operate import findings
from service.operate.findings import Finding, LogFacts, Severity
from service.store.engines import opening, schema, sqlite
from service.store.errors import StartupRefused
from service.store.tables import head, log

# The first SQLite without the error by which two connections that write or checkpoint at the
# same instant can damage a database in WAL mode.
SOUND_SQLITE = (3, 51, 3)


def examine(settings: Settings) -> tuple[list[Finding], LogFacts | None]:
    """What is to be mended, and the log of the database, if it can be read."""
    found: list[Finding] = []
    facts = None
    try:
        url = opening.parse(settings.database)
        file = None if opening.is_postgresql(url) else Path(str(url.database))
        if file is not None:
            sqlite.check_url(url)
            found += _sqlite_file(file)
            found += _owners(settings, file)
        if file is None or file.exists():
            facts = read_log(settings, found)
        elif _key_path(settings).exists():
            what = f"{_key_path(settings)} is there, and its database {file} is not"
            do = "name the database that it belongs to, or restore it from a backup"
            found.append(Finding(Severity.LOSS, "key", what, do))
    except StartupRefused as error:
        found.append(Finding(Severity.DOWN, "database", str(error), "mend that, and ask again"))
    found += _key(settings, facts)
    found += _other_files(settings)
    return sorted(found), facts


def read_log(settings: Settings, found: list[Finding] | None = None) -> LogFacts:
    """The log of the database as it is now. Requires that a file is there.

    What is wrong with it is added to ``found``.

    :raises StartupRefused: the database cannot be opened, or has another schema.
    """
    url = opening.parse(settings.database)
    is_file = not opening.is_postgresql(url)
    engine = _file_engine(url) if is_file else opening.reading(settings.database)
    try:
        with engine.connect() as connection:
            schema.check(connection)
            facts = _facts(connection)
            if found is not None:
                found += _log(connection, facts)
    except (SQLAlchemyError, StartupRefused) as error:
        reason = getattr(error, "orig", None) or error
        raise StartupRefused(f"cannot read {opening.place(settings.database)}: {reason}") from error
    finally:
        engine.dispose()
    return facts


def _file_engine(url: URL) -> Engine:
    """An engine that only reads a file. Where no server has left files beside it, it makes none.

    :raises StartupRefused: changes are in a file that could only be read by making another.
    """
    file = Path(str(url.database)).resolve()
    wal, shm = (Path(f"{file}{each}") for each in ("-wal", "-shm"))
    if wal.exists() and wal.stat().st_size and not shm.exists():
        raise StartupRefused(f"a server ended in the middle: only a start can read {wal.name}")
    how = "mode=ro" if wal.exists() and shm.exists() else "mode=ro&immutable=1"
    uri = f"{file.as_uri()}?{how}"
    return create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(uri, uri=True), poolclass=NullPool
    )


def _facts(connection: Connection) -> LogFacts:
    row = connection.execute(select(head)).mappings().one()
    return LogFacts(
        row["origin"],
        row["size"],
        row["record_time"],
        row["public_key"] or "",
        row["closed"] or "",
    )


def _log(connection: Connection, facts: LogFacts) -> Iterator[Finding]:
    """Whether the head and the log agree, as far as a glance shows, and what the clock says."""
    part = "log"
    last = connection.scalar(select(func.max(log.c.position))) or 0
    at_last = select(log.c.record_time).where(log.c.position == last)
    record_time = connection.scalar(at_last) or 0
    if (last, record_time) != (facts.size, facts.record_time if facts.size else 0):
        yield Finding(
            Severity.LOSS,
            part,
            f"the head says {facts.size} changes, and the log ends at {last}",
            "stop the server, see what chancery verify --database says, and restore a backup",
        )
    ahead = facts.record_time / 1e6 - time.time()
    if ahead > CLOCK_AHEAD_SECONDS:
        yield Finding(
            Severity.SOON,
            part,
            f"its last record time is {ahead:.0f} s ahead of this machine's clock",
            "set the clock: until it has caught up, all changes get that record time",
        )
    if facts.closed:
        yield Finding(
            Severity.DOWN, part, f"it takes no changes: it {facts.closed}", "serve the other one"
        )


def _sqlite_file(file: Path) -> Iterator[Finding]:
    """What is to be mended of a SQLite file and those beside it."""
    part = "database"
    folder = file.resolve().parent
    if file.exists():
        yield from findings.read_only(part, file)
        for path in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
            if path.exists():
                yield from findings.for_others(part, path)
    else:
        yield from findings.read_only(part, folder)
        do = "start the server; if it has one, name it by --settings or --database"
        yield Finding(Severity.NOTE, part, f"there is no {file.absolute()} yet", do)
    wal = Path(f"{file}-wal")
    size = wal.stat().st_size if wal.exists() else 0
    if size > WAL_HOLD_BYTES:
        yield Finding(
            Severity.SOON,
            part,
            f"{wal} has {size >> 20} MiB: something reads the database without a pause",
            "end what reads it beside the server, or restart the server",
        )
    yield from findings.disk(part, folder, file.stat().st_size if file.exists() else 0)
    yield from findings.network(part, folder)
    if sqlite3.sqlite_version_info < SOUND_SQLITE:
        sound = ".".join(map(str, SOUND_SQLITE))
        yield Finding(
            Severity.NOTE,
            part,
            f"SQLite {sqlite3.sqlite_version} may damage a file that two processes write",
            f"let nothing but the server write to it, or take SQLite {sound}",
        )


def _owners(settings: Settings, file: Path) -> Iterator[Finding]:
    """Which files are closed to the user that serves. Root reads them all the same."""
    paths = [("database", str(file)), ("key", str(_key_path(settings)))]
    paths.append(("tokens", settings.token_file))
    for name in ("tls_cert", "tls_key", "client_ca", "certificate_roles"):
        paths.append(("certificates", getattr(settings, name)))
    for part, path in paths:
        if path and os.access(path, os.F_OK):
            yield from findings.of_another(part, Path(path), file.resolve().parent)


def _key(settings: Settings, facts: LogFacts | None) -> Iterator[Finding]:
    """Whether the key is there, closed to others, and that of the log."""
    part = "key"
    try:
        path = _key_path(settings)
        if not path.exists():
            if facts is not None and facts.public_key:
                do = "put it back from its copy; if it is lost, run chancery rotate-key"
                yield Finding(
                    Severity.DOWN, part, f"the log has a key, and {path} is not there", do
                )
            return
        others = list(findings.for_others(part, path))
        yield from others
        if not others and facts is not None:
            yield from _of_log(part, path, read_key(path), facts)
    except StartupRefused as error:
        yield Finding(Severity.DOWN, part, str(error), "put the right key there, from its copy")


def _of_log(part: str, path: Path, key: LogKey, facts: LogFacts) -> Iterator[Finding]:
    used = [str(key.signer.verifier), *map(str, key.retired)]
    if key.signer.name != facts.origin or (facts.public_key and facts.public_key not in used):
        what = f"{path} is the key of another log than that of the database"
        yield Finding(Severity.DOWN, part, what, "put the right key there, from its copy")
    elif key.signed is not None and key.signed.size > facts.size:
        what = f"{key.signed.size} changes were signed, and the log has {facts.size}: it is old"
        do = "restore a newer backup, or make it another log: chancery restore --new-origin"
        yield Finding(Severity.LOSS, part, what, do)


def _key_path(settings: Settings) -> Path:
    if settings.key_file:
        return Path(settings.key_file)
    url = opening.parse(settings.database)
    if opening.is_postgresql(url):
        raise StartupRefused("PostgreSQL needs --key-file: the key is not in the database")
    return Path(f"{url.database}.key")


def _other_files(settings: Settings) -> Iterator[Finding]:
    """What is to be mended of the tokens and the certificates."""
    if settings.token_file:
        try:
            if not read_tokens(Path(settings.token_file)):
                do = "make one: chancery token new"
                yield Finding(Severity.NOTE, "tokens", "there is none, so nobody may call", do)
        except StartupRefused as error:
            is_open = "others may read" in str(error)
            severity = Severity.LOSS if is_open else Severity.DOWN
            yield Finding(severity, "tokens", str(error), "mend the file: servers need it")
    for name in ("tls_cert", "client_ca"):
        if path := getattr(settings, name, ""):
            yield from findings.certificates(Path(path))
    if path := getattr(settings, "tls_key", ""):
        if Path(path).exists():
            yield from findings.for_others("certificates", Path(path))
        else:
            yield Finding(Severity.DOWN, "certificates", f"there is no {path}", "put it there")
    try:
        check_together(settings)
    except StartupRefused as error:
        yield Finding(Severity.DOWN, "settings", str(error), "set both, or neither")
