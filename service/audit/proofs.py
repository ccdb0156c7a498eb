"""Proofs against signed checkpoints."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import InvalidValue
from service.audit.checkpoints import Checkpoints, SignedCheckpoint
from service.live.reads import Reads
from service.queries.freshness import Freshness
from service.store.errors import LogDamaged
from service.store.log.leaves import leaf, parts
from service.store.log.tree_reader import TreeReader
from service.tlog import tree
from service.tlog.parts import Part
from service.tlog.proofs import consistency_proof, inclusion_proof


@dataclass(frozen=True)
class Inclusion:
    """An entry, the proof that the log contains it, and the checkpoint to check it against."""

    leaf: bytes
    parts: Sequence[Part]
    proof: Sequence[bytes]
    checkpoint: SignedCheckpoint


@dataclass(frozen=True)
class Consistency:
    """The proof that the log extends an earlier one, and the checkpoint to check it against."""

    proof: Sequence[bytes]
    first_root: bytes
    checkpoint: SignedCheckpoint


@dataclass(frozen=True)
class Prover:
    """Makes proofs, in readers' threads."""

    reads: Reads
    tree: TreeReader
    freshness: Freshness
    checkpoints: Checkpoints

    async def inclusion(self, position: int, size: int) -> Inclusion:
        """Prove that the log of a size contains the entry at a position. Size 0 means now.

        :raises InvalidValue: the position is 0, negative, or greater than the size.
        :raises PositionBeyondHead: the log does not reach the position or the size.
        :raises LogDamaged: the entry is missing, or does not match its commitment.
        """
        if position == 0:
            raise InvalidValue.of("position", "is required: 1 or more")
        await self.freshness.check_position("position", position)
        await self.freshness.check_position("tree_size", size)
        if 0 < size < position:
            raise InvalidValue.of("tree_size", f"must be at least the position, {position}")
        return await self.reads.run(self._inclusion, position, await self._checkpoint(size))

    def _inclusion(self, position: int, checkpoint: SignedCheckpoint) -> Inclusion:
        size = checkpoint.size
        row, node = self.reads.reader.entry(position), self.tree.nodes(size)
        if row is None:
            raise LogDamaged(position, "the entry is missing")
        of_row = leaf(row)
        if tree.leaf_hash(of_row) != node(0, position - 1):
            raise LogDamaged(position, "the entry does not match its commitment")
        proof = inclusion_proof(position - 1, size, node)
        return Inclusion(of_row, parts(row), proof, checkpoint)

    async def consistency(self, first: int, second: int, field: str = "first_size") -> Consistency:
        """Prove that the log of size ``second`` extends that of size ``first``. 0 means now.

        ``field`` names the first size in the request.

        :raises InvalidValue: the first size is negative, or greater than the second.
        :raises PositionBeyondHead: the log does not reach one of the sizes.
        """
        await self.freshness.check_position(field, first)
        await self.freshness.check_position("second_size", second)
        if 0 < second < first:
            raise InvalidValue.of(field, f"must be at most the second, {second}")
        return await self.reads.run(self._consistency, first, await self._checkpoint(second))

    def _consistency(self, first: int, checkpoint: SignedCheckpoint) -> Consistency:
        proof = consistency_proof(first, checkpoint.size, self.tree.nodes(checkpoint.size))
        return Consistency(proof, self.tree.root(first), checkpoint)

    async def _checkpoint(self, size: int) -> SignedCheckpoint:
        """The checkpoint of a size. Size 0 means now."""
        return await (self.checkpoints.of(size) if size else self.checkpoints.newest())
