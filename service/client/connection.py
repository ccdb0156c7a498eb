"""A connection to a server: its calls, each with the caller's name and a deadline."""

import json
import uuid
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from types import TracebackType
from typing import Any, Self

import grpc
from google.protobuf.message import Message

from chancery.v1 import desk_service_pb2 as desk
from chancery.v1.desk_service_pb2_grpc import DeskServiceStub
from chancery.v1.event_pb2 import ChangeType, RecordedEvent
from chancery.v1.history_service_pb2 import (
    CompareVisitRequest,
    CompareVisitResponse,
    ListEventsRequest,
    ReadEventsRequest,
    WatchEventsRequest,
)
from chancery.v1.history_service_pb2_grpc import HistoryServiceStub
from chancery.v1.info_service_pb2 import GetServerInfoRequest, GetServerInfoResponse
from chancery.v1.info_service_pb2_grpc import InfoServiceStub
from chancery.v1.visit_pb2 import AsOf
from chancery.v1.visit_service_pb2 import (
    BatchGetVisitsRequest,
    BatchGetVisitsResponse,
    GetVisitRequest,
    GetVisitResponse,
    ListVisitsRequest,
    ListVisitsResponse,
)
from chancery.v1.visit_service_pb2_grpc import VisitServiceStub
from service.client.follower import Follower

# Every call of the contract may be asked again: reads change nothing, and changes carry
# a request id. A watch resumes by itself. See gRPC's retry design, A6.
RETRIES = {
    "methodConfig": [
        {
            "name": [{}],
            "retryPolicy": {
                "maxAttempts": 5,
                "initialBackoff": "0.2s",
                "maxBackoff": "3s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        },
        {"name": [{"service": "chancery.v1.HistoryService", "method": "WatchEvents"}]},
    ]
}

OPTIONS = [
    # A frame of a replay has at most 1 MiB; a page of many long visits may have more.
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
    # A proxy that is set for web pages does not lead to a server on this machine or desk.
    ("grpc.enable_http_proxy", 0),
    ("grpc.service_config", json.dumps(RETRIES)),
    # A server that came back is found soon; one that is gone without a word is noticed.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 3000),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.max_pings_without_data", 0),
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

    Each method is a call with a deadline. One that ends as ``UNAVAILABLE`` is asked again
    up to four times within it, which is harmless: a change is given a request id where it
    has none, under which it is recorded once. What fails all the same is raised as
    :class:`grpc.RpcError`. Whether a change was recorded is then open: only whoever gave it a
    request id can ask for it again without recording it twice.
    """

    def __init__(self, target: str, *, actor: str = "", timeout: float = 30.0) -> None:
        """``actor`` is who asks; ``timeout`` is how many seconds each call may take."""
        self.target = target
        self.timeout = timeout
        self._with: dict[str, Any] = {
            "timeout": timeout,
            "metadata": (("chancery-actor", actor),) if actor else (),
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

    # Record

    def record(self, change: desk.Change) -> desk.AppliedChange:
        """Record one change, by the call that is named for it.

        :raises ValueError: the change does not say what changes.
        """
        kind = change.WhichOneof("change")
        if kind is None:
            raise ValueError("the change does not say what changes")
        change = _with_request_id(change)
        call, request = CALLS[kind]
        content = {"context": change.context, "name": change.name, kind: getattr(change, kind)}
        answer = getattr(self._desk, call)(request(**content), **self._with)
        return desk.AppliedChange(visit=answer.visit, event=answer.event, replayed=answer.replayed)

    def apply(self, changes: Iterable[desk.Change]) -> desk.ApplyChangesResponse:
        """Record several changes, all or none."""
        request = desk.ApplyChangesRequest(changes=map(_with_request_id, changes))
        return self._desk.ApplyChanges(request, **self._with)

    # Ask

    def visit(
        self, name: str, as_of: AsOf | None = None, *, min_position: int = 0
    ) -> GetVisitResponse:
        """A visit, now or as of another moment."""
        request = GetVisitRequest(name=name, as_of=as_of, min_position=min_position)
        return self._visits.GetVisit(request, **self._with)

    def batch(
        self, names: Iterable[str], as_of: AsOf | None = None, *, min_position: int = 0
    ) -> BatchGetVisitsResponse:
        """Up to 1000 visits, now or as of another moment, and the names of those not found."""
        request = BatchGetVisitsRequest(names=names, as_of=as_of, min_position=min_position)
        return self._visits.BatchGetVisits(request, **self._with)

    def visits(self, request: ListVisitsRequest) -> Iterator[ListVisitsResponse]:
        """The pages of a list of visits, from the first one on."""
        return _pages(partial(self._visits.ListVisits, **self._with), request)

    def compare(
        self, name: str, before: AsOf, after: AsOf | None = None, *, min_position: int = 0
    ) -> CompareVisitResponse:
        """What differs in a visit between two moments, and the changes between."""
        request = CompareVisitRequest(
            name=name, before=before, after=after, min_position=min_position
        )
        return self._history.CompareVisit(request, **self._with)

    def info(self) -> GetServerInfoResponse:
        """What the server is."""
        return self._info.GetServerInfo(GetServerInfoRequest(), **self._with)

    # Replay and follow

    def events(self, request: ListEventsRequest) -> Iterator[RecordedEvent]:
        """Changes, the oldest first, over all pages."""
        for page in _pages(partial(self._history.ListEvents, **self._with), request):
            yield from page.events

    def replay(self, request: ReadEventsRequest) -> Iterator[RecordedEvent]:
        """Changes of one stream, up to the head of the log as it is now."""
        for frame in self._history.ReadEvents(request, **self._with):
            yield from frame.events

    def follow(
        self,
        visit: str = "",
        *,
        after: int | None = 0,
        change_types: Iterable[ChangeType.ValueType] = (),
        on_cut: Callable[[grpc.RpcError | None], None] | None = None,
        on_resumed: Callable[[], None] | None = None,
    ) -> Follower:
        """The changes behind a position, and each that comes, over cuts and restarts.

        ``visit`` is visits/{id}, or empty for all; ``after`` is a position that any answer
        gave: 0 is the beginning of the log, None its end. See :class:`Follower`, also for
        ``on_cut`` and ``on_resumed``.
        """
        request = WatchEventsRequest(visit=visit, change_types=change_types)
        if after is None:
            request.now.SetInParent()
        else:
            request.after_position = after
        watch = partial(self._history.WatchEvents, metadata=self._with["metadata"])
        return Follower(watch, request, on_cut, on_resumed)


def _with_request_id(change: desk.Change) -> desk.Change:
    """The change under a request id of its own, if it has none: that makes a retry harmless."""
    if change.context.request_id:
        return change
    keyed = desk.Change()
    keyed.CopyFrom(change)
    keyed.context.request_id = str(uuid.uuid4())
    return keyed


def _pages(ask: Callable[[Any], Any], request: Any) -> Iterator[Any]:
    """The pages of a list; the request is left as it was."""
    following = type(request)()
    following.CopyFrom(request)
    while True:
        page = ask(following)
        yield page
        if not page.next_page_token:
            return
        following.page_token = page.next_page_token
