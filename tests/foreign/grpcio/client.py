"""The steps with grpcio, from the contract alone: client.py HOST:PORT visits/NAME."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2
from grpc_status import rpc_status

sys.path.insert(0, str(Path(__file__).parent / "generated"))

from chancery.v1 import audit_service_pb2 as audit_pb
from chancery.v1 import desk_service_pb2 as desk_pb
from chancery.v1 import history_service_pb2 as history_pb
from chancery.v1.audit_service_pb2_grpc import AuditServiceStub
from chancery.v1.desk_service_pb2_grpc import DeskServiceStub
from chancery.v1.event_pb2 import ChangeContext, Completed, Postponed, Scheduled
from chancery.v1.history_service_pb2_grpc import HistoryServiceStub
from chancery.v1.info_service_pb2 import GetServerInfoRequest
from chancery.v1.info_service_pb2_grpc import InfoServiceStub
from chancery.v1.values_pb2 import Date, Host, Principal, VisitDetails, Window
from chancery.v1.visit_pb2 import AsOf
from chancery.v1.visit_service_pb2 import GetVisitRequest
from chancery.v1.visit_service_pb2_grpc import VisitServiceStub

SERVICE_CONFIG = Path(__file__).parent / "service_config.json"
OPTIONS = [
    ("grpc.service_config", SERVICE_CONFIG.read_text()),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
]
KNOWN = Timestamp(seconds=1673956800, nanos=123456000)
DAY = Date(year=2023, month=2, day=5)
SCHEDULED = Scheduled(
    details=VisitDetails(
        title="The secretary of state to Beijing",
        principal=Principal(name="Antony Blinken", country="US"),
        host=Host(country="CN"),
    ),
    window=Window(start=DAY, end=DAY),
)


def tell(step: str, **told: Any) -> None:
    """Print what came of a step."""
    print(json.dumps({"step": step, **told}), flush=True)


def code_of(error: grpc.RpcError) -> int:
    """The number of the code."""
    return int(error.code().value[0])


def details_of(error: grpc.RpcError) -> dict[str, Any]:
    """The details of an error, by the names of their types."""
    details = {}
    for packed in rpc_status.from_call(error).details:
        name = packed.TypeName().rpartition(".")[2]
        details[name] = getattr(error_details_pb2, name)()
        packed.Unpack(details[name])
    return details


def refusal(call: Callable[..., Any], *args: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The code and the reason of a call that fails, and its details."""
    try:
        call(*args)
    except grpc.RpcError as error:
        details = details_of(error)
        return {"code": code_of(error), "reason": details["ErrorInfo"].reason}, details
    raise AssertionError("the call succeeded")


def record(desk: DeskServiceStub, name: str) -> None:
    """A visit is scheduled, twice with one request id."""
    context = ChangeContext(request_id="scheduled", known_time=KNOWN)
    request = desk_pb.ScheduleVisitRequest(name=name, context=context, scheduled=SCHEDULED)
    for step in "scheduled", "scheduled again":
        done = desk.ScheduleVisit(request)
        tell(step, position=done.event.position, replayed=done.replayed)


def ask(visits: VisitServiceStub, name: str) -> None:
    """The visit as of the time when it became known, and just before."""
    request = GetVisitRequest(name=name, as_of=AsOf(known_at=KNOWN))
    visit = visits.GetVisit(request).visit
    tell(
        "visit", status=visit.status, known_time=[visit.known_time.seconds, visit.known_time.nanos]
    )
    request.as_of.known_at.nanos -= 1000
    told, _ = refusal(visits.GetVisit, request)
    tell("a microsecond before", **told)


def be_refused(desk: DeskServiceStub, name: str) -> None:
    """A change that the status does not allow, and one with a bad field."""
    desk.CompleteVisit(desk_pb.CompleteVisitRequest(name=name, completed=Completed()))
    postpone = desk_pb.PostponeVisitRequest(name=name, postponed=Postponed())
    told, details = refusal(desk.PostponeVisit, postpone)
    violations = [[each.type, each.subject] for each in details["PreconditionFailure"].violations]
    metadata = dict(details["ErrorInfo"].metadata)
    tell("refused", **told, violations=violations, metadata=metadata)
    bad = desk_pb.ScheduleVisitRequest(name=f"{name}-bad", scheduled=Scheduled())
    told, details = refusal(desk.ScheduleVisit, bad)
    fields = [each.field for each in details["BadRequest"].field_violations]
    tell("bad field", **told, fields=fields)


def load(desk: DeskServiceStub, name: str) -> None:
    """Two changes in a stream, of which the second is refused."""
    changes = [
        desk_pb.Change(
            name=f"{name}-imported",
            context=ChangeContext(request_id=f"imported {number}"),
            scheduled=SCHEDULED,
        )
        for number in range(2)
    ]
    answers = desk.ImportChanges(iter([desk_pb.ImportChangesRequest(changes=changes)]))
    tell("import", codes=[result.error.code for answer in answers for result in answer.results])


def read(history: HistoryServiceStub, audit: AuditServiceStub) -> None:
    """All changes, the checkpoint and the bundle."""
    frames = list(history.ReadEvents(history_pb.ReadEventsRequest()))
    tell("replay", positions=[event.position for frame in frames for event in frame.events])
    checkpoint = audit.GetCheckpoint(audit_pb.GetCheckpointRequest()).checkpoint
    parts = audit.ExportBundle(audit_pb.ExportBundleRequest())
    tell("audit", checkpoint=checkpoint, bundle_bytes=sum(len(part.data) for part in parts))


def end_watches(history: HistoryServiceStub) -> None:
    """One is cancelled, one ends at its deadline, and one is of another log."""
    watch = history.WatchEvents(history_pb.WatchEventsRequest(after_position=0))
    next(watch)
    watch.cancel()
    tell("cancelled", code=code_of_end(watch))
    watch = history.WatchEvents(history_pb.WatchEventsRequest(after_position=0), timeout=0.3)
    tell("deadline", code=code_of_end(watch))
    another = history_pb.WatchEventsRequest(after_position=0, log_origin="another.example/log")
    told, _ = refusal(list, history.WatchEvents(another))
    tell("another log", **told)


def code_of_end(watch: Iterator[Any]) -> int:
    """How a watch ends."""
    try:
        list(watch)
    except grpc.RpcError as error:
        return code_of(error)
    return 0


def follow(history: HistoryServiceStub) -> None:
    """A watch that goes on after the last position when the server is back."""
    request, positions, lost = history_pb.WatchEventsRequest(after_position=0), [], False
    while True:
        try:
            for frame in history.WatchEvents(request):
                request.log_origin = request.log_origin or frame.log_origin
                request.after_position = frame.position
                positions += [event.position for event in frame.events.events]
                if frame.HasField("caught_up") and not lost:
                    tell("watching", positions=positions, position=frame.position)
                    positions.clear()
                if lost and positions:
                    tell("resumed", positions=positions, log_origin=request.log_origin)
                    return
        except grpc.RpcError as error:
            if not lost:
                tell("lost", code=code_of(error))
            lost = True
            time.sleep(0.1)


def main(target: str, name: str) -> None:
    """Take all steps."""
    with grpc.insecure_channel(target, OPTIONS) as channel:
        info = InfoServiceStub(channel).GetServerInfo(GetServerInfoRequest())
        tell("info", log_origin=info.log_origin, head=info.head_position)
        desk, history = DeskServiceStub(channel), HistoryServiceStub(channel)
        record(desk, name)
        ask(VisitServiceStub(channel), name)
        be_refused(desk, name)
        load(desk, name)
        read(history, AuditServiceStub(channel))
        end_watches(history)
        follow(history)


if __name__ == "__main__":
    main(*sys.argv[1:])
