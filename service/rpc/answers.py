"""What fits into an answer: no client with gRPC's defaults is sent more than it takes."""

from collections.abc import Sequence

from chancery.v1 import event_pb2
from service.queries.annotations import Annotation

# Bytes that the position and the flags of an answer take at most, and with them a page token.
ROOM_FOR_FLAGS = 64
ROOM_FOR_TOKEN = 1024


def annotation(position: int, found: Annotation) -> bytes:
    """The serialized EventAnnotation of the change at a position."""
    return event_pb2.EventAnnotation(
        position=position,
        retracted_by_version=found.retracted_by,
        corrected_by_versions=found.corrected_by,
    ).SerializeToString()


def fitting(parts: Sequence[bytes], room: int) -> Sequence[bytes]:
    """The first of these parts, as many as fit into so many bytes."""
    for number, part in enumerate(parts):
        room -= len(part)
        if room < 0:
            return parts[:number]
    return parts
