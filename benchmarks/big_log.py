"""A log of many changes, made fast: four stories, repeated for any number of visits.

Each story has ten changes. In a log of any length, ``FEW`` visits are postponed and ``FEW`` are
overdue, spread evenly. Of the others one in five is planned, and the rest are completed.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from benchmarks.in_process import change, serving
from benchmarks.processes import sqlite
from domain.terms import Attribution, Side, StatementKind
from domain.values import Basis, Host, Place, Principal, Statement, VisitDetails, Window
from service.store.engines.opening import open_database
from service.store.log.appends import Append, Entry
from service.store.log.writer import BATCH_ENTRIES, Writer

TEMPLATE = "v00000000"
CHANGES = 10
FEW = 20
# Visits whose changes are recorded in turn.
AT_A_TIME = 100
BASIS = (Basis(Side.HOST, attribution=Attribution.ON_THE_RECORD),)


@dataclass(frozen=True)
class Story:
    """A visit's changes, and their values."""

    topics: tuple[str, ...]
    principal: Principal
    host: Host
    trip: str
    window: Window
    said: StatementKind

    def values(self, topic: str) -> dict[str, Any]:
        """The values of a change, except those that are the same in every story."""
        if topic == "scheduled":
            details = VisitDetails(
                title=f"{self.principal.name} to {self.host.organisation}",
                principal=self.principal,
                host=self.host,
                destinations=(Place("Capital", self.host.country),),
                trip=self.trip,
                aliases=(f"{TEMPLATE}-alias",),
            )
            return {"details": details, "window": self.window}
        if topic == "rescheduled":
            return {"window": self.window}
        if topic == "statement_recorded":
            return {"statement": Statement(self.said, Side.HOST)}
        return {}


def _days(year: int) -> Window:
    return Window(date(year, 5, 3), date(year, 5, 6))


MOVED = ("scheduled", "statement_recorded", "postponed", "statement_recorded", "rescheduled")
COMPLETED = Story(
    (*MOVED, "amended", "deferred", "statement_recorded", "rescheduled", "completed"),
    Principal("Antony Blinken", country="US"),
    Host("CN", "Foreign Ministry"),
    "spring tour",
    _days(2023),
    StatementKind.CONFIRM,
)
PLANNED = Story(
    (*MOVED, "amended", "postponed", "statement_recorded", "deferred", "rescheduled"),
    Principal("Janet Yellen", country="GB"),
    Host("FR", "Treasury"),
    "summer tour",
    _days(2090),
    StatementKind.CONFIRM,
)
PUT_OFF = Story(
    (*MOVED, "amended", "deferred", "rescheduled", "postponed", "statement_recorded"),
    Principal("Xanthippe Quill", country="IS"),
    Host("FJ", "Zephyr Council"),
    "winter tour",
    _days(1999),
    StatementKind.DENY,
)
OVERDUE = replace(PUT_OFF, topics=PLANNED.topics)
STORIES = (COMPLETED, PLANNED, PUT_OFF, OVERDUE)


def make_log(file: Path, changes: int) -> None:
    """Record so many changes, on visits with ten each."""
    visits = changes // CHANGES
    recorded = {story: asyncio.run(_recorded(story)) for story in STORIES}
    entries = _interleaved([recorded[_story_of(number, visits)] for number in range(visits)])
    database = open_database(sqlite(file).url)
    writer = Writer(database)
    try:
        while some := list(islice(entries, BATCH_ENTRIES)):
            writer.append(some)
    finally:
        writer.close()
        database.close()


def _story_of(number: int, visits: int) -> Story:
    """The story of a visit; the first visit has number 0."""
    every = max(4, visits // FEW)
    if number % every in (every // 2, every // 4):
        return PUT_OFF if number % every == every // 2 else OVERDUE
    return COMPLETED if number % 5 else PLANNED


def id_of(number: int) -> str:
    """The id of a visit; the first visit has number 0."""
    return f"v{number + 1:08}"


async def _recorded(story: Story) -> list[Entry]:
    """The changes of one visit, as the commands hand them to the writer."""
    entries: list[Entry] = []
    submit = Writer.submit

    def noted(writer: Writer, append: Append) -> None:
        entries.extend(append.entries)
        submit(writer, append)

    with TemporaryDirectory() as folder, patch.object(Writer, "submit", noted):
        async with serving(Path(folder) / "chancery.db") as service:
            for version, topic in enumerate(story.topics, start=1):
                request_id = f"{TEMPLATE}-{version:02}"
                asked = change(TEMPLATE, topic, request_id, BASIS, **story.values(topic))
                await service.commands.record([asked])
    return entries


def _interleaved(stories: Sequence[Sequence[Entry]]) -> Iterator[Entry]:
    for first in range(0, len(stories), AT_A_TIME):
        some = list(enumerate(stories[first : first + AT_A_TIME], start=first))
        for version in range(CHANGES):
            for number, story in some:
                yield _of(id_of(number), story[version])


def _of(visit_id: str, entry: Entry) -> Entry:
    """The entry, for another visit with an id of the same length."""
    assert entry.row is not None
    assert entry.request_id is not None
    before, after = TEMPLATE.encode(), visit_id.encode()
    row, aliases = entry.row, entry.row.aliases
    return replace(
        entry,
        visit_id=visit_id,
        request_id=entry.request_id.replace(TEMPLATE, visit_id),
        body=entry.body.replace(before, after),
        row=replace(
            row,
            visit_id=visit_id,
            state=row.state.replace(before, after),
            facets=replace(row.facets, words=row.facets.words.replace(TEMPLATE, visit_id)),
            aliases=aliases and [alias.replace(TEMPLATE, visit_id) for alias in aliases],
        ),
    )
