"""A database: what its engines have in common. Where they differ is in sqlite and postgresql."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from sqlalchemy import BigInteger, Connection, Engine
from sqlalchemy.sql.functions import FunctionElement

from service.store.errors import DiskFull, StoreError, StoreUnavailable

READERS = 4


class now_microseconds(FunctionElement[int]):
    """The clock of the database, in microseconds since 1970: that of record times."""

    type = BigInteger()
    inherit_cache = True


class Database(ABC):
    """An open database: one connection of this process writes, up to 4 others read.

    ``name`` is its URL without a password, and ``version`` that of its engine, both for a
    person. ``is_shared`` tells whether other processes may write to it as well, and
    ``is_read_only`` that this one may not; ``closed`` says why nobody may any more, as far as
    this process knows. ``listeners`` are called, from any thread, with the size of the log
    whenever it has grown.
    """

    name: str
    version: str
    writer: Engine
    readers: Engine
    is_shared: bool
    is_read_only: bool
    closed: str | None = None
    # How a transaction begins in which all that is read is of one moment.
    snapshot: str

    def __init__(self) -> None:
        self.listeners: set[Callable[[int], None]] = set()

    def tell(self, size: int) -> None:
        """Call the listeners."""
        for listener in tuple(self.listeners):
            listener(size)

    def begin_snapshot(self, connection: Connection) -> None:
        """Read from now on as of one moment, on a connection of the readers."""
        connection.exec_driver_sql(self.snapshot)

    @abstractmethod
    def listen(self) -> None:
        """Call the listeners from now on, also for what other processes commit."""

    @abstractmethod
    def is_full(self, error: BaseException) -> bool:
        """Whether the driver says that the disk is full."""

    def failure(self, error: Exception) -> StoreError:
        """What it means that writing has failed with an error."""
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
