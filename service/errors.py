"""Every refusal of the service, with its evidence. The domain has its own.

ServiceRefusal
├── RequestIdReused      the request id was used before, with different content
├── LogReplaced          the log is another one than the one named
├── PositionBeyondHead   the log does not reach that far
├── ViewNotFresh         the view did not reach the requested position in time
├── CoreAway             the process that records changes is being started again
├── CallerGone           whoever called waits for no answer any more
├── Draining             the server is shutting down
├── TooManyCalls         the server has as many calls of a kind as it serves at a time
├── NotInTime            the call took longer than the server lets one take
├── NotAuthenticated     the caller is not known: no credentials, or bad ones
├── NotPermitted         the caller has none of the roles that it takes
├── InvalidPageToken     not a token of this server, or used with other arguments
├── MalformedRequest     the bytes are not a message of the type
└── MethodNotServed      a method that this server does not have

Two are an InvalidValue of the domain, since they name fields: FieldNotServed a field that this
server does not serve, TooLarge one that would make a visit or an answer too large.
"""

from collections.abc import Iterable
from typing import Self

from domain.errors import InvalidValue, Problem


class ServiceRefusal(Exception):
    """The service refuses a request. The message tells a person why."""


class RequestIdReused(ServiceRefusal):
    """The request id was used before, with different content."""

    def __init__(self, request_id: str, visit_id: str, version: int) -> None:
        self.request_id = request_id
        self.visit_id = visit_id
        self.version = version
        super().__init__(
            f"request id {request_id!r} was used before, with different content: "
            f"it recorded change {version} of visit {visit_id!r}"
        )


class LogReplaced(ServiceRefusal):
    """The log is another one than the caller read before: the database was restored."""

    def __init__(self, asked: str, origin: str) -> None:
        self.asked = asked
        self.origin = origin
        super().__init__(
            f"this is the log {origin!r} and not {asked!r}, so positions mean other changes: "
            "read it from the beginning"
        )


class PositionBeyondHead(ServiceRefusal):
    """The log does not reach that far."""

    def __init__(self, field: str, position: int, head: int) -> None:
        self.field = field
        self.position = position
        self.head = head
        super().__init__(f"{field} is {position}, and the log ends at {head}")


class ViewNotFresh(ServiceRefusal):
    """The view did not reach the requested position in time."""

    def __init__(self, min_position: int, position: int) -> None:
        self.min_position = min_position
        self.position = position
        super().__init__(f"the view is at position {position}, not yet at {min_position}")


class CoreAway(ServiceRefusal):
    """The process that records changes is being started again."""

    def __init__(self) -> None:
        super().__init__("the server is starting again; repeat the request with its request id")


class CallerGone(ServiceRefusal):
    """Whoever called waits for no answer any more."""

    def __init__(self) -> None:
        super().__init__("the caller is gone")


class Draining(ServiceRefusal):
    """The server is shutting down."""

    def __init__(self) -> None:
        super().__init__("the server is shutting down")


class TooManyCalls(ServiceRefusal):
    """The server has as many calls of a kind, in all or of a caller, as it serves at a time."""

    def __init__(self, subject: str, limit: int) -> None:
        self.subject = subject
        self.limit = limit
        super().__init__(f"the server serves at most {limit} {subject} at a time")


class NotInTime(ServiceRefusal):
    """The call took longer than the server lets one take."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(
            f"the call was not over within {seconds} s: send its request at once, and set a "
            "deadline if it takes longer"
        )


class NotAuthenticated(ServiceRefusal):
    """The caller is not known: the call has no credentials, or bad ones."""


class NotPermitted(ServiceRefusal):
    """The caller has none of the roles that it takes, which are named as people name them."""

    def __init__(self, roles: Iterable[str]) -> None:
        self.roles = sorted(roles)
        super().__init__(f"this takes the role {' or '.join(self.roles)}")


class InvalidPageToken(ServiceRefusal):
    """The page token is not one of this server, or was used with other arguments."""


class MalformedRequest(ServiceRefusal):
    """The bytes are not a message of the type."""

    def __init__(self, message_type: str, problem: str = "the bytes are not a") -> None:
        self.message_type = message_type
        super().__init__(f"{problem} {message_type}")


class FieldNotServed(InvalidValue):
    """The request has a field that this server does not know or serve."""

    @classmethod
    def of(cls, field: str, text: str = "this server does not serve this field") -> Self:
        """A refusal of a single field."""
        return cls([Problem(field, text)])

    def under(self, path: str) -> "FieldNotServed":
        """The same fields, with ``path`` in front of each."""
        return FieldNotServed(super().under(path).problems)


class TooLarge(InvalidValue):
    """A change would make its event, its visit or its answer larger than ``limit`` bytes."""

    def __init__(self, problems: Iterable[Problem], size: int, limit: int) -> None:
        super().__init__(problems)
        self.size = size
        self.limit = limit

    @classmethod
    def by(cls, field: str, what: str, size: int, limit: int) -> "TooLarge":
        """A refusal of a field: ``what`` would have so many bytes."""
        text = f"{what} would have {size} bytes; at most {limit} are allowed"
        return cls([Problem(field, text)], size, limit)

    def under(self, path: str) -> "TooLarge":
        """The same, with ``path`` in front of the field."""
        return TooLarge(super().under(path).problems, self.size, self.limit)


class MethodNotServed(ServiceRefusal):
    """This server does not have the method; the contract of a later one may."""

    def __init__(self, method: str) -> None:
        self.method = method
        super().__init__(f"this server does not serve {method}")
