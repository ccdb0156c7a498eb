"""Moving a log to another database, of either engine: all of it, and for good.

A log has one home. While it is copied, nobody serves the new database. Once the copy is complete
and verified, the old database takes no more changes, and says where the log went.
"""

from contextlib import ExitStack
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, delete, select, update
from sqlalchemy.exc import SQLAlchemyError

from service.projections.rebuild import fold_again
from service.store import tables
from service.store.engines import opening
from service.store.engines.bulk import insert_rows
from service.store.errors import LogDamaged, StartupRefused
from service.store.log.head import lock_head
from service.store.log.leaves import leaf_hash
from service.store.log.rows import HeadRow
from service.store.log.tail import LogTail, extend, read_tail
from service.store.tables import head, log
from service.tlog import tree
from service.verify import Progress, Report, verify_database

# Rows that are copied in one transaction.
ROWS_AT_A_TIME = 5_000

_HEAD = select(*(head.c[name] for name in HeadRow._fields))
_AFTER = select(log).where(log.c.position > bindparam("after")).order_by(log.c.position)


def move(source: str, target: str, progress: Progress) -> Report:
    """Copy the log of one database into another, verify it there, and close the first.

    What an earlier call copied before it was cut off is not copied again. Servers of the source
    wait only while the last changes are copied and everything is verified.

    :raises StartupRefused: a database cannot be opened, the source has moved elsewhere, the
        target has another log, or the copy was cut off.
    :raises LogDamaged: something in the log is not as it should be; the source stays open.
    """
    moved, copying = f"moved to {opening.place(target)}", opening.COPYING + opening.place(source)
    if opening.parse(source) == opening.parse(target):
        raise StartupRefused("a log cannot be moved to where it is")
    try:
        with ExitStack() as opened:
            old = opened.enter_context(opening.owned(source))
            fold_again(old)
            opening.upgrade(target)
            new = opened.enter_context(opening.owned(target))
            _begin(old, new, moved, copying)
            with old.connect() as reading:
                _copy_log(reading, new, progress)
            report = _finish(old, new, target, moved, progress)
            with new.begin() as connection:
                connection.execute(update(head).values(closed=None))
            return report
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip()
        raise StartupRefused(f"the copy was cut off, run it again: {reason}") from error


def _begin(old: Engine, new: Engine, moved: str, copying: str) -> None:
    """Give the target the names of the log, and keep everybody from serving it meanwhile.

    :raises StartupRefused: the source has moved elsewhere, or the target has another log.
    """
    with old.connect() as reading, new.begin() as connection:
        of_old = HeadRow._make(reading.execute(_HEAD).one())
        of_new, _ = lock_head(connection)
        if of_old.closed not in (None, moved):
            raise StartupRefused(f"the log that is to be copied {of_old.closed}")
        if of_new.closed == copying and of_new.origin == of_old.origin:
            return
        if of_old.closed is not None:
            raise StartupRefused(f"the log that is to be copied {of_old.closed} already")
        if of_new.size or of_new.closed is not None or of_new.public_key:
            raise StartupRefused("the database to copy to has a log already")
        names = {name: getattr(of_old, name) for name in ("origin", "first_origin", "public_key")}
        connection.execute(update(head).values(closed=copying, **names))


def _finish(old: Engine, new: Engine, target: str, moved: str, progress: Progress) -> Report:
    """Copy the rest while nobody writes, verify everything, and close the source."""
    with old.begin() as last:
        of_old, _ = lock_head(last)
        _copy_log(last, new, progress)
        _copy_states(last, new)
        report = verify_database(target, [], None, progress)
        if report.checkpoint.root != tree.root(tree.split(of_old.peaks)):
            raise LogDamaged(of_old.size, "the entries and the head row do not match", first=1)
        last.execute(update(head).values(closed=moved))
    return report


def _copy_log(reading: Connection, new: Engine, progress: Progress) -> None:
    """Copy the entries that the target does not have, with the tree, in several transactions."""
    tail: LogTail | None = None
    while True:
        with new.begin() as connection:
            of_new, _ = lock_head(connection)
            tail = read_tail(connection, of_new, tail)
            rows = reading.execute(_AFTER.limit(ROWS_AT_A_TIME), {"after": of_new.size}).all()
            if not rows:
                return
            first, last = of_new.size + 1, of_new.size + len(rows)
            if [row.position for row in rows] != list(range(first, last + 1)):
                raise LogDamaged(last, "an entry is missing", first=first)
            hashes = [leaf_hash(row) for row in rows]
            copied: list[dict[str, Any]] = [row._asdict() for row in rows]
            tail = extend(connection, tail, copied, hashes)
            grown = {"size": last, "record_time": rows[-1].record_time, "peaks": tail.peaks}
            connection.execute(update(head).values(grown))
        total = reading.execute(select(head.c.size)).scalar_one()
        progress(last, max(last, total))


def _copy_states(last: Connection, new: Engine) -> None:
    """Copy the current state of each visit, in place of what an earlier call copied."""
    with new.begin() as connection:
        for table in tables.STATES:
            connection.execute(delete(table))
            all_rows = select(table).execution_options(yield_per=ROWS_AT_A_TIME)
            with last.execute(all_rows) as rows:
                for some in rows.partitions():
                    insert_rows(connection, table, [row._asdict() for row in some])
