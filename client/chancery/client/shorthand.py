"""What keywords say in short, in full: as values, and as the context of a change."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, overload

from chancery.client import times
from chancery.client.details import Host, Place, Principal, RelatedVisit, VisitDetails
from chancery.client.fields import add, put, timestamp
from chancery.client.keywords import Days, Item, Several
from chancery.client.value import Value
from chancery.v1.event_pb2 import ChangeContext

COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)


@overload
def several(given: str | Iterable[str] | None) -> tuple[str, ...]: ...
@overload
def several(given: Several[Item] | None) -> tuple[Item, ...]: ...
def several(given: Any) -> tuple[Any, ...]:
    """One or any number of things, as many."""
    if given is None:
        return ()
    if isinstance(given, str | Value) or not isinstance(given, Iterable):
        return (given,)
    return tuple(given)


def full_name(visit: str) -> str:
    """``visits/{id}``, from an id or from that name itself.

    :raises TypeError: it is no text.
    """
    if not isinstance(visit, str):
        raise TypeError(f"give the id of a visit, not {visit!r}")
    return visit if visit.startswith("visits/") else f"visits/{visit}"


def window_of(days: Days | None) -> Any:
    """The window, if there is one.

    :raises ValueError: an end of it is not a day.
    """
    return None if days is None else times.window(days)


def details(facts: Mapping[str, Any], **more: Any) -> Any:
    """The facts of a visit; None if none is given.

    :raises ValueError: a place is empty.
    """
    given = {**facts, **more}
    said = VisitDetails(
        title=given.get("title", ""),
        principal=_principal(given.get("principal")),
        host=_host(given.get("host")),
        destinations=tuple(map(_place, several(given.get("destinations")))),
        kind=given.get("kind"),
        purpose=given.get("purpose", ""),
        trip=given.get("trip", ""),
        aliases=several(given.get("aliases")),
        related=tuple(map(related, several(given.get("related")))),
        initiated_by=given.get("initiated_by"),
    )
    return said if said != VisitDetails() else None


def context(about: Mapping[str, Any]) -> ChangeContext:
    """When a change came about, on whose word, and how to record it.

    :raises ValueError: a time is none, or has no time zone.
    :raises TypeError: something is of another type.
    """
    message = ChangeContext()
    for which in ("request_id", "expected_version", "reason", "note", "validate_only"):
        if about.get(which) is not None:
            put(message, which, about[which])
    for which in ("effective", "known"):
        if about.get(which) is not None:
            told = times.told(about[which])
            if isinstance(told, datetime):
                getattr(message, f"{which}_time").CopyFrom(timestamp(told))
            else:
                setattr(message, f"{which}_period", told)
    for which in ("basis", "sources"):
        add(several(about.get(which)), message, which)
    return message


def _principal(given: Principal | str | None) -> Principal | None:
    return Principal(given) if isinstance(given, str) else given


def _host(given: Host | str | None) -> Host | None:
    if isinstance(given, str):
        return Host(given) if COUNTRY.fullmatch(given) else Host(organisation=given)
    return given


def _place(given: Place | str) -> Place:
    if not isinstance(given, str):
        return given
    city, _, last = (part.strip() for part in given.rpartition(","))
    return Place(city, last) if COUNTRY.fullmatch(last) else Place(given.strip())


def related(given: RelatedVisit) -> RelatedVisit:
    """The relation, with the full name of the other visit."""
    return replace(given, name=full_name(given.name))
