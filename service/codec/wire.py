"""The few protobuf fields that are encoded by hand.

Position and record time are known only in the transaction that stores a change. By then the
rest of its message is serialized. Protobuf allows joining a message from serialized fields, so
these are put before or after the rest.

See the protobuf encoding specification: a field is its tag (number << 3 | wire type)
and its value; a varint holds seven bits a byte, the lowest first.
"""

from collections.abc import Iterator
from functools import lru_cache

from google.protobuf.timestamp_pb2 import Timestamp

from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.history_service_pb2 import ReadEventsResponse
from chancery.v1.visit_pb2 import Visit

MICROSECONDS = 1_000_000
# Wire types. A length-delimited field is bytes, a string, or a message.
VARINT, LENGTH_DELIMITED = 0, 2

POSITION_TAG = bytes((RecordedEvent.POSITION_FIELD_NUMBER << 3 | VARINT,))
EVENT_TAG = bytes((RecordedEvent.EVENT_FIELD_NUMBER << 3 | LENGTH_DELIMITED,))
# All answers with events have them in the same field.
EVENTS_TAG = bytes((ReadEventsResponse.EVENTS_FIELD_NUMBER << 3 | LENGTH_DELIMITED,))

_RECORD_TIME = RecordedEvent.RECORD_TIME_FIELD_NUMBER
RECORD_TIME_TAG = bytes((_RECORD_TIME << 3 | LENGTH_DELIMITED,))
_SECONDS, _NANOS = Timestamp.SECONDS_FIELD_NUMBER, Timestamp.NANOS_FIELD_NUMBER
_CREATE_TIME, _UPDATE_TIME = Visit.CREATE_TIME_FIELD_NUMBER, Visit.UPDATE_TIME_FIELD_NUMBER
_VISIT_POSITION = Visit.POSITION_FIELD_NUMBER

# The bytes of a varint, by the seven bits that they hold: all but the last, and the last.
_MORE = [bytes((bits | 0x80,)) for bits in range(0x80)]
_LAST = [bytes((bits,)) for bits in range(0x80)]


def varint(value: int) -> bytes:
    """A non-negative integer of up to 64 bits as a base-128 varint."""
    if value <= 0x7F:
        return _LAST[value]
    encoded = b""
    while value > 0x7F:
        encoded += _MORE[value & 0x7F]
        value >>= 7
    return encoded + _LAST[value]


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """The number that stands at a place, and where it ends.

    :raises IndexError: the bytes end within it.
    :raises ValueError: it has more than 64 bits.
    """
    value, shift = 0, 0
    while (byte := data[at]) > 0x7F:
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if shift > 63:
            raise ValueError("a number has more than 64 bits")
    return value | byte << shift, at + 1


def number_field(number: int, value: int) -> bytes:
    """A varint field; nothing if the value is 0, the default."""
    return varint(number << 3 | VARINT) + varint(value & 0xFFFF_FFFF_FFFF_FFFF) if value else b""


def bytes_field(number: int, value: bytes) -> bytes:
    """A length-delimited field: bytes, a string, or a serialized message."""
    return varint(number << 3 | LENGTH_DELIMITED) + varint(len(value)) + value


def string_field(number: int, value: str) -> bytes:
    """A string field; nothing if it is empty, the default."""
    return bytes_field(number, value.encode()) if value else b""


# Cached: the changes of a batch share a time, and each row that is read is checked with its own.
@lru_cache(4096)
def timestamp(microseconds: int) -> bytes:
    """A google.protobuf.Timestamp from microseconds since 1970, UTC."""
    seconds, fraction = divmod(microseconds, MICROSECONDS)
    return number_field(_SECONDS, seconds) + number_field(_NANOS, fraction * 1000)


@lru_cache(4096)
def _time_field(number: int, microseconds: int) -> bytes:
    return bytes_field(number, timestamp(microseconds))


def recorded_event_head(position: int, record_time: int, body_length: int) -> bytes:
    """The part of a RecordedEvent that comes before the bytes of its event."""
    head = POSITION_TAG + varint(position) + _time_field(_RECORD_TIME, record_time)
    return head + EVENT_TAG + varint(body_length)


def recorded_event(position: int, record_time: int, body: bytes) -> bytes:
    """The serialized RecordedEvent of a recorded change."""
    return recorded_event_head(position, record_time, len(body)) + body


def member(recorded_event: bytes) -> bytes:
    """A serialized RecordedEvent as one of the ``events`` of a frame."""
    return EVENTS_TAG + varint(len(recorded_event)) + recorded_event


def split(members: bytes, size: int) -> Iterator[bytes]:
    """Joined members of field 1 in parts of up to so many bytes, or of one larger member."""
    begin = end = 0
    if len(members) <= size:
        end = len(members)
    while end < len(members):
        length, after = read_varint(members, end + 1)
        after += length
        if after - begin > size and end > begin:
            yield members[begin:end]
            begin = end
        end = after
    if members:
        yield members[begin:]


def unrecorded_event(body: bytes) -> bytes:
    """A RecordedEvent of a change that has neither position nor record time."""
    return EVENT_TAG + varint(len(body)) + body


def frame_prefix(position: int, record_time: int, body_length: int) -> bytes:
    """The bytes that, before those of an event, make it one of the ``events`` of a frame."""
    head = recorded_event_head(position, record_time, body_length)
    return EVENTS_TAG + varint(len(head) + body_length) + head


# What a Visit has at most beside what is serialized before it is recorded: the fields of
# ``visit_tail``, and the changes that it allows.
VISIT_TAIL = 100


def visit_tail(position: int, create_time: int, update_time: int) -> bytes:
    """The fields of a Visit that say where it is recorded. Times are in microseconds."""
    return (
        number_field(_VISIT_POSITION, position)
        + _time_field(_CREATE_TIME, create_time)
        + _time_field(_UPDATE_TIME, update_time)
    )
