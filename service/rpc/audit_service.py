"""AuditService: inspect every change, and prove that none was altered."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import ClassVar

from chancery.v1 import audit_service_pb2 as messages
from chancery.v1 import event_pb2
from domain.errors import InvalidValue
from service.access.caller import Role
from service.audit.changes import ChangeQueries, RecordedChange
from service.audit.export import Export
from service.audit.proofs import Prover
from service.audit.tiles import Tiles
from service.codec import wire
from service.errors import NotPermitted
from service.limits import ANSWER_BYTES, PART_BYTES
from service.live.log_view import LogView
from service.queries.freshness import Freshness
from service.queries.visits import VisitQueries
from service.rpc import page_tokens, requests
from service.rpc.answers import ROOM_FOR_TOKEN, annotation, fitting, shown
from service.rpc.call import Call
from service.tlog.bundle import BundleKind, Contents
from service.tlog.parts import Part

# Numbers of the fields of answers.
LIST_CHANGES = messages.ListChangesResponse.CHANGES_FIELD_NUMBER
LIST_TOKEN = messages.ListChangesResponse.NEXT_PAGE_TOKEN_FIELD_NUMBER
LIST_POSITION = messages.ListChangesResponse.VIEW_POSITION_FIELD_NUMBER
EFFECTIVE_TIME = messages.RecordedChange.EFFECTIVE_TIME_FIELD_NUMBER
EFFECTIVE_PERIOD = messages.RecordedChange.EFFECTIVE_PERIOD_FIELD_NUMBER
ANNOTATION = messages.RecordedChange.ANNOTATION_FIELD_NUMBER
KNOWN_PERIOD = messages.RecordedChange.KNOWN_PERIOD_FIELD_NUMBER
KNOWN_TIME = messages.RecordedChange.KNOWN_TIME_FIELD_NUMBER
MORE_FIELD_CHANGES = messages.RecordedChange.MORE_FIELD_CHANGES_FIELD_NUMBER
FIELD_CHANGES = messages.RecordedChange.FIELD_CHANGES_FIELD_NUMBER


@dataclass(frozen=True)
class AuditServicer:
    """Changes as an auditor sees them, and proofs."""

    SERVICE: ClassVar = messages.DESCRIPTOR.services_by_name["AuditService"]

    changes: ChangeQueries
    prover: Prover
    tiles: Tiles
    visits: VisitQueries
    freshness: Freshness
    log_view: LogView

    async def ListChanges(self, request: messages.ListChangesRequest, call: Call) -> bytes:
        """Who changed what, when, why and on whose word, page by page.

        All pages are read at the position of the first one.
        """
        size = requests.page_size(request.page_size)
        query = requests.change_query(request.filter)
        previous = page_tokens.after(request, self.log_view.head.origin)
        if query.actor and not call.caller.role.sees_restricted:
            raise NotPermitted(role.value for role in Role if role.sees_restricted)
        query = replace(query, backwards=request.backwards)
        await self.freshness.reach(request.min_position, call)
        position, after = self.log_view.head.position, None
        if previous is not None:
            position, last = page_tokens.position_and_last(previous, position)
            after = page_tokens.position(last)
        changes, last = await self.changes.changes(query, size, position, after)
        parts = await self.changes.reads.run(_listed, changes, call)
        if last is not None:
            token = page_tokens.token(request, [position, last], self.log_view.head.origin)
            parts.append(wire.bytes_field(LIST_TOKEN, token.encode()))
        return b"".join(parts) + wire.number_field(LIST_POSITION, position)

    async def GetCheckpoint(self, request: messages.GetCheckpointRequest, call: Call) -> bytes:
        """The latest signed checkpoint."""
        await self.freshness.reach(request.min_position, call)
        proved = await self.prover.consistency(request.previous_size, 0, "previous_size")
        return messages.GetCheckpointResponse(
            checkpoint=proved.checkpoint.note,
            consistency_proof=proved.proof,
            view_position=proved.checkpoint.size,
        ).SerializeToString()

    async def GetInclusionProof(
        self, request: messages.GetInclusionProofRequest, call: Call
    ) -> bytes:
        """A change, and the proof that the log contains it."""
        await self.freshness.reach(request.min_position, call)
        proved = await self.prover.inclusion(request.position, request.tree_size)
        header, content, restricted = proved.parts
        if not call.caller.role.sees_restricted:
            restricted = restricted.withheld()
        return messages.GetInclusionProofResponse(
            leaf=proved.leaf,
            parts=map(_part, (header, content, restricted)),
            inclusion_proof=proved.proof,
            checkpoint=proved.checkpoint.note,
            view_position=proved.checkpoint.size,
        ).SerializeToString()

    async def GetConsistencyProof(
        self, request: messages.GetConsistencyProofRequest, call: Call
    ) -> bytes:
        """The proof that the log of one size begins with the log of a smaller size."""
        await self.freshness.reach(request.min_position, call)
        proved = await self.prover.consistency(request.first_size, request.second_size)
        return messages.GetConsistencyProofResponse(
            consistency_proof=proved.proof,
            first_root=proved.first_root,
            checkpoint=proved.checkpoint.note,
            view_position=proved.checkpoint.size,
        ).SerializeToString()

    async def GetTile(self, request: messages.GetTileRequest, call: Call) -> bytes:
        """A tile of the tree or of the entries."""
        if request.entries and request.level:
            raise InvalidValue.of("level", "must be 0 for entries")
        await self.freshness.reach(request.min_position, call)
        position = self.log_view.head.position
        if request.entries:
            data = await self.tiles.entries(request.index, request.width)
        else:
            data = await self.tiles.hashes(request.level, request.index, request.width)
        return messages.GetTileResponse(data=data, view_position=position).SerializeToString()

    async def ExportBundle(
        self, request: messages.ExportBundleRequest, call: Call
    ) -> AsyncGenerator[bytes, None]:
        """The bytes of a bundle, part by part."""
        await self.freshness.reach(request.min_position, call)
        await self.freshness.check_position("previous_size", request.previous_size)
        request.without_restricted |= not call.caller.role.sees_restricted
        export = await self._export(request)
        origin = self.log_view.head.origin
        async with aclosing(export.pieces()) as pieces:
            async for piece in pieces:
                for begin in range(0, len(piece.data), PART_BYTES):
                    yield messages.ExportBundleResponse(
                        data=piece.data[begin : begin + PART_BYTES],
                        total_changes=export.total,
                        exported_changes=piece.exported,
                        view_position=export.size,
                        log_origin=origin,
                    ).SerializeToString()
                    origin = ""

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
        return Export(
            self.prover,
            contents,
            size,
            total,
            request.previous_size,
            without_restricted=request.without_restricted,
        )

    async def _range(self, message: messages.PositionRange) -> Contents:
        for field in ("first", "last"):
            await self.freshness.check_position(f"range.{field}", getattr(message, field))
        first = message.first
        last = message.last or self.log_view.head.position
        if not 1 <= first <= last:
            raise InvalidValue.of("range.first", f"must be 1 or more, and at most the last, {last}")
        return Contents(BundleKind.RANGE, first, last)


def _part(part: Part) -> messages.EventPart:
    return messages.EventPart(content=part.content, key=part.key, commitment=part.commitment)


def _listed(changes: Sequence[RecordedChange], call: Call) -> list[bytes]:
    return [wire.bytes_field(LIST_CHANGES, _recorded(change, call)) for change in changes]


def _recorded(change: RecordedChange, call: Call) -> bytes:
    """The serialized RecordedChange, or as much of it as the caller may see.

    Its event has the field number of a frame's ``events``.
    """
    row = change.row
    event = event_pb2.VisitEvent.FromString(row.body)
    parts = [
        shown(call, row.frame_prefix + row.body),
        wire.bytes_field(EFFECTIVE_TIME, wire.timestamp(change.effective_time)),
        wire.string_field(EFFECTIVE_PERIOD, event.effective_period),
        wire.bytes_field(KNOWN_TIME, wire.timestamp(change.known_time)),
        wire.string_field(KNOWN_PERIOD, event.known_period),
    ]
    if change.annotation is not None:
        parts.append(wire.bytes_field(ANNOTATION, annotation(row.position, change.annotation)))
    fields = [wire.bytes_field(FIELD_CHANGES, difference) for difference in change.differences]
    fields_shown = fitting(fields, ANSWER_BYTES - sum(map(len, parts)) - ROOM_FOR_TOKEN)
    more = wire.number_field(MORE_FIELD_CHANGES, int(len(fields_shown) < len(fields)))
    return b"".join([*parts, *fields_shown, more])
