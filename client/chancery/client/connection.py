"""A connection to a server: its calls, each with the caller's name and a deadline."""

import math
import random
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc
from google.protobuf.message import Message

from chancery.client.follower import GONE, Follower
from chancery.client.importing import ImportStream, imported
from chancery.v1 import desk_service_pb2 as desk
from chancery.v1.audit_service_pb2 import (
    ExportBundleRequest,
    ExportBundleResponse,
    GetCheckpointRequest,
    GetCheckpointResponse,
    GetConsistencyProofRequest,
    GetConsistencyProofResponse,
    GetInclusionProofRequest,
    GetInclusionProofResponse,
    ListChangesRequest,
    RecordedChange,
)
from chancery.v1.audit_service_pb2_grpc import AuditServiceStub
from chancery.v1.desk_service_pb2_grpc import DeskServiceStub
from chancery.v1.event_pb2 import ChangeType, RecordedEvent
from chancery.v1.history_service_pb2 import (
    CompareVisitRequest,
    CompareVisitResponse,
    ListEventsRequest,
    ReadEventsRequest,
    ReadEventsResponse,
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

# How long to wait before a call is made again, in seconds, up to a quarter less each time:
# together longer than a server takes to restart. gRPC's own retries end where the first bytes
# of an answer have come.
WAITS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)

OPTIONS = [
    # A frame of a replay has at most 1 MiB; a page of many long visits may have more.
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
    # A proxy that is set for web pages does not lead to a server on this machine or desk.
    ("grpc.enable_http_proxy", 0),
    # A server that came back is found soon; one that is gone without a word is noticed.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 5000),  # how long it may take to connect
    ("grpc.max_reconnect_backoff_ms", 3000),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.max_pings_without_data", 0),
]


Answer = TypeVar("Answer")

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

    Each method is a call with a deadline. One that ends as ``UNAVAILABLE`` is made again up to
    six times within it, over some five seconds. That is harmless: a change is given a request
    id where it has none, under which it is recorded once. What fails all the same is raised as
    :class:`grpc.RpcError`. Whether a change was recorded is then open: only whoever gave it a
    request id can ask for it again without recording it twice.
    """

    def __init__(self, target: str, *, actor: str = "", timeout: float = 30.0) -> None:
        """``actor`` is who asks; ``timeout`` is how many seconds each call may take."""
        self.target = target
        self.timeout = timeout
        self._metadata = (("chancery-actor", actor),) if actor else ()
        self._channel = grpc.insecure_channel(target, options=OPTIONS)
        self._visits = VisitServiceStub(self._channel)
        self._desk = DeskServiceStub(self._channel)
        self._history = HistoryServiceStub(self._channel)
        self._audit = AuditServiceStub(self._channel)
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
        answer = self._ask(getattr(self._desk, call), request(**content))
        return desk.AppliedChange(visit=answer.visit, event=answer.event, replayed=answer.replayed)

    def apply(self, changes: Iterable[desk.Change]) -> desk.ApplyChangesResponse:
        """Record several changes, all or none."""
        request = desk.ApplyChangesRequest(changes=map(_with_request_id, changes))
        return self._ask(self._desk.ApplyChanges, request)

    # Ask

    def visit(
        self, name: str, as_of: AsOf | None = None, *, min_position: int = 0
    ) -> GetVisitResponse:
        """A visit, now or as of another moment."""
        request = GetVisitRequest(name=name, as_of=as_of, min_position=min_position)
        return self._ask(self._visits.GetVisit, request)

    def batch(
        self, names: Iterable[str], as_of: AsOf | None = None, *, min_position: int = 0
    ) -> BatchGetVisitsResponse:
        """Up to 1000 visits, now or as of another moment, and the names of those not found."""
        request = BatchGetVisitsRequest(names=names, as_of=as_of, min_position=min_position)
        return self._ask(self._visits.BatchGetVisits, request)

    def visits(self, request: ListVisitsRequest) -> Iterator[ListVisitsResponse]:
        """The pages of a list of visits, from the first one on."""
        return _pages(partial(self._ask, self._visits.ListVisits), request)

    def compare(
        self, name: str, before: AsOf, after: AsOf | None = None, *, min_position: int = 0
    ) -> CompareVisitResponse:
        """What differs in a visit between two moments, and the changes between."""
        request = CompareVisitRequest(
            name=name, before=before, after=after, min_position=min_position
        )
        return self._ask(self._history.CompareVisit, request)

    def info(self) -> GetServerInfoResponse:
        """What the server is."""
        return self._ask(self._info.GetServerInfo, GetServerInfoRequest())

    # Replay and follow

    def events(self, request: ListEventsRequest) -> Iterator[RecordedEvent]:
        """Changes, the oldest first, over all pages."""
        for page in _pages(partial(self._ask, self._history.ListEvents), request):
            yield from page.events

    def changes(self, request: ListChangesRequest) -> Iterator[RecordedChange]:
        """Changes as an auditor looks at them, the oldest first, over all pages."""
        for page in _pages(partial(self._ask, self._audit.ListChanges), request):
            yield from page.changes

    def import_changes(self, changes: Iterable[desk.Change]) -> Iterator[desk.ImportResult]:
        """Record many changes, each for itself, and tell of each what became of it.

        Changes of one visit are applied in their order. It has no deadline; where the stream is
        cut off, what was not answered is sent again, which is harmless: a change is given a
        request id where it has none. A change that is refused is told as such and is no failure
        of this call.
        """

        def retry(error: grpc.RpcError, failures: int) -> None:
            _wait(error, iter(WAITS[failures:]))

        return imported(
            map(_with_request_id, changes),
            lambda: ImportStream(self._desk.ImportChanges, self._metadata),
            retry,
        )

    def replay(self, request: ReadEventsRequest) -> Iterator[RecordedEvent]:
        """Changes of one stream, up to the head of the log as it is now.

        Where the stream is cut off, it is asked for again behind the last change.
        """
        following, waits, left, head = ReadEventsRequest(), iter(WAITS), request.limit, 0
        following.CopyFrom(request)
        while True:
            try:
                for frame in self._read_events(following):
                    waits, head = iter(WAITS), head or frame.head_position
                    for event in frame.events:
                        if event.position > head:
                            return
                        yield event
                        following.after_position = event.position
                        left -= 1
                return
            except grpc.RpcError as error:
                if request.limit and not left:
                    return
                following.limit = max(0, left)
                _wait(error, waits)

    def _read_events(self, request: ReadEventsRequest) -> Iterable[ReadEventsResponse]:
        return self._history.ReadEvents(request, timeout=self.timeout, metadata=self._metadata)

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
        watch = partial(self._history.WatchEvents, metadata=self._metadata)
        return Follower(watch, request, on_cut, on_resumed)

    # Audit

    def checkpoint(self, previous_size: int = 0, *, min_position: int = 0) -> GetCheckpointResponse:
        """The latest signed checkpoint, and the proof that the log goes on from an earlier size."""
        request = GetCheckpointRequest(previous_size=previous_size, min_position=min_position)
        return self._ask(self._audit.GetCheckpoint, request)

    def inclusion_proof(
        self, position: int, tree_size: int = 0, *, min_position: int = 0
    ) -> GetInclusionProofResponse:
        """A change, and the proof that it stands in the log of a size; 0 is that of now."""
        request = GetInclusionProofRequest(
            position=position, tree_size=tree_size, min_position=min_position
        )
        return self._ask(self._audit.GetInclusionProof, request)

    def consistency_proof(
        self, first_size: int, second_size: int = 0, *, min_position: int = 0
    ) -> GetConsistencyProofResponse:
        """The proof that the log of a size goes on from a smaller one; 0 is that of now."""
        request = GetConsistencyProofRequest(
            first_size=first_size, second_size=second_size, min_position=min_position
        )
        return self._ask(self._audit.GetConsistencyProof, request)

    def export(self, request: ExportBundleRequest) -> Iterator[ExportBundleResponse]:
        """The parts of a bundle, in their order.

        This may take long, so it has no deadline. It cannot be resumed: after its first part it
        is not asked for again.
        """
        waits, is_begun = iter(WAITS), False
        while True:
            try:
                for part in self._audit.ExportBundle(request, metadata=self._metadata):
                    is_begun = True
                    yield part
                return
            except grpc.RpcError as error:
                if is_begun:
                    raise
                _wait(error, waits)

    def _ask(self, call: Callable[..., Answer], request: Message) -> Answer:
        """The answer to a call, which is made again where the server is gone."""
        until, waits = time.monotonic() + self.timeout, iter(WAITS)
        while True:
            try:
                left = max(0.0, until - time.monotonic())
                return call(request, timeout=left, metadata=self._metadata)
            except grpc.RpcError as error:
                _wait(error, waits, until)


def _wait(error: grpc.RpcError, waits: Iterator[float], until: float = math.inf) -> None:
    """Wait before a call is made again.

    :raises grpc.RpcError: the error, where the call is not to be made again.
    """
    wait = next(waits, math.inf)
    if error.code() not in GONE or time.monotonic() + wait >= until:
        raise error
    time.sleep(wait * random.uniform(0.75, 1))


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
