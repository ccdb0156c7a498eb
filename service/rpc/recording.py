"""DeskService in the core: from the bytes of requests to changes, and from outcomes to answers."""

from collections.abc import Callable, Iterator
from typing import Any

import grpc
import structlog
from google.protobuf import message_factory

from chancery.v1 import desk_service_pb2 as messages
from domain.errors import InvalidValue
from service.codec import wire
from service.commands.change import Change, Outcome
from service.commands.core import Core
from service.commands.round import Kind, Result, Task
from service.errors import FieldNotServed, MalformedRequest, TooLarge
from service.limits import ANSWER_BYTES, APPLY_CHANGES, IMPORT_CHANGES, SLOW_BYTES
from service.link.frames import Answer, Ask, AskCheckpoint, AskEnd, End, Forget, ToCore, ToEdge
from service.projections.loading import Steps, at_once
from service.rpc import requests
from service.rpc.errors import Failed, failure_of
from service.rpc.parse import parse
from service.rpc.texts import clean_texts

# Numbers of the fields of answers. All answers with one change have the same.
VISIT = messages.AppliedChange.VISIT_FIELD_NUMBER
EVENT = messages.AppliedChange.EVENT_FIELD_NUMBER
REPLAYED = messages.AppliedChange.REPLAYED_FIELD_NUMBER
APPLIED_CHANGES = messages.ApplyChangesResponse.CHANGES_FIELD_NUMBER
IMPORT_RESULTS = messages.ImportChangesResponse.RESULTS_FIELD_NUMBER
RESULT_INDEX = messages.ImportResult.INDEX_FIELD_NUMBER
RESULT_EVENT = messages.ImportResult.EVENT_FIELD_NUMBER
RESULT_ERROR = messages.ImportResult.ERROR_FIELD_NUMBER
# What each of the changes of a request begins with.
CHANGES_TAG = messages.ApplyChangesRequest.CHANGES_FIELD_NUMBER << 3 | wire.LENGTH_DELIMITED
RESULT_REPLAYED = messages.ImportResult.REPLAYED_FIELD_NUMBER

_SERVICE = messages.DESCRIPTOR.services_by_name["DeskService"]
_TYPES: dict[str, Any] = {
    method.name: message_factory.GetMessageClass(method.input_type) for method in _SERVICE.methods
}
# The field of a request that has the change: all of a method with one change but the other two.
_CHANGE_FIELDS = {
    name: next(f.name for f in kind.DESCRIPTOR.fields if f.name not in ("name", "context"))
    for name, kind in _TYPES.items()
    if "context" in kind.DESCRIPTOR.fields_by_name
}

logger = structlog.get_logger()
Reply = Callable[[ToEdge], None]


class Recording:
    """Takes what edges ask of the core. ``sign`` takes what they ask for signatures."""

    def __init__(self, core: Core, sign: Callable[[AskCheckpoint, "Reply"], None]) -> None:
        self._core = core
        self._sign = sign
        # What is to be validated, by who answers and by the number of the request.
        self._validated: dict[tuple[Reply, int], Task] = {}

    def take(self, asked: ToCore, reply: Reply) -> None:
        """Pass on what is asked, and reply once it is done."""
        if isinstance(asked, AskCheckpoint):
            self._sign(asked, reply)
            return
        if isinstance(asked, Forget):
            if (task := self._validated.get((reply, asked.number))) is not None:
                task.is_wanted = False
            return
        if isinstance(asked, AskEnd):
            self._core.ask(Task((), done=_done(asked, reply, lambda task: _end(asked, task))))
            return
        steps = self._read(asked, reply)
        if len(asked.request) > SLOW_BYTES:
            self._core.work(asked.sharer, steps)
        else:
            at_once(steps)

    def _read(self, asked: Ask, reply: Reply) -> Steps[None]:
        """Read a request and pass it on, or reply why it is refused."""
        try:
            match asked.method:
                case "ImportChanges":
                    yield from self._import(asked, reply)
                case "ApplyChanges":
                    yield from self._apply(asked, reply)
                case _:
                    self._record(asked, reply)
        except Exception as error:
            reply(failed(asked, error))

    def _ask(self, asked: Ask, reply: Reply, task: Task) -> None:
        """Ask the core. What is only validated is remembered: its caller may leave before."""
        task.sharer = asked.sharer
        if task.kind is Kind.VALIDATE:
            key, done = (reply, asked.number), task.done
            self._validated[key] = task

            def forget(task: Task) -> None:
                del self._validated[key]
                done(task)

            task.done = forget
        self._core.ask(task)

    def _record(self, asked: Ask, reply: Reply) -> None:
        """Record one change."""
        request = parse(_TYPES[asked.method], asked.request)
        clean_texts(request)
        field, request_id = _CHANGE_FIELDS[asked.method], request.context.request_id
        message = messages.Change(context=request.context, name=request.name)
        getattr(message, field).CopyFrom(getattr(request, field))
        kind = Kind.VALIDATE if request.context.validate_only else Kind.RECORD

        def answer(task: Task) -> ToEdge:
            outcome = task.results[0]
            assert isinstance(outcome, Outcome)
            return Answer(asked.number, _outcome(outcome) + outcome.weight, request_id=request_id)

        try:
            change = requests.change(message, asked.actor, asked.call_id)
        except InvalidValue as refusal:
            reply(failed(asked, refusal, request_id))
        else:
            self._ask(asked, reply, Task([change], kind, _done(asked, reply, answer, request_id)))

    def _apply(self, asked: Ask, reply: Reply) -> Steps[None]:
        """Record several changes, all or none."""
        validate_only = False
        changes: list[Change] = []
        for i, message in enumerate(_changes(asked, APPLY_CHANGES)):
            try:
                clean_texts(message)
            except InvalidValue as error:
                raise error.under(f"changes[{i}]") from None
            if i == 0:
                validate_only = message.context.validate_only
            if message.context.validate_only != validate_only:
                raise InvalidValue.of(
                    f"changes[{i}].context.validate_only", "must be the same in all changes"
                )
            if not message.context.request_id:
                message.context.request_id = f"{asked.call_id}-{i}"
            changes.append(requests.change(message, asked.actor, asked.call_id, f"changes[{i}]"))
            yield

        def answer(task: Task) -> ToEdge:
            parts = [wire.bytes_field(APPLIED_CHANGES, _outcome(each)) for each in task.results]
            # What is recorded by this call was checked before: now it is validated or replayed.
            if (size := sum(map(len, parts))) > ANSWER_BYTES:
                raise TooLarge.by("changes", "the answer", size, ANSWER_BYTES)
            return Answer(asked.number, b"".join(parts))

        kind = Kind.VALIDATE if validate_only else Kind.RECORD
        self._ask(asked, reply, Task(changes, kind, _done(asked, reply, answer)))

    def _import(self, asked: Ask, reply: Reply) -> Steps[None]:
        """Record the changes of a message, each for itself."""
        results: dict[int, Result] = {}
        changes: dict[int, Change] = {}
        for i, message in enumerate(_changes(asked, IMPORT_CHANGES)):
            try:
                clean_texts(message)
                changes[i] = _for_import(message, asked)
            except InvalidValue as refusal:
                results[i] = refusal
            yield
        number = len(changes) + len(results)

        def answer(task: Task) -> ToEdge:
            results.update(zip(changes, task.results, strict=True))
            parts = [
                wire.bytes_field(IMPORT_RESULTS, _result(asked.first + i, results[i], asked))
                for i in range(number)
            ]
            return Answer(asked.number, b"".join(parts), changes=len(parts))

        self._ask(
            asked, reply, Task(list(changes.values()), Kind.IMPORT, _done(asked, reply, answer))
        )


def _changes(asked: Ask, limit: int) -> Iterator[messages.Change]:
    """The changes of a request that has several, each parsed when its turn comes.

    :raises InvalidValue: there are none, or too many.
    :raises MalformedRequest: the bytes are not a message of the type.
    :raises FieldNotServed: the message, or a change, has a field that its type does not have.
    """
    kind, raw = _TYPES[asked.method], asked.request
    changes: list[bytes] = []
    at = 0
    try:
        while at < len(raw) and raw[at] == CHANGES_TAG and len(changes) <= limit:
            length, begin = wire.read_varint(raw, at + 1)
            at = begin + length
            if at > len(raw):
                raise MalformedRequest(kind.DESCRIPTOR.full_name)
            changes.append(raw[begin:at])
    except (IndexError, ValueError):
        raise MalformedRequest(kind.DESCRIPTOR.full_name) from None
    if len(changes) <= limit:
        parse(kind, raw[at:])  # nothing, or a field that its type does not have
    if not 1 <= len(changes) <= limit:
        raise InvalidValue.of("changes", f"must be 1 to {limit}")
    for i, change in enumerate(changes):
        try:
            yield parse(messages.Change, change)
        except FieldNotServed as error:
            raise error.under(f"changes[{i}]") from None


def _done(
    asked: ToCore, reply: Reply, answer: Callable[[Task], ToEdge], request_id: str = ""
) -> Callable[[Task], None]:
    """What replies once a task is done: its answer, or why it failed."""

    def done(task: Task) -> None:
        try:
            if task.error is not None:
                raise task.error
            answered = answer(task)
        except Exception as error:
            answered = failed(asked, error, request_id)
        reply(answered)

    return done


def _end(asked: AskEnd, task: Task) -> ToEdge:
    """Where the log ends."""
    return End(asked.number, task.size, task.record_time)


def failed(asked: ToCore, error: Exception, request_id: str = "") -> Answer:
    """The answer to a request that failed."""
    call_id = request_id or asked.call_id
    failed = Failed.of(failure_of(error, call_id))
    if failed.code is grpc.StatusCode.INTERNAL:
        logger.error("defect", request_id=call_id, exc_info=error)
    code = failed.code.value[0]
    return Answer(asked.number, failed.status, code, failed.message, request_id)


def _outcome(outcome: Result) -> bytes:
    """The fields that every answer with a change has."""
    assert isinstance(outcome, Outcome)
    return (
        wire.bytes_field(VISIT, outcome.visit)
        + wire.bytes_field(EVENT, outcome.event)
        + wire.number_field(REPLAYED, int(outcome.replayed))
    )


def _for_import(message: messages.Change, asked: Ask) -> Change:
    """A change of an import.

    :raises InvalidValue: it has no request id, or sets ``validate_only``.
    """
    if not message.context.request_id:
        raise InvalidValue.of("context.request_id", "is required in ImportChanges")
    if message.context.validate_only:
        raise InvalidValue.of("context.validate_only", "must not be set in ImportChanges")
    return requests.change(message, asked.actor, asked.call_id)


def _result(index: int, result: Result, asked: Ask) -> bytes:
    """The serialized ImportResult."""
    parts = [wire.number_field(RESULT_INDEX, index)]
    if isinstance(result, Outcome):
        parts.append(wire.bytes_field(RESULT_EVENT, result.event))
        parts.append(wire.number_field(RESULT_REPLAYED, int(result.replayed)))
    else:
        status = failure_of(result, asked.call_id).status()
        parts.append(wire.bytes_field(RESULT_ERROR, status.SerializeToString()))
    return b"".join(parts)
