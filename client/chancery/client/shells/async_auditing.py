"""Inspecting every change, and proving that none was altered."""

from collections.abc import AsyncIterator
from typing import Unpack

from chancery.client import questions, results
from chancery.client.answers import Changes
from chancery.client.keywords import WhichChanges
from chancery.client.parts import exported
from chancery.client.proofs import (
    BundlePart,
    Checkpoint,
    ConsistencyProof,
    InclusionProof,
    Tile,
)
from chancery.client.shells.async_base import AsyncBase
from chancery.v1.audit_service_pb2 import (
    GetCheckpointRequest,
    GetConsistencyProofRequest,
    GetInclusionProofRequest,
    GetTileRequest,
)


class AsyncAuditing(AsyncBase):
    """The methods for auditors. Positions and sizes count changes of the log, from 1."""

    async def changes(
        self, *, backwards: bool = False, limit: int = 0, **which: Unpack[WhichChanges]
    ) -> Changes:
        """Who changed what, when, why, and on whose word; see :class:`WhichChanges`.

        ``backwards`` is the newest first. ``limit`` is how many are wanted; 0 is all.
        """
        request = questions.list_changes(backwards, **which)
        return results.listed_changes(await self.messages.all_changes(request, limit))

    async def checkpoint(self, previous_size: int = 0, *, min_position: int = 0) -> Checkpoint:
        """The latest signed checkpoint, with a proof that the log extends an earlier one.

        ``previous_size`` is the size of that earlier checkpoint; 0 means no proof.

        :raises PositionBeyondHead: the log is shorter than that.
        """
        request = GetCheckpointRequest(previous_size=previous_size, min_position=min_position)
        return results.plain(Checkpoint, await self.messages.get_checkpoint(request))

    async def inclusion_proof(
        self, position: int, tree_size: int = 0, *, min_position: int = 0
    ) -> InclusionProof:
        """A change, and the proof that it is in the log of ``tree_size``; 0 is the current size.

        :raises PositionBeyondHead: the log is shorter than that.
        """
        request = GetInclusionProofRequest(
            position=position, tree_size=tree_size, min_position=min_position
        )
        return results.plain(InclusionProof, await self.messages.get_inclusion_proof(request))

    async def consistency_proof(
        self, first_size: int, second_size: int = 0, *, min_position: int = 0
    ) -> ConsistencyProof:
        """The proof that the log of ``second_size`` extends that of ``first_size``.

        ``second_size`` 0 is the current size.

        :raises PositionBeyondHead: the log is shorter than that.
        """
        request = GetConsistencyProofRequest(
            first_size=first_size, second_size=second_size, min_position=min_position
        )
        return results.plain(ConsistencyProof, await self.messages.get_consistency_proof(request))

    async def tile(
        self,
        index: int,
        width: int = 256,
        *,
        level: int = 0,
        entries: bool = False,
        min_position: int = 0,
    ) -> Tile:
        """A tile of the log's tree, or of its ``entries``, as C2SP tlog-tiles has them.

        ``index`` is the number of the tile within its ``level``, from 0; ``width`` is how many
        hashes or entries, 1 to 256.

        :raises PositionBeyondHead: the log does not reach that far.
        """
        request = GetTileRequest(
            index=index, width=width, level=level, entries=entries, min_position=min_position
        )
        return results.plain(Tile, await self.messages.get_tile(request))

    async def export(
        self,
        visit: str = "",
        *,
        first: int = 0,
        last: int = 0,
        without_restricted: bool = False,
        previous_size: int = 0,
    ) -> AsyncIterator[BundlePart]:
        """The parts of a bundle, in order: of the whole log, of a visit, or of a range.

        ``first`` and ``last`` are positions; 0 is the beginning and the end. The bundle leaves out
        who entered each change, confidential sources and remarks if ``without_restricted``.
        ``previous_size`` is that of a checkpoint that was kept, to hold the bundle against.

        An export may take long, so it has no deadline. It cannot be resumed: if it fails after its
        first part, start again.

        :raises ValueError: both a visit and a range are given.
        :raises VisitNotFound: no visit has this id or alias.
        """
        request = questions.export(visit, first, last, without_restricted, previous_size)
        async for part in self._driver.given(exported(request)):
            yield results.plain(BundlePart, part)
