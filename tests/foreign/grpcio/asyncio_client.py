"""The steps with grpc.aio, from the contract alone: asyncio_client.py HOST:PORT visits/NAME."""

import asyncio
import sys
from collections.abc import AsyncIterable, Awaitable
from typing import Any

import grpc
from google.rpc.status_pb2 import Status

from client import (
    KNOWN,
    OPTIONS,
    SCHEDULED,
    AsOf,
    AuditServiceStub,
    ChangeContext,
    Completed,
    DeskServiceStub,
    GetServerInfoRequest,
    GetVisitRequest,
    HistoryServiceStub,
    InfoServiceStub,
    Postponed,
    Scheduled,
    VisitServiceStub,
    audit_pb,
    code_of,
    desk_pb,
    error_details_pb2,
    history_pb,
    tell,
)


async def refusal(call: Awaitable[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The code and the reason of a call that fails, and its details.

    grpc-status reads the details of synchronous calls only.
    """
    try:
        await call
    except grpc.aio.AioRpcError as error:
        details = {}
        raw = dict(error.trailing_metadata())["grpc-status-details-bin"]
        for packed in Status.FromString(raw).details:
            name = packed.TypeName().rpartition(".")[2]
            details[name] = getattr(error_details_pb2, name)()
            packed.Unpack(details[name])
        return {"code": code_of(error), "reason": details["ErrorInfo"].reason}, details
    raise AssertionError("the call succeeded")


async def record(desk: Any, name: str) -> None:
    """A visit is scheduled, twice with one request id."""
    context = ChangeContext(request_id="scheduled", known_time=KNOWN)
    request = desk_pb.ScheduleVisitRequest(name=name, context=context, scheduled=SCHEDULED)
    for step in "scheduled", "scheduled again":
        done = await desk.ScheduleVisit(request)
        tell(step, position=done.event.position, replayed=done.replayed)


async def ask(visits: Any, name: str) -> None:
    """The visit as of the time when it became known, and just before."""
    request = GetVisitRequest(name=name, as_of=AsOf(known_at=KNOWN))
    visit = (await visits.GetVisit(request)).visit
    tell(
        "visit", status=visit.status, known_time=[visit.known_time.seconds, visit.known_time.nanos]
    )
    request.as_of.known_at.nanos -= 1000
    told, _ = await refusal(visits.GetVisit(request))
    tell("a microsecond before", **told)


async def be_refused(desk: Any, name: str) -> None:
    """A change that the status does not allow, and one with a bad field."""
    await desk.CompleteVisit(desk_pb.CompleteVisitRequest(name=name, completed=Completed()))
    postpone = desk_pb.PostponeVisitRequest(name=name, postponed=Postponed())
    told, details = await refusal(desk.PostponeVisit(postpone))
    violations = [[each.type, each.subject] for each in details["PreconditionFailure"].violations]
    metadata = dict(details["ErrorInfo"].metadata)
    tell("refused", **told, violations=violations, metadata=metadata)
    bad = desk_pb.ScheduleVisitRequest(name=f"{name}-bad", scheduled=Scheduled())
    told, details = await refusal(desk.ScheduleVisit(bad))
    fields = [each.field for each in details["BadRequest"].field_violations]
    tell("bad field", **told, fields=fields)


async def load(desk: Any, name: str) -> None:
    """Two changes in a stream, of which the second is refused."""
    changes = [
        desk_pb.Change(
            name=f"{name}-imported",
            context=ChangeContext(request_id=f"imported {number}"),
            scheduled=SCHEDULED,
        )
        for number in range(2)
    ]
    answers = desk.ImportChanges([desk_pb.ImportChangesRequest(changes=changes)])
    results = [result async for answer in answers for result in answer.results]
    tell("import", codes=[result.error.code for result in results])


async def read(history: Any, audit: Any) -> None:
    """All changes, the checkpoint and the bundle."""
    frames = [frame async for frame in history.ReadEvents(history_pb.ReadEventsRequest())]
    tell("replay", positions=[event.position for frame in frames for event in frame.events])
    checkpoint = (await audit.GetCheckpoint(audit_pb.GetCheckpointRequest())).checkpoint
    parts = [part.data async for part in audit.ExportBundle(audit_pb.ExportBundleRequest())]
    tell("audit", checkpoint=checkpoint, bundle_bytes=sum(map(len, parts)))


async def end_watches(history: Any) -> None:
    """One is cancelled, one ends at its deadline, and one is of another log."""
    watch = history.WatchEvents(history_pb.WatchEventsRequest(after_position=0))
    await watch.read()
    watch.cancel()
    tell("cancelled", code=(await watch.code()).value[0])
    watch = history.WatchEvents(history_pb.WatchEventsRequest(after_position=0), timeout=0.3)
    try:
        await end_of(watch)
    except grpc.aio.AioRpcError as error:
        tell("deadline", code=code_of(error))
    another = history_pb.WatchEventsRequest(after_position=0, log_origin="another.example/log")
    told, _ = await refusal(end_of(history.WatchEvents(another)))
    tell("another log", **told)


async def end_of(watch: AsyncIterable[Any]) -> None:
    """Read a watch to its end."""
    async for _ in watch:
        pass


async def follow(history: Any) -> None:
    """A watch that goes on after the last position when the server is back."""
    request, positions, lost = history_pb.WatchEventsRequest(after_position=0), [], False
    while True:
        try:
            async for frame in history.WatchEvents(request):
                request.log_origin = request.log_origin or frame.log_origin
                request.after_position = frame.position
                positions += [event.position for event in frame.events.events]
                if frame.HasField("caught_up") and not lost:
                    tell("watching", positions=positions, position=frame.position)
                    positions.clear()
                if lost and positions:
                    tell("resumed", positions=positions, log_origin=request.log_origin)
                    return
        except grpc.aio.AioRpcError as error:
            if not lost:
                tell("lost", code=code_of(error))
            lost = True
            await asyncio.sleep(0.1)


async def main(target: str, name: str) -> None:
    """Take all steps."""
    async with grpc.aio.insecure_channel(target, OPTIONS) as channel:
        info = await InfoServiceStub(channel).GetServerInfo(GetServerInfoRequest())
        tell("info", log_origin=info.log_origin, head=info.head_position)
        desk, history = DeskServiceStub(channel), HistoryServiceStub(channel)
        await record(desk, name)
        await ask(VisitServiceStub(channel), name)
        await be_refused(desk, name)
        await load(desk, name)
        await read(history, AuditServiceStub(channel))
        await end_watches(history)
        await follow(history)


asyncio.run(main(*sys.argv[1:]))
