"""Proving: signed checkpoints, and the proofs that lead to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from domain.errors import InvalidValue
from service.limits import CACHED_CHECKPOINTS
from service.live.reads import Reads
from service.queries.freshness import Freshness
from service.store.errors import LogDamaged
from service.store.log.tree import TreeReader
from service.store.log.tree_edge import leaf
from service.tlog import tree
from service.tlog.note import Checkpoint, SignerKey
from service.tlog.proofs import consistency_proof, inclusion_proof


@dataclass(frozen=True)
class Inclusion:
    """An entry, the proof that the log holds it, and the checkpoint that the proof leads to."""

    row: Any
    leaf: bytes
    proof: Sequence[bytes]
    checkpoint: str
    size: int


@dataclass(frozen=True)
class Consistency:
    """The proof that a log continues an earlier one, and the checkpoint that it leads to."""

    proof: Sequence[bytes]
    first_root: bytes
    checkpoint: str
    size: int


class Prover:
    """Makes proofs and signed checkpoints, in readers' threads."""

    def __init__(
        self,
        reads: Reads,
        tree_reader: TreeReader,
        freshness: Freshness,
        signer: SignerKey,
    ) -> None:
        self.reads = reads
        self.tree = tree_reader
        self.checkpoint = lru_cache(CACHED_CHECKPOINTS)(self._checkpoint)
        self._signer = signer
        self._freshness = freshness

    def _checkpoint(self, size: int) -> str:
        """The signed checkpoint of the log at a size. Requires that the log reaches that far."""
        return Checkpoint(self._signer.name, size, self.tree.root(size)).signed(self._signer)

    async def inclusion(self, position: int, size: int) -> Inclusion:
        """Prove that the log of a size holds the entry at a position. A size of 0 means now.

        :raises PositionBeyondHead: the position or the size lies beyond the head.
        """
        if position == 0:
            raise InvalidValue.of("position", "is required: 1 or more")
        await self._freshness.check_position("position", position)
        size = await self._size("tree_size", size)
        if size < position:
            raise InvalidValue.of("tree_size", f"must be at least the position, {position}")
        return await self.reads.run(self._inclusion, position, size)

    def _inclusion(self, position: int, size: int) -> Inclusion:
        row, node = self.reads.reader.entry(position), self.tree.nodes(size)
        if row is None:
            raise LogDamaged(position, "is missing")
        of_row = leaf(row)
        if tree.leaf_hash(of_row) != node(0, position - 1):
            raise LogDamaged(position, "does not match its commitment")
        return Inclusion(
            row=row,
            leaf=of_row,
            proof=inclusion_proof(position - 1, size, node),
            checkpoint=self.checkpoint(size),
            size=size,
        )

    async def consistency(self, first: int, second: int, field: str = "first_size") -> Consistency:
        """Prove that the log of one size continues that of a smaller one. A second of 0 means now.

        ``field`` is where the smaller size stands in the request.

        :raises PositionBeyondHead: a size lies beyond the head.
        """
        await self._freshness.check_position(field, first)
        second = await self._size("second_size", second)
        if first > second:
            raise InvalidValue.of(field, f"must be at most the second, {second}")
        return await self.reads.run(self._consistency, first, second)

    def _consistency(self, first: int, second: int) -> Consistency:
        proof = consistency_proof(first, second, self.tree.nodes(second))
        return Consistency(proof, self.tree.root(first), self.checkpoint(second), second)

    async def _size(self, field: str, size: int) -> int:
        await self._freshness.check_position(field, size)
        return size or self._freshness.log_view.head.position
