"""Exporting bundles, page by page."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace

from service.audit.proofs import Prover
from service.limits import EXPORT_BYTES, EXPORT_ENTRIES
from service.store.errors import LogDamaged
from service.store.log.leaves import leaf_hash
from service.store.log.reader import EventQuery
from service.store.log.rows import LogRow
from service.tlog.bundle import BundleEntry, BundleKind, Contents, gap, header
from service.tlog.proofs import Node


@dataclass(frozen=True)
class Part:
    """Bytes of a bundle, and the number of changes exported with them and before them."""

    data: bytes
    exported: int


@dataclass(frozen=True)
class Export:
    """A bundle of the log at a size.

    ``total`` is the number of its changes. Gaps are split at ``previous_size``, so that the
    bundle can be checked against the checkpoint of that size.
    """

    prover: Prover
    contents: Contents
    size: int
    total: int
    previous_size: int = 0

    async def parts(self) -> AsyncGenerator[Part, None]:
        """The parts of the bundle, in order. One page is read ahead.

        :raises LogDamaged: an entry does not match its commitment, or is missing.
        """
        read = self.prover.reads.run
        reading = asyncio.ensure_future(read(self._page, self._query(), 0))
        exported = 0
        try:
            checkpoint = await read(self.prover.checkpoint, self.size)
            yield Part(header(self.contents, checkpoint), 0)
            while True:
                data, count, query = await reading
                exported += count
                if query is None and exported != self.total:
                    problem = f"{exported} of {self.total} changes were found"
                    raise LogDamaged(self.size, problem, first=1)
                if query is not None:
                    reading = asyncio.ensure_future(read(self._page, query, query.after))
                yield Part(data, exported)
                if query is None:
                    return
        finally:
            reading.cancel()

    def _query(self) -> EventQuery:
        contents = self.contents
        if contents.kind is BundleKind.RANGE:
            return EventQuery(after=contents.first - 1, until=contents.last)
        return EventQuery(after=0, until=self.size, visit_id=contents.visit_id or None)

    def _page(self, query: EventQuery, size: int) -> tuple[bytes, int, EventQuery | None]:
        """The records after position ``size``, the number of entries, and the next page's query."""
        page = self.prover.reads.reader.entries(query, EXPORT_ENTRIES, EXPORT_BYTES)
        node = self.prover.tree.nodes(self.size)
        parts: list[bytes] = []
        for row in page.rows:
            parts += self._gap(size, row.position - 1, node)
            parts.append(bytes(_entry(row, node)))
            size = row.position
        if page.has_more:
            return b"".join(parts), len(page.rows), replace(query, after=size)
        parts += self._gap(size, self.size, node)
        return b"".join(parts), len(page.rows), None

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


def _entry(row: LogRow, node: Node) -> BundleEntry:
    hash_of_leaf = leaf_hash(row)
    if hash_of_leaf != node(0, row.position - 1):
        raise LogDamaged(row.position, "the entry does not match its commitment")
    return BundleEntry(row.position, row.record_time, row.nonce, hash_of_leaf, row.body)
