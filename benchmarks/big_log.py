"""A log of many changes, made fast: four stories, repeated for any number of visits.

Each story has ten changes. In a log of any length, ``FEW`` visits are postponed and ``FEW`` are
overdue, spread evenly. Of the others one in five is planned, and the rest are completed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.in_process import application, change
from domain.terms import Attribution, Side, StatementKind
from domain.values import Basis, Host, Place, Principal, Statement, VisitDetails, Window
from domain.visit import Visit
from service.commands.change import Change
from service.commands.decide import Sizes, decide
from service.commands.names import Names
from service.projections.state_rows import visit_row
from service.store.log.entry import Entry
from service.store.states.rows import Lookups

TEMPLATE = "v00000000"
CHANGES = 10
FEW = 20
# Visits whose changes are recorded in turn, and changes that are committed together.
AT_A_TIME = 100
TOGETHER = 2000
# When the stories are made up.
BEGAN = datetime.now(UTC)
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
    recorded = {story: _recorded(story) for story in STORIES}
    entries = _interleaved([recorded[_story_of(number, visits)] for number in range(visits)])
    with application(file) as recording:
        while some := list(islice(entries, TOGETHER)):
            with recording.writer.lock() as log:
                made = [_of(visit_id, each, log.record_time) for visit_id, each in some]
                recording.writer.append(made, log)


def _story_of(number: int, visits: int) -> Story:
    """The story of a visit; the first visit has number 0."""
    every = max(4, visits // FEW)
    if number % every in (every // 2, every // 4):
        return PUT_OFF if number % every == every // 2 else OVERDUE
    return COMPLETED if number % 5 else PLANNED


def id_of(number: int) -> str:
    """The id of a visit; the first visit has number 0."""
    return f"v{number + 1:08}"


def _recorded(story: Story) -> list[Entry]:
    """The changes of one visit, as they are recorded: each a microsecond after the one before."""
    visits: dict[str, Visit] = {}
    with TemporaryDirectory() as folder, application(Path(folder) / "chancery.db") as deciding:
        names, entries = Names(deciding.database.readers.connect), []
        for number, asked in enumerate(_changes(story)):
            now = BEGAN + timedelta(microseconds=number)
            before = visits.get(TEMPLATE) or Visit.blank(TEMPLATE, now)
            decided = decide(deciding, asked, visits, names, Sizes(), now)
            entries.append(replace(decided.entry, row=visit_row(decided.visit, before)))
        return entries


def _changes(story: Story) -> Iterator[Change]:
    for version, topic in enumerate(story.topics, start=1):
        yield change(TEMPLATE, topic, f"{TEMPLATE}-{version:02}", BASIS, **story.values(topic))


def _interleaved(stories: Sequence[Sequence[Entry]]) -> Iterator[tuple[str, Entry]]:
    """The changes of all visits in their order, each with the id of its visit."""
    for first in range(0, len(stories), AT_A_TIME):
        some = list(enumerate(stories[first : first + AT_A_TIME], start=first))
        for version in range(CHANGES):
            for number, story in some:
                yield id_of(number), story[version]


def _of(visit_id: str, entry: Entry, record_time: int) -> Entry:
    """The entry, for another visit with an id of the same length, recorded at this time."""
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
            facets=replace(
                row.facets,
                last_heard_time=record_time,
                lookups=_found_by(row.facets.lookups, visit_id),
            ),
            aliases=aliases and [alias.replace(TEMPLATE, visit_id) for alias in aliases],
            lookups_before=_found_by(row.lookups_before, visit_id),
        ),
    )


def _found_by(lookups: Lookups, visit_id: str) -> Lookups:
    return replace(lookups, words=lookups.words.replace(TEMPLATE, visit_id))
