"""A database: what the engines have in common. ``sqlite`` and ``postgresql`` have the rest."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from sqlalchemy import BigInteger, Connection, Engine
from sqlalchemy.sql.functions import FunctionElement

from service.limits import FOLDING, LOOKING_UP
from service.store.engines.trouble import Trouble, named
from service.store.errors import DiskFull, StoreError, StoreUnavailable

# The connections of a process that read: one for each thread that does.
READERS = LOOKING_UP + FOLDING
FULL = "the disk is full"


class now_microseconds(FunctionElement[int]):
    """The clock of the database, in microseconds since 1970. Record times come from it."""

    type = BigInteger()
    inherit_cache = True


class Database(ABC):
    """An open database: one connection of this process writes, and some others read.

    ``name`` is its URL without a password, and ``version`` that of its engine, both for a
    person. ``is_shared`` says whether other processes may write to it too, and
    ``is_read_only`` whether this one may not. ``closed`` says why nobody may write any more, and
    ``fault`` why this server records nothing for now (empty if it does), as far as this process
    knows. ``intruder`` says that another program wrote to a database that is not shared.
    ``listeners`` are called with the size of the log, from any thread, whenever the log has
    grown. ``snapshot`` begins a transaction that reads everything as of one moment. ``trouble``
    has what failed lately.
    """

    name: str
    version: str
    writer: Engine
    readers: Engine
    is_shared: bool
    is_read_only: bool
    closed: str | None = None
    fault: str = ""
    intruder: str = ""
    snapshot: str

    def __init__(self) -> None:
        self.listeners: set[Callable[[int], None]] = set()
        self.trouble = Trouble()
        # Whether all connections are to be made again before the next change.
        self._is_broken = False

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

    def fault_of(self, error: BaseException) -> str:
        """What the driver's error says of the state of the database; empty if nothing."""
        return FULL if self.is_full(error) else ""

    def problem(self) -> str:
        """What keeps this server from recording changes, for a person; empty if nothing does."""
        return ""

    def has_room(self) -> bool:
        """Whether the disk has room for some changes, as far as this process can know."""
        return True

    @property
    def wal_bytes(self) -> int:
        """Bytes of the write-ahead log of a file, when it was last looked at."""
        return 0

    def empty_wal(self) -> bool:
        """Empty the write-ahead log of a file. False if somebody reads it."""
        return True

    def readers_pids(self) -> list[int]:
        """The processes that keep the write-ahead log from being emptied, as far as is known."""
        return []

    def warnings(self) -> Sequence[str]:
        """What the operator should know of how the database is set up."""
        return ()

    def look(self) -> None:
        """Look whether changes can be recorded, and take note of it in ``fault``."""
        self.fault = self.intruder or self.problem()

    def failed(self, event: str, error: Exception) -> StoreError:
        """Take note that writing failed so, and return the error to report."""
        self.trouble.log(event, named(error))
        if fault := self.fault_of(getattr(error, "orig", None) or error):
            self.trouble.lasts(fault)
            self._is_broken = fault != FULL
        return self.failure(error)

    def failure(self, error: Exception) -> StoreError:
        """The error to report if writing failed with this one."""
        if isinstance(error, StoreError):
            return error
        if self.is_full(getattr(error, "orig", None) or error):
            return DiskFull(FULL)
        return StoreUnavailable("the database cannot be written")

    def close(self) -> None:
        """Close all connections, the writer's last."""
        self.listeners.clear()
        self.readers.dispose()
        self.writer.dispose()
