"""Rows as they are read from the log and its head. ``service.store.tables`` has the columns."""

from typing import NamedTuple, Protocol


class HeadRow(NamedTuple):
    """The head row."""

    id: int
    size: int
    record_time: int
    peaks: bytes
    origin: str
    first_origin: str
    public_key: str | None
    closed: str | None
    folding: int


class LogRow(NamedTuple):
    """An entry of the log: all columns but the digest of its request."""

    position: int
    visit_id: str
    version: int
    topic: str
    record_time: int
    body: bytes
    nonce: bytes
    request_id: str | None
    actor: str
    open_length: int
    frame_prefix: bytes


class RequestRow(NamedTuple):
    """An entry that was recorded under a request id.

    ``request_digest`` is that of the request, under the nonce: see ``keyed_digest``.
    """

    position: int
    visit_id: str
    version: int
    record_time: int
    body: bytes
    actor: str
    request_id: str
    nonce: bytes
    request_digest: bytes | None


class EventRow(Protocol):
    """What replay needs of an entry. A LogRow has it too."""

    @property
    def position(self) -> int:
        """The position in the log."""

    @property
    def frame_prefix(self) -> bytes:
        """The encoded head of the RecordedEvent."""

    @property
    def body(self) -> bytes:
        """The serialized VisitEvent."""


class LeafRow(Protocol):
    """What the leaf of an entry is made of. A LogRow has it too."""

    @property
    def position(self) -> int:
        """The position in the log."""

    @property
    def record_time(self) -> int:
        """Microseconds since 1970, UTC."""

    @property
    def nonce(self) -> bytes:
        """The 32 bytes from which the keys of the parts follow."""

    @property
    def body(self) -> bytes:
        """The serialized VisitEvent."""
