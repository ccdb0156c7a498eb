"""What the store says when it cannot do what is asked.

IntegrityError (eventsourcing)
└── Conflict              a visit has such a version already, or a request such an id
StoreError
├── StartupRefused        the database cannot be served; the message says why
│   └── DatabaseAway      its server cannot be reached for now
├── StoreUnavailable      the database cannot be reached or written
│   ├── FilesChanged      the files of the database are not as they were opened
│   ├── NotConnected      no connection to the database can be made
│   └── ConnectionLost    the connection broke; what was under way is not recorded
├── DiskFull              there is no room for another change
├── ReadOnly              this server records no changes, but others do
├── LogClosed             the log takes no more changes: it has moved
└── LogDamaged            the log is not what was recorded
"""

from eventsourcing.persistence import IntegrityError, PersistenceError


class Conflict(IntegrityError):
    """A visit has such a version already, or a request such an id."""

    def __init__(self) -> None:
        super().__init__("a visit has such a version already, or a request such an id")


class StoreError(PersistenceError):
    """The store cannot do what is asked."""


class StartupRefused(StoreError):
    """The database cannot be served; the message says why, for a person."""


class DatabaseAway(StartupRefused):
    """The server of the database cannot be reached for now: it may be starting."""


class StoreUnavailable(StoreError):
    """The database cannot be reached or written."""


class FilesChanged(StoreUnavailable):
    """The files of the database are not as they were opened, or another program wrote to them."""

    def __init__(self) -> None:
        super().__init__(
            "the files of the database are not as the server opened them: no change is recorded "
            "until its operator has seen to it"
        )


class NotConnected(StoreUnavailable):
    """No connection to the database can be made."""

    def __init__(self) -> None:
        super().__init__("the database cannot be reached")


class ConnectionLost(StoreUnavailable):
    """The connection broke; what was under way is not recorded."""

    def __init__(self) -> None:
        super().__init__("the connection to the database was lost")


class DiskFull(StoreError):
    """There is no room for another change."""


class ReadOnly(StoreError):
    """This server records no changes, but others do."""

    def __init__(self) -> None:
        super().__init__("this server only reads: ask one that records changes")


class LogClosed(StoreError):
    """The log takes no more changes; ``reason`` says where it went, for a person."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"this log takes no more changes: it {reason}")


class LogDamaged(StoreError):
    """The log is not what was recorded.

    ``problem`` says what is wrong, in a clause of its own, and ``position`` where. If it can
    only be narrowed down to a range, that is from ``first`` to ``position``; otherwise both are
    the same.
    """

    def __init__(
        self, position: int, problem: str = "the entry cannot be read", *, first: int | None = None
    ) -> None:
        self.position = position
        self.first = position if first is None else first
        self.problem = problem
        where = f"position {position}"
        if self.first != position:
            where = f"positions {first} to {position}"
        super().__init__(f"the log is damaged at {where}: {problem}")
