"""Every refusal of the service, with its evidence. The domain has its own.

ServiceRefusal
├── AliasAmbiguous       several visits have this alias
├── RequestIdReused      the request id was used before, with different content
├── PositionBeyondHead   the log does not reach that far
├── ViewNotFresh         the view did not reach the requested position in time
├── CoreAway             the process that records changes is being started again
├── Draining             the server is shutting down
├── TooManyCalls         the server has as many calls, or watches, as it serves at a time
├── InvalidPageToken     not a token of this server, or used with other arguments
├── MalformedRequest     the bytes are not a message of the type
└── FieldNotServed       a field that this server does not know
"""

from collections.abc import Sequence


class ServiceRefusal(Exception):
    """The service refuses a request. The message tells a person why."""


class AliasAmbiguous(ServiceRefusal):
    """Several visits have this alias."""

    def __init__(self, alias: str, visit_ids: Sequence[str]) -> None:
        self.alias = alias
        self.visit_ids = visit_ids
        super().__init__(f"several visits have the alias {alias!r}: {', '.join(visit_ids)}")


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


class Draining(ServiceRefusal):
    """The server is shutting down."""

    def __init__(self) -> None:
        super().__init__("the server is shutting down")


class TooManyCalls(ServiceRefusal):
    """The server has as many calls, or watches, as it serves at a time."""

    def __init__(self, subject: str, limit: int) -> None:
        self.subject = subject
        self.limit = limit
        super().__init__(f"the server serves at most {limit} {subject} at a time")


class InvalidPageToken(ServiceRefusal):
    """The page token is not one of this server, or was used with other arguments."""


class MalformedRequest(ServiceRefusal):
    """The bytes are not a message of the type."""


class FieldNotServed(ServiceRefusal):
    """The request has a field that this server does not know."""

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(f"{field}: this server does not serve this field")
