"""Requests that record a change, each safe to repeat."""

import uuid

from google.protobuf.message import Message

from chancery.v1 import desk_service_pb2 as desk

# The call for each kind of change in Change's oneof, and the type of its request.
CALLS: dict[str, tuple[str, type[Message]]] = {
    "scheduled": ("ScheduleVisit", desk.ScheduleVisitRequest),
    "disclosed": ("DiscloseVisit", desk.DiscloseVisitRequest),
    "postponed": ("PostponeVisit", desk.PostponeVisitRequest),
    "deferred": ("DeferVisit", desk.DeferVisitRequest),
    "rescheduled": ("RescheduleVisit", desk.RescheduleVisitRequest),
    "completed": ("CompleteVisit", desk.CompleteVisitRequest),
    "cancelled": ("CancelVisit", desk.CancelVisitRequest),
    "amended": ("AmendVisit", desk.AmendVisitRequest),
    "corrected": ("CorrectChange", desk.CorrectChangeRequest),
    "statement_recorded": ("RecordStatement", desk.RecordStatementRequest),
    "retracted": ("RetractChange", desk.RetractChangeRequest),
}


def call_for(change: desk.Change) -> tuple[str, Message]:
    """The name of the call that records ``change``, and its request.

    :raises ValueError: the change does not say what changes.
    """
    kind = change.WhichOneof("change")
    if kind is None:
        raise ValueError("the change does not say what changes")
    call, request = CALLS[kind]
    content = {"context": change.context, "name": change.name, kind: getattr(change, kind)}
    return call, request(**content)


def with_request_id(change: desk.Change) -> desk.Change:
    """``change``, or a copy with a new request id if it has none: that makes a retry harmless."""
    if change.context.request_id:
        return change
    keyed = desk.Change()
    keyed.CopyFrom(change)
    keyed.context.request_id = str(uuid.uuid4())
    return keyed
