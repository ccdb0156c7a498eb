"""Changes from keywords, to record one by one, together, or in an import.

Each function gives a ``chancery.v1`` ``Change``; :class:`Connection` has a method of the same
name that records it at once. See there for the meaning of the keywords.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

from chancery.client.details import Condition, Principal, Statement
from chancery.client.event import (
    Amended,
    Cancelled,
    Completed,
    Corrected,
    Deferred,
    DetailItems,
    Disclosed,
    OtherNames,
    Postponed,
    Rescheduled,
    Retracted,
    Scheduled,
    StatementRecorded,
)
from chancery.client.fields import write
from chancery.client.keywords import (
    About,
    Amending,
    Correcting,
    Days,
    Facts,
    Opening,
    Several,
    Stating,
)
from chancery.client.shorthand import (
    context,
    details,
    full_name,
    related,
    several,
    window_of,
)
from chancery.client.signatures import checked
from chancery.client.value import Value
from chancery.client.words import SideWord, StatementWord
from chancery.v1.desk_service_pb2 import Change

DETAILS = (
    "title",
    "principal",
    "host",
    "destinations",
    "kind",
    "purpose",
    "trip",
    "aliases",
    "related",
    "initiated_by",
)


@checked
def schedule(
    visit: str = "",
    *,
    title: str,
    principal: Principal | str,
    window: Days | None = None,
    **facts: Unpack[Facts],
) -> Change:
    """Plan a visit. See ``Connection.schedule``."""
    content = Scheduled(details(facts, title=title, principal=principal), window_of(window))
    return _change(visit, content, "scheduled", facts)


@checked
def disclose(
    visit: str = "",
    *,
    title: str,
    principal: Principal | str,
    held_window: Days,
    **facts: Unpack[Facts],
) -> Change:
    """Record a visit that became known only after it took place. See ``Connection.disclose``."""
    held = Disclosed(details(facts, title=title, principal=principal), window_of(held_window))
    return _change(visit, held, "disclosed", facts)


@checked
def postpone(
    visit: str = "", *, condition: Condition | None = None, **facts: Unpack[Opening]
) -> Change:
    """Put a visit off, without a new date. See ``Connection.postpone``."""
    return _change(visit, Postponed(condition, **_opening(facts)), "postponed", facts)


@checked
def defer(visit: str = "", *, condition: Condition, **facts: Unpack[Opening]) -> Change:
    """Leave a visit open until a condition is met. See ``Connection.defer``."""
    return _change(visit, Deferred(condition, **_opening(facts)), "deferred", facts)


@checked
def reschedule(visit: str = "", *, window: Days, **facts: Unpack[Opening]) -> Change:
    """Give a visit a new window. See ``Connection.reschedule``."""
    planned = Rescheduled(window_of(window), **_opening(facts))
    return _change(visit, planned, "rescheduled", facts)


@checked
def complete(visit: str, *, held_window: Days | None = None, **about: Unpack[About]) -> Change:
    """Record that a visit took place. See ``Connection.complete``."""
    return _change(visit, Completed(window_of(held_window)), "completed", about)


@checked
def cancel(
    visit: str = "", *, condition: Condition | None = None, **facts: Unpack[Opening]
) -> Change:
    """Call a visit off. See ``Connection.cancel``."""
    return _change(visit, Cancelled(condition, **_opening(facts)), "cancelled", facts)


@checked
def amend(visit: str, **facts: Unpack[Amending]) -> Change:
    """Change facts of a visit other than its status. See ``Connection.amend``.

    :raises ValueError: nothing is given, or a field is both given and cleared, or is no such field.
    """
    windows = _windows(facts, "window", "held_window")
    mask = _mask(facts, (*DETAILS, *windows))
    added, removed = _items(facts, "add"), _items(facts, "remove")
    if not (mask or added or removed):
        raise ValueError("nothing is given to amend: to empty a field, clear it")
    new = Amended(mask, details(facts), added=added, removed=removed, **windows)
    return _change(visit, new, "amended", facts)


@checked
def correct(visit: str, version: int = 0, **facts: Unpack[Correcting]) -> Change:
    """Say what an earlier change should have said. See ``Connection.correct``.

    :raises ValueError: nothing is given, or a field is both given and cleared, or is no such field.
    """
    windows = _windows(facts, "window", "held_window", "window_given_up")
    right: dict[str, Any] = {"condition": facts.get("condition")}
    right["reason"] = facts.get("right_reason", "")
    right["basis"] = several(facts.get("right_basis"))
    given = {**facts, "reason": facts.get("right_reason"), "basis": facts.get("right_basis")}
    mask = _mask(given, (*DETAILS, *windows, *right))
    if not mask:
        raise ValueError("nothing is given to correct: to empty a field, clear it")
    return _change(
        visit, Corrected(version, mask, details(facts), **windows, **right), "corrected", facts
    )


@checked
def state(visit: str, kind: StatementWord, side: SideWord, **said: Unpack[Stating]) -> Change:
    """Record what somebody said about a visit. See ``Connection.state``."""
    speaker: Any = {name: said.get(name, "") for name in ("speaker", "country", "organisation")}
    condition = said.get("condition")
    if isinstance(condition, str):
        condition = Condition(condition, side, **speaker)
    statement = Statement(
        kind,
        side,
        text=said.get("text", ""),
        claimed_status=said.get("claimed_status"),
        claimed_window=window_of(said.get("claimed_window")),
        condition=condition,
        about_version=said.get("about_version", 0),
        **speaker,
    )
    return _change(visit, StatementRecorded(statement), "statement_recorded", said)


@checked
def retract(visit: str, version: int, *, merged_into: str = "", **about: Unpack[About]) -> Change:
    """Take out a change that was entered in error. See ``Connection.retract``."""
    stays = full_name(merged_into) if merged_into else ""
    return _change(visit, Retracted(version, merged_into=stays), "retracted", about)


def _change(visit: str, content: Value, kind: str, about: Mapping[str, Any]) -> Change:
    change = Change(name=full_name(visit) if visit else "", context=context(about))
    getattr(change, kind).SetInParent()
    write(content, getattr(change, kind))
    return change


def _opening(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What only the first change of a visit says."""
    return {
        "details": details(facts),
        "window_given_up": window_of(facts.get("window_given_up")),
    }


def _windows(facts: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: window_of(facts.get(name)) for name in names}


def _mask(facts: Mapping[str, Any], fields: Iterable[str]) -> tuple[str, ...]:
    """The paths of the fields that are given or cleared.

    :raises ValueError: a field is both, or there is no such field.
    """
    known, cleared = tuple(fields), several(facts.get("clear"))
    given = [name for name in known if facts.get(name) is not None]
    for name in cleared:
        if name not in known:
            raise ValueError(f"unknown field {name!r}; choose from {', '.join(known)}")
        if name in given:
            raise ValueError(f"{name} is both given and cleared")
    return tuple(f"details.{name}" if name in DETAILS else name for name in (*given, *cleared))


def _items(facts: Mapping[str, Any], verb: str) -> DetailItems | None:
    """The single items to add or to remove; None if there are none."""
    items = DetailItems(
        several(facts.get(f"{verb}_aliases")),
        tuple(map(related, several(facts.get(f"{verb}_related")))),
        several(facts.get(f"{verb}_names")),
        _other_names(facts.get(f"{verb}_counterpart_names", {})),
        _other_names(facts.get(f"{verb}_city_names", {})),
    )
    return items if items != DetailItems() else None


def _other_names(names: Mapping[str, Several[str]]) -> tuple[OtherNames, ...]:
    return tuple(OtherNames(name, several(others)) for name, others in names.items())
