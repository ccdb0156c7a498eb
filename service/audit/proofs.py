"""Signed checkpoints, and proofs against them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from domain.errors import InvalidValue
from service.limits import CACHED_CHECKPOINTS
from service.live.reads import Reads
from service.queries.freshness import Freshness
from service.store.errors import LogDamaged
from service.store.log.leaves import leaf
from service.store.log.rows import LogRow
from service.store.log.tree_reader import TreeReader
from service.tlog import tree
from service.tlog.note import Checkpoint, SignerKey
from service.tlog.proofs import consistency_proof, inclusion_proof


@dataclass(frozen=True)
class Inclusion:
    """An entry, the proof that the log contains it, and the checkpoint to check it against."""

    row: LogRow
    leaf: bytes
    proof: Sequence[bytes]
    checkpoint: str
    size: int


@dataclass(frozen=True)
class Consistency:
    """The proof that the log extends an earlier one, and the checkpoint to check it against."""

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
        """The signed checkpoint of the log at a size, which is at most its present size."""
        return Checkpoint(self._signer.name, size, self.tree.root(size)).signed(self._signer)

    async def inclusion(self, position: int, size: int) -> Inclusion:
        """Prove that the log of a size contains the entry at a position. Size 0 means now.

        :raises InvalidValue: the position is 0, negative, or greater than the size.
        :raises PositionBeyondHead: the log does not reach the position or the size.
        :raises LogDamaged: the entry is missing, or does not match its commitment.
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
            raise LogDamaged(position, "the entry is missing")
        of_row = leaf(row)
        if tree.leaf_hash(of_row) != node(0, position - 1):
            raise LogDamaged(position, "the entry does not match its commitment")
        return Inclusion(
            row=row,
            leaf=of_row,
            proof=inclusion_proof(position - 1, size, node),
            checkpoint=self.checkpoint(size),
            size=size,
        )

    async def consistency(self, first: int, second: int, field: str = "first_size") -> Consistency:
        """Prove that the log of size ``second`` extends that of size ``first``. 0 means now.

        ``field`` names the first size in the request.

        :raises InvalidValue: the first size is negative, or greater than the second.
        :raises PositionBeyondHead: the log does not reach one of the sizes.
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
