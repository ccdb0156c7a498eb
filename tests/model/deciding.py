"""Whether a change is accepted, and what is recorded then."""

from datetime import datetime

from tests.model.answering import heard_as_of, state_now, states_around
from tests.model.correcting import correct
from tests.model.fold import State
from tests.model.log import standing_status_changes
from tests.model.refusal import Refused, invalid, not_now, unknown
from tests.model.retracting import retract
from tests.model.shapes import check
from tests.model.standing import words_that_count
from tests.model.terms import GROUP, STATUS_OF, TABLE, WHEN_CONDITIONS_ALLOW, History, Json
from tests.model.texts import clean
from tests.model.times import (
    Told,
    both_times,
    day,
    effective_of,
    instant,
    last_day,
    stamp,
    told,
    told_period,
)
from tests.model.voices import voice_of
from tests.model.windows import days_of, same_plan


def decide(
    history: History, change: str, context: Json, message: Json, now: datetime
) -> Json | Refused:
    """The event that the change becomes, or why it is refused.

    The time of a command is the later of the clock and the last record time."""
    if history:
        now = max(now, instant(history[-1]["record_time"]))
    try:
        return accepted(history, change, clean_context(context), clean(message), now)
    except Refused as refused:
        return refused


def clean_context(context: Json) -> Json:
    """An expected version of 0 is one like others: the visit must not exist yet."""
    result: Json = clean(context)
    if context.get("expected_version") is not None:
        result["expected_version"] = context["expected_version"]
    return result


def accepted(history: History, change: str, context: Json, message: Json, now: datetime) -> Json:
    check(change, context, message, now)
    event: Json = {
        "version": len(history) + 1,
        "position": len(history) + 1,
        "record_time": stamp(now),
        "change": change,
        **{key: context[key] for key in ("reason", "basis", "sources", "note") if key in context},
        change: message,
        **times(change, context, message, now),
    }
    if context.get("expected_version", len(history)) != len(history):
        raise Refused("ABORTED", "the visit has another version")
    if change in STATUS_OF:
        change_status(history, event)
    elif change == "retracted":
        retract(history, event)
    elif state_now(history) is None:
        raise unknown("there is no such visit")
    elif change == "amended":
        amend(history, event)
    elif change == "corrected":
        correct(history, event)
    elif message["statement"].get("about_version", 0) > len(history):
        raise not_now("there is no such change")
    return event


def times(change: str, context: Json, message: Json, now: datetime) -> Json:
    """Effective and known time as the event carries them. If neither is given, both are the
    record time: they are left unset, which means just that."""
    effective, known = told(context, "effective", now), told(context, "known", now)
    if change in ("corrected", "retracted"):
        return {} if known is None else carried("known", known)
    if change == "disclosed" and effective is None:
        effective = last_held_day(message["held_window"], now)
        if effective is not None and known is None:
            known = Told(now)
    both = both_times(effective, known)
    if both is None:
        if change in ("completed", "disclosed"):
            demand_past(message, Told(now))
        return {}
    if change in ("completed", "disclosed"):
        demand_past(message, both[0])
    return {**carried("effective", both[0]), **carried("known", both[1])}


def carried(which: str, value: Told) -> Json:
    result = {f"{which}_time": stamp(value.time)}
    if value.period:
        result[f"{which}_period"] = value.period
    return result


def last_held_day(held: Json, now: datetime) -> Told | None:
    """*Disclose* without an effective time takes the last held day, or, where that is unknown, the
    known time."""
    last = days_of(held)[1]
    return told_period(last.isoformat(), now) if last else None


def begins_late(window: Json, effective: Told) -> bool:
    """The held window begins no later than the effective day."""
    return "start" in window and day(window["start"]) > last_day(effective)


def demand_past(message: Json, effective: Told) -> None:
    """What lies in the future did not take place."""
    if "held_window" in message and begins_late(message["held_window"], effective):
        raise invalid("what lies in the future did not take place")


def change_status(history: History, event: Json) -> None:
    """An empty cell of the table is refused."""
    change, message = event["change"], event[event["change"]]
    current = state_now(history)
    if current is None:
        if change not in TABLE[None] or "details" not in message:
            raise unknown("there is no such visit")
    else:
        if change in ("scheduled", "disclosed"):
            raise Refused("ALREADY_EXISTS", "the id is taken")
        if "details" in message:
            raise not_now("details come only with the change that opens the visit")
        if change not in TABLE[current.status]:
            raise not_now(f"{change} is not in the table for {current.status}")
    demand_order(history, event)
    before, _ = states_around([*history, with_some_held_window(event)], event["version"])
    if change == "completed" and "held_window" not in message:
        event["completed"] = {"held_window": planned_as_held(before, event)}
    if change == "rescheduled":
        planned = before.status and GROUP[before.status] == "planned" and before.window
        if planned and same_plan(before.window or {}, message["window"]):
            raise not_now("the same days: that is a reaffirm")
    if change == "deferred" and before.status == WHEN_CONDITIONS_ALLOW:
        voice = voice_of(message["condition"], "", before.details)
        text = message["condition"]["text"]
        if any(c["voice"] == voice and c["condition"]["text"] == text for c in before.conditions):
            raise not_now("the same condition again: that is a reaffirm")


def with_some_held_window(event: Json) -> Json:
    """For a look at the state before it, a completion needs one."""
    if event["change"] != "completed":
        return event
    return {**event, "completed": {"held_window": {"as_stated": "?"}, **event["completed"]}}


def planned_as_held(before: State, event: Json) -> Json:
    """Where none is given, the planned one, if it has both days and is not approximate, is
    recorded with it; otherwise it is refused."""
    window = before.window
    if window is None or None in days_of(window) or window.get("approximate"):
        raise not_now("no exact window to complete with")
    if begins_late(window, effective_of(event)):
        raise not_now("the planned window has not begun")
    return window


def demand_order(history: History, event: Json) -> None:
    """A status change that lies wholly before the period of a standing one is refused."""
    for standing in standing_status_changes(history):
        period = effective_of(standing)
        if effective_of(event).time < min(period.begin, period.time):
            raise not_now(f"it lies before change {standing['version']}")


def amend(history: History, event: Json) -> None:
    """One that changes nothing at its place in the fold is refused. An open visit gets no planned
    window by amendment."""
    current = state_now(history)
    assert current is not None
    mask = event["amended"].get("update_mask", [])
    if "window" in mask and GROUP[current.status] == "open":
        raise not_now("an open visit has no planned window")
    if "held_window" in mask:
        if GROUP[current.status] != "completed":
            raise not_now("the visit was not held")
        demand_past(event["amended"], effective_of(event))
    before, after = states_around([*history, event], event["version"])
    demand_bearers(event["amended"].get("added", {}), after.details)
    if before.facts == after.facts:
        raise not_now("it changes nothing")


def demand_bearers(added: Json, details: Json) -> None:
    """Other names are added to somebody, or to a city, that is in the details."""
    people = [person["name"] for person in details.get("host", {}).get("counterparts", [])]
    cities = [place.get("city") for place in details.get("destinations", [])]
    for kind, there in (("counterpart", people), ("city", cities)):
        for one in added.get(f"{kind}_other_names", []):
            if one["name"] not in there:
                raise not_now(f"{one['name']} is not in the details")


def counts_for(history: History) -> str:
    """The answer to a statement says for which status it counts, if for any. The statement is the
    last change of the history."""
    heard = heard_as_of(history)
    assert heard is not None
    counting = [word["version"] for word in words_that_count(heard).values()]
    return heard.state.status if history[-1]["version"] in counting else ""
