"""Turn commands into stories: the model says what is expected."""

from datetime import datetime, timedelta
from functools import cache
from random import Random

from tests.model.answering import answer
from tests.model.generating import Desk
from tests.model.playing import NOW
from tests.model.refusal import Refused
from tests.model.terms import History, Json
from tests.model.times import MILLISECOND, effective_of, instant, known_of, stamp
from tests.model.world import World

TIMES = ["effective_time", "known_time", "last_heard_time"]
EXPECTED = [
    *("status", "standing", "window", "held_window", "previous_windows", "title", "principal"),
    *("host", "aliases", "purpose", "conditions", "words", "claimed_windows", "under_way"),
    *("reason", "effective_period", "known_period", *TIMES),
]
SHOWN = {
    "previous_windows": ("window", "ended", "version"),
    "conditions": ("text", "side", "version"),
    "words": ("side", "country", "version", "stance"),
    "claimed_windows": ("side", "country", "version", "window"),
}
SECOND = timedelta(seconds=1)


@cache
def random_history(seed: int, length: int = 12) -> tuple[History, list[Json]]:
    """Changes of a visit, and the commands that asked for them and for what was refused."""
    desk, world, commands = Desk(Random(seed), f"r{seed}"), World(), []
    for number in range(length):
        command = desk.command(world.history(desk.visit))
        result = world.record(command, NOW + number * SECOND)
        commands.append({**command, "expect": outcome(result)})
    return world.history(desk.visit), commands


def outcome(result: Json | Refused) -> Json:
    """What a command expects."""
    if isinstance(result, Refused):
        return {"accepted": False, "because": result.words, "codes": refusals(result.code)}
    taken = result.get("retracted", {}).get("retracted_versions")
    more: Json = {"takes_out": taken} if taken else {}
    return {"accepted": True, "version": result["version"], **more}


def refusals(code: str) -> list[str]:
    """Whether no visit allows it or not this one is often a matter of taste."""
    either = ["INVALID_ARGUMENT", "FAILED_PRECONDITION"]
    return either if code in either else [code]


def edges(history: History) -> list[datetime]:
    """Moments at which an answer may change, and those just before."""
    times = {told(event).time for event in history for told in (effective_of, known_of)}
    past = {time for time in times if time < NOW}
    return sorted(past | {time - MILLISECOND for time in past})


def random_moments(seed: int, history: History, count: int) -> list[Json]:
    """Questions: as of a prefix of the changes, and of known and valid times."""
    random, times = Random(seed), edges(history)
    moments = []
    for _ in range(count):
        moment: Json = {"position": random.choice([len(history), random.randint(1, len(history))])}
        for which, share in (("known_at", 0.7), ("valid_at", 0.4)):
            if times and random.random() < share:
                moment[which] = stamp(random.choice(times))
        moments.append(moment)
    return moments


def random_story(seed: int, moments: int = 10) -> Json:
    """A story in the form of the given ones. No expectation hangs on record times."""
    history, commands = random_history(seed)
    prefixes = [i for i, c in enumerate(commands, start=1) if c["expect"]["accepted"]]
    asked: list[Json] = []
    for moment in random_moments(seed, history, moments) if history else []:
        limits: Json = {key: moment[key] for key in ("known_at", "valid_at") if key in moment}
        visit = answer(history, **moment)
        prefix = prefixes[moment["position"] - 1]
        asked.append(
            {"visit": f"r{seed}", "prefix": prefix, **limits, "expect": expectation(visit)}
        )
    return {"id": f"random {seed}", "commands": commands, "moments": asked}


def expectation(visit: Json | None) -> Json:
    """What a moment expects of a visit."""
    if visit is None:
        return {"exists": False}
    shown: Json = {name: visit[name] for name in EXPECTED}
    for name, keys in SHOWN.items():
        shown[name] = [{key: one[key] for key in keys} for one in visit[name]]
    free = [name for name in TIMES if instant(visit[name]) >= NOW]
    return {"exists": True, **shown, "any": free}
