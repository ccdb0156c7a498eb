"""Moving a log to another database, of either engine: all of it, and for good.

A log has one home. While it is copied the new one is served by nobody; once it is complete
and verified the old one takes no more changes, and says where the log went.
"""

from contextlib import ExitStack

from sqlalchemy import Connection, Engine, bindparam, delete, select, update
from sqlalchemy.exc import SQLAlchemyError

from service.store import tables
from service.store.engines import opening
from service.store.engines.bulk import insert_rows
from service.store.errors import LogDamaged, StartupRefused
from service.store.log.batch import lock_head
from service.store.log.end import end_of, extend
from service.store.log.tree_edge import leaf_hash
from service.tlog import tree
from service.verify import Progress, Report, verify_database

ROWS = 5_000
log, head = tables.log, tables.head


def move(source: str, target: str, progress: Progress) -> Report:
    """Copy the log of one database into another, verify it there, and close the first.

    What an earlier call copied before it was cut off is not copied again. Who writes to the
    source meanwhile waits only while the last changes are copied and all is verified.

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
            opening.upgrade(target)
            new = opened.enter_context(opening.owned(target))
            _begin(old, new, moved, copying)
            with old.connect() as reading:
                _copy_log(reading, new, progress)
            report = _end(old, new, target, moved, progress)
            with new.begin() as connection:
                connection.execute(update(head).values(closed=None))
            return report
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip()
        raise StartupRefused(f"the copy was cut off, run it again: {reason}") from error


def _end(old: Engine, new: Engine, target: str, moved: str, progress: Progress) -> Report:
    """Copy what is left while nobody writes, verify all, and close the source."""
    with old.begin() as last:
        closing = lock_head(last)
        _copy_log(last, new, progress)
        _copy_states(last, new)
        report = verify_database(target, [], None, progress)
        if report.checkpoint.root != tree.root(tree.split(closing.peaks)):
            raise LogDamaged(closing.size, "and those before it do not match the head row")
        last.execute(update(head).values(closed=moved))
    return report


def _begin(old: Engine, new: Engine, moved: str, copying: str) -> None:
    """Give the target the name of the log, and let nobody serve it meanwhile."""
    with old.connect() as reading, new.begin() as connection:
        of_old, of_new = reading.execute(select(head)).one(), lock_head(connection)
        if of_old.closed not in (None, moved):
            raise StartupRefused(f"the log that is to be copied {of_old.closed}")
        if of_new.closed == copying and of_new.origin == of_old.origin:
            return
        if of_old.closed is not None:
            raise StartupRefused(f"the log that is to be copied {of_old.closed} already")
        if of_new.size or of_new.closed is not None or of_new.public_key:
            raise StartupRefused("the database to copy to has a log already")
        names = {"origin": of_old.origin, "public_key": of_old.public_key, "closed": copying}
        connection.execute(update(head).values(names))


def _copy_log(reading: Connection, new: Engine, progress: Progress) -> None:
    """Copy the entries that the target has not yet, some in each transaction, with the tree."""
    end = None
    while True:
        with new.begin() as connection:
            reached = lock_head(connection)
            end = end_of(connection, reached, end)
            rows = reading.execute(_BEHIND.limit(ROWS), {"after": reached.size}).all()
            if not rows:
                return
            if [row.position for row in rows] != list(
                range(reached.size + 1, reached.size + 1 + len(rows))
            ):
                raise LogDamaged(reached.size + 1, "or one behind it is missing")
            hashes = [leaf_hash(row) for row in rows]
            end = extend(connection, end, [row._asdict() for row in rows], hashes)
            grown = {"record_time": rows[-1].record_time, "peaks": end.peaks}
            connection.execute(update(head).values(size=end.edge.size, **grown))
        total = reading.execute(select(head.c.size)).scalar_one()
        progress(end.edge.size, max(end.edge.size, total))


def _copy_states(last: Connection, new: Engine) -> None:
    """Copy where each visit stands; what is there of an earlier call makes room."""
    with new.begin() as connection:
        for table in tables.STATES:
            connection.execute(delete(table))
            all_rows = select(table).execution_options(yield_per=ROWS)
            with last.execute(all_rows) as rows:
                for some in rows.partitions():
                    insert_rows(connection, table, [row._asdict() for row in some])


_BEHIND = select(log).where(log.c.position > bindparam("after")).order_by(log.c.position)
