"""The log format, checked against the stored rows from its description alone.

Position 1, 2, 3 ... without gaps; record time in microseconds, never decreasing; body the
serialized VisitEvent; nonce 32 random bytes. The body has three parts: the fields 1 to 15, 16 to
99, and the others. For each, key = SHA-256(0x10 || nonce || number of the part) and
c = SHA-256(0x11 || key || part); commitment = SHA-256(0x12 || c0 || c1 || c2); leaf =
position (8 bytes, big endian) || record time (8 bytes, big endian) || commitment; the tree
is RFC 6962's; the open length is that of the first two parts; the frame prefix is the part of a
frame's member that comes before the body.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from chancery.v1.event_pb2 import RecordedEvent, VisitEvent
from chancery.v1.history_service_pb2 import ListEventsResponse, ReadEventsResponse
from tests.store.builders import stored
from tests.support.place import Place
from tests.tlog import rfc6962

COLUMNS = (
    "position, visit_id, version, topic, record_time, body, nonce, request_id, actor, open_length, "
    "frame_prefix"
)
FIELDS = VisitEvent.DESCRIPTOR.fields
PARTS = [range(1, 16), range(16, 100), range(100, 1 << 29)]


@dataclass(frozen=True)
class LogRow:
    """A row of the log, straight from the engine."""

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

    @property
    def parts(self) -> list[bytes]:
        """The parts of the body, each serialized by itself."""
        return [part_of(self.event, numbers) for numbers in PARTS]

    @property
    def leaf(self) -> bytes:
        """Its leaf in the tree."""
        numbers = b"".join(
            bytes((number >> shift) & 0xFF for shift in range(56, -8, -8))
            for number in (self.position, self.record_time)
        )
        commitments = b""
        for number, part in enumerate(self.parts):
            key = sha256(b"\x10" + self.nonce + bytes([number])).digest()
            commitments += sha256(b"\x11" + key + part).digest()
        return numbers + sha256(b"\x12" + commitments).digest()

    @property
    def event(self) -> VisitEvent:
        """The body as a message."""
        return VisitEvent.FromString(self.body)

    @property
    def recorded(self) -> RecordedEvent:
        """The message that readers must get, built field by field."""
        seconds, microseconds = self.record_time // 10**6, self.record_time % 10**6
        return RecordedEvent(
            position=self.position,
            record_time=Timestamp(seconds=seconds, nanos=microseconds * 1000),
            event=self.event,
        )


def part_of(event: VisitEvent, numbers: range) -> bytes:
    """The fields with these numbers, serialized."""
    part: Message = VisitEvent()
    part.CopyFrom(event)
    for field in FIELDS:
        if field.number not in numbers:
            part.ClearField(field.name)
    return part.SerializeToString(deterministic=True)


def read(where: Place | Path) -> list[LogRow]:
    """The log, in order of position."""
    return [LogRow(*row) for row in stored(where, f"SELECT {COLUMNS} FROM log ORDER BY position")]


def problems(where: Place | Path) -> list[str]:
    """Everything that breaks the format; empty for a sound log."""
    rows = read(where)
    return [*_order(rows), *_rows(rows), *_versions(rows), *_head(where, rows)]


def _order(rows: list[LogRow]) -> Iterator[str]:
    if [row.position for row in rows] != list(range(1, len(rows) + 1)):
        yield "the positions are not dense"
    times = [row.record_time for row in rows]
    if times != sorted(times):
        yield "the record time goes back"
    if len({row.nonce for row in rows}) != len(rows):
        yield "a nonce is used twice"


def _rows(rows: list[LogRow]) -> Iterator[str]:
    for row in rows:
        at, event = f"at {row.position}: ", row.event
        if event.SerializeToString(deterministic=True) != row.body:
            yield at + "the body is not as protobuf writes it"
        if (event.visit, event.version) != (f"visits/{row.visit_id}", row.version):
            yield at + "the body is of another change"
        if event.WhichOneof("change") != row.topic:
            yield at + "the topic is of another change"
        if (event.actor, event.request_id) != (row.actor, row.request_id):
            yield at + "the body names another actor or request id"
        if len(row.nonce) != 32:
            yield at + "the nonce has not 32 bytes"
        if b"".join(row.parts) != row.body or len(b"".join(row.parts[:2])) != row.open_length:
            yield at + "the parts are not those of the fields"
        for frame_type in (ReadEventsResponse, ListEventsResponse):
            built = frame_type(events=[row.recorded])
            joined = row.frame_prefix + row.body
            if built.SerializeToString(deterministic=True) != joined:
                yield at + "prefix and body are not the frame that protobuf writes"
            if frame_type.FromString(joined) != built:
                yield at + "prefix and body are another frame"


def _versions(rows: list[LogRow]) -> Iterator[str]:
    versions = defaultdict(list)
    for row in rows:
        versions[row.visit_id].append(row.version)
    for visit_id, numbers in versions.items():
        if numbers != list(range(1, len(numbers) + 1)):
            yield f"the versions of {visit_id} are {numbers}"


def _head(where: Place | Path, rows: list[LogRow]) -> Iterator[str]:
    ((size, record_time, peaks),) = stored(where, "SELECT size, record_time, peaks FROM head")
    if size != len(rows):
        yield f"the head says {size} changes, and the log has {len(rows)}"
    if rows and record_time != rows[-1].record_time:
        yield "the head has another record time than the last change"
    if peaks != b"".join(rfc6962.peaks([row.leaf for row in rows])):
        yield "the peaks are not those of the log's leaves"
