"""Every refusal of the service beside those of the domain, with its evidence.

ServiceRefusal
├── AliasAmbiguous       several visits have this alias
├── RequestIdReused      the request id was used with another content
├── PositionBeyondHead   the log does not reach that far
├── ViewNotFresh         the view did not become as fresh as was asked, in time
├── LostRaces            other changes of the visit came first, again and again
├── Draining             the server is shutting down
├── TooManyCalls         more calls, or watches, than are served at the same time
├── InvalidPageToken     none of this server's, or given with other arguments
├── MalformedRequest     the bytes are no message of the type
└── FieldNotServed       a field that this server does not know or does not serve yet
"""

from collections.abc import Sequence


class ServiceRefusal(Exception):
    """The service says no, and the message says why, for a person."""


class AliasAmbiguous(ServiceRefusal):
    """Several visits have this alias."""

    def __init__(self, alias: str, visit_ids: Sequence[str]) -> None:
        self.alias = alias
        self.visit_ids = visit_ids
        super().__init__(f"{alias!r} is an alias of several visits: {', '.join(visit_ids)}")


class RequestIdReused(ServiceRefusal):
    """The request id was used with another content."""

    def __init__(self, request_id: str, visit_id: str, version: int) -> None:
        self.request_id = request_id
        self.visit_id = visit_id
        self.version = version
        super().__init__(
            f"request id {request_id!r} was used before, with another content: "
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
    """The view did not become as fresh as was asked, in time."""

    def __init__(self, min_position: int, position: int) -> None:
        self.min_position = min_position
        self.position = position
        super().__init__(f"the view is at position {position}, not yet at {min_position}")


class LostRaces(ServiceRefusal):
    """Other changes of the visit came first, again and again."""


class Draining(ServiceRefusal):
    """The server is shutting down."""

    def __init__(self) -> None:
        super().__init__("the server is shutting down")


class TooManyCalls(ServiceRefusal):
    """More calls, or watches, than are served at the same time."""

    def __init__(self, subject: str, limit: int) -> None:
        self.subject = subject
        self.limit = limit
        super().__init__(f"the server serves {limit} {subject} at the same time")


class InvalidPageToken(ServiceRefusal):
    """None of this server's, or given with other arguments."""


class MalformedRequest(ServiceRefusal):
    """The bytes are no message of the type."""


class FieldNotServed(ServiceRefusal):
    """A field that this server does not know or does not serve yet."""

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(f"{field}: this server does not serve this field")
