"""AuditService: inspect every change, and prove that none was altered."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import ClassVar

from chancery.v1 import audit_service_pb2 as messages
from chancery.v1 import event_pb2
from domain.errors import InvalidValue
from service.audit.changes import ChangeQueries, RecordedChange
from service.audit.export import Export
from service.audit.proofs import Prover
from service.codec import wire
from service.limits import FRAME_BYTES
from service.live.log_view import LogView
from service.queries.freshness import Freshness
from service.queries.visits import VisitQueries
from service.rpc import page_tokens, requests
from service.rpc.calls import Call
from service.tlog.bundle import BundleKind, Contents

# Numbers of the fields of answers.
LIST_CHANGES = messages.ListChangesResponse.CHANGES_FIELD_NUMBER
LIST_TOKEN = messages.ListChangesResponse.NEXT_PAGE_TOKEN_FIELD_NUMBER
LIST_POSITION = messages.ListChangesResponse.VIEW_POSITION_FIELD_NUMBER
CHANGE_TYPE = messages.RecordedChange.CHANGE_TYPE_FIELD_NUMBER
EFFECTIVE_TIME = messages.RecordedChange.EFFECTIVE_TIME_FIELD_NUMBER
KNOWN_TIME = messages.RecordedChange.KNOWN_TIME_FIELD_NUMBER
FIELD_CHANGES = messages.RecordedChange.FIELD_CHANGES_FIELD_NUMBER


@dataclass(frozen=True)
class AuditServicer:
    """Changes as an auditor sees them, and proofs."""

    SERVICE: ClassVar = messages.DESCRIPTOR.services_by_name["AuditService"]

    changes: ChangeQueries
    prover: Prover
    visits: VisitQueries
    freshness: Freshness
    log_view: LogView

    async def ListChanges(self, request: messages.ListChangesRequest, call: Call) -> bytes:
        """Who changed what, when, why and on whose word, page by page.

        All pages are read at the position of the first one.
        """
        size = requests.page_size(request.page_size)
        query, previous = requests.change_query(request.filter), page_tokens.after(request)
        await self.freshness.reach(request.min_position, call.seconds_left)
        position, after = self.log_view.head.position, 0
        if previous is not None:
            position, last = page_tokens.position_and_last(previous, position)
            after = page_tokens.position(last)
        changes, last = await self.changes.changes(query, size, position, after)
        parts = [wire.bytes_field(LIST_CHANGES, _recorded(change)) for change in changes]
        if last is not None:
            token = page_tokens.token(request, [position, last])
            parts.append(wire.bytes_field(LIST_TOKEN, token.encode()))
        return b"".join(parts) + wire.number_field(LIST_POSITION, position)

    async def GetCheckpoint(self, request: messages.GetCheckpointRequest, call: Call) -> bytes:
        """The latest signed checkpoint."""
        await self.freshness.reach(request.min_position, call.seconds_left)
        proved = await self.prover.consistency(request.previous_size, 0, "previous_size")
        return messages.GetCheckpointResponse(
            checkpoint=proved.checkpoint,
            consistency_proof=proved.proof,
            view_position=proved.size,
        ).SerializeToString()

    async def GetInclusionProof(
        self, request: messages.GetInclusionProofRequest, call: Call
    ) -> bytes:
        """A change, and the proof that the log contains it."""
        await self.freshness.reach(request.min_position, call.seconds_left)
        proved = await self.prover.inclusion(request.position, request.tree_size)
        return messages.GetInclusionProofResponse(
            leaf=proved.leaf,
            nonce=proved.row.nonce,
            body=proved.row.body,
            proof=proved.proof,
            checkpoint=proved.checkpoint,
            view_position=proved.size,
        ).SerializeToString()

    async def GetConsistencyProof(
        self, request: messages.GetConsistencyProofRequest, call: Call
    ) -> bytes:
        """The proof that the log of one size begins with the log of a smaller size."""
        await self.freshness.reach(request.min_position, call.seconds_left)
        proved = await self.prover.consistency(request.first_size, request.second_size)
        return messages.GetConsistencyProofResponse(
            proof=proved.proof,
            first_root=proved.first_root,
            checkpoint=proved.checkpoint,
            view_position=proved.size,
        ).SerializeToString()

    async def ExportBundle(
        self, request: messages.ExportBundleRequest, call: Call
    ) -> AsyncGenerator[bytes, None]:
        """The bytes of a bundle, part by part."""
        await self.freshness.reach(request.min_position, call.seconds_left)
        await self.freshness.check_position("previous_size", request.previous_size)
        export = await self._export(request)
        async with aclosing(export.parts()) as parts:
            async for part in parts:
                for begin in range(0, len(part.data), FRAME_BYTES):
                    yield messages.ExportBundleResponse(
                        data=part.data[begin : begin + FRAME_BYTES],
                        total_changes=export.total,
                        exported_changes=part.exported,
                        view_position=export.size,
                    ).SerializeToString()

    async def _export(self, request: messages.ExportBundleRequest) -> Export:
        """The bundle that the request asks for."""
        size = self.log_view.head.position
        match request.WhichOneof("contents"):
            case "visit":
                name = requests.visit_name(request.visit, "visit")
                size, row = await self.visits.find(name)
                contents, total = Contents(BundleKind.VISIT, visit_id=row.visit_id), row.version
            case "range":
                contents = await self._range(request.range)
                size = self.log_view.head.position
                total = contents.last - contents.first + 1
            case _:
                contents, total = Contents(), size
        return Export(self.prover, contents, size, total, request.previous_size)

    async def _range(self, message: messages.PositionRange) -> Contents:
        for field in ("first", "last"):
            await self.freshness.check_position(f"range.{field}", getattr(message, field))
        first = message.first
        last = message.last or self.log_view.head.position
        if not 1 <= first <= last:
            raise InvalidValue.of("range.first", f"must be 1 or more, and at most the last, {last}")
        return Contents(BundleKind.RANGE, first, last)


def _recorded(change: RecordedChange) -> bytes:
    """The serialized RecordedChange. Its event has the field number of a frame's ``events``."""
    row = change.row
    change_type = event_pb2.ChangeType.Value(f"CHANGE_TYPE_{row.topic.upper()}")
    parts = [
        row.frame_prefix,
        row.body,
        wire.number_field(CHANGE_TYPE, change_type),
        wire.bytes_field(EFFECTIVE_TIME, wire.timestamp(change.effective_time)),
        wire.bytes_field(KNOWN_TIME, wire.timestamp(change.known_time)),
    ]
    parts += [wire.bytes_field(FIELD_CHANGES, difference) for difference in change.differences]
    return b"".join(parts)
