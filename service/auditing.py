"""Proving: signed checkpoints, and the proofs that lead to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from domain.errors import InvalidValue
from service.audit import tree
from service.audit.note import Checkpoint, SignerKey
from service.audit.proofs import consistency_proof, inclusion_proof
from service.queries import Queries
from service.store.edge import leaf
from service.store.errors import LogDamaged
from service.store.tree import TreeReader

# Of so many sizes the signed checkpoint is kept.
CACHED_CHECKPOINTS = 64


@dataclass(frozen=True)
class Inclusion:
    """An entry, the proof that it stands in the log, and the checkpoint that it leads to."""

    row: Any
    leaf: bytes
    proof: Sequence[bytes]
    checkpoint: str
    size: int


@dataclass(frozen=True)
class Consistency:
    """The proof that a log goes on from a smaller one, and the checkpoint that it leads to."""

    proof: Sequence[bytes]
    first_root: bytes
    checkpoint: str
    size: int


class AuditQueries:
    """Answers with proofs. Each is made in a thread of the readers."""

    def __init__(self, queries: Queries, signer: SignerKey) -> None:
        application = queries.application
        self.queries = queries
        self.signer = signer
        self.tree = TreeReader(application.database)
        self.checkpoint = lru_cache(CACHED_CHECKPOINTS)(self._checkpoint)
        self._read = application.read
        self._entry = application.reader.entry

    def _checkpoint(self, size: int) -> str:
        """The signed checkpoint of the log at a size up to its own."""
        return Checkpoint(self.signer.name, size, self.tree.root(size)).signed(self.signer)

    async def inclusion(self, position: int, size: int) -> Inclusion:
        """The entry at a position, and that it stands in the log of a size; 0 is that of now.

        :raises PositionBeyondHead: the position or the size lies beyond the head.
        """
        if position == 0:
            raise InvalidValue.of("position", "is required: 1 or more")
        await self.queries.check_position("position", position)
        size = await self._size("tree_size", size)
        if size < position:
            raise InvalidValue.of("tree_size", f"must be at least the position, {position}")
        return await self._read(self._inclusion, position, size)

    def _inclusion(self, position: int, size: int) -> Inclusion:
        row, node = self._entry(position), self.tree.nodes(size)
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
        """That the log of one size goes on from a smaller one; 0 as the second is that of now.

        ``field`` is where the smaller size stands in the request.
        :raises PositionBeyondHead: a size lies beyond the head.
        """
        await self.queries.check_position(field, first)
        second = await self._size("second_size", second)
        if first > second:
            raise InvalidValue.of(field, f"must be at most the second, {second}")
        return await self._read(self._consistency, first, second)

    def _consistency(self, first: int, second: int) -> Consistency:
        proof = consistency_proof(first, second, self.tree.nodes(second))
        return Consistency(proof, self.tree.root(first), self.checkpoint(second), second)

    async def _size(self, field: str, size: int) -> int:
        await self.queries.check_position(field, size)
        return size or self.queries.application.view.head.position
