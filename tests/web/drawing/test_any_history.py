"""What holds of the timeline of any history: made up, documented, or of our own."""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings

from chancery.client import Connection, Event, Visit
from chancery.client.errors import ChanceryError
from service.web.drawing import NARROW, WIDE, plan_of, timeline, timeline_key
from tests.model.playbooks import as_story
from tests.model.readings import READINGS, Reading
from tests.model.serving import served
from tests.model.stories import data
from tests.model.telling import random_story
from tests.support.server import Server
from tests.web.drawing.histories import UNTIL, histories
from tests.web.drawing.reading import Drawing


def check(visit: Visit | None, events: Iterable[Event], until: date, is_past: bool) -> None:
    """Labels stay apart, all is inside, and each change has its mark, or a part in one."""
    history = list(events)
    plan = plan_of(visit, history, until, is_past=is_past)
    for width in (WIDE, NARROW):
        drawing = Drawing(timeline(plan, width=width))
        assert drawing.overlaps() == []
        assert drawing.outside() == []
        assert drawing.nearest() >= 23.8
        told = set().union(*(mark.versions for mark in drawing.marks))
        assert told == {each.version for each in history}
    timeline_key(plan)


@settings(max_examples=25)
@given(histories())
def test_any_history_is_drawn(told: tuple[Visit | None, list[Event]]) -> None:
    """However odd its days, texts and times are."""
    check(*told, UNTIL, is_past=len(told[1]) % 2 == 0)


def as_of_each(connection: Connection, name: str, days: Iterable[date]) -> None:
    """Draw a visit as it was known at the end of each day, and as it is now."""
    for day in days:
        try:
            visit = connection.visit(name, known_at=day)
        except ChanceryError:
            continue
        check(visit, connection.history(name, known_at=day), day, is_past=True)
    try:
        visit = connection.visit(name)
    except ChanceryError:
        return
    check(visit, connection.history(name), datetime.now(UTC).date(), is_past=False)


@pytest.mark.parametrize("seed", range(6))
def test_a_random_story_is_drawn_as_of_each_day(
    server: Server, connection: Connection, seed: int
) -> None:
    """Commands that a desk could give, through a real server."""
    story = random_story(seed)
    assert served(story, server.client()) == []
    name = story["commands"][0]["visit"]
    as_of_each(connection, name, known_days(connection, name))


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.visit)
def test_a_documented_visit_is_drawn_as_of_each_step(
    server: Server, connection: Connection, reading: Reading
) -> None:
    """Each of the playbooks, on the day of every step."""
    entries = json.loads(data("playbooks/visits.json").read_text(encoding="utf-8"))
    story = as_story(entries, reading, datetime.now(UTC) - timedelta(seconds=1))
    assert served(story, server.client()) == []
    as_of_each(connection, reading.visit, known_days(connection, reading.visit))


def known_days(connection: Connection, name: str) -> list[date]:
    """The days on which something became known."""
    known = {event.known_time or event.record_time for event in connection.history(name)}
    return sorted({time.date() for time in known if time})
