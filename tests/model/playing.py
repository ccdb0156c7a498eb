"""Play stories: commands that are accepted or refused, and what is expected at moments between.

A story is a dict as in a line of stories.jsonl. `played` gives back what did not come out as it
says, so that an empty list is a story that holds.
"""

from datetime import UTC, datetime
from typing import Any

from tests.model.answering import answer
from tests.model.refusal import Refused
from tests.model.terms import Json
from tests.model.world import World

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def played(story: Json, now: datetime = NOW) -> list[str]:
    """Play a story through the model, and list what differs."""
    world = World()
    faults = []
    prefixes = [0]
    for index, command in enumerate(story["commands"]):
        here = f"{story['id']}, command {index + 1}"
        result = world.record(command, now)
        faults += [f"{here}: {fault}" for fault in differs(command["expect"], result)]
        prefixes.append(world.position)
    for moment in story["moments"]:
        visit = answer(
            world.history(moment["visit"]),
            position=prefixes[moment["prefix"]],
            known_at=moment.get("known_at"),
            valid_at=moment.get("valid_at"),
        )
        here = f"{story['id']}, {told(moment)}"
        faults += [f"{here}: {fault}" for fault in unlike(moment["expect"], visit)]
    return faults


def told(moment: Json) -> str:
    return " ".join(f"{key} {moment[key]}" for key in moment if key != "expect")


def differs(expected: Json, result: Json | Refused) -> list[str]:
    """What is not as a command expects."""
    if isinstance(result, Refused):
        if expected["accepted"]:
            return [f"refused: {result}"]
        codes = expected["codes"]
        return [] if result.code in codes else [f"refused with {result}, not with {codes}"]
    if not expected["accepted"]:
        return [f"accepted, not refused: {expected['because']}"]
    faults = []
    if result["version"] != expected["version"]:
        faults.append(f"version {result['version']}")
    taken = result.get("retracted", {}).get("retracted_versions", [])
    if taken != expected.get("takes_out", taken):
        faults.append(f"takes out {taken}")
    return faults


def unlike(expected: Json, visit: Json | None) -> list[str]:
    """What is not as a moment expects. Fields in `any` are free."""
    if visit is None or not expected["exists"]:
        same = expected["exists"] == (visit is not None)
        return [] if same else [f"exists: {visit is not None}"]
    return [
        f"{name} is {visit[name]!r}, not {value!r}"
        for name, value in expected.items()
        if name not in ("exists", "any", *expected.get("any", []))
        if not matches(value, visit[name])
    ]


def matches(expected: Any, value: Any) -> bool:
    """The members of a list need have no more than what is expected of them."""
    if isinstance(expected, list):
        return len(expected) == len(value) and all(map(matches_entry, expected, value))
    return bool((expected or None) == (value or None))


def matches_entry(expected: Any, value: Any) -> bool:
    if not isinstance(expected, dict):
        return bool(expected == value)
    return all(value.get(key) == member for key, member in expected.items())
