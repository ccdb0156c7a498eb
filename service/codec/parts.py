"""The three parts of a serialized VisitEvent, found by the numbers of its fields.

See ``chancery.v1.VisitEvent``: the header has the fields 1 to 15, the content those from 16 on,
and the restricted part those from 100 on. The log commits to each part by itself.
"""

from service.codec.wire import LENGTH_DELIMITED, VARINT, read_varint

# The first tags of the content and of the restricted part.
_CONTENT = 16 << 3
_RESTRICTED = 100 << 3


def part_ends(body: bytes) -> tuple[int, int]:
    """Where the header ends in a serialized VisitEvent, and where the content does.

    Both are 0 for bytes that are no such message: nobody knows what they give away.
    """
    try:
        content = _first_field(body, 0, _CONTENT)
        restricted = _first_field(body, content, _RESTRICTED)
    except (IndexError, ValueError):
        return 0, 0
    return (content, restricted) if restricted <= len(body) else (0, 0)


def parts_of(body: bytes) -> tuple[bytes, bytes, bytes]:
    """The header, the content and the restricted part. Joined, they are the body."""
    content, restricted = part_ends(body)
    return body[:content], body[content:restricted], body[restricted:]


def _first_field(body: bytes, at: int, wanted: int) -> int:
    """Where the first field begins, from ``at`` on, that has this tag or a higher one.

    The length of the body if there is none.
    """
    end = len(body)
    while at < end:
        begin, tag = at, body[at]
        at += 1
        if tag > 0x7F:  # read here for speed: each change that is recorded comes by
            tag, at = tag & 0x7F | body[at] << 7, at + 1
            if tag >= 1 << 14:
                return begin  # a field number above 1023
        if tag >= wanted:
            return begin
        kind, value = tag & 7, body[at]
        if value > 0x7F:
            value, at = read_varint(body, at)
        else:
            at += 1
        if kind == LENGTH_DELIMITED:
            at += value
        elif kind != VARINT:
            raise ValueError("a field has another type than any of the message")
    return at
