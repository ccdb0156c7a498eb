"""Exporting bundles, page by page."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace

from service.audit.proofs import Prover
from service.limits import EXPORT_BYTES, EXPORT_ENTRIES, STEP_CHANGES
from service.projections.loading import Steps
from service.store.errors import LogDamaged
from service.store.log.leaves import damage, parts
from service.store.log.reader import EventQuery
from service.store.log.rows import LogRow
from service.tlog.bundle import BundleEntry, BundleKind, Contents, gap, header
from service.tlog.proofs import Node


@dataclass(frozen=True)
class Piece:
    """Bytes of a bundle, and the number of changes exported with them and before them."""

    data: bytes
    exported: int


@dataclass(frozen=True)
class Export:
    """A bundle of the log at a size.

    ``total`` is the number of its changes. Gaps are split at ``previous_size``, so that the
    bundle can be checked against the checkpoint of that size. ``without_restricted`` leaves out
    the restricted part of every change.
    """

    prover: Prover
    contents: Contents
    size: int
    total: int
    previous_size: int = 0
    without_restricted: bool = False

    async def pieces(self) -> AsyncGenerator[Piece, None]:
        """The bundle piece by piece, in order. One page is read ahead.

        :raises LogDamaged: an entry does not match its commitment, or is missing.
        """
        read = self.prover.reads.fold
        reading = asyncio.ensure_future(read(self._page(self._query(), 0)))
        exported = 0
        try:
            checkpoint = await self.prover.checkpoints.of(self.size)
            yield Piece(header(self.contents, checkpoint.note), 0)
            while True:
                data, count, query = await reading
                exported += count
                if query is None and exported != self.total:
                    problem = f"{exported} of {self.total} changes were found"
                    raise LogDamaged(self.size, problem, first=1)
                if query is not None:
                    reading = asyncio.ensure_future(read(self._page(query, query.after)))
                yield Piece(data, exported)
                if query is None:
                    return
        finally:
            reading.cancel()

    def _query(self) -> EventQuery:
        contents = self.contents
        if contents.kind is BundleKind.RANGE:
            return EventQuery(after=contents.first - 1, until=contents.last)
        return EventQuery(after=0, until=self.size, visit_id=contents.visit_id or None)

    def _page(self, query: EventQuery, size: int) -> Steps[tuple[bytes, int, EventQuery | None]]:
        """The records after position ``size``, the number of entries, and the next page's query."""
        page = self.prover.reads.reader.entries(query, EXPORT_ENTRIES, EXPORT_BYTES)
        node = self.prover.tree.nodes(self.size)
        records: list[bytes] = []
        for row in page.rows:
            records += self._gap(size, row.position - 1, node)
            records.append(self._entry(row, node))
            size = row.position
            if len(records) % STEP_CHANGES == 0:
                yield
        if page.has_more:
            return b"".join(records), len(page.rows), replace(query, after=size)
        records += self._gap(size, self.size, node)
        return b"".join(records), len(page.rows), None

    def _gap(self, size: int, last: int, node: Node) -> Sequence[bytes]:
        """Gaps that cover the positions after ``size`` and up to ``last``."""
        if size == last:
            return ()
        wanted = self._query()
        missing = max(size, wanted.after) + 1
        if wanted.visit_id is None and missing <= min(last, wanted.until):
            raise LogDamaged(missing, "the entry is missing")
        ends = [self.previous_size, last] if size < self.previous_size < last else [last]
        return [gap(begin, end, node) for begin, end in zip([size, *ends], ends, strict=False)]

    def _entry(self, row: LogRow, node: Node) -> bytes:
        with damage(row):
            entry = BundleEntry.of(row.position, row.record_time, parts(row))
        if entry.leaf_hash != node(0, row.position - 1):
            raise LogDamaged(row.position, "the entry does not match its commitment")
        return bytes(entry.without_restricted() if self.without_restricted else entry)
