"""Verifying a database, also while a server writes to it: everything is read as of one moment."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DatabaseError

from service.store import tables
from service.store.engines.opening import place, reading
from service.store.errors import LogDamaged, StartupRefused
from service.store.log.rows import HeadRow
from service.tlog import tree
from service.tlog.bundle import Contents
from service.tlog.note import Checkpoint, InvalidNote, Note, VerifierKey
from service.verify.log import check_head, check_log
from service.verify.report import Progress, Report
from service.verify.states import check_states

_HEADS = select(*(tables.head.c[name] for name in HeadRow._fields))
_LAST_POSITION = select(func.max(tables.log.c.position))


def verify_database(
    url: str, keys: Sequence[VerifierKey], since: Note | None, progress: Progress
) -> Report:
    """Verify that everything in a database follows from the bodies and nonces of its log.

    This cannot show that nobody made all of it again. A checkpoint that was kept elsewhere can:
    ``since``.

    :raises StartupRefused: there is no such database, or the connection to it was lost.
    :raises LogDamaged: something in it is not as it should be.
    :raises InvalidNote: ``since`` is of another log, or its log did not sign it with any of the
        keys.
    """
    engine = reading(url)
    try:
        with engine.connect() as connection:
            head = _head(connection)
            root = tree.root(tree.split(head.peaks))
            report = Report(Contents(), Checkpoint(head.origin, head.size, root))
            report.continue_from(since, keys)
            edge = check_log(connection, report, progress)
            check_head(connection, head, edge, report)
            check_states(connection, report, progress)
            return report
    except (DatabaseError, UnicodeDecodeError) as error:
        if getattr(error, "connection_invalidated", False):
            raise StartupRefused(f"the connection to {place(url)} was lost") from error
        reason = getattr(error, "orig", error)
        raise LogDamaged(1, f"this entry or a later one cannot be read: {reason}") from error
    finally:
        engine.dispose()


def _head(connection: Connection) -> HeadRow:
    """The head row.

    :raises LogDamaged: there is not exactly one, or it is not one that a server writes.
    """
    rows = [HeadRow._make(row) for row in connection.execute(_HEADS)]
    if len(rows) != 1 or not _is_head(rows[0]):
        last = connection.execute(_LAST_POSITION).scalar() or 0
        raise LogDamaged(last, "this is the last entry, but no server writes such a head row")
    return rows[0]


def _is_head(row: HeadRow) -> bool:
    *fields, public_key, closed, folding = row
    types = [type(field) for field in (*fields, closed or "", folding)]
    if types != [int, int, int, bytes, str, str, str, int] or row.id != 1:
        return False
    try:
        return public_key is None or (
            f"{VerifierKey.parse(public_key)}" == public_key
            and VerifierKey.parse(public_key).name == row.origin
        )
    except (AttributeError, InvalidNote, TypeError):
        return False
