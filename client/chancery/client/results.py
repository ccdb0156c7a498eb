"""From the messages that a server sends to the results that the client answers."""

from dataclasses import replace
from typing import Any, TypeVar

from google.protobuf.message import Message

from chancery.client import answers, errors
from chancery.client.event import Event
from chancery.client.fields import content_at, instant, read
from chancery.client.value import Value
from chancery.client.visit import Visit
from chancery.client.words import CHANGE_TYPE, STANDING, STATUS
from chancery.v1 import audit_service_pb2 as audit
from chancery.v1 import desk_service_pb2 as desk
from chancery.v1 import history_service_pb2 as history
from chancery.v1 import visit_service_pb2 as visits
from chancery.v1.error_pb2 import ErrorReason
from chancery.v1.event_pb2 import EventAnnotation, RecordedEvent
from chancery.v1.visit_pb2 import FieldChange
from chancery.v1.visit_pb2 import Visit as VisitMessage

V = TypeVar("V", bound=Value)


def plain(kind: type[V], message: Message) -> V:
    """A result that has the fields of its message, and no others."""
    return read(kind, message, message=message)


def visit(message: VisitMessage, view_position: int) -> Visit:
    """A visit, and the position that the answer reflects."""
    return read(Visit, message, message=message, view_position=view_position)


def event(recorded: RecordedEvent, annotation: EventAnnotation | None = None) -> Event:
    """A change that a server sent, with what it said that later ones did to it."""
    told = recorded.event
    kind = told.WhichOneof("change")
    content = getattr(told, kind) if kind else None
    return read(
        Event,
        told,
        position=recorded.position,
        record_time=instant(recorded.record_time) if recorded.HasField("record_time") else None,
        change=None if content is None else read(Value.KINDS[content.DESCRIPTOR.name], content),
        change_type=CHANGE_TYPE.of(told.change_type),
        retracted_by=annotation.retracted_by_version if annotation else 0,
        corrected_by=tuple(annotation.corrected_by_versions) if annotation else (),
        message=recorded,
    )


def got(answer: visits.GetVisitResponse) -> Visit:
    """The answer to a question for one visit."""
    return visit(answer.visit, answer.view_position)


def recorded(change: desk.AppliedChange) -> answers.Recorded:
    """A change as it was recorded."""
    return answers.Recorded(
        visit(change.visit, change.event.position),
        event(change.event),
        change.replayed,
        message=change,
    )


def recorded_statement(answer: desk.RecordStatementResponse) -> answers.RecordedStatement:
    """A statement as it was recorded."""
    return read(
        answers.RecordedStatement,
        answer,
        visit=visit(answer.visit, answer.event.position),
        event=event(answer.event),
        message=answer,
    )


def applied(answer: desk.ApplyChangesResponse) -> answers.Applied:
    """Changes that were recorded together."""
    return answers.Applied(tuple(map(recorded, answer.changes)), message=answer)


def imported(result: desk.ImportResult) -> answers.Imported:
    """What became of one change of an import."""
    return answers.Imported(
        result.index,
        event(result.event) if result.HasField("event") else None,
        errors.of_status(result.error) if result.HasField("error") else None,
        result.replayed,
        message=result,
    )


def listed(answer: visits.ListVisitsResponse) -> answers.Visits:
    """Visits of a list."""
    found = tuple(visit(each, answer.view_position) for each in answer.visits)
    return answers.Visits(found, answer.view_position, message=answer)


def batch(answer: visits.BatchGetVisitsResponse) -> answers.Visits:
    """Visits of a batch."""
    found = tuple(visit(each, answer.view_position) for each in answer.visits)
    return answers.Visits(found, answer.view_position, tuple(answer.missing), message=answer)


def count(answer: visits.CountVisitsResponse) -> answers.Count:
    """How many visits there are, with words for what the contract names."""
    found = plain(answers.Count, answer)
    return replace(found, groups=tuple(map(_in_words, found.groups)))


def _in_words(group: answers.CountGroup) -> answers.CountGroup:
    known: Any = {"status": STATUS, "standing": STANDING}.get(group.count_by)
    if known is None:
        return group
    return replace(
        group, counts=tuple(replace(each, value=known.named(each.value)) for each in group.counts)
    )


def listed_events(answer: history.ListEventsResponse) -> answers.History:
    """Changes, with what later ones did to them."""
    annotations = {each.position: each for each in answer.annotations}
    found = (event(each, annotations.get(each.position)) for each in answer.events)
    return answers.History(tuple(found), answer.view_position, message=answer)


def comparison(answer: history.CompareVisitResponse) -> answers.Comparison:
    """What differs in a visit between two moments."""
    position = answer.view_position
    return answers.Comparison(
        visit(answer.before, position) if answer.HasField("before") else None,
        visit(answer.after, position) if answer.HasField("after") else None,
        tuple(map(_field_change, answer.field_changes)),
        tuple(map(event, answer.events)),
        _missing(answer.before_missing),
        _missing(answer.after_missing),
        answer.more_events,
        answer.more_field_changes,
        position,
        message=answer,
    )


def _missing(reason: ErrorReason.ValueType) -> str:
    return ErrorReason.Name(reason).removeprefix("ERROR_REASON_") if reason else ""


def listed_changes(answer: audit.ListChangesResponse) -> answers.Changes:
    """Changes as an auditor looks at them."""
    return answers.Changes(
        tuple(map(_audited, answer.changes)), answer.view_position, message=answer
    )


def _audited(change: audit.RecordedChange) -> answers.AuditedChange:
    return read(
        answers.AuditedChange,
        change,
        event=event(change.event, change.annotation),
        field_changes=tuple(map(_field_change, change.field_changes)),
        message=change,
    )


def _field_change(change: FieldChange) -> answers.FieldChange:
    return answers.FieldChange(
        change.path,
        content_at(change.path, change.old_value, VisitMessage.DESCRIPTOR),
        content_at(change.path, change.new_value, VisitMessage.DESCRIPTOR),
    )
