"""DeskService: record changes."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from chancery.v1 import desk_service_pb2 as messages
from domain.errors import InvalidValue
from service.codec import wire
from service.commands.change import Change, Outcome
from service.commands.importing import ImportOutcome, record_each
from service.commands.record import Commands
from service.limits import APPLY_CHANGES, IMPORT_CHANGES
from service.rpc import requests
from service.rpc.calls import Call
from service.rpc.errors import failure_of

# Numbers of the fields of answers. All answers with one change have the same.
VISIT = messages.AppliedChange.VISIT_FIELD_NUMBER
EVENT = messages.AppliedChange.EVENT_FIELD_NUMBER
REPLAYED = messages.AppliedChange.REPLAYED_FIELD_NUMBER
APPLIED_CHANGES = messages.ApplyChangesResponse.CHANGES_FIELD_NUMBER
IMPORT_RESULTS = messages.ImportChangesResponse.RESULTS_FIELD_NUMBER
RESULT_INDEX = messages.ImportResult.INDEX_FIELD_NUMBER
RESULT_EVENT = messages.ImportResult.EVENT_FIELD_NUMBER
RESULT_ERROR = messages.ImportResult.ERROR_FIELD_NUMBER
RESULT_REPLAYED = messages.ImportResult.REPLAYED_FIELD_NUMBER


@dataclass(frozen=True)
class DeskServicer:
    """Each request carries the change as its event will."""

    SERVICE: ClassVar = messages.DESCRIPTOR.services_by_name["DeskService"]

    commands: Commands

    async def ScheduleVisit(self, request: messages.ScheduleVisitRequest, call: Call) -> bytes:
        """Plan a visit."""
        return await self._record(request, call, scheduled=request.scheduled)

    async def DiscloseVisit(self, request: messages.DiscloseVisitRequest, call: Call) -> bytes:
        """Record a visit that became known after it took place."""
        return await self._record(request, call, disclosed=request.disclosed)

    async def PostponeVisit(self, request: messages.PostponeVisitRequest, call: Call) -> bytes:
        """Put a visit off without a new date."""
        return await self._record(request, call, postponed=request.postponed)

    async def DeferVisit(self, request: messages.DeferVisitRequest, call: Call) -> bytes:
        """Leave a visit open under a condition."""
        return await self._record(request, call, deferred=request.deferred)

    async def RescheduleVisit(self, request: messages.RescheduleVisitRequest, call: Call) -> bytes:
        """Give a visit a new window."""
        return await self._record(request, call, rescheduled=request.rescheduled)

    async def CompleteVisit(self, request: messages.CompleteVisitRequest, call: Call) -> bytes:
        """Record that a visit took place."""
        return await self._record(request, call, completed=request.completed)

    async def CancelVisit(self, request: messages.CancelVisitRequest, call: Call) -> bytes:
        """Call a visit off."""
        return await self._record(request, call, cancelled=request.cancelled)

    async def AmendVisit(self, request: messages.AmendVisitRequest, call: Call) -> bytes:
        """Change facts other than the status."""
        return await self._record(request, call, amended=request.amended)

    async def RecordStatement(self, request: messages.RecordStatementRequest, call: Call) -> bytes:
        """Record what somebody said."""
        return await self._record(request, call, statement_recorded=request.statement_recorded)

    async def RetractChange(self, request: messages.RetractChangeRequest, call: Call) -> bytes:
        """Name an earlier change as entered in error."""
        return await self._record(request, call, retracted=request.retracted)

    async def ApplyChanges(self, request: messages.ApplyChangesRequest, call: Call) -> bytes:
        """Record several changes, all or none."""
        if not 1 <= len(request.changes) <= APPLY_CHANGES:
            raise InvalidValue.of("changes", f"must be 1 to {APPLY_CHANGES}")
        validate_only = request.changes[0].context.validate_only
        changes: list[Change] = []
        for i, message in enumerate(request.changes):
            if message.context.validate_only != validate_only:
                raise InvalidValue.of(
                    f"changes[{i}].context.validate_only", "must be the same in all changes"
                )
            if not message.context.request_id:
                message.context.request_id = f"{call.request_id}-{i}"
            changes.append(requests.change(message, call, f"changes[{i}]"))
        outcomes = await self.commands.record(changes, validate_only=validate_only)
        return b"".join(wire.bytes_field(APPLIED_CHANGES, _answer(outcome)) for outcome in outcomes)

    def ImportChanges(self, call: Call) -> Callable[[Any], Awaitable[bytes]]:
        """Record many changes, each on its own, message by message."""
        first = 0

        async def answer(request: messages.ImportChangesRequest) -> bytes:
            nonlocal first
            results = await self._import(request.changes, call)
            indexed = enumerate(results, start=first)
            first += len(results)
            return b"".join(
                wire.bytes_field(IMPORT_RESULTS, _result(*each, call)) for each in indexed
            )

        return answer

    async def _import(self, asked: Sequence[messages.Change], call: Call) -> list[ImportOutcome]:
        """The outcome of each change of a message."""
        if not 1 <= len(asked) <= IMPORT_CHANGES:
            raise InvalidValue.of("changes", f"must be 1 to {IMPORT_CHANGES}")
        results: dict[int, ImportOutcome] = {}
        changes: dict[int, Change] = {}
        for i, message in enumerate(asked):
            try:
                changes[i] = _for_import(message, call)
            except InvalidValue as refusal:
                results[i] = refusal
        if changes:
            recorded = await record_each(self.commands, list(changes.values()))
            results |= zip(changes, recorded, strict=True)
        return [results[i] for i in range(len(asked))]

    async def _record(self, request: Any, call: Call, **change: Any) -> bytes:
        message = messages.Change(context=request.context, name=request.name, **change)
        call.request_id = request.context.request_id or call.request_id
        outcomes: Sequence[Outcome] = await self.commands.record(
            [requests.change(message, call)], validate_only=request.context.validate_only
        )
        return _answer(outcomes[0])


def _answer(outcome: Outcome) -> bytes:
    """The fields that every answer with a change has."""
    return (
        wire.bytes_field(VISIT, outcome.visit)
        + wire.bytes_field(EVENT, outcome.event)
        + wire.number_field(REPLAYED, int(outcome.replayed))
    )


def _for_import(message: messages.Change, call: Call) -> Change:
    """A change of an import.

    :raises InvalidValue: it has no request id, or sets ``validate_only``.
    """
    if not message.context.request_id:
        raise InvalidValue.of("context.request_id", "is required in ImportChanges")
    if message.context.validate_only:
        raise InvalidValue.of("context.validate_only", "must not be set in ImportChanges")
    return requests.change(message, call)


def _result(index: int, result: ImportOutcome, call: Call) -> bytes:
    """The serialized ImportResult."""
    parts = [wire.number_field(RESULT_INDEX, index)]
    if isinstance(result, Outcome):
        parts.append(wire.bytes_field(RESULT_EVENT, result.event))
        parts.append(wire.number_field(RESULT_REPLAYED, int(result.replayed)))
    else:
        status = failure_of(result, call.request_id).status()
        parts.append(wire.bytes_field(RESULT_ERROR, status.SerializeToString()))
    return b"".join(parts)
