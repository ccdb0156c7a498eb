"""A connection to a server: its calls, each with the caller's name and a deadline."""

import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc
from google.protobuf.message import Message

from chancery.client import streams
from chancery.client.changes import call_for, with_request_id
from chancery.client.follower import Follower
from chancery.client.importing import ImportStream, imported
from chancery.client.retry import (
    call_with_retries,
    wait_to_retry,
    waits_between_attempts,
)
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
    GetTileRequest,
    GetTileResponse,
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
    ListEventsResponse,
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
    CountVisitsRequest,
    CountVisitsResponse,
    GetVisitRequest,
    GetVisitResponse,
    ListVisitsRequest,
    ListVisitsResponse,
)
from chancery.v1.visit_service_pb2_grpc import VisitServiceStub

Answer = TypeVar("Answer")

OPTIONS = [
    # A proxy set for web pages does not lead to a server on this machine or network.
    ("grpc.enable_http_proxy", 0),
    # Reconnect soon after a server comes back, and notice one that vanished without a word.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 5000),  # also bounds one attempt to connect
    ("grpc.max_reconnect_backoff_ms", 3000),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.max_pings_without_data", 0),
]


class Connection:
    """A channel to one server. Close it, or use it as a context manager.

    Unless its method says otherwise, a call has a deadline of ``timeout`` seconds. A call that
    ends as ``UNAVAILABLE`` or ``CANCELLED`` is repeated up to six times within its deadline, over
    some five seconds. That is harmless: a change without a request id gets one, under which it is
    recorded once.

    Every method raises :class:`grpc.RpcError` if the call fails all the same. A change may then
    have been recorded or not. To repeat it safely after that, give it a request id of your own.

    Names are ``visits/{id}`` or ``visits/{alias}``. Positions count from 1. ``as_of`` is the moment
    a question is about; None means now. ``min_position`` is a position from any earlier answer:
    the new answer is at least as fresh, or the call fails with ``UNAVAILABLE``.
    """

    def __init__(self, target: str, *, actor: str = "", timeout: float = 30.0) -> None:
        """Connect to ``target``, HOST:PORT, when the first call is made.

        ``actor`` is the caller's name, in any script, which is recorded with each change.
        ``timeout`` is the deadline of each call, in seconds.

        :raises ValueError: the name has no form in UTF-8.
        """
        self.target = target
        self.timeout = timeout
        self._metadata = _metadata(actor)
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
        if isinstance(error, KeyboardInterrupt):
            # gRPC may wait without end for a call that Ctrl-C cut off while it began.
            threading.Thread(target=self.close, daemon=True).start()
        else:
            self.close()

    def close(self) -> None:
        """Close the channel. Calls that are under way fail."""
        self._channel.close()

    # Record

    def record(self, change: desk.Change) -> desk.AppliedChange:
        """Record one change.

        :raises ValueError: the change does not say what changes.
        """
        answer = self._record(change)
        return desk.AppliedChange(visit=answer.visit, event=answer.event, replayed=answer.replayed)

    def record_statement(self, change: desk.Change) -> desk.RecordStatementResponse:
        """Record one statement. The answer also says for which status it counts.

        :raises ValueError: the change is no statement.
        """
        if not change.HasField("statement_recorded"):
            raise ValueError("the change is no statement")
        answer: desk.RecordStatementResponse = self._record(change)
        return answer

    def _record(self, change: desk.Change) -> Any:
        call, request = call_for(with_request_id(change))
        return self._ask(getattr(self._desk, call), request)

    def apply(self, changes: Iterable[desk.Change]) -> desk.ApplyChangesResponse:
        """Record up to 100 changes: all of them or none."""
        request = desk.ApplyChangesRequest(changes=map(with_request_id, changes))
        return self._ask(self._desk.ApplyChanges, request)

    def import_changes(self, changes: Iterable[desk.Change]) -> Iterator[desk.ImportResult]:
        """Record any number of changes, each on its own, and report the result of each.

        Changes of one visit are applied in order. A refused change is reported in its result; it
        does not raise. The import has no deadline. If the stream is cut off, unanswered changes
        are sent again.
        """

        def retry(error: grpc.RpcError, failures: int) -> None:
            wait_to_retry(error, islice(waits_between_attempts(), failures, None))

        return imported(
            map(with_request_id, changes),
            lambda: ImportStream(self._desk.ImportChanges, self._metadata),
            retry,
        )

    # Ask

    def visit(
        self, name: str, as_of: AsOf | None = None, *, min_position: int = 0
    ) -> GetVisitResponse:
        """A visit, now or as of another moment. Fails with ``NOT_FOUND`` if there is none."""
        request = GetVisitRequest(name=name, as_of=as_of, min_position=min_position)
        return self._ask(self._visits.GetVisit, request)

    def batch(
        self, names: Iterable[str], as_of: AsOf | None = None, *, min_position: int = 0
    ) -> BatchGetVisitsResponse:
        """Up to 1000 visits, now or as of another moment, and the names that were not found.

        What does not fit into one answer is asked for again; the position is that of the first.
        """
        request = BatchGetVisitsRequest(names=names, as_of=as_of, min_position=min_position)
        answer = self._ask(self._visits.BatchGetVisits, request)
        while answer.remaining:
            request.names[:] = answer.remaining
            following = self._ask(self._visits.BatchGetVisits, request)
            answer.visits.extend(following.visits)
            answer.missing.extend(following.missing)
            answer.remaining[:] = following.remaining
        return answer

    def visits(self, request: ListVisitsRequest) -> Iterator[ListVisitsResponse]:
        """The pages of a list of visits, starting with the page that is requested."""
        return _pages(partial(self._ask, self._visits.ListVisits), request)

    def count(self, request: CountVisitsRequest) -> CountVisitsResponse:
        """How many visits meet a filter, in all and group by group."""
        return self._ask(self._visits.CountVisits, request)

    def compare(
        self,
        name: str,
        before: AsOf | None = None,
        after: AsOf | None = None,
        *,
        min_position: int = 0,
    ) -> CompareVisitResponse:
        """The differences of a visit between two moments, and the changes that made them.

        None means now.
        """
        request = CompareVisitRequest(
            name=name, before=before, after=after, min_position=min_position
        )
        return self._ask(self._history.CompareVisit, request)

    def info(self) -> GetServerInfoResponse:
        """The server's version, database, log and limits."""
        return self._ask(self._info.GetServerInfo, GetServerInfoRequest())

    # Replay and follow

    def events(self, request: ListEventsRequest) -> Iterator[RecordedEvent]:
        """The changes on all pages of a list, oldest first."""
        for page in self.event_pages(request):
            yield from page.events

    def event_pages(self, request: ListEventsRequest) -> Iterator[ListEventsResponse]:
        """The pages of a list of changes, which also say what is retracted or corrected."""
        return _pages(partial(self._ask, self._history.ListEvents), request)

    def replay(self, request: ReadEventsRequest) -> Iterator[RecordedEvent]:
        """The changes of one stream, up to the head of the log at the time of the call.

        If the stream is cut off, it is requested again after the last change. The deadline is that
        of each stream.
        """
        read = partial(self._history.ReadEvents, timeout=self.timeout, metadata=self._metadata)
        return streams.replay(read, request)

    def follow(
        self,
        visit: str = "",
        *,
        after: int | None = 0,
        log_origin: str = "",
        change_types: Iterable[ChangeType.ValueType] = (),
        on_cut: Callable[[grpc.RpcError | None], None] | None = None,
        on_resumed: Callable[[], None] | None = None,
    ) -> Follower:
        """The changes after a position, and then each new one, over cuts and restarts.

        ``visit`` is a name, or empty for all visits. ``after`` is a position from any earlier
        answer; 0 is the beginning of the log, None its end. ``log_origin`` names the log that the
        position belongs to; any if empty. ``change_types`` selects types of changes; none means
        all. See :class:`Follower` for ``on_cut`` and ``on_resumed``.
        """
        request = WatchEventsRequest(visit=visit, change_types=change_types, log_origin=log_origin)
        if after is None:
            request.now.SetInParent()
        else:
            request.after_position = after
        watch = partial(self._history.WatchEvents, metadata=self._metadata)
        return Follower(watch, request, on_cut, on_resumed)

    # Audit

    def changes(self, request: ListChangesRequest) -> Iterator[RecordedChange]:
        """The changes on all pages of a list for auditors, oldest first."""
        for page in _pages(partial(self._ask, self._audit.ListChanges), request):
            yield from page.changes

    def checkpoint(self, previous_size: int = 0, *, min_position: int = 0) -> GetCheckpointResponse:
        """The latest signed checkpoint, with a proof that the log extends an earlier one.

        ``previous_size`` is the size of that earlier checkpoint; 0 means no proof.
        """
        request = GetCheckpointRequest(previous_size=previous_size, min_position=min_position)
        return self._ask(self._audit.GetCheckpoint, request)

    def inclusion_proof(
        self, position: int, tree_size: int = 0, *, min_position: int = 0
    ) -> GetInclusionProofResponse:
        """A change, and the proof that it is in the log of ``tree_size``; 0 is the current size."""
        request = GetInclusionProofRequest(
            position=position, tree_size=tree_size, min_position=min_position
        )
        return self._ask(self._audit.GetInclusionProof, request)

    def consistency_proof(
        self, first_size: int, second_size: int = 0, *, min_position: int = 0
    ) -> GetConsistencyProofResponse:
        """The proof that the log of ``second_size`` extends that of ``first_size``.

        ``second_size`` 0 is the current size.
        """
        request = GetConsistencyProofRequest(
            first_size=first_size, second_size=second_size, min_position=min_position
        )
        return self._ask(self._audit.GetConsistencyProof, request)

    def tile(self, request: GetTileRequest) -> GetTileResponse:
        """A tile of the log's tree or of its entries, as C2SP tlog-tiles has them."""
        return self._ask(self._audit.GetTile, request)

    def export(self, request: ExportBundleRequest) -> Iterator[ExportBundleResponse]:
        """The parts of a bundle, in order.

        An export may take long, so it has no deadline. It cannot be resumed: if it fails after its
        first part, start again.
        """
        read = partial(self._audit.ExportBundle, metadata=self._metadata)
        return streams.export(read, request)

    def _ask(self, call: Callable[..., Answer], request: Message) -> Answer:
        return call_with_retries(call, request, timeout=self.timeout, metadata=self._metadata)


def _metadata(actor: str) -> tuple[tuple[str, str | bytes], ...]:
    """How a call says who makes it. Header lines hold ASCII, and may lose blanks at their ends."""
    if not actor:
        return ()
    if actor.isascii() and actor.isprintable() and actor == actor.strip():
        return (("chancery-actor", actor),)
    return (("chancery-actor-bin", actor.encode()),)


def _pages(ask: Callable[[Any], Any], request: Any) -> Iterator[Any]:
    """The pages of a list. ``request`` is left unchanged."""
    following = type(request)()
    following.CopyFrom(request)
    while True:
        page = ask(following)
        yield page
        if not page.next_page_token:
            return
        following.page_token = page.next_page_token
