"""A log of many changes, made fast: the story of one visit, told of as many as are asked for."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from service.store.entries import Append, Entry
from service.store.opening import open_database
from service.store.writer import BATCH_ENTRIES, Writer
from tests.store.builders import serving, url

TEMPLATE = "v00000000"
STORY = [
    "scheduled",
    "statement_recorded",
    "postponed",
    "statement_recorded",
    "rescheduled",
    "amended",
    "deferred",
    "statement_recorded",
    "rescheduled",
    "completed",
]
# Visits whose changes are recorded in turn.
AT_A_TIME = 100


def make_log(file: Path, changes: int) -> None:
    """Record so many changes, of visits with ten each."""
    story = asyncio.run(_story())
    entries = islice(_told(story), changes)
    database = open_database(url(file))
    writer = Writer(database)
    try:
        while some := list(islice(entries, BATCH_ENTRIES)):
            writer.append(some)
    finally:
        writer.close()
        database.close()


async def _story() -> list[Entry]:
    """The changes of one visit, as the desk hands them to the writer."""
    entries: list[Entry] = []
    submit = Writer.submit

    def noted(writer: Writer, append: Append) -> None:
        entries.extend(append.entries)
        submit(writer, append)

    with TemporaryDirectory() as folder, patch.object(Writer, "submit", noted):
        async with serving(Path(folder) / "chancery.db") as service:
            for version, topic in enumerate(STORY, start=1):
                await service.record(TEMPLATE, topic, f"{TEMPLATE}-{version:02}")
    return entries


def _told(story: Sequence[Entry]) -> Iterator[Entry]:
    first = 1
    while True:
        visit_ids = [f"v{number:08}" for number in range(first, first + AT_A_TIME)]
        for entry in story:
            for visit_id in visit_ids:
                yield _of(visit_id, entry)
        first += AT_A_TIME


def _of(visit_id: str, entry: Entry) -> Entry:
    """The entry, of another visit whose id is as long."""
    assert entry.row is not None
    assert entry.request_id is not None
    before, after = TEMPLATE.encode(), visit_id.encode()
    return replace(
        entry,
        visit_id=visit_id,
        request_id=entry.request_id.replace(TEMPLATE, visit_id),
        body=entry.body.replace(before, after),
        row=replace(entry.row, visit_id=visit_id, state=entry.row.state.replace(before, after)),
    )
