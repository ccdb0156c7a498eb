"""A database: what the engines have in common. ``sqlite`` and ``postgresql`` have the rest."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from sqlalchemy import BigInteger, Connection, Engine
from sqlalchemy.sql.functions import FunctionElement

from service.limits import FOLDING, LOOKING_UP
from service.store.errors import DiskFull, StoreError, StoreUnavailable

# The connections of a process that read: one for each thread that does.
READERS = LOOKING_UP + FOLDING


class now_microseconds(FunctionElement[int]):
    """The clock of the database, in microseconds since 1970. Record times come from it."""

    type = BigInteger()
    inherit_cache = True


class Database(ABC):
    """An open database: one connection of this process writes, and some others read.

    ``name`` is its URL without a password, and ``version`` that of its engine, both for a
    person. ``is_shared`` says whether other processes may write to it too, and
    ``is_read_only`` whether this one may not. ``closed`` says why nobody may write any more, as
    far as this process knows. ``listeners`` are called with the size of the log, from any
    thread, whenever the log has grown. ``snapshot`` begins a transaction that reads everything
    as of one moment.
    """

    name: str
    version: str
    writer: Engine
    readers: Engine
    is_shared: bool
    is_read_only: bool
    closed: str | None = None
    snapshot: str

    def __init__(self) -> None:
        self.listeners: set[Callable[[int], None]] = set()

    def notify(self, size: int) -> None:
        """Call the listeners with the size of the log."""
        for listener in tuple(self.listeners):
            listener(size)

    def begin_snapshot(self, connection: Connection) -> None:
        """Make a connection of the readers read everything as of this moment from now on."""
        connection.exec_driver_sql(self.snapshot)

    @abstractmethod
    def listen(self) -> None:
        """Call the listeners from now on, also for what other processes commit."""

    @abstractmethod
    def is_full(self, error: BaseException) -> bool:
        """Whether the driver says that the disk is full."""

    def failure(self, error: Exception) -> StoreError:
        """The error to report if writing failed with this one."""
        if isinstance(error, StoreError):
            return error
        if self.is_full(getattr(error, "orig", None) or error):
            return DiskFull("the disk is full")
        return StoreUnavailable("the database cannot be written")

    def close(self) -> None:
        """Close all connections, the writer's last."""
        self.listeners.clear()
        self.readers.dispose()
        self.writer.dispose()
