"""Telling stories to a store, and rebuilding its states."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from domain.errors import Refusal
from domain.status import TABLE
from domain.terms import Side, StatementKind
from domain.times import Moment, Precision
from domain.values import Condition, Statement, VisitDetails, Window
from service.codec.clock import from_microseconds
from service.commands.change import Change
from service.projections.rebuild import rebuild_visits
from service.queries.as_of import AsOf
from service.store.engines.opening import open_database
from tests.domain.builders import DETAILS, FEBRUARY, JUNE
from tests.store.builders import NOON, change, stored
from tests.store.serving import Desk, Service, outcomes
from tests.support.place import Place

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


def random_change(chance: random.Random, desk: Desk, clock: Clock) -> Change:
    """A change of some visit; the visit accepts most of them."""
    visit_id = chance.choice(VISITS)
    visit = desk.core._visits.get(visit_id)
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


def tell(desk: Desk, chance: random.Random, clock: Clock, told: Counter[str]) -> None:
    """Ask for a few changes at once, so that they share a round."""
    calls = []
    for _ in range(chance.choice([1, 1, 2, 5])):
        changes = [
            random_change(chance, desk, clock) for _ in range(chance.choice([1, 1, 1, 2, 4]))
        ]
        told.update(each.topic for each in changes)
        calls.append(changes)
    for task in desk.share(*calls):
        if isinstance(task.error, Refusal):
            told["(refused)"] += 1
        else:
            told["(recorded)"] += len(outcomes(task))


def tell_all(desk: Desk, chance: random.Random, clock: Clock, times: int) -> Counter[str]:
    """Ask for changes so many times, and return what was asked for and the outcomes."""
    told = Counter[str]()
    for _ in range(times):
        clock.sleep()
        tell(desk, chance, clock, told)
    return told


async def by_fold(service: Service, visit_id: str) -> bytes:
    """The visit as its changes leave it."""
    past = service.past
    return await past.visit(visit_id, await past.cutoff(AsOf()))
