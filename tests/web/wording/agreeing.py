"""Whether a sentence about a visit agrees with what the contract says of it."""

from calendar import month_name
from collections.abc import Iterator
from datetime import datetime, timedelta

from chancery.client import Visit, Window

PHRASES = {
    "scheduled": "Planned",
    "rescheduled": "Planned again",
    "postponed": "Put off",
    "when conditions allow": "Left open",
    "completed": "It took place",
    "cancelled": "Called off",
}
UNCONFIRMED = "Neither the guest nor the host has confirmed that."
OVERDUE = "nobody has said what became of it"
DISAGREES = " disagrees"
# As much of a quotation is certainly in a sentence.
CERTAIN = 200


def faults(said: str, visit: Visit, at: datetime) -> list[str]:
    """What a sentence, as plain text, says otherwise than the visit."""
    found = [f"no {part!r}" for part in _parts(visit) if part not in said]
    for phrase, holds in (
        (UNCONFIRMED, visit.standing == "reported"),
        (DISAGREES, visit.standing == "disputed"),
        (OVERDUE, _is_overdue(visit, at)),
    ):
        if (phrase in said) is not holds:
            found.append(f"{phrase!r}: {not holds}, not {holds}")
    if not said.endswith("."):
        found.append("no full stop")
    return [f"{said}: {fault}" for fault in found]


def _parts(visit: Visit) -> Iterator[str]:
    """What has to stand in the sentence."""
    assert visit.status is not None
    yield PHRASES[visit.status]
    for window in (visit.held_window or visit.window,):
        yield from _days(window) if window else ()
    for each in visit.conditions if visit.status == "when conditions allow" else ():
        yield each.condition.text.strip()[:CERTAIN].removesuffix(".")


def _days(window: Window) -> Iterator[str]:
    """The words that were used, and of exact days each with its month and year."""
    if window.as_stated:
        yield window.as_stated.strip().removesuffix(".")
    for day in (window.start, window.end):
        if day is not None:
            yield str(day.year)
            if not window.approximate:
                yield month_name[day.month]
                yield str(day.day)


def _is_overdue(visit: Visit, at: datetime) -> bool:
    """Still planned, half a day after the end of the last day in UTC."""
    if visit.status not in ("scheduled", "rescheduled") or not visit.window or not visit.window.end:
        return False
    half_a_day_before = (at - timedelta(hours=12)).date()
    return half_a_day_before > visit.window.end
