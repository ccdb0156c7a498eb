"""What an address asks of visits or changes, read once for pages and feeds alike.

A parameter that is empty counts as not given, as forms send it.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import QueryParams

from chancery.client import times
from chancery.client.errors import InvalidRequest
from chancery.client.keywords import Which, WhichChanges
from chancery.client.words import CHANGE_TYPE, DAY_KIND, STANDING, STATUS, Words
from service.web import typed
from service.web.look_back import TIMES
from service.web.wording import country_code

Reader = Callable[[str], Any]

ORDERS = ("name", "update_time", "last_heard_time", "window.start", "held_window.start")
COUNTRY = re.compile("[A-Z]{2}", re.ASCII)
YES = ("1", "true", "yes")


class BadAddress(ValueError):
    """Parameters of an address that say nothing that can be asked: what is wrong, by their names.

    The text names each of them, and what is allowed.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("\n".join(f"{name}: {text}" for name, text in problems.items()))
        self.problems = dict(problems)


@dataclass(frozen=True)
class VisitFilters:
    """Which visits are asked for, as ``AsyncConnection.visits`` takes it."""

    query: str = ""
    """The words that all occur."""
    order_by: str = ""
    """The order; by name if empty."""
    which: Which = field(default_factory=Which)
    """All other keywords."""


@dataclass(frozen=True)
class Parameter:
    """How a parameter is read, and which keyword it gives. Only some may come several times."""

    keyword: str
    read: Reader
    is_several: bool = False


def read(query: QueryParams, also: Collection[str] = ()) -> VisitFilters:
    """Which visits an address asks for; ``also`` are parameters that are read elsewhere.

    :raises BadAddress: a parameter is unknown, comes twice, or has a value that is not allowed.
    """
    given = _given(query, VISITS, also)
    ends = given.pop("start", None), given.pop("end", None)
    if ends != (None, None):
        given["days"] = _in_order(ends)
    elif "day_kinds" in given:
        raise BadAddress({"days": "needs days: give from, to or both"})
    words, order = given.pop("query", ""), given.pop("order_by", "")
    which: Any = given
    return VisitFilters(words, order, which)


def read_changes(query: QueryParams, also: Collection[str] = ()) -> WhichChanges:
    """Which changes an address asks for, as ``AsyncConnection.changes`` takes it.

    :raises BadAddress: see ``read``.
    """
    given: Any = _given(query, CHANGES, also)
    which: WhichChanges = given
    return which


def refused(error: InvalidRequest) -> BadAddress:
    """What the server refuses of a filter, told by the parameters of the address."""
    return BadAddress({_parameter_of(path): text for path, text in error.fields.items()})


def _given(
    query: QueryParams, known: Mapping[str, Parameter], also: Collection[str]
) -> dict[str, Any]:
    """The keywords that the parameters give."""
    keywords: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, text in query.multi_items():
        if name not in known:
            if name not in also and name not in TIMES:
                problems[name] = f"is no parameter here; choose from {_listed([*known, *TIMES])}"
        elif text.strip():
            try:
                _add(keywords, known[name], text)
            except ValueError as error:
                problems[name] = str(error)
    if problems:
        raise BadAddress(problems)
    return keywords


def _add(keywords: dict[str, Any], parameter: Parameter, text: str) -> None:
    value = parameter.read(text)
    if parameter.is_several:
        several = keywords.setdefault(parameter.keyword, [])
        several += [] if value in several else [value]
    elif parameter.keyword in keywords:
        raise ValueError("may be given only once")
    else:
        keywords[parameter.keyword] = value


def _word(words: Words[Any]) -> Reader:
    """A word of the contract, with dashes or underscores for its blanks."""
    return lambda text: words.of(words.parse(text))


def _country(text: str) -> str:
    code = country_code(text).strip().upper()
    if not COUNTRY.fullmatch(code):
        raise ValueError(
            f"{text!r} is no country: write France, or two letters as ISO 3166-1 has them, as FR"
        )
    return code


def _yes(text: str) -> bool:
    if text.lower() not in YES:
        raise ValueError(f"{text!r} is not allowed: write {' or '.join(YES)}, or leave it out")
    return True


def _day(text: str) -> str:
    day = typed.usual(text)
    times.window(day)
    return day


def _time(text: str) -> str:
    time = typed.usual(text)
    times.told(time)
    return time


def _order(text: str) -> str:
    name = text.removeprefix("-")
    if name not in ORDERS:
        raise ValueError(
            f"{text!r} is no order: choose from {_listed(ORDERS)}; a dash in front reverses it"
        )
    return name if name == text else f"{name} desc"


def _in_order(ends: tuple[str | None, str | None]) -> tuple[str | None, str | None]:
    window = times.window(ends)
    if window.start and window.end and window.start > window.end:
        raise BadAddress({"to": f"{ends[1]} lies before from, {ends[0]}"})
    return ends


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _parameter_of(path: str) -> str:
    """The parameter that gave a field of a request: "filter.host_country" is "host"."""
    name = re.sub(r"\[\d+\]", "", path).removeprefix("filter.")
    return FIELDS.get(name, FIELDS.get(name.partition(".")[0], name))


VISITS = {
    "q": Parameter("query", str),
    "status": Parameter("statuses", _word(STATUS), is_several=True),
    "standing": Parameter("standings", _word(STANDING), is_several=True),
    "principal": Parameter("principal", str),
    "principal_country": Parameter("principal_country", _country),
    "host": Parameter("host_country", _country),
    "destination": Parameter("destination_country", _country),
    "trip": Parameter("trip", str),
    "from": Parameter("start", _day),
    "to": Parameter("end", _day),
    "days": Parameter("day_kinds", _word(DAY_KIND), is_several=True),
    "under_way": Parameter("under_way", _yes),
    "overdue": Parameter("overdue", _yes),
    "related": Parameter("related_to", str),
    "updated_since": Parameter("updated_since", _time),
    "heard_since": Parameter("heard_since", _time),
    "quiet_since": Parameter("quiet_since", _time),
    "sort": Parameter("order_by", _order),
}
CHANGES = {
    "visit": Parameter("visit", str),
    "type": Parameter("change_types", _word(CHANGE_TYPE), is_several=True),
    "actor": Parameter("actor", str),
    "from": Parameter("recorded_from", _time),
    "to": Parameter("recorded_until", _time),
    "known_from": Parameter("known_from", _time),
    "known_to": Parameter("known_until", _time),
}
# The keyword by which changes are asked for that were known or recorded by another moment.
UNTIL = {"known": "known_until", "recorded": "recorded_until"}
# The parameter that gives each field of a request.
FIELDS = {
    **{each.keyword: name for known in (VISITS, CHANGES) for name, each in known.items()},
    "days.start": "from",
    "days.end": "to",
    "days.kinds": "days",
    "days": "from",
    "name": "visit",
    "page_token": "page",
    **{f"as_of.{keyword}": name for name, keyword in TIMES.items()},
}
