"""A connection to a server: its calls, each with the caller's name and a deadline."""

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Self

import grpc
from google.protobuf.message import Message

from chancery.v1 import desk_service_pb2 as desk
from chancery.v1.desk_service_pb2_grpc import DeskServiceStub
from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.history_service_pb2 import ListEventsRequest, ReadEventsRequest
from chancery.v1.history_service_pb2_grpc import HistoryServiceStub
from chancery.v1.info_service_pb2 import GetServerInfoRequest, GetServerInfoResponse
from chancery.v1.info_service_pb2_grpc import InfoServiceStub
from chancery.v1.visit_pb2 import AsOf
from chancery.v1.visit_service_pb2 import (
    GetVisitRequest,
    GetVisitResponse,
    ListVisitsRequest,
    ListVisitsResponse,
)
from chancery.v1.visit_service_pb2_grpc import VisitServiceStub

OPTIONS = [
    # A frame of a replay has at most 1 MiB; a page of many long visits may have more.
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
    # A proxy that is set for web pages does not lead to a server on this machine or desk.
    ("grpc.enable_http_proxy", 0),
]


CALLS: dict[str, tuple[str, type[Message]]] = {
    "scheduled": ("ScheduleVisit", desk.ScheduleVisitRequest),
    "disclosed": ("DiscloseVisit", desk.DiscloseVisitRequest),
    "postponed": ("PostponeVisit", desk.PostponeVisitRequest),
    "deferred": ("DeferVisit", desk.DeferVisitRequest),
    "rescheduled": ("RescheduleVisit", desk.RescheduleVisitRequest),
    "completed": ("CompleteVisit", desk.CompleteVisitRequest),
    "cancelled": ("CancelVisit", desk.CancelVisitRequest),
    "amended": ("AmendVisit", desk.AmendVisitRequest),
    "statement_recorded": ("RecordStatement", desk.RecordStatementRequest),
    "retracted": ("RetractChange", desk.RetractChangeRequest),
}


class Connection:
    """A channel to one server. Close it, or use it as a context manager.

    Each method is a call, and raises :class:`grpc.RpcError` where it fails.
    """

    def __init__(self, target: str, *, actor: str, timeout: float) -> None:
        """``actor`` is who asks; ``timeout`` is how many seconds each call may take."""
        self.target = target
        self.timeout = timeout
        self._with: dict[str, Any] = {
            "timeout": timeout,
            "metadata": (("chancery-actor", actor),),
        }
        self._channel = grpc.insecure_channel(target, options=OPTIONS)
        self._visits = VisitServiceStub(self._channel)
        self._desk = DeskServiceStub(self._channel)
        self._history = HistoryServiceStub(self._channel)
        self._info = InfoServiceStub(self._channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the channel."""
        self._channel.close()

    def record(self, change: desk.Change) -> desk.AppliedChange:
        """Record one change, by the call that is named for it.

        :raises ValueError: the change does not say what changes.
        """
        kind = change.WhichOneof("change")
        if kind is None:
            raise ValueError("the change does not say what changes")
        call, request = CALLS[kind]
        content = {"context": change.context, "name": change.name, kind: getattr(change, kind)}
        answer = getattr(self._desk, call)(request(**content), **self._with)
        return desk.AppliedChange(visit=answer.visit, event=answer.event, replayed=answer.replayed)

    def apply(self, changes: Iterable[desk.Change]) -> desk.ApplyChangesResponse:
        """Record several changes, all or none."""
        request = desk.ApplyChangesRequest(changes=changes)
        return self._desk.ApplyChanges(request, **self._with)

    def visit(self, name: str, as_of: AsOf | None = None) -> GetVisitResponse:
        """A visit, now or as of another moment."""
        return self._visits.GetVisit(GetVisitRequest(name=name, as_of=as_of), **self._with)

    def visits(self, request: ListVisitsRequest) -> Iterator[ListVisitsResponse]:
        """The pages of a list of visits, from the first one on."""
        while True:
            page = self._visits.ListVisits(request, **self._with)
            yield page
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    def events(self, request: ListEventsRequest) -> Iterator[RecordedEvent]:
        """Changes, the oldest first, over all pages."""
        while True:
            page = self._history.ListEvents(request, **self._with)
            yield from page.events
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    def replay(self, request: ReadEventsRequest) -> Iterator[RecordedEvent]:
        """Changes of one stream, up to the head of the log as it is now."""
        for frame in self._history.ReadEvents(request, **self._with):
            yield from frame.events

    def info(self) -> GetServerInfoResponse:
        """What the server is."""
        return self._info.GetServerInfo(GetServerInfoRequest(), **self._with)
