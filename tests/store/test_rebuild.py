"""The current-state table can be rebuilt from the log alone, byte for byte."""

import asyncio
import random
import subprocess
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from domain.errors import Refusal, VisitWithdrawn
from domain.status import TABLE
from domain.terms import Side, StatementKind
from domain.times import Moment, Precision
from domain.values import Condition, Statement, VisitDetails, Window
from service.codec.clock import from_microseconds
from service.commands.change import Change
from service.main import StartupError, rebuild
from service.projections.rebuild import rebuild_visits
from service.queries.as_of import AsOf
from service.store import tables
from service.store.engines.opening import differences, open_database, upgrade
from service.store.log.writer import Writer
from tests.domain.builders import DETAILS, FEBRUARY, JUNE, at
from tests.store import logbook
from tests.store.builders import Held, Service, change, entry, serving, stored
from tests.support.older import TO_0004
from tests.support.place import Place, SqliteFile
from tests.support.processes import chancery

VISITS = ("beijing", "kyiv", "seoul", "paris")
TOPICS = {
    "schedule": "scheduled",
    "disclose": "disclosed",
    "postpone": "postponed",
    "defer": "deferred",
    "reschedule": "rescheduled",
    "complete": "completed",
    "cancel": "cancelled",
}
NOON = 1_685_620_800_000_000


class Clock:
    """A clock that advances a little with each reading, sometimes a lot; never back."""

    def __init__(self, chance: random.Random) -> None:
        self.now = NOON
        self._chance = chance

    def __call__(self) -> int:
        self.now += self._chance.choice([0, 0, 1, 700, 2_000_000])
        return self.now

    def sleep(self) -> None:
        """Let some hours or days go by."""
        self.now += self._chance.choice([0, 0, 3_600, 40_000, 90_000, 3_000_000]) * 1_000_000


def rows(place: Place) -> dict[str, list[Any]]:
    """Everything that is stored beside the log."""
    return {
        "visit": stored(place, "SELECT * FROM visit ORDER BY visit_id"),
        "alias": stored(place, "SELECT * FROM alias ORDER BY alias, visit_id"),
        "word": stored(place, "SELECT * FROM word ORDER BY word, visit_id"),
    }


def rebuilt(place: Place) -> dict[str, list[Any]]:
    """What rebuilding makes from the log."""
    database = open_database(place.url)
    try:
        rebuild_visits(database.writer)
    finally:
        database.close()
    return rows(place)


# Random stories


def random_change(chance: random.Random, service: Service, clock: Clock) -> Change:
    """A change of some visit; the visit accepts most of them."""
    visit_id = chance.choice(VISITS)
    visit = service.visits._visits.get(visit_id)
    status = visit.state.status if visit else None
    topics = [TOPICS[command] for command in TABLE[status]]
    if status is not None:
        topics += ["amended", "amended", "statement_recorded", "statement_recorded", "retracted"]
    topic = chance.choice(topics) if chance.random() < 0.9 else chance.choice([*TOPICS.values()])
    version = visit.version if visit else 0
    return change(visit_id, topic, **random_times(chance, clock), **values(chance, topic, version))


def random_times(chance: random.Random, clock: Clock) -> dict[str, Any]:
    """No times, or times a few days ago at most."""
    return {
        name: Moment(
            from_microseconds(clock.now) - timedelta(hours=chance.choice([0, 1, 13, 26, 100])),
            chance.choice([Precision.INSTANT, Precision.DAY, *Precision]),
        )
        for name in ("effective", "known")
        if chance.random() < 0.25
    }


def values(chance: random.Random, topic: str, version: int) -> dict[str, Any]:
    """The arguments of a command."""
    long_one = Window(FEBRUARY.start, JUNE.end, True, "by June")
    window = chance.choice(
        [FEBRUARY, JUNE, Window(JUNE.start, JUNE.end, True, "in June"), long_one]
    )
    words = Condition(chance.choice(["if calm", "if asked"]), chance.choice([*Side]))
    aliases = tuple(
        chance.sample(["Blinken-China", "STRA\u00dfE", "strasse", "x"], chance.randint(0, 3))
    )
    facts = VisitDetails(
        title=chance.choice(["One", "\u00c9t\u00e9", ""]),
        principal=DETAILS.principal,
        host=DETAILS.host,
        trip=chance.choice(["", "Asia"]),
        aliases=aliases,
    )
    said = Statement(
        chance.choice([*StatementKind]),
        chance.choice([*Side]),
        claimed_window=chance.choice([None, window]),
        condition=chance.choice([None, words]),
        country=chance.choice(["", "KP"]),
    )
    mask = chance.sample(["title", "details.aliases", "window", "trip"], chance.randint(1, 3))
    of_topic: dict[str, Callable[[], dict[str, Any]]] = {
        "scheduled": lambda: {"details": facts, "window": window},
        "disclosed": lambda: {"details": facts, "held_window": window},
        "postponed": lambda: {"condition": chance.choice([None, words])},
        "deferred": lambda: {"condition": words},
        "rescheduled": lambda: {"window": window},
        "completed": lambda: {"held_window": chance.choice([None, window])},
        "cancelled": lambda: {"condition": chance.choice([None, words])},
        "amended": lambda: {
            "details": facts,
            "window": window,
            "update_mask": tuple(mask),
            "correction": chance.random() < 0.3,
        },
        "statement_recorded": lambda: {"statement": said},
        "retracted": lambda: {
            "retracted_version": chance.randint(1, max(1, version)),
            "merged_into": chance.choice(["", "", *VISITS]),
        },
    }
    return of_topic[topic]()


async def tell(service: Service, chance: random.Random, clock: Clock, told: Counter[str]) -> None:
    """Ask for a few changes at once, without waiting in between."""
    calls = []
    for _ in range(chance.choice([1, 1, 2, 5])):
        changes = [
            random_change(chance, service, clock) for _ in range(chance.choice([1, 1, 1, 2, 4]))
        ]
        told.update(each.topic for each in changes)
        calls.append(asyncio.create_task(service.commands.record(changes)))
        await asyncio.sleep(0)
    for outcome in await asyncio.gather(*calls, return_exceptions=True):
        if isinstance(outcome, Refusal):
            told["(refused)"] += 1
        elif isinstance(outcome, BaseException):
            raise outcome
        else:
            told["(recorded)"] += len(outcome)


async def tell_all(
    service: Service, chance: random.Random, clock: Clock, times: int
) -> Counter[str]:
    """Ask for changes so many times, and return what was asked for and the outcomes."""
    told = Counter[str]()
    for _ in range(times):
        clock.sleep()
        await tell(service, chance, clock, told)
    return told


async def by_row(service: Service, visit_id: str) -> bytes:
    """The visit from the cache, or else from its row."""
    state, _ = await service.queries.visit(visit_id)
    return state


async def by_fold(service: Service, visit_id: str) -> bytes:
    """The visit as its changes leave it."""
    past = service.past
    return await past.visit(visit_id, await past.cutoff(AsOf()))


async def answers(
    service: Service, ask: Callable[[Service, str], Awaitable[bytes]] = by_row
) -> dict[str, bytes | None]:
    """What GetVisit answers for each visit."""
    found: dict[str, bytes | None] = {}
    for visit_id in VISITS:
        try:
            found[visit_id] = await ask(service, visit_id)
        except Refusal:
            found[visit_id] = None
    return found


@pytest.mark.parametrize("seed", range(16))
async def test_any_story_leaves_what_its_log_gives_again(place: Place, seed: int) -> None:
    """Rows, aliases, words, cached answers and as-of answers follow from the log alone."""
    chance = random.Random(seed)
    clock = Clock(chance)
    async with serving(place, clock=clock) as service:
        told = await tell_all(service, chance, clock, 70)
        cached = await answers(service)
        folded = await answers(service, by_fold)
    assert told["(recorded)"] > 40, told
    before = rows(place)
    async with serving(place, clock=clock) as service:
        from_rows = await answers(service)
    after = rebuilt(place)
    for visit_id in VISITS:
        assert cached[visit_id] == folded[visit_id] == from_rows[visit_id], visit_id
    assert before == after
    assert logbook.problems(place) == []


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
    async with serving(place) as service:
        for topic in ("scheduled", "postponed", "rescheduled"):
            await service.record("beijing", topic)
        await same_everywhere(place, service, "beijing")


async def test_a_visit_opened_again_is_no_longer_merged(place: Place) -> None:
    """If it turns out not to be a duplicate, it names no visit that stays."""
    async with serving(place) as service:
        await service.record("kyiv", "scheduled")
        await service.record("beijing", "scheduled")
        await service.record("beijing", "retracted", merged_into="kyiv")
        with pytest.raises(VisitWithdrawn, match="kyiv"):
            await service.queries.visit("beijing")
        await service.record("beijing", "scheduled")
        await same_everywhere(place, service, "beijing")


today = Moment(at("2023-06-01"), Precision.DAY)


@pytest.mark.parametrize(
    "later",
    [
        {"topic": "postponed", "effective": today},
        {"topic": "postponed", "known": today},
        {"topic": "amended", "correction": True},
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
    async with serving(place, clock=clock) as service:
        changes = [change("beijing", "scheduled"), change("beijing", "statement_recorded")]
        changes.append(change("beijing", **later))
        await service.commands.record(changes)
        await same_everywhere(place, service, "beijing")


async def test_changes_on_top_of_each_other_keep_their_order_when_the_clock_goes_back(
    place: Place,
) -> None:
    """No change of status is lost if the clock is set back between two of them."""
    times = [NOON]
    async with serving(place, clock=lambda: times[-1]) as service:
        await service.record("beijing", "scheduled")
        with Held(service.database):
            asked = []
            for seconds, topic in ((10, "postponed"), (9, "rescheduled"), (8, "cancelled")):
                times.append(NOON + seconds * 1_000_000)
                asked.append(asyncio.create_task(service.record("beijing", topic)))
                await asyncio.sleep(0)
        await asyncio.gather(*asked)
        topics = ["scheduled", "postponed", "rescheduled", "cancelled"]
        assert [row.topic for row in logbook.read(place)] == topics
        assert stored(place, "SELECT status FROM visit") == [("cancelled",)]
        await same_everywhere(place, service, "beijing")


async def test_a_change_told_today_is_not_overtaken_when_the_clock_goes_back(place: Place) -> None:
    """A later change without times comes after one that took effect "today"."""
    times = iter([NOON, NOON - 10_000_000, *[NOON - 5_000_000] * 10])
    async with serving(place, clock=lambda: next(times)) as service:
        await service.record("beijing", "scheduled", effective=today)
        await service.record("beijing", "postponed")
        assert stored(place, "SELECT status FROM visit") == [("postponed",)]
        await same_everywhere(place, service, "beijing")


# Rebuilding itself


async def test_rebuilding_repairs_what_was_lost_or_altered(place: Place) -> None:
    """Afterwards missing, wrong and extra rows match the log again."""
    async with serving(place) as service:
        for visit_id in VISITS:
            await service.record(visit_id, "scheduled")
        await service.record("kyiv", "retracted")
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
    async with serving(place) as service:
        await service.record("beijing", "scheduled")
        await service.record("beijing", "postponed")
    rebuilt(place)
    async with serving(place) as service:
        outcome = await service.record("beijing", "rescheduled", expected_version=2)
        assert outcome.position == 3
        await same_everywhere(place, service, "beijing")


def test_an_empty_log_gives_no_visits(place: Place) -> None:
    """Rebuilding from nothing leaves nothing."""
    assert rebuilt(place) == {"visit": [], "alias": [], "word": []}


def rebuild_command(place: Place) -> "subprocess.CompletedProcess[str]":
    return chancery("rebuild", "--database", place.url)


async def test_a_file_that_is_served_is_not_rebuilt(tmp_path: Path) -> None:
    """While a process has it open, the command ends with 1 and says why in one line."""
    place = SqliteFile(tmp_path / "chancery.db")
    async with serving(place) as service:
        await service.record("beijing", "scheduled")
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


@pytest.mark.parametrize("seed", range(2))
async def test_an_upgrade_makes_what_filters_look_up(place: Place, seed: int) -> None:
    """A log that an earlier version kept gets everything that this version would have stored."""
    chance = random.Random(seed)
    clock = Clock(chance)
    async with serving(place, clock=clock) as service:
        await tell_all(service, chance, clock, 30)
    before = rows(place)
    assert before["word"]
    with place.edit() as hand:
        for statement in TO_0004:
            hand.execute(statement)
    upgrade(place.url)
    assert rows(place) == before
    assert differences(place.url) == []
