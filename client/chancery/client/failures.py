"""Errors for what a server cannot do, or does not let the caller do."""

from chancery.client.error import ChanceryError, Code


class OutOfRange(ChanceryError):
    """The log does not have this position."""

    CODE = Code.OUT_OF_RANGE


class PositionBeyondHead(OutOfRange):
    """The position lies beyond the end of the log."""

    REASON = "POSITION_BEYOND_HEAD"

    @property
    def head_position(self) -> int:
        """The last position of the log."""
        return self._number("head_position")


class PositionNotKept(OutOfRange):
    """The position lies below what is kept."""

    REASON = "POSITION_NOT_KEPT"

    @property
    def first_position(self) -> int:
        """The first position that is kept."""
        return self._number("first_position")


class NotAuthenticated(ChanceryError):
    """No credentials were given, or bad ones."""

    CODE = Code.UNAUTHENTICATED
    REASON = "UNAUTHENTICATED"


class NotPermitted(ChanceryError):
    """The caller has none of the roles that the method asks for."""

    CODE = Code.PERMISSION_DENIED
    REASON = "NOT_PERMITTED"

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles, any of which would do."""
        return self._list("roles")


class Unavailable(ChanceryError):
    """The server cannot be reached, or not now. The call was repeated before this was raised."""

    CODE = Code.UNAVAILABLE


class Draining(Unavailable):
    """The server is shutting down."""

    REASON = "DRAINING"


class StoreUnavailable(Unavailable):
    """The server cannot reach its database."""

    REASON = "STORE_UNAVAILABLE"


class ViewNotFresh(Unavailable):
    """The answer could not be made as fresh as ``min_position`` asks in time."""

    REASON = "VIEW_NOT_FRESH"

    @property
    def view_position(self) -> int:
        """The position that the server has reached."""
        return self._number("view_position")


class DeadlineExceeded(ChanceryError):
    """No answer came in time."""

    CODE = Code.DEADLINE_EXCEEDED


class NotInTime(DeadlineExceeded):
    """The call took longer than the server lets one take."""

    REASON = "NOT_IN_TIME"

    @property
    def seconds(self) -> int:
        """How long one may take."""
        return self._number("seconds")


class Exhausted(ChanceryError):
    """The server has reached a bound."""

    CODE = Code.RESOURCE_EXHAUSTED


class TooManyCalls(Exhausted):
    """Too many calls or watches are under way at once."""

    REASON = "TOO_MANY_CALLS"

    @property
    def limit(self) -> int:
        """How many there may be."""
        return self._number("limit")


class DiskFull(Exhausted):
    """The server's disk is full."""

    REASON = "DISK_FULL"


class MethodNotServed(ChanceryError):
    """This server does not serve the method: it is older than the client."""

    CODE = Code.UNIMPLEMENTED
    REASON = "METHOD_NOT_SERVED"


class LogDamaged(ChanceryError):
    """A stored byte of the log does not match its commitment."""

    CODE = Code.DATA_LOSS
    REASON = "LOG_DAMAGED"

    @property
    def position(self) -> int:
        """Where the log is damaged."""
        return self._number("position")


class ServerDefect(ChanceryError):
    """A defect of the server."""

    CODE = Code.INTERNAL
    REASON = "INTERNAL"

    @property
    def request_id(self) -> str:
        """What to look for in the server's log."""
        return self._fact("request_id")
