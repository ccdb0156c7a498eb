"""As of: which changes of a history count at a moment, and in which order.

The steps 1 to 4 of the rule. A history is what was recorded of one visit, in that order, so the
first step has been taken by whoever cuts it.
"""

import copy
from datetime import datetime

from tests.model.terms import History, Json, is_opening, is_status_change
from tests.model.times import Told, effective_of, known_of


def by_version(recorded: History) -> dict[int, Json]:
    return {event["version"]: event for event in recorded}


def corrects(event: Json, recorded: History) -> Json:
    """The change that a correction corrects."""
    return by_version(recorded)[event["corrected"]["corrected_version"]]


def known(event: Json, recorded: History) -> Told:
    """When it is known. A correction is known as early as the change that it corrects, unless a
    known time is given."""
    if event["change"] == "corrected" and "known_time" not in event:
        return known_of(corrects(event, recorded))
    return known_of(event)


def taken_out(recorded: History, known_at: datetime | None = None) -> set[int]:
    """Settle retractions from the newest to the oldest: one that is itself taken out does
    nothing. Each of the others takes out each version it lists whose turn has come: the
    retraction's own known time, or else the version's, is not after `known_at`, whatever
    `valid_at` is. A retraction without a known time that lists a retraction undoes it for every
    `known_at`."""
    out: set[int] = set()
    versions = by_version(recorded)
    for event in reversed(recorded):
        if event["change"] != "retracted" or event["version"] in out:
            continue
        for version in event["retracted"]["retracted_versions"]:
            listed = versions[version]
            if "known_time" in event:
                turn = known_of(event).time
            elif listed["change"] == "retracted":
                out.add(version)
                continue
            else:
                turn = known(listed, recorded).time
            if known_at is None or turn <= known_at:
                out.add(version)
    return out


def standing_status_changes(recorded: History) -> History:
    """Those that stand now, the oldest first."""
    out = taken_out(recorded)
    return [event for event in recorded if is_status_change(event) and event["version"] not in out]


def places(recorded: History) -> dict[int, datetime]:
    """A place is fixed when a change is recorded, from the changes of the visit recorded before
    it: an instant stands at its own time; a day, month or year directly at the latest place
    within its period up to its effective time, else at the beginning of the period, or at its
    effective time if that is earlier; a status change never ahead of the standing one before it.

    Retractions and corrections have no place of their own."""
    place: dict[int, datetime] = {}
    for index, event in enumerate(recorded):
        if event["change"] in ("retracted", "corrected"):
            continue
        effective = effective_of(event)
        if effective.period:
            within = [p for p in place.values() if effective.begin <= p <= effective.time]
            here = max(within, default=min(effective.begin, effective.time))
        else:
            here = effective.time
        if is_status_change(event):
            standing = standing_status_changes(recorded[:index])
            here = max([here, *(place[before["version"]] for before in standing)])
        place[event["version"]] = here
    return place


def is_within(event: Json, recorded: History, known_at: datetime | None) -> bool:
    return known_at is None or known(event, recorded).time <= known_at


def kept(
    recorded: History, known_at: datetime | None = None, valid_at: datetime | None = None
) -> History:
    """Of the rest keep those with known time not after `known_at` and effective time not after
    `valid_at`. A correction is kept or dropped with the change that it corrects, and by its own
    known time."""
    out = taken_out(recorded, known_at)
    result = []
    for event in recorded:
        corrected = corrects(event, recorded) if event["change"] == "corrected" else event
        if corrected["change"] == "retracted" or out & {event["version"], corrected["version"]}:
            continue
        in_force = valid_at is None or effective_of(corrected).time <= valid_at
        is_known = [is_within(one, recorded, known_at) for one in (event, corrected)]
        if in_force and all(is_known):
            result.append(event)
    return result


def in_order(recorded: History, changes: History) -> History:
    """Order by place, then version. Corrections follow the change that they correct, by version:
    they are not in the list, see `as_corrected`."""
    place = places(recorded)
    own = [event for event in changes if event["change"] != "corrected"]
    return sorted(own, key=lambda event: (place[event["version"]], event["version"]))


def as_corrected(event: Json, corrections: History) -> Json:
    """A correction stands in the fold directly behind change N, as if N had said so."""
    own = [correction["corrected"] for correction in corrections]
    own = [one for one in own if one["corrected_version"] == event["version"]]
    said = copy.deepcopy(event) if own else event
    for corrected in own:
        for path in corrected["update_mask"]:
            head, _, field = path.partition(".")
            holder = said if head in ("reason", "basis") else said[said["change"]]
            values = corrected
            if field:
                holder, values, head = holder.setdefault(head, {}), corrected.get(head, {}), field
            holder.pop(head, None)
            if head in values:
                holder[head] = copy.deepcopy(values[head])
    return said


def opening_of(
    recorded: History, known_at: datetime | None, valid_at: datetime | None
) -> Json | None:
    """The details begin as those of the standing opening with its corrections, whether or not it
    was known then: they say which visit this is. Where two openings stand, the latest that is
    known and in force by then counts, else the last recorded."""
    out = taken_out(recorded, known_at)
    standing = [e for e in recorded if is_opening(e) and e["version"] not in out]
    if not standing:
        return None
    then = kept(recorded, known_at, valid_at)
    ordered = in_order(recorded, [event for event in then if event in standing])
    opening = ordered[-1] if ordered else standing[-1]
    corrections = [
        event
        for event in recorded
        if event["change"] == "corrected"
        and event["version"] not in out
        and ("known_time" not in event or is_within(event, recorded, known_at))
    ]
    return as_corrected(opening, corrections)
