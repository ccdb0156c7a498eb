"""Questions from keywords, as the messages that ask them."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Unpack

from chancery.client import times
from chancery.client.fields import day
from chancery.client.keywords import AsOf, Several, Then, Which, WhichChanges
from chancery.client.shorthand import full_name, several
from chancery.client.signatures import checked
from chancery.client.words import (
    CHANGE_TYPE,
    COUNT_BY,
    DAY_KIND,
    STANDING,
    STATUS,
    CountWord,
    V,
    Words,
)
from chancery.v1 import audit_service_pb2 as audit
from chancery.v1 import history_service_pb2 as history
from chancery.v1 import visit_service_pb2 as visits
from chancery.v1.visit_pb2 import AsOf as AsOfMessage

SAID = ("principal", "principal_country", "host_country", "destination_country", "trip")


@checked
def get_visit(visit: str, **then: Unpack[Then]) -> visits.GetVisitRequest:
    """Asks for one visit."""
    return visits.GetVisitRequest(name=full_name(visit), **_moment(then))


@checked
def batch(names: Several[str], **then: Unpack[Then]) -> visits.BatchGetVisitsRequest:
    """Asks for several visits."""
    return visits.BatchGetVisitsRequest(
        names=[full_name(name) for name in several(names)], **_moment(then)
    )


@checked
def list_visits(query: str, order_by: str, **which: Unpack[Which]) -> visits.ListVisitsRequest:
    """Asks for visits."""
    return visits.ListVisitsRequest(
        query=query, order_by=order_by, filter=_filter(which), **_moment(which)
    )


@checked
def count(query: str, by: Several[CountWord], **which: Unpack[Which]) -> visits.CountVisitsRequest:
    """Asks how many visits there are."""
    return visits.CountVisitsRequest(
        query=query,
        count_by=_parsed(COUNT_BY, by),
        filter=_filter(which),
        **_moment(which),
    )


def compare(
    visit: str, before: AsOf | None, after: AsOf | None, min_position: int
) -> history.CompareVisitRequest:
    """Asks what differs in a visit between two moments."""
    return history.CompareVisitRequest(
        name=full_name(visit),
        before=_as_of(_given("before", before)),
        after=_as_of(_given("after", after)),
        min_position=min_position,
    )


@checked
def list_events(
    visit: str, change_types: Several[str], backwards: bool, **then: Unpack[Then]
) -> history.ListEventsRequest:
    """Asks for changes, with what later ones did to them."""
    return history.ListEventsRequest(
        visit=_any(visit),
        change_types=_parsed(CHANGE_TYPE, change_types),
        backwards=backwards,
        **_moment(then),
    )


def read_events(visit: str, change_types: Several[str], **more: Any) -> history.ReadEventsRequest:
    """Asks for a replay."""
    return history.ReadEventsRequest(
        visit=_any(visit), change_types=_parsed(CHANGE_TYPE, change_types), **more
    )


def watch_events(
    visit: str, after: int | None, log_origin: str, change_types: Several[str]
) -> history.WatchEventsRequest:
    """Asks to follow the log, from its end if ``after`` is None."""
    request = history.WatchEventsRequest(
        visit=_any(visit),
        log_origin=log_origin,
        change_types=_parsed(CHANGE_TYPE, change_types),
    )
    if after is None:
        request.now.SetInParent()
    else:
        request.after_position = after
    return request


@checked
def list_changes(backwards: bool, **which: Unpack[WhichChanges]) -> audit.ListChangesRequest:
    """Asks for changes as an auditor looks at them."""
    ranges = {
        name: (times.since if name.endswith("_from") else times.until)(which[name])
        for name in ("recorded_from", "recorded_until", "known_from", "known_until")
        if name in which
    }
    return audit.ListChangesRequest(
        filter=audit.ChangeFilter(
            visit=_any(which.get("visit", "")),
            actor=which.get("actor", ""),
            change_types=_parsed(CHANGE_TYPE, which.get("change_types")),
            first_position=which.get("first_position", 0),
            last_position=which.get("last_position", 0),
            **ranges,
        ),
        backwards=backwards,
        min_position=which.get("min_position", 0),
    )


def export(
    visit: str, first: int, last: int, without_restricted: bool, previous_size: int
) -> audit.ExportBundleRequest:
    """Asks for a bundle.

    :raises ValueError: both a visit and a range are given.
    """
    if visit and (first or last):
        raise ValueError("give either a visit or a range of positions")
    request = audit.ExportBundleRequest(
        without_restricted=without_restricted, previous_size=previous_size
    )
    if visit:
        request.visit = full_name(visit)
    elif first or last:
        request.range.first, request.range.last = first or 1, last
    return request


def _parsed(words: Words[V], given: Several[str] | None) -> list[V]:
    """The values of words.

    :raises ValueError: there is no such word.
    """
    return [words.parse(word) for word in several(given)]


def _any(visit: str) -> str:
    return full_name(visit) if visit else ""


def _moment(then: Mapping[str, Any]) -> dict[str, Any]:
    return {"as_of": _as_of(then), "min_position": then.get("min_position", 0)}


def _as_of(then: Mapping[str, Any]) -> AsOfMessage | None:
    """The moment; None if it is now.

    :raises ValueError: both a position and a record time are given, or a time is none.
    """
    if "position" in then and "recorded_at" in then:
        raise ValueError("give either position or recorded_at")
    given: dict[str, Any] = {
        name: then[name] if name == "position" else times.asked(then[name])
        for name in ("position", "recorded_at", "known_at", "valid_at")
        if then.get(name) is not None
    }
    return AsOfMessage(**given) if given else None


def _given(name: str, moment: AsOf | None) -> dict[str, Any]:
    if moment is None:
        return {}
    if not isinstance(moment, AsOf):
        raise TypeError(f"{name}: give an AsOf, not {moment!r}")
    said = {each.name: getattr(moment, each.name) for each in fields(AsOf)}
    return {name: value for name, value in said.items() if value is not None}


def _filter(which: Mapping[str, Any]) -> visits.VisitFilter:
    given: dict[str, Any] = {name: which[name] for name in SAID if name in which}
    for name in ("updated_since", "heard_since", "quiet_since"):
        if which.get(name) is not None:
            given[name] = times.since(which[name])
    return visits.VisitFilter(
        statuses=_parsed(STATUS, which.get("statuses")),
        standings=_parsed(STANDING, which.get("standings")),
        days=_days(which),
        under_way=which.get("under_way", False),
        overdue=which.get("overdue", False),
        related_to=_any(which.get("related_to", "")),
        **given,
    )


def _days(which: Mapping[str, Any]) -> visits.DaysFilter | None:
    if which.get("days") is None:
        return None
    window = times.window(which["days"])
    return visits.DaysFilter(
        start=day(window.start) if window.start else None,
        end=day(window.end) if window.end else None,
        kinds=_parsed(DAY_KIND, which.get("day_kinds")),
    )
