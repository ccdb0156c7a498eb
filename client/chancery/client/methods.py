"""The methods of the contract that the client calls: where each is, what it takes and answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from google.protobuf.message import Message

from chancery.v1 import audit_service_pb2 as audit
from chancery.v1 import desk_service_pb2 as desk
from chancery.v1 import history_service_pb2 as history
from chancery.v1 import info_service_pb2 as info
from chancery.v1 import visit_service_pb2 as visits
from chancery.v1.audit_service_pb2_grpc import AuditServiceStub
from chancery.v1.desk_service_pb2_grpc import DeskServiceStub
from chancery.v1.history_service_pb2_grpc import HistoryServiceStub
from chancery.v1.info_service_pb2_grpc import InfoServiceStub
from chancery.v1.visit_service_pb2_grpc import VisitServiceStub

Request = TypeVar("Request", bound=Message)
Answer = TypeVar("Answer", bound=Message)


@dataclass(frozen=True)
class Method(Generic[Request, Answer]):
    """A method of a service: which stub has it, and by what name."""

    stub: Callable[..., Any]
    name: str
    request: type[Request]
    answer: type[Answer]


def _desk(name: str, request: type[Request], answer: type[Answer]) -> Method[Request, Answer]:
    return Method(DeskServiceStub, name, request, answer)


# The method for each kind of change in Change's oneof.
RECORD: dict[str, Method[Any, Any]] = {
    "scheduled": _desk("ScheduleVisit", desk.ScheduleVisitRequest, desk.ScheduleVisitResponse),
    "disclosed": _desk("DiscloseVisit", desk.DiscloseVisitRequest, desk.DiscloseVisitResponse),
    "postponed": _desk("PostponeVisit", desk.PostponeVisitRequest, desk.PostponeVisitResponse),
    "deferred": _desk("DeferVisit", desk.DeferVisitRequest, desk.DeferVisitResponse),
    "rescheduled": _desk(
        "RescheduleVisit", desk.RescheduleVisitRequest, desk.RescheduleVisitResponse
    ),
    "completed": _desk("CompleteVisit", desk.CompleteVisitRequest, desk.CompleteVisitResponse),
    "cancelled": _desk("CancelVisit", desk.CancelVisitRequest, desk.CancelVisitResponse),
    "amended": _desk("AmendVisit", desk.AmendVisitRequest, desk.AmendVisitResponse),
    "corrected": _desk("CorrectChange", desk.CorrectChangeRequest, desk.CorrectChangeResponse),
    "statement_recorded": _desk(
        "RecordStatement", desk.RecordStatementRequest, desk.RecordStatementResponse
    ),
    "retracted": _desk("RetractChange", desk.RetractChangeRequest, desk.RetractChangeResponse),
}
APPLY_CHANGES = _desk("ApplyChanges", desk.ApplyChangesRequest, desk.ApplyChangesResponse)
IMPORT_CHANGES = _desk("ImportChanges", desk.ImportChangesRequest, desk.ImportChangesResponse)

GET_VISIT = Method(VisitServiceStub, "GetVisit", visits.GetVisitRequest, visits.GetVisitResponse)
BATCH_GET_VISITS = Method(
    VisitServiceStub, "BatchGetVisits", visits.BatchGetVisitsRequest, visits.BatchGetVisitsResponse
)
LIST_VISITS = Method(
    VisitServiceStub, "ListVisits", visits.ListVisitsRequest, visits.ListVisitsResponse
)
COUNT_VISITS = Method(
    VisitServiceStub, "CountVisits", visits.CountVisitsRequest, visits.CountVisitsResponse
)

LIST_EVENTS = Method(
    HistoryServiceStub, "ListEvents", history.ListEventsRequest, history.ListEventsResponse
)
READ_EVENTS = Method(
    HistoryServiceStub, "ReadEvents", history.ReadEventsRequest, history.ReadEventsResponse
)
WATCH_EVENTS = Method(
    HistoryServiceStub, "WatchEvents", history.WatchEventsRequest, history.WatchEventsResponse
)
COMPARE_VISIT = Method(
    HistoryServiceStub, "CompareVisit", history.CompareVisitRequest, history.CompareVisitResponse
)

LIST_CHANGES = Method(
    AuditServiceStub, "ListChanges", audit.ListChangesRequest, audit.ListChangesResponse
)
GET_CHECKPOINT = Method(
    AuditServiceStub, "GetCheckpoint", audit.GetCheckpointRequest, audit.GetCheckpointResponse
)
GET_INCLUSION_PROOF = Method(
    AuditServiceStub,
    "GetInclusionProof",
    audit.GetInclusionProofRequest,
    audit.GetInclusionProofResponse,
)
GET_CONSISTENCY_PROOF = Method(
    AuditServiceStub,
    "GetConsistencyProof",
    audit.GetConsistencyProofRequest,
    audit.GetConsistencyProofResponse,
)
GET_TILE = Method(AuditServiceStub, "GetTile", audit.GetTileRequest, audit.GetTileResponse)
EXPORT_BUNDLE = Method(
    AuditServiceStub, "ExportBundle", audit.ExportBundleRequest, audit.ExportBundleResponse
)

GET_SERVER_INFO = Method(
    InfoServiceStub, "GetServerInfo", info.GetServerInfoRequest, info.GetServerInfoResponse
)
