"""The fields of a visit and what they hold, for "old → new"."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from markupsafe import Markup, escape

from chancery.client import (
    Basis,
    ClaimedWindow,
    Condition,
    Counterpart,
    CurrentCondition,
    FieldChange,
    Host,
    Place,
    PreviousWindow,
    Principal,
    RelatedVisit,
    Window,
    Word,
)
from service.web.wording.basis import basis, who
from service.web.wording.countries import country
from service.web.wording.dates import day, when
from service.web.wording.people import person, place, represented
from service.web.wording.statement import said, voice
from service.web.wording.text import own, quoted
from service.web.wording.windows import window
from service.web.wording.words import kind, relation

_NAMES = {
    "window": "days planned",
    "window.start": "first day",
    "window.end": "last day",
    "window.as_stated": "as it was said",
    "window.approximate": "an estimate",
    "held_window": "days held",
    "held_window.start": "first day held",
    "held_window.end": "last day held",
    "held_window.as_stated": "days held, as it was said",
    "held_window.approximate": "days held are an estimate",
    "window_given_up": "days given up",
    "previous_windows": "planned before",
    "claimed_windows": "days that somebody names",
    "conditions": "conditions",
    "condition": "condition",
    "words": "last words",
    "basis": "on whose word",
    "under_way": "under way",
    "merged_into": "the visit that stays",
    "effective_time": "took effect",
    "effective_period": "took effect, as it was told",
    "known_time": "became known",
    "known_period": "became known, as it was told",
    "last_heard_time": "last heard",
    "last_heard_period": "last heard, as it was told",
    "details.principal": "guest",
    "details.principal.name": "guest",
    "details.principal.office": "office of the guest",
    "details.principal.country": "country of the guest",
    "details.principal.organisation": "organisation of the guest",
    "details.principal.other_names": "other names of the guest",
    "details.host.country": "host",
    "details.host.organisation": "host",
    "details.host.counterparts": "whom the guest meets",
    "details.destinations": "places",
    "details.aliases": "other names",
    "details.related": "related visits",
    "details.initiated_by": "on whose initiative",
}


def path(name: str) -> str:
    """The name of a field: ``days planned``, ``office of the guest``."""
    return _NAMES.get(name) or name.removeprefix("details.").replace("_", " ").replace(".", ", ")


def value(name: str, content: object) -> Markup:
    """What a field holds, on one line; empty if nothing."""
    return Markup("; ").join(_items(name, content))


def differing(change: FieldChange) -> tuple[list[Markup], list[Markup]]:
    """What a field held and what it holds; of a list, only the items that are not in both."""
    old, new = _items(change.path, change.old_value), _items(change.path, change.new_value)
    if isinstance(change.old_value, tuple) or isinstance(change.new_value, tuple):
        return [each for each in old if each not in new], [each for each in new if each not in old]
    return old, new


def _items(name: str, content: object) -> list[Markup]:
    contents: Sequence[object] = content if isinstance(content, tuple | list) else (content,)
    return [told for each in contents if (told := _one(name, each))]


def _one(name: str, content: object) -> Markup:
    """One item of what a field holds."""
    last = name.rpartition(".")[2]
    match content:
        case None | "":
            return Markup()
        case bool():
            return Markup("yes" if content else "no")
        case datetime():
            return Markup(when(content))
        case date():
            return Markup(day(content))
        case str() if last == "country":
            return escape(country(content))
        case str() if last == "kind":
            return escape(kind(content))  # type: ignore[arg-type]
        case str() if last == "as_stated":
            return quoted(content)
        case str() | int() | float():
            return own(str(content))
        case dict():  # what is newer than this board
            return Markup(", ").join(_one("", each) for each in content.values())
        case _:
            return _whole(content)


def _whole(content: Any) -> Markup:
    """A value that has parts."""
    match content:
        case Window():
            return window(content)
        case PreviousWindow():
            return window(content.window)
        case ClaimedWindow():
            return Markup("{}: {}").format(voice(content), window(content.window))
        case CurrentCondition(condition=condition) | (Condition() as condition):
            return Markup("{}: {}").format(voice(condition), quoted(condition.text))
        case Word():
            return _word(content)
        case Basis():
            return basis(content)
        case Principal() | Counterpart():
            return person(content)
        case Host():
            people = Markup("; ").join(map(person, content.counterparts))
            parts = (escape(represented(content)), people)
            return Markup(": ").join(part for part in parts if part)
        case Place():
            return place(content)
        case RelatedVisit():
            other = own(content.name.removeprefix("visits/"))
            return Markup("{} {}").format(relation(content.relation), other)
        case _:
            return own(str(content))


def _word(content: Word) -> Markup:
    """The last word of a voice: a statement, or that it stands behind the status."""
    if content.statement is not None:
        return said(content.statement)
    source = Basis(side=content.side, speaker=content.speaker, outlet=content.outlet)
    by = who(source)
    told = Markup("{} stands by the status").format(voice(content))
    return Markup("{} ({})").format(told, by) if by else told
