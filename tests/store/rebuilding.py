"""Telling stories to a store, and rebuilding its states."""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from chancery.v1.visit_pb2 import Visit as VisitMessage
from domain.errors import Refusal
from domain.status import TABLE, Status
from domain.terms import Side, StatementKind
from domain.times import Moment
from domain.values import Condition, DetailItems, Statement, VisitDetails, Window
from domain.visit import Visit
from service import codec
from service.codec.clock import from_microseconds
from service.commands.change import COMMANDS, Change
from service.projections.rebuild import rebuild_visits
from service.queries.moments import AsOf
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
OTHERS = ("amended", "corrected", "statement_recorded", "retracted")
CAN_OPEN = [TOPICS[command] for command in TABLE[None]]
GIVING_UP = ("postponed", "deferred", "rescheduled", "cancelled")


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
        "label": stored(place, "SELECT * FROM label ORDER BY kind, value, visit_id"),
        "days": stored(place, "SELECT * FROM days ORDER BY kind, first_day, last_day, visit_id"),
    }


def rebuilt(place: Place) -> dict[str, list[Any]]:
    """What rebuilding makes from the log."""
    database = open_database(place.url)
    try:
        rebuild_visits(database.writer)
    finally:
        database.close()
    return rows(place)


def random_change(chance: random.Random, visit_id: str, visit: Visit | None, now: int) -> Change:
    """A change of a visit at a time of the clock; the visit accepts most of them."""
    status = visit.state.status if visit else None
    topics = [TOPICS[command] for command in TABLE[status]]
    if status is not None:
        topics += [topic for topic in OTHERS for _ in range(2)]
    topic = chance.choice(topics) if chance.random() < 0.9 else chance.choice([*TOPICS.values()])
    version = visit.version if visit else 0
    told = values(chance, topic, version)
    if status is None and topic in CAN_OPEN:
        told["details"] = details(chance)
        if topic in GIVING_UP:
            told["window_given_up"] = chance.choice([None, window(chance)])
    return change(visit_id, topic, **random_times(chance, topic, now), **told)


def random_times(chance: random.Random, topic: str, now: int) -> dict[str, Any]:
    """No times, or times a few days ago at most."""
    names = ("known",) if topic in ("corrected", "retracted") else ("effective", "known")
    return {name: random_moment(chance, now) for name in names if chance.random() < 0.25}


def random_moment(chance: random.Random, now: int) -> Moment:
    """An instant of the last days, or its day, month or year."""
    hours = chance.choice([0, 1, 13, 26, 100])
    instant = from_microseconds(now) - timedelta(hours=hours)
    length = chance.choice([0, 0, 4, 7, 10, 10])
    return Moment.of_period(f"{instant:%Y-%m-%d}"[:length]) if length else Moment(instant)


def window(chance: random.Random) -> Window:
    """Days that are long past or to come, words alone, or a first day alone."""
    return chance.choice(
        [
            FEBRUARY,
            JUNE,
            Window(JUNE.start, JUNE.end, True, "in June"),
            Window(FEBRUARY.start, JUNE.end, True, "by June"),
            Window(as_stated="after the election"),
            Window(start=JUNE.start, as_stated="in June or later"),
        ]
    )


def details(chance: random.Random) -> VisitDetails:
    """What is known of a visit. Others may have its aliases already."""
    names = ["Blinken-China", "STRA\u00dfE", "strasse", "x"]
    return VisitDetails(
        title=chance.choice(["One", "\u00c9t\u00e9", ""]),
        principal=DETAILS.principal,
        host=chance.choice([DETAILS.host, None]),
        trip=chance.choice(["", "Asia"]),
        aliases=tuple(chance.sample(names, chance.choice([0, 0, 0, 1, 2]))),
    )


def values(chance: random.Random, topic: str, version: int) -> dict[str, Any]:
    """The arguments of a command."""
    words = Condition(chance.choice(["if calm", "if asked"]), chance.choice([*Side]))
    said = Statement(
        chance.choice([*StatementKind]),
        chance.choice([*Side]),
        speaker=chance.choice(["", "Ned Price"]),
        claimed_window=chance.choice([None, window(chance)]),
        condition=chance.choice([None, words]),
        country=chance.choice(["", "KP"]),
        about_version=chance.choice([0, 0, chance.randint(0, version)]),
    )
    amended = ["title", "details.aliases", "window", "trip", "held_window"]
    item = DetailItems(aliases=(chance.choice(["x", "y"]),))
    of_topic: dict[str, Callable[[], dict[str, Any]]] = {
        "scheduled": lambda: {"details": details(chance), "window": window(chance)},
        "disclosed": lambda: {"details": details(chance), "held_window": window(chance)},
        "postponed": lambda: {"condition": chance.choice([None, words])},
        "deferred": lambda: {"condition": words},
        "rescheduled": lambda: {"window": window(chance)},
        "completed": lambda: {"held_window": chance.choice([None, FEBRUARY, window(chance)])},
        "cancelled": lambda: {"condition": chance.choice([None, words])},
        "amended": lambda: {
            "details": details(chance),
            "window": window(chance),
            "held_window": FEBRUARY,
            "update_mask": tuple(chance.sample(amended, chance.randint(0, 2))),
            "added": chance.choice([None, item]),
            "removed": chance.choice([None, item]),
        },
        "corrected": lambda: {
            "corrected_version": chance.choice([0, chance.randint(0, version)]),
            "details": details(chance),
            "window": window(chance),
            "condition": words,
            "reason": chance.choice(["", "A balloon"]),
            "update_mask": (chance.choice(["title", "window", "condition", "reason"]),),
        },
        "statement_recorded": lambda: {"statement": said},
        "retracted": lambda: {
            "retracted_version": chance.randint(1, max(1, version)),
            "merged_into": chance.choice(["", "", *VISITS]),
        },
    }
    return of_topic[topic]()


def told_visit(chance: random.Random, times: int) -> Visit:
    """A visit of which so many changes were asked for, without a store."""
    now = NOON
    visit = Visit.blank("beijing", from_microseconds(now))
    for _ in range(times):
        now += chance.choice([0, 1_000_000, 90_000_000_000])
        asked = random_change(chance, visit.id, visit, now)
        with suppress(Refusal):
            COMMANDS[asked.topic](visit, asked.context.at(from_microseconds(now)), **asked.values)
    return visit


def tell(desk: Desk, chance: random.Random, clock: Clock, told: Counter[str]) -> None:
    """Ask for a few changes at once, so that they share a round."""
    calls = []
    for _ in range(chance.choice([1, 1, 2, 5])):
        changes = []
        for _ in range(chance.choice([1, 1, 1, 2, 4])):
            visit_id = chance.choice(VISITS)
            visit = desk.core._visits.get(visit_id)
            changes.append(random_change(chance, visit_id, visit, clock.now))
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
    """The visit as its changes leave it, with what it allows now, which the past does not tell."""
    past = service.past
    state = await past.visit(visit_id, await past.cutoff(AsOf()))
    status = codec.member(Status, VisitMessage.FromString(state).status, "status")
    return state + codec.allowed_changes(status)
