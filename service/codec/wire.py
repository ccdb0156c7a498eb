"""The few protobuf fields that are encoded by hand.

Position and record time are known only in the transaction that stores a change, when
the rest of its message is serialized already. Since protobuf allows a message to be
joined from its serialized fields, these are put before or behind it. The field numbers
are those of ``chancery/v1/*.proto``; a test holds them against the contract.

See the protobuf encoding specification: a field is its tag (number << 3 | wire type)
and its value; a varint holds seven bits a byte, the lowest first.
"""

from functools import lru_cache

MICROSECONDS = 1_000_000
# Each byte of a varint but the last, and the last, by the seven bits that it holds.
_MORE = [bytes((bits | 0x80,)) for bits in range(0x80)]
_LAST = [bytes((bits,)) for bits in range(0x80)]


def varint(value: int) -> bytes:
    """A non-negative integer of up to 64 bits as a base-128 varint."""
    encoded = b""
    while value > 0x7F:
        encoded += _MORE[value & 0x7F]
        value >>= 7
    return encoded + _LAST[value]


def number_field(number: int, value: int) -> bytes:
    """A varint field; nothing where the value is 0, the default."""
    return varint(number << 3) + varint(value & 0xFFFF_FFFF_FFFF_FFFF) if value else b""


def bytes_field(number: int, value: bytes) -> bytes:
    """A length-delimited field: bytes, a string, or a serialized message."""
    return varint(number << 3 | 2) + varint(len(value)) + value


# The changes of a batch have one time, and each change that is read is checked with its own.
@lru_cache(4096)
def timestamp(microseconds: int) -> bytes:
    """A google.protobuf.Timestamp from microseconds since 1970, UTC."""
    seconds, fraction = divmod(microseconds, MICROSECONDS)
    return number_field(1, seconds) + number_field(2, fraction * 1000)


@lru_cache(4096)
def _record_time(microseconds: int) -> bytes:
    return bytes_field(2, timestamp(microseconds))


def recorded_event_head(position: int, record_time: int, body_length: int) -> bytes:
    """All of a RecordedEvent that comes before its event's bytes."""
    return b"\x08" + varint(position) + _record_time(record_time) + b"\x1a" + varint(body_length)


def frame_prefix(position: int, record_time: int, body_length: int) -> bytes:
    """What makes an event's bytes a member of a frame's ``events``, its field 1."""
    head = recorded_event_head(position, record_time, body_length)
    return b"\x0a" + varint(len(head) + body_length) + head


def visit_tail(
    effective_time: int | None,
    known_time: int | None,
    position: int,
    create_time: int,
    update_time: int,
) -> bytes:
    """The fields 13 to 17 of a Visit, which only the transaction knows."""
    return b"".join(
        (
            b"" if effective_time is None else bytes_field(13, timestamp(effective_time)),
            b"" if known_time is None else bytes_field(14, timestamp(known_time)),
            number_field(15, position),
            bytes_field(16, timestamp(create_time)),
            bytes_field(17, timestamp(update_time)),
        )
    )
