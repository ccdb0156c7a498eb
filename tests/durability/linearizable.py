"""Whether what several clients were told has one order that explains all of it.

Each visit is a register that holds a version. A change that expects a version replaces it by the
next one, or is refused with the version that there is. The log has the order in which changes were
recorded. So each answer tells its place among them: a change is at its position, and a refusal
somewhere behind the version that it names and before the next one. A read tells the versions as of
a position, and that the log reaches so far.

Such places are an order that explains everything, unless they are against real time: what was
answered before another call began must be able to come before that. (A search for an order by Wing
and Gong finds the same; the tests compare.) A change whose answer is unknown may have happened,
at any time after it was asked for, or not.

A read may be of a moment ago, but not before the position that was asked for, nor before what its
own connection has told.
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple


class Recorded(NamedTuple):
    """The answer to a change that was recorded."""

    version: int
    position: int


class Refused(NamedTuple):
    """The answer to a change that expected another version than there is."""

    version: int


@dataclass(frozen=True)
class Change:
    """A change that a client asked for at ``began``. Without an answer, it may be recorded."""

    client: int
    visit: str
    request_id: str
    expected: int
    began: float
    answer: Recorded | Refused | None = None
    ended: float = math.inf


@dataclass(frozen=True)
class Read:
    """What a client was told of a visit: its version as of a position."""

    client: int
    visit: str
    min_position: int
    began: float
    version: int
    position: int
    ended: float


class Entry(NamedTuple):
    """A change in the log, which has them by their positions."""

    visit: str
    request_id: str


class Place(NamedTuple):
    """Between which positions a call is, itself at one or behind one (and a half)."""

    lowest: float
    highest: float
    call: Change | Read


Log = Mapping[int, Entry]
# The position and the request id of each version of each visit, from the first on.
Versions = Mapping[str, Sequence[tuple[int, str]]]


def violations(calls: Sequence[Change | Read], log: Log) -> list[str]:
    """What cannot be true of a history; empty if there is an order that explains it."""
    versions: dict[str, list[tuple[int, str]]] = {}
    for position, entry in sorted(log.items()):
        versions.setdefault(entry.visit, []).append((position, entry.request_id))
    changes = [call for call in calls if isinstance(call, Change)]
    found = [*_made_up(changes, versions), *_going_back(calls)]
    for call in calls:
        found += _untrue(call, versions)
    found += _against_time([place for call in calls for place in _places(call, versions)])
    return found


def _made_up(changes: Sequence[Change], versions: Versions) -> Iterator[str]:
    """Changes in the log that nobody asked for, or not so often, or not on this version."""
    asked = {change.request_id: change for change in changes}
    times: Counter[str] = Counter()
    for visit, recorded in versions.items():
        for version, (_, request_id) in enumerate(recorded, start=1):
            times[request_id] += 1
            if request_id not in asked:
                yield f"nobody asked for {request_id}"
            elif asked[request_id].expected != version - 1:
                yield f"{request_id} is {version} of {visit}, and expected another version"
            elif isinstance(asked[request_id].answer, Refused):
                yield f"{request_id} was refused, and is recorded"
    yield from (f"{request_id} is recorded twice" for request_id, n in times.items() if n > 1)


def _untrue(call: Change | Read, versions: Versions) -> Iterator[str]:
    """Answers that the log does not bear out."""
    recorded = versions.get(call.visit, ())
    if isinstance(call, Read):
        actual = sum(position <= call.position for position, _ in recorded)
        if call.version != actual:
            yield f"{call.visit} was read as {call.version} at {call.position}: it was {actual}"
        if call.position < call.min_position:
            yield f"a stale read of {call.visit}: {call.position} for {call.min_position}"
    elif isinstance(call.answer, Recorded):
        version, position = call.answer
        if (position, call.request_id) not in recorded[version - 1 : version]:
            yield f"{call.request_id} was lost: {position} does not have it as version {version}"
    elif isinstance(call.answer, Refused) and (
        call.answer.version == call.expected or call.answer.version > len(recorded)
    ):
        yield f"{call.request_id} was refused for no reason: {call.answer.version}"


def _going_back(calls: Sequence[Change | Read]) -> Iterator[str]:
    """Reads of a position before one that their own connection had told."""
    known: dict[int, int] = {}
    for call in sorted(calls, key=lambda each: each.began):  # a client makes one call at a time
        told = known.setdefault(call.client, 0)
        if isinstance(call, Read):
            if call.position < told:
                yield f"client {call.client} went back from {told} to {call.position}"
            known[call.client] = max(told, call.position)
        elif isinstance(call.answer, Recorded):
            known[call.client] = max(told, call.answer.position)


def _places(call: Change | Read, versions: Versions) -> Iterator[Place]:
    """The place of a call. A change that is not recorded, and was not answered, has none."""
    if isinstance(call, Read):
        yield Place(call.position + 0.5, math.inf, call)
        return
    positions = [position for position, _ in versions.get(call.visit, ())]
    at = {request_id: position for position, request_id in versions.get(call.visit, ())}
    if call.request_id in at:
        yield Place(at[call.request_id], at[call.request_id], call)
    elif isinstance(call.answer, Refused) and call.answer.version <= len(positions):
        around = [0, *positions, math.inf]
        before, after = around[call.answer.version : call.answer.version + 2]
        yield Place(before + 0.5, after - 0.5, call)


def _against_time(places: Sequence[Place]) -> Iterator[str]:
    """Calls that began when a later place had been told already."""
    told = sorted(places, key=lambda place: place.call.ended)
    ended = [place.call.ended for place in told]
    latest = list(accumulate(told, _later))
    for place in places:
        before = bisect_left(ended, place.call.began)
        if before and latest[before - 1].lowest > place.highest:
            one = latest[before - 1].call
            yield f"against real time: {place.call} began after the answer of {one}"


def _later(one: Place, other: Place) -> Place:
    return one if one.lowest > other.lowest else other
