"""Calls with the messages of the contract."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable

from chancery.client import changes as planning
from chancery.client import methods, parts
from chancery.client.following import Following, OnCut, OnResumed
from chancery.client.importing import imported
from chancery.client.shells.async_driver import AsyncDriver
from chancery.client.shells.async_follower import AsyncFollower
from chancery.v1 import audit_service_pb2 as audit
from chancery.v1 import desk_service_pb2 as desk
from chancery.v1 import history_service_pb2 as history
from chancery.v1 import info_service_pb2 as info
from chancery.v1 import visit_service_pb2 as visits
from chancery.v1.event_pb2 import RecordedEvent


class AsyncMessages:
    """The calls of the contract, with its own messages: for what the keywords do not say.

    They have the deadlines and the retries of the connection that they belong to, and raise
    :class:`ChanceryError` likewise.
    """

    def __init__(self, driver: AsyncDriver) -> None:
        self._driver = driver

    async def record(self, change: desk.Change) -> desk.AppliedChange:
        """Record one change.

        :raises ValueError: the change does not say what changes.
        """
        answer = await self._driver.done(planning.recorded(change, self._driver.timeout))
        return desk.AppliedChange(visit=answer.visit, event=answer.event, replayed=answer.replayed)

    async def record_statement(self, change: desk.Change) -> desk.RecordStatementResponse:
        """Record one statement. The answer also says for which status it counts.

        :raises ValueError: the change is no statement.
        """
        if not change.HasField("statement_recorded"):
            raise ValueError("the change is no statement")
        answer: desk.RecordStatementResponse = await self._driver.done(
            planning.recorded(change, self._driver.timeout)
        )
        return answer

    async def apply_changes(self, changes: Iterable[desk.Change]) -> desk.ApplyChangesResponse:
        """Record up to 100 changes: all of them or none."""
        return await self._driver.done(planning.applied(changes, self._driver.timeout))

    def import_changes(
        self, changes: Iterable[desk.Change] | AsyncIterable[desk.Change]
    ) -> AsyncIterator[desk.ImportResult]:
        """Record any number of changes, each on its own, and report the result of each.

        Changes of one visit are applied in order. A refused change is reported in its result; it
        does not raise. The import has no deadline. If the stream is cut off, unanswered changes
        are sent again.
        """
        return self._driver.given(imported(), changes)

    async def get_visit(self, request: visits.GetVisitRequest) -> visits.GetVisitResponse:
        """A visit, now or as of another moment."""
        return await self._driver.ask(methods.GET_VISIT, request)

    async def batch_get_visits(
        self, request: visits.BatchGetVisitsRequest
    ) -> visits.BatchGetVisitsResponse:
        """Up to 1000 visits, and the names that were not found.

        What does not fit into one answer is asked for again; the position is that of the first.
        """
        return await self._driver.done(parts.batched(request, self._driver.timeout))

    def list_visits(
        self, request: visits.ListVisitsRequest
    ) -> AsyncIterator[visits.ListVisitsResponse]:
        """The pages of a list of visits, beginning with the one requested."""
        return self._driver.pages(methods.LIST_VISITS, request)

    async def all_visits(
        self, request: visits.ListVisitsRequest, limit: int = 0
    ) -> visits.ListVisitsResponse:
        """The visits of all pages as one answer, up to ``limit``; 0 is all.

        The position is that of the first page.
        """
        return await self._driver.gather(methods.LIST_VISITS, request, "visits", limit)

    async def count_visits(self, request: visits.CountVisitsRequest) -> visits.CountVisitsResponse:
        """How many visits meet a filter, in all and group by group."""
        return await self._driver.ask(methods.COUNT_VISITS, request)

    def list_events(
        self, request: history.ListEventsRequest
    ) -> AsyncIterator[history.ListEventsResponse]:
        """The pages of a list of changes, which also say what is retracted or corrected."""
        return self._driver.pages(methods.LIST_EVENTS, request)

    async def all_events(
        self, request: history.ListEventsRequest, limit: int = 0
    ) -> history.ListEventsResponse:
        """The changes of all pages as one answer, up to ``limit``; 0 is all."""
        return await self._driver.gather(methods.LIST_EVENTS, request, "events", limit)

    def read_events(self, request: history.ReadEventsRequest) -> AsyncIterator[RecordedEvent]:
        """The changes of one stream, up to the head of the log at the time of the call.

        If the stream is cut off, it is requested again after the last change. The deadline is that
        of each stream.
        """
        return self._driver.given(parts.replayed(request, self._driver.timeout))

    def watch_events(
        self,
        request: history.WatchEventsRequest,
        *,
        on_cut: OnCut | None = None,
        on_resumed: OnResumed | None = None,
    ) -> AsyncFollower[RecordedEvent]:
        """The changes after a position, and then each new one, over cuts and restarts.

        ``on_cut`` is called whenever the stream ends or cannot be opened, with the error, or with
        None if the server ended it in an orderly way; ``on_resumed`` at the first frame after.
        """
        following = Following(request, on_cut, on_resumed)
        return AsyncFollower(following, self._driver.transport, lambda event: event)

    async def compare_visit(
        self, request: history.CompareVisitRequest
    ) -> history.CompareVisitResponse:
        """What differs in a visit between two moments, and the changes between."""
        return await self._driver.ask(methods.COMPARE_VISIT, request)

    def list_changes(
        self, request: audit.ListChangesRequest
    ) -> AsyncIterator[audit.ListChangesResponse]:
        """The pages of a list of changes for auditors."""
        return self._driver.pages(methods.LIST_CHANGES, request)

    async def all_changes(
        self, request: audit.ListChangesRequest, limit: int = 0
    ) -> audit.ListChangesResponse:
        """The changes of all pages as one answer, up to ``limit``; 0 is all."""
        return await self._driver.gather(methods.LIST_CHANGES, request, "changes", limit)

    async def get_checkpoint(
        self, request: audit.GetCheckpointRequest
    ) -> audit.GetCheckpointResponse:
        """The latest signed checkpoint."""
        return await self._driver.ask(methods.GET_CHECKPOINT, request)

    async def get_inclusion_proof(
        self, request: audit.GetInclusionProofRequest
    ) -> audit.GetInclusionProofResponse:
        """A change, and the proof that it stands in the log."""
        return await self._driver.ask(methods.GET_INCLUSION_PROOF, request)

    async def get_consistency_proof(
        self, request: audit.GetConsistencyProofRequest
    ) -> audit.GetConsistencyProofResponse:
        """The proof that the log of one size begins with all of the log of a smaller one."""
        return await self._driver.ask(methods.GET_CONSISTENCY_PROOF, request)

    async def get_tile(self, request: audit.GetTileRequest) -> audit.GetTileResponse:
        """A tile of the log's tree or of its entries, as C2SP tlog-tiles has them."""
        return await self._driver.ask(methods.GET_TILE, request)

    def export_bundle(
        self, request: audit.ExportBundleRequest
    ) -> AsyncIterator[audit.ExportBundleResponse]:
        """The parts of a bundle, in order.

        An export may take long, so it has no deadline. It cannot be resumed: if it fails after its
        first part, start again.
        """
        return self._driver.given(parts.exported(request))

    async def get_server_info(
        self, request: info.GetServerInfoRequest | None = None
    ) -> info.GetServerInfoResponse:
        """The server's version, database, log and limits."""
        return await self._driver.ask(
            methods.GET_SERVER_INFO, request or info.GetServerInfoRequest()
        )
