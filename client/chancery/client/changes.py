"""Changes as messages: the call that records each, and what makes it safe to ask for again."""

import uuid
from collections import Counter
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from google.protobuf.message import Message

from chancery.client.methods import APPLY_CHANGES, RECORD, Method
from chancery.client.retry import asked
from chancery.client.steps import Plan
from chancery.v1.desk_service_pb2 import (
    ApplyChangesRequest,
    ApplyChangesResponse,
    Change,
)
from chancery.v1.event_pb2 import RecordedEvent

# Changes that name another version of their visit, and whose times are those of that version
# unless they say a known time.
ABOUT_OTHERS = {"corrected", "retracted"}


def recorded(change: Change, timeout: float) -> Plan[Any]:
    """Record one change; the answer is that of the change's own call.

    ``timeout`` is in seconds.

    :raises ValueError: the change does not say what changes.
    :raises ChanceryError: it was refused, or failed.
    """
    method, request = call_for(with_request_id(change))
    return asked(method, request, timeout)


def applied(changes: Iterable[Change], timeout: float) -> Plan[ApplyChangesResponse]:
    """Record up to 100 changes: all of them or none. ``timeout`` is in seconds.

    :raises ChanceryError: they were refused, or failed.
    """
    request = ApplyChangesRequest(changes=map(with_request_id, changes))
    return asked(APPLY_CHANGES, request, timeout)


def call_for(change: Change) -> tuple[Method[Any, Any], Message]:
    """The method that records ``change``, and its request.

    :raises ValueError: the change does not say what changes.
    """
    kind = change.WhichOneof("change")
    if kind is None:
        raise ValueError("the change does not say what changes")
    method = RECORD[kind]
    content = {"context": change.context, "name": change.name, kind: getattr(change, kind)}
    return method, method.request(**content)


def with_request_id(change: Change) -> Change:
    """``change``, or a copy with a new request id if it has none: that makes a retry harmless."""
    return change if change.context.request_id else _keyed(change, str(uuid.uuid4()))


def _keyed(change: Change, request_id: str) -> Change:
    keyed = Change()
    keyed.CopyFrom(change)
    keyed.context.request_id = request_id
    return keyed


class ContentIds:
    """Gives changes request ids that are made of themselves: importing them again adds nothing.

    They are the same for any actor. Where the same change comes again, it is another one.
    """

    def __init__(self) -> None:
        self._seen = Counter[bytes]()

    def __call__(self, change: Change) -> Change:
        """``change``, or a copy with such a request id if it has none."""
        if change.context.request_id:
            return change
        digest = sha256(change.SerializeToString(deterministic=True)).digest()
        again = f"-{self._seen[digest]}" if self._seen[digest] else ""
        self._seen[digest] += 1
        return _keyed(change, f"content:{digest.hex()}{again}")


def asked_again(recorded: RecordedEvent) -> Change:
    """The request for a change that was recorded, perhaps elsewhere.

    It keeps the time at which it was recorded as that at which it was known, if it has no other.
    It expects the changes before it: versions that others name stay right, and a visit that has
    all of them does not get them again.

    :raises ValueError: the change has lost its content.
    """
    event = recorded.event
    kind = event.WhichOneof("change")
    if kind is None:
        raise ValueError("the change has lost its content")
    change = Change(name=event.visit, **{kind: getattr(event, kind)})
    if kind == "retracted":
        change.retracted.ClearField("retracted_versions")
    context = change.context
    if event.known_period:
        context.known_period = event.known_period
    elif event.HasField("known_time"):
        context.known_time.CopyFrom(event.known_time)
    elif kind not in ABOUT_OTHERS:
        context.known_time.CopyFrom(recorded.record_time)
    if event.effective_period:
        context.effective_period = event.effective_period
    elif event.HasField("effective_time") and kind not in ABOUT_OTHERS:
        context.effective_time.CopyFrom(event.effective_time)
    context.expected_version = event.version - 1
    context.reason, context.note = event.reason, event.note
    context.basis.extend(event.basis)
    context.sources.extend(event.sources)
    return change
