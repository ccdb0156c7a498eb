"""What fits into an answer: no client with gRPC's defaults is sent more than it takes."""

from collections.abc import Sequence

from chancery.v1 import event_pb2
from service.codec.opened import open_members
from service.errors import TooLarge
from service.limits import ANSWER_BYTES, CORRECTIONS_TOLD
from service.queries.annotations import Annotation
from service.rpc.call import Call

# Bytes that the position and the flags of an answer take at most, and with them a page token.
ROOM_FOR_FLAGS = 64
ROOM_FOR_TOKEN = 1024


def annotation(position: int, found: Annotation) -> bytes:
    """The serialized EventAnnotation of the change at a position, with its last corrections."""
    return event_pb2.EventAnnotation(
        position=position,
        retracted_by_version=found.retracted_by,
        corrected_by_versions=found.corrected_by[-CORRECTIONS_TOLD:],
    ).SerializeToString()


def shown(call: Call, members: bytes) -> bytes:
    """The members of a frame's ``events``, or as much of them as the caller may see.

    :raises NotCanonical: what is stored is no such members, and the caller may not see all of it.
    """
    return members if call.caller.role.sees_restricted else open_members(members)


def check_then(field: str, *states: bytes) -> None:
    """Check visits as of another moment, which only together were never recorded as they were.

    What was recorded late may make a visit larger then than it ever was now.

    :raises TooLarge: they do not fit into an answer. Names the field with the moment.
    """
    size, most = sum(map(len, states)), ANSWER_BYTES - ROOM_FOR_TOKEN
    if size > most:
        raise TooLarge.by(field, "the visit as it was then", size, most)


def fitting(parts: Sequence[bytes], room: int) -> Sequence[bytes]:
    """The first of these parts, as many as fit into so many bytes."""
    for number, part in enumerate(parts):
        room -= len(part)
        if room < 0:
            return parts[:number]
    return parts
