"""Recorded changes as a reader gets them: the stored bytes without the restricted part.

What is open is found in the bytes themselves. A column that says where it ends could have been
altered, and would give away what it should not.
"""

from service.codec.canonical import NotCanonical
from service.codec.parts import part_ends
from service.codec.wire import (
    EVENT_TAG,
    EVENTS_TAG,
    POSITION_TAG,
    RECORD_TIME_TAG,
    read_varint,
    varint,
)


def open_members(members: bytes) -> bytes:
    """The members of a frame's ``events``, joined, each without what its event has restricted.

    :raises NotCanonical: the bytes are no such members.
    """
    opened: list[bytes] = []
    at = 0
    try:
        while at < len(members):
            size, head = _number_after(EVENTS_TAG, members, at)
            at = head + size
            _, end = _number_after(POSITION_TAG, members, head)
            size, end = _number_after(RECORD_TIME_TAG, members, end)
            head_end = end + size
            size, begin = _number_after(EVENT_TAG, members, head_end)
            if begin + size != at or at > len(members):
                raise ValueError("a length is not that of what follows")
            event = members[begin:at]
            event = event[: part_ends(event)[1]]
            recorded = members[head:head_end] + EVENT_TAG + varint(len(event)) + event
            opened += EVENTS_TAG, varint(len(recorded)), recorded
    except (IndexError, ValueError):
        raise NotCanonical("the bytes are no recorded change") from None
    return b"".join(opened)


def _number_after(tag: bytes, members: bytes, at: int) -> tuple[int, int]:
    """The varint behind a tag, and where it ends."""
    if members[at] != tag[0]:
        raise ValueError("another field stands here")
    return read_varint(members, at + 1)
