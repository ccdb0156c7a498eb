"""The states are rebuilt from the log, also where random stories rarely lead."""

import asyncio
import random
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from domain.errors import VisitWithdrawn
from domain.times import Moment
from service.main import StartupError, rebuild
from service.projections.rebuild import rebuild_visits
from service.store import tables
from service.store.engines.opening import open_database
from service.store.log.writer import Writer
from tests.domain.builders import DETAILS
from tests.store import logbook
from tests.store.builders import NOON, change, entry, stored
from tests.store.rebuilding import VISITS, Clock, by_fold, rebuilt, rows
from tests.store.serving import Service, serving
from tests.support.place import Place, SqliteFile
from tests.support.processes import chancery

# Cases that random stories rarely hit


async def same_everywhere(place: Place, service: Service, visit_id: str) -> None:
    """The cached answer equals the fold and the row, and rebuilding changes nothing."""
    cached, _ = await service.queries.visit(visit_id)
    folded = await by_fold(service, visit_id)
    service.log_view.current.clear()
    from_row, _ = await service.queries.visit(visit_id)
    assert cached == folded == from_row
    before = rows(place)
    service.close()
    assert rebuilt(place) == before


async def test_a_visit_that_was_changed_keeps_its_create_time(place: Place) -> None:
    """A later change does not touch the first one's time."""
    with serving(place) as service:
        for topic in ("scheduled", "postponed", "rescheduled"):
            service.record("beijing", topic)
        await same_everywhere(place, service, "beijing")


async def test_a_visit_opened_again_is_no_longer_merged(place: Place) -> None:
    """If it turns out not to be a duplicate, it names no visit that stays."""
    with serving(place) as service:
        service.record("kyiv", "scheduled")
        service.record("beijing", "scheduled")
        service.record("beijing", "retracted", merged_into="kyiv")
        with pytest.raises(VisitWithdrawn, match="kyiv"):
            await service.queries.visit("beijing")
        service.record("beijing", "scheduled")
        await same_everywhere(place, service, "beijing")


today = Moment.of_period("2023-06-01")


@pytest.mark.parametrize(
    "later",
    [
        {"topic": "postponed", "effective": today},
        {"topic": "postponed", "known": today},
        {"topic": "amended"},
        {"topic": "amended", "effective": today},
        {"topic": "statement_recorded", "effective": today},
        {"topic": "retracted", "retracted_version": 2},
        {"topic": "retracted", "retracted_version": 2, "known": today},
    ],
    ids=str,
)
async def test_changes_that_are_recorded_together_are_folded_in_their_order(
    place: Place, later: dict[str, Any]
) -> None:
    """In one call, a change with times comes after one without, as decided."""
    clock = Clock(random.Random(1))
    with serving(place, clock=clock) as service:
        changes = [change("beijing", "scheduled"), change("beijing", "statement_recorded")]
        changes.append(change("beijing", **later))
        service.record_all(changes)
        await same_everywhere(place, service, "beijing")


async def test_changes_on_top_of_each_other_keep_their_order_when_the_clock_goes_back(
    place: Place,
) -> None:
    """No change of status is lost if the clock is set back between two of them."""
    times = [NOON]
    with serving(place, clock=lambda: times[-1]) as service:
        service.record("beijing", "scheduled")
        for seconds, topic in ((10, "postponed"), (9, "rescheduled"), (8, "cancelled")):
            times.append(NOON + seconds * 1_000_000)
            service.record("beijing", topic)
        topics = ["scheduled", "postponed", "rescheduled", "cancelled"]
        assert [row.topic for row in logbook.read(place)] == topics
        assert stored(place, "SELECT status FROM visit") == [("cancelled",)]
        await same_everywhere(place, service, "beijing")


async def test_a_change_told_today_is_not_overtaken_when_the_clock_goes_back(place: Place) -> None:
    """A later change without times comes after one that took effect "today"."""
    times = iter([NOON, NOON - 10_000_000, *[NOON - 5_000_000] * 10])
    with serving(place, clock=lambda: next(times)) as service:
        service.record("beijing", "scheduled", effective=today)
        service.record("beijing", "postponed")
        assert stored(place, "SELECT status FROM visit") == [("postponed",)]
        await same_everywhere(place, service, "beijing")


# Rebuilding itself


def test_rebuilding_repairs_what_was_lost_or_altered(place: Place) -> None:
    """Afterwards missing, wrong and extra rows match the log again."""
    with serving(place) as service:
        for visit_id in VISITS:
            details = replace(DETAILS, aliases=(f"{visit_id}-2023",))
            service.record(visit_id, "scheduled", details=details)
        service.record("kyiv", "retracted")
    before = rows(place)
    assert before["alias"]
    database = open_database(place.url)
    visit = tables.visit.c.visit_id
    with database.writer.begin() as connection:
        connection.execute(delete(tables.visit).where(visit == "beijing"))
        connection.execute(update(tables.visit).where(visit == "seoul").values(state=b""))
        connection.execute(update(tables.visit).where(visit == "paris").values(visit_id="rome"))
        connection.execute(delete(tables.alias))
    assert rows(place) != before
    assert rebuild_visits(database.writer) == len(VISITS)
    database.close()
    assert rows(place) == before


async def test_the_next_change_fits_on_what_was_rebuilt(place: Place) -> None:
    """Versions and positions go on after rebuilding."""
    with serving(place) as service:
        service.record("beijing", "scheduled")
        service.record("beijing", "postponed")
    rebuilt(place)
    with serving(place) as service:
        outcome = service.record("beijing", "rescheduled", expected_version=2)
        assert outcome.position == 3
        await same_everywhere(place, service, "beijing")


def test_an_empty_log_gives_no_visits(place: Place) -> None:
    """Rebuilding from nothing leaves nothing."""
    assert not any(rebuilt(place).values())


def rebuild_command(place: Place) -> "subprocess.CompletedProcess[str]":
    return chancery("rebuild", "--database", place.url)


async def test_a_file_that_is_served_is_not_rebuilt(tmp_path: Path) -> None:
    """While a process has it open, the command ends with 1 and says why in one line."""
    place = SqliteFile(tmp_path / "chancery.db")
    with serving(place) as service:
        service.record("beijing", "scheduled")
        before = rows(place)
        done = await asyncio.to_thread(rebuild_command, place)
        assert done.returncode == 1
        assert "another process serves" in done.stderr
        assert "Traceback" not in done.stderr
        assert rows(place) == before
    done = await asyncio.to_thread(rebuild_command, place)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 visit" in done.stdout
    assert rows(place) == before


def test_rebuilding_from_a_damaged_log_says_where_and_changes_nothing(place: Place) -> None:
    """The operator gets a message with the position, and the rows stay as they were."""
    database = open_database(place.url)
    writer = Writer(database)
    writer.append([entry("beijing", 1), entry("beijing", 2)])
    writer.close()
    with database.writer.begin() as connection:
        damaged = update(tables.log).where(tables.log.c.position == 2)
        connection.execute(damaged.values(body=b"\xff"))
    database.close()
    before = rows(place)
    with pytest.raises(StartupError, match="the log is damaged at position 2"):
        rebuild(place.url)
    assert rows(place) == before
