"""What a visit is, asked as of any moment. Every answer folds the whole history from scratch."""

from datetime import datetime, timedelta

from tests.model.fold import State, fold
from tests.model.log import (
    as_corrected,
    by_version,
    in_order,
    kept,
    known,
    opening_of,
    standing_status_changes,
    taken_out,
)
from tests.model.standing import (
    Heard,
    all_words,
    claimed_windows,
    standing_of,
    under_way,
)
from tests.model.terms import GROUP, TABLE, History, Json, is_status_change
from tests.model.times import effective_of, instant, known_of, stamp
from tests.model.windows import days_of


def refined_by(recorded: History) -> dict[int, int]:
    """For each amendment, the status change that stood when it was entered."""
    result = {}
    for index, event in enumerate(recorded):
        if event["change"] == "amended":
            standing = standing_status_changes(recorded[:index])
            result[event["version"]] = standing[-1]["version"] if standing else 0
    return result


def ordered_changes(
    recorded: History, known_at: datetime | None, valid_at: datetime | None
) -> History:
    """What is folded: the changes kept, in their order, each with its corrections."""
    changes = kept(recorded, known_at, valid_at)
    corrections = [event for event in changes if event["change"] == "corrected"]
    return [as_corrected(event, corrections) for event in in_order(recorded, changes)]


def heard_as_of(
    recorded: History, known_at: datetime | None = None, valid_at: datetime | None = None
) -> Heard | None:
    """The last status change is the status. If there is none, or no opening stands, the visit
    does not exist in this answer."""
    opening = opening_of(recorded, known_at, valid_at)
    ordered = ordered_changes(recorded, known_at, valid_at)
    if opening is None or not any(is_status_change(event) for event in ordered):
        return None
    state = fold(opening, ordered, refined_by(recorded))
    versions = [event["version"] for event in ordered]
    then = {event["version"] for event in kept(recorded, known_at, valid_at)}
    return Heard(state, recorded, versions, then, taken_out(recorded, known_at))


def state_now(recorded: History) -> State | None:
    """The visit as it stands, or None where it is unknown or withdrawn."""
    heard = heard_as_of(recorded)
    return heard.state if heard else None


def states_around(recorded: History, version: int) -> tuple[State, State]:
    """The visit just before a change, at its place in the fold, and just after it."""
    opening = opening_of(recorded, None, None)
    ordered = ordered_changes(recorded, None, None)
    assert opening is not None
    index = next(i for i, event in enumerate(ordered) if event["version"] == version)
    refined = refined_by(recorded)
    return fold(opening, ordered[:index], refined), fold(opening, ordered[: index + 1], refined)


def recorded_by(history: History, position: int | None, recorded_at: str | None) -> History:
    """Keep the changes recorded by then. Nothing from outside that set has any influence."""
    result = history
    if position is not None:
        result = [event for event in result if event["position"] <= position]
    if recorded_at is not None:
        by = instant(recorded_at)
        result = [event for event in result if instant(event["record_time"]) <= by]
    return result


def answer(
    history: History,
    *,
    position: int | None = None,
    recorded_at: str | None = None,
    known_at: str | None = None,
    valid_at: str | None = None,
) -> Json | None:
    """The visit as of these moments, each now by default; None where it does not exist."""
    recorded = recorded_by(history, position, recorded_at)
    moments = [instant(moment) if moment else None for moment in (known_at, valid_at)]
    heard = heard_as_of(recorded, *moments)
    if heard is None:
        return None
    state, status_change = heard.state, heard.state.status_change
    words = [with_time(word, recorded) for word in all_words(heard)]
    return {
        "details": state.details,
        **{key: state.details.get(key) for key in ("title", "principal", "host")},
        "aliases": state.details.get("aliases", []),
        "purpose": state.details.get("purpose", ""),
        "status": state.status,
        "standing": standing_of(heard),
        "window": state.window,
        "held_window": state.held_window,
        "previous_windows": state.previous_windows[-20:],
        "conditions": [with_time({**c["condition"], **c}, recorded) for c in state.conditions],
        "all_words": words,
        "words": [word for word in words if word["counts"]],
        "claimed_windows": [with_time(word, recorded) for word in claimed_windows(heard)],
        "under_way": under_way(heard),
        "reason": status_change.get("reason", ""),
        **times_of(status_change),
        **last_heard(recorded, *moments),
        "status_version": state.status_version,
        "version": recorded[-1]["version"],
        "position": recorded[-1]["position"],
        "allowed_changes": sorted(TABLE[state.status]),
    }


def times_of(event: Json) -> Json:
    """When it took effect and became known, each with the period as it was told."""
    effective = effective_of(event)
    return {
        "effective_time": stamp(effective.time),
        "effective_period": effective.period,
        **known_time_of(event),
    }


def known_time_of(event: Json) -> Json:
    told = known_of(event)
    return {"known_time": stamp(told.time), "known_period": told.period}


def with_time(entry: Json, recorded: History) -> Json:
    """When the change behind an entry became known."""
    return {**entry, **known_time_of(by_version(recorded)[entry["version"]])}


def last_heard(recorded: History, known_at: datetime | None, valid_at: datetime | None) -> Json:
    """The latest known time of the changes kept in step 3: how long it has been quiet."""
    changes = kept(recorded, known_at, valid_at)
    latest = max((known(event, recorded) for event in changes), key=lambda told: told.time)
    return {"last_heard_time": stamp(latest.time), "last_heard_period": latest.period}


def is_overdue(visit: Json, asked: str) -> bool:
    """Planned, and the last day of its window is over everywhere (12 h after its end in UTC) at
    the moment asked."""
    if GROUP[visit["status"]] != "planned" or visit["window"] is None:
        return False
    last = days_of(visit["window"])[1]
    if last is None:
        return False
    end = instant(f"{last.isoformat()}T00:00:00Z") + timedelta(days=1, hours=12)
    return instant(asked) >= end
