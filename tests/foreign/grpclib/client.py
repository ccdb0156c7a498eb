"""The steps with grpclib and betterproto: client.py HOST:PORT visits/NAME."""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import betterproto
import generated.chancery.v1 as v1
import generated.google.rpc as rpc
from grpclib import GRPCError, Status
from grpclib.client import Channel
from grpclib.encoding.base import StatusDetailsCodecBase
from grpclib.exceptions import StreamTerminatedError

KNOWN = datetime(2023, 1, 17, 12, 0, 0, 123456, tzinfo=UTC)
DETAILS = v1.VisitDetails(
    title="The secretary of state to Beijing",
    principal=v1.Principal(name="Antony Blinken", country="US"),
    host=v1.Host(country="CN"),
)
DAY = v1.Date(2023, 2, 5)
SCHEDULED = v1.Scheduled(details=DETAILS, window=v1.Window(start=DAY, end=DAY))


class Details(StatusDetailsCodecBase):
    """Reads the details of an error, by the names of their types."""

    def encode(self, status: Status, message: str | None, details: Any) -> bytes:
        """Only servers do."""
        raise NotImplementedError

    def decode(self, status: Status, message: str | None, data: bytes) -> dict[str, Any]:
        """ErrorInfo and its like."""
        packed = rpc.Status().parse(data).details
        names = (each.type_url.rpartition(".")[2] for each in packed)
        return {
            name: getattr(rpc, name)().parse(each.value)
            for name, each in zip(names, packed, strict=True)
        }


def tell(step: str, **told: Any) -> None:
    """Print what came of a step."""
    print(json.dumps({"step": step, **told}), flush=True)


async def refusal(call: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The code and the reason of a call that fails, and its details."""
    try:
        await call
    except GRPCError as error:
        info = error.details["ErrorInfo"]
        return {"code": error.status.value, "reason": info.reason}, error.details
    raise AssertionError("the call succeeded")


async def record(desk: v1.DeskServiceStub, name: str) -> None:
    """A visit is scheduled, twice with one request id."""
    request = v1.ScheduleVisitRequest(
        name=name,
        context=v1.ChangeContext(request_id="scheduled", known_time=KNOWN),
        scheduled=SCHEDULED,
    )
    for step in "scheduled", "scheduled again":
        done = await desk.schedule_visit(request)
        tell(step, position=done.event.position, replayed=done.replayed)


async def ask(visits: v1.VisitServiceStub, name: str) -> None:
    """The visit as of the time when it became known, and just before."""
    request = v1.GetVisitRequest(name=name, as_of=v1.AsOf(known_at=KNOWN))
    visit = (await visits.get_visit(request)).visit
    microseconds = (visit.known_time - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)
    seconds, rest = divmod(microseconds, 1_000_000)
    tell("visit", status=int(visit.status), known_time=[seconds, rest * 1000])
    request.as_of.known_at = KNOWN - timedelta(microseconds=1)
    told, _ = await refusal(visits.get_visit(request))
    tell("a microsecond before", **told)


async def be_refused(desk: v1.DeskServiceStub, name: str) -> None:
    """A change that the status does not allow, and one with a bad field."""
    await desk.complete_visit(v1.CompleteVisitRequest(name=name, completed=v1.Completed()))
    postpone = v1.PostponeVisitRequest(name=name, postponed=v1.Postponed())
    told, details = await refusal(desk.postpone_visit(postpone))
    violations = [[each.type, each.subject] for each in details["PreconditionFailure"].violations]
    metadata = details["ErrorInfo"].metadata
    tell("refused", **told, violations=violations, metadata=metadata)
    bad = v1.ScheduleVisitRequest(name=f"{name}-bad", scheduled=v1.Scheduled())
    told, details = await refusal(desk.schedule_visit(bad))
    fields = [each.field for each in details["BadRequest"].field_violations]
    tell("bad field", **told, fields=fields)


async def load(desk: v1.DeskServiceStub, name: str) -> None:
    """Two changes in a stream, of which the second is refused."""
    changes = [
        v1.Change(
            name=f"{name}-imported",
            context=v1.ChangeContext(request_id=f"imported {number}"),
            scheduled=SCHEDULED,
        )
        for number in range(2)
    ]
    codes = []
    async for answer in desk.import_changes([v1.ImportChangesRequest(changes=changes)]):
        for result in answer.results:
            outcome, _ = betterproto.which_one_of(result, "outcome")
            codes.append(result.error.code if outcome == "error" else 0)
    tell("import", codes=codes)


async def read(history: v1.HistoryServiceStub, audit: v1.AuditServiceStub) -> None:
    """All changes, the checkpoint and the bundle."""
    frames = [frame async for frame in history.read_events(v1.ReadEventsRequest())]
    tell("replay", positions=[event.position for frame in frames for event in frame.events])
    checkpoint = (await audit.get_checkpoint(v1.GetCheckpointRequest())).checkpoint
    parts = [part.data async for part in audit.export_bundle(v1.ExportBundleRequest())]
    tell("audit", checkpoint=checkpoint, bundle_bytes=sum(map(len, parts)))


async def end_watches(history: v1.HistoryServiceStub) -> None:
    """One is cancelled, one ends at its deadline, and one is of another log."""

    async def watch(**options: Any) -> None:
        request = v1.WatchEventsRequest(after_position=0, log_origin=options.pop("log_origin", ""))
        async for _ in history.watch_events(request, **options):
            begun.set()

    begun = asyncio.Event()
    watching = asyncio.create_task(watch())
    await begun.wait()
    watching.cancel()
    await asyncio.wait([watching])
    tell("cancelled", code=Status.CANCELLED.value if watching.cancelled() else None)
    try:
        await watch(timeout=0.3)
    except (TimeoutError, GRPCError) as error:  # whoever notices first: the client or the server
        status = error.status if isinstance(error, GRPCError) else Status.DEADLINE_EXCEEDED
        tell("deadline", code=status.value)
    told, _ = await refusal(watch(log_origin="another.example/log"))
    tell("another log", **told)


async def follow(history: v1.HistoryServiceStub) -> None:
    """A watch that goes on after the last position when the server is back."""
    request, positions, lost = v1.WatchEventsRequest(after_position=0), [], False
    while True:
        try:
            async for frame in history.watch_events(request):
                request.log_origin = request.log_origin or frame.log_origin
                request.after_position = frame.position
                kind, content = betterproto.which_one_of(frame, "frame")
                if kind == "events":
                    positions += [event.position for event in content.events]
                if kind == "caught_up" and not lost:
                    tell("watching", positions=positions, position=frame.position)
                    positions.clear()
                if lost and positions:
                    tell("resumed", positions=positions, log_origin=request.log_origin)
                    return
        except (StreamTerminatedError, OSError):  # without a status, if the server is killed
            if not lost:
                tell("lost", code=Status.UNAVAILABLE.value)
            lost = True
            await asyncio.sleep(0.1)


async def main(target: str, name: str) -> None:
    """Take all steps."""
    host, port = target.split(":")
    async with Channel(host, int(port), status_details_codec=Details()) as channel:
        info = await v1.InfoServiceStub(channel).get_server_info(v1.GetServerInfoRequest())
        tell("info", log_origin=info.log_origin, head=info.head_position)
        desk, history = v1.DeskServiceStub(channel), v1.HistoryServiceStub(channel)
        await record(desk, name)
        await ask(v1.VisitServiceStub(channel), name)
        await be_refused(desk, name)
        await load(desk, name)
        await read(history, v1.AuditServiceStub(channel))
        await end_watches(history)
        await follow(history)


asyncio.run(main(*sys.argv[1:]))
