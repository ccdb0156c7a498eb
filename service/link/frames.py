"""What edges and the core say to each other: batches of messages, as MessagePack.

A frame is the length of a batch in four bytes, big endian, and the batch.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

import msgspec

LENGTH_BYTES = 4


class Ask(msgspec.Struct, array_like=True, tag=1):
    """An edge passes a request on. ``call_id`` is that of the call, and unlike any other.

    ``first`` is the index of a message's first change in its import, and ``sharer`` who takes
    turns with others where there is much to do.
    """

    number: int
    method: str
    request: bytes
    actor: str
    call_id: str
    first: int = 0
    sharer: str = ""


class AskEnd(msgspec.Struct, array_like=True, tag=2):
    """An edge asks where the log ends, once all that may be under way is committed."""

    number: int
    call_id: str = ""


class AskCheckpoint(msgspec.Struct, array_like=True, tag=6):
    """An edge asks for the signed checkpoint of a size; 0 is the log as it is now."""

    number: int
    size: int
    call_id: str = ""


class Forget(msgspec.Struct, array_like=True, tag=8):
    """Whoever asked for this is gone: it need not be gone on with. It is answered all the same."""

    number: int
    call_id: str = ""


class Answer(msgspec.Struct, array_like=True, tag=3):
    """The answer to a request: the serialized response, or a checkpoint.

    Unless ``code`` is 0, it is the serialized google.rpc.Status of a failure, and ``message``
    is the failure's. ``request_id`` is the one that the client gave, if any, and ``changes``
    the number of changes of the request.
    """

    number: int
    body: bytes
    code: int = 0
    message: str = ""
    request_id: str = ""
    changes: int = 1


class End(msgspec.Struct, array_like=True, tag=4):
    """Where the log ends. No later change has an earlier record time (microseconds)."""

    number: int
    size: int
    record_time: int


class Recorded(msgspec.Struct, array_like=True, tag=5):
    """Changes that are committed, from the position ``first`` on.

    Each is the visit's id, the topic, the bytes as one of the ``events`` of a frame, and the
    serialized Visit; that is None if the visit is withdrawn. All have the same ``record_time``
    (microseconds). Without any, it only says that the log ends before ``first``. ``closed`` says
    why the log takes no more changes; None if it takes them.
    """

    first: int
    record_time: int = 0
    changes: Sequence[tuple[str, str, bytes, bytes | None]] = ()
    closed: str | None = None


class Condition(msgspec.Struct, array_like=True, tag=7):
    """How the core fares. ``fault`` says why it cannot record changes well; empty if it can.

    ``warnings`` are what the operator should know besides. While ``hold`` is set, edges begin
    no read, for a moment.
    """

    fault: str = ""
    warnings: Sequence[str] = ()
    hold: bool = False


ToCore = Ask | AskEnd | AskCheckpoint | Forget
ToEdge = Answer | End | Recorded | Condition
Message = TypeVar("Message")

_encode = msgspec.msgpack.Encoder().encode


def frame(messages: Sequence[Any]) -> bytes:
    """The frame of a batch."""
    batch = _encode(messages)
    return len(batch).to_bytes(LENGTH_BYTES, "big") + batch


class Received(Generic[Message]):
    """Finds the messages in bytes that arrive in any pieces."""

    def __init__(self, decoder: msgspec.msgpack.Decoder[list[Message]]) -> None:
        self._decode = decoder.decode
        self._bytes = bytearray()

    def messages(self, data: bytes) -> Iterator[Message]:
        """The messages of the frames that are complete with these bytes."""
        self._bytes += data
        at = 0
        while len(self._bytes) - at >= LENGTH_BYTES:
            begin = at + LENGTH_BYTES
            end = begin + int.from_bytes(self._bytes[at:begin], "big")
            if end > len(self._bytes):
                break
            yield from self._decode(memoryview(self._bytes)[begin:end].tobytes())
            at = end
        del self._bytes[:at]


def received_by_core() -> "Received[ToCore]":
    """What the core receives from an edge."""
    return Received(msgspec.msgpack.Decoder(list[ToCore]))


def received_by_edge() -> "Received[ToEdge]":
    """What an edge receives from the core."""
    return Received(msgspec.msgpack.Decoder(list[ToEdge]))
