"""The head row: the append lock, the position counter and the state of the tree in one."""

from sqlalchemy import Connection, select

from service.store import tables
from service.store.engines.database import now_microseconds
from service.store.log.rows import HeadRow

_HEAD = select(tables.head).with_for_update().subquery()
# The clock is read once the row is locked.
_LOCK_HEAD = select(_HEAD, now_microseconds())


def lock_head(connection: Connection) -> tuple[HeadRow, int]:
    """The head row, and the time (microseconds) by the clock of the database.

    No other process appends until the transaction ends.
    """
    *columns, now = connection.execute(_LOCK_HEAD).one()
    return HeadRow(*columns), now
