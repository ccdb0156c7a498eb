"""Whatever happens, a watch delivers each change of its selection once and in order."""

import asyncio
import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from service.live import watch as watching
from service.live.ring import Ring, Selection
from service.live.watch import FrameKind
from tests.live.changes import TOPICS, VISITS, Change, Log, turns
from tests.live.reader import Reader
from tests.live.watched import CAUGHT_UP, CLOSING, EVENTS, FELL_BEHIND, PROGRESS
from tests.support.examples import examples

# Whatever happens


Script = list[tuple[str, Any]]


STORIES = examples(200)


def story(chance: random.Random, steps: Sequence[str]) -> Script:
    """A random story: so many steps, each with its arguments."""
    arguments: dict[str, Callable[[], Any]] = {
        "feed": lambda: some_changes(chance),
        "commit": lambda: some_changes(chance),
        "lose": lambda: some_changes(chance),
        "read": lambda: (chance.randrange(4), chance.randint(0, 4)),
        "turn": lambda: chance.randint(1, 12),
        "turns of a page": lambda: chance.randint(0, 12),
    }
    chosen = chance.choices(steps, k=chance.randint(0, 60))
    return [(step, arguments[step]()) for step in chosen]


def some_changes(chance: random.Random) -> list[Change]:
    """A few changes of any visit, topic and size."""
    return [
        Change(chance.choice(VISITS), chance.choice(TOPICS), chance.randint(6, 40))
        for _ in range(chance.randint(1, 8))
    ]


def some_selection(chance: random.Random) -> Selection:
    """All changes, or those of a visit, of some topics, or of both."""
    topics = chance.sample(TOPICS, chance.randint(0, 2))
    return Selection(chance.choice((None, *VISITS)), frozenset(topics))


async def play(chance: random.Random, script: Script) -> list[Reader]:
    """Run the script with a few readers of a log with some changes."""
    log = Log()
    log.commit(*some_changes(chance))
    ring = Ring(log.head, changes=chance.randint(1, 8), size=chance.randint(20, 150))
    turns_of_a_page = 1
    fed = log.head

    async def before_page() -> None:
        await turns(turns_of_a_page)

    def feed() -> None:
        nonlocal fed
        ring.feed(fed + 1, log.changes[fed:])
        fed = log.head

    those = [
        Reader(log, ring, some_selection(chance), chance.randint(0, fed), before_page)
        for _ in range(chance.randint(1, 4))
    ]
    for action, argument in script:
        if action in ("feed", "commit", "lose"):
            log.commit(*argument)
        if action == "feed":
            feed()
        elif action == "lose":
            fed = log.head
        elif action == "read":
            those[argument[0] % len(those)].may_read(argument[1])
        elif action == "turn":
            await turns(argument)
        elif action == "turns of a page":
            turns_of_a_page = argument
    # In the end there is one of each that may be wanted.
    log.commit(*[Change(visit, topic, 6) for visit in VISITS for topic in TOPICS])
    feed()
    for reader in those:
        await reader.to_head()
        reader.may_read(0)
    ring.close()
    for reader in those:
        reader.may_read()
    await asyncio.gather(*[reader.task for reader in those])
    assert all(reader.kinds[-1] is CLOSING for reader in those)
    return those


@pytest.mark.parametrize("idle_seconds", [0, math.inf], ids=["impatient", "patient"])
@pytest.mark.parametrize("feeds", ["without gaps", "with gaps"])
@pytest.mark.usefixtures("small_frames")
def test_each_reader_gets_each_change_that_it_wants_once_and_in_order(
    monkeypatch: pytest.MonkeyPatch, idle_seconds: float, feeds: str
) -> None:
    """However changes, reads, pages of the log and turns of the event loop interleave.

    Positions never go back and match what was delivered. A reader catches up once, and once
    again each time that it fell behind, which many did.
    """
    monkeypatch.setattr(watching, "IDLE_SECONDS", idle_seconds)
    steps = ["feed"] * 3 + ["read", "turn"] * 2 + ["commit", "turns of a page"]
    if feeds == "with gaps":
        steps.append("lose")
    told: Counter[FrameKind] = Counter()
    for seed in range(STORIES):
        chance = random.Random(seed)
        try:
            for reader in asyncio.run(play(chance, story(chance, steps))):
                reader.check()
                told.update(reader.kinds)
        except AssertionError as error:
            error.add_note(f"with seed {seed}")
            raise

    assert told[FELL_BEHIND] > STORIES / 10
    assert told[CAUGHT_UP] > STORIES / 2
    assert told[EVENTS] > STORIES * 2
    assert (told[PROGRESS] > STORIES / 5) == (idle_seconds == 0)
