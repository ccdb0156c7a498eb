"""Random stories: any sequence of commands on a visit, most of them sensible."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from random import Random

from hypothesis import strategies as st

from domain.errors import Refusal
from domain.events import Event
from domain.times import LAST_INSTANT, TICK
from domain.visit import Visit
from tests.domain.dicts import Json
from tests.domain.playing import give
from tests.model.generating import Desk
from tests.model.playing import NOW
from tests.model.world import World

SECOND = timedelta(seconds=1)
LATER = NOW + timedelta(hours=1)
VISIT = "r"


@dataclass(frozen=True)
class Step:
    """A command and the time at which it is given."""

    command: Json
    now: datetime

    def give(self, visit: Visit) -> Refusal | None:
        """Give the command to a visit. Returns the refusal, or None if the visit accepts it."""
        return give(visit, self.command, self.now)


@st.composite
def stories(draw: st.DrawFn, most: int) -> list[Step]:
    """A story of at most so many commands, each a second after the one before."""
    random, length = draw(st.randoms(use_true_random=False)), draw(st.integers(1, most))
    desk, world, steps = Desk(random, VISIT), World(), []
    for number in range(length):
        step = Step(desk.command(world.history(VISIT)), NOW + number * SECOND)
        world.record(step.command, step.now)
        steps.append(step)
    return steps


def blank() -> Visit:
    return Visit.blank(VISIT, NOW)


def visit_after(steps: Sequence[Step]) -> Visit:
    """The visit after these steps; it ignores the ones that it refuses."""
    visit = blank()
    for step in steps:
        step.give(visit)
    return visit


def moments(events: Sequence[Event]) -> list[datetime]:
    """Each moment at which an answer may change, the one before it, and the last instant."""
    times = {time for e in events for time in (e.known_instant, e.effective_instant)}
    return sorted(times | {time - TICK for time in times} | {LAST_INSTANT})


def some_pairs(
    events: Sequence[Event], random: Random, number: int
) -> Iterator[tuple[datetime, datetime]]:
    """Now, and so many random pairs of a known and a valid time."""
    times = moments(events)
    pairs = list(product(times, times))
    yield LAST_INSTANT, LAST_INSTANT
    yield from random.sample(pairs, min(number, len(pairs)))
