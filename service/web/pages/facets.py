"""Facets of the list of visits: what the visits have in common, and how many have it."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from chancery.client import AsyncConnection, Count, CountGroup, ValueCount
from chancery.client.words import STANDING, STATUS, CountWord
from service.web import signs, wording
from service.web.look_back import TIMES
from service.web.pages.addresses import Address
from service.web.pages.some import Number

# As of another moment, counting folds every visit: after so many seconds there are no counts.
PATIENCE = 3.0
# The keywords that ask as of another moment.
MOMENT = frozenset(TIMES.values())
# Values of a facet that are shown.
SHOWN = 10


@dataclass(frozen=True)
class Value:
    """A value of a facet, and the address of the list with it, or without it if it ``is_on``."""

    text: str
    sign: str
    number: Number
    address: Address
    is_on: bool


@dataclass(frozen=True)
class Facet:
    """A facet, and its values that most visits have."""

    name: str
    values: Sequence[Value]
    more: bool = False


@dataclass(frozen=True)
class Counts:
    """How many visits meet a filter, and how many would with another value of each facet."""

    total: Count
    by: Mapping[str, Sequence[ValueCount]]
    overdue: Count | None


@dataclass(frozen=True)
class _Of:
    """How a facet is asked for and shown."""

    name: str
    parameter: str
    keyword: str
    count_by: CountWord
    words: Sequence[str] = ()

    def place(self, word: str) -> int:
        """Where a value stands: in the order of the contract."""
        return self.words.index(word) if word in self.words else len(self.words)


FACETS = (
    _Of("Status", "status", "statuses", "status", STATUS.choices().split(", ")),
    _Of("Standing", "standing", "standings", "standing", STANDING.choices().split(", ")),
    _Of("Host", "host", "host_country", "host country"),
)


async def counted(
    connection: AsyncConnection, query: str, which: Mapping[str, Any]
) -> Counts | None:
    """The counts for a filter; None if they take too long.

    Each facet is counted as if nothing were chosen in it, so that another value can be added. As
    of another moment, where each count folds every visit, all are counted at once, as chosen.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            if which.keys() & MOMENT:
                every = [each.count_by for each in FACETS]
                total = await connection.count(query, count_by=every, **which)
                return Counts(total, _by(total.groups), None)
            return await _counted_apart(connection, query, which)
    return None


async def _counted_apart(
    connection: AsyncConnection, query: str, which: Mapping[str, Any]
) -> Counts:
    async def ask(by: CountWord | tuple[()], **without: Any) -> Count:
        return await connection.count(query, count_by=by, **{**which, **without})

    total, overdue, *of_facets = await asyncio.gather(
        ask(()),
        ask((), overdue=True),
        *(ask(each.count_by, **{each.keyword: None}) for each in FACETS),
    )
    return Counts(total, _by([count.groups[0] for count in of_facets]), overdue)


def _by(groups: Sequence[CountGroup]) -> dict[str, Sequence[ValueCount]]:
    """The counts by the parameters of the facets, of which there is one group each."""
    return {of.parameter: group.counts for of, group in zip(FACETS, groups, strict=True)}


def facets(counts: Counts | None, address: Address, which: Mapping[str, Any]) -> list[Facet]:
    """The facets of the list at an address, whose filter is ``which``."""
    if counts is None:
        return []
    first = address.without("page")
    found = [_facet(each, counts, first, which) for each in FACETS]
    if counts.overdue is not None and (counts.overdue.visit_count or which.get("overdue")):
        is_on = bool(which.get("overdue"))
        number, other = Number.of(counts.overdue), first.toggled("overdue", "1")
        overdue = Value("overdue", "", number, other, is_on)
        found[1] = Facet(found[1].name, [*found[1].values, overdue])
    return found


def _facet(of: _Of, counts: Counts, address: Address, which: Mapping[str, Any]) -> Facet:
    numbers = {
        each.value: Number(each.visit_count, each.more)
        for each in counts.by[of.parameter]
        if each.value
    }
    chosen = which.get(of.keyword) or ()
    chosen = (chosen,) if isinstance(chosen, str) else tuple(chosen)
    words = {**numbers, **dict.fromkeys((word for word in chosen if word not in numbers), Number())}
    ordered = sorted(words, key=of.place) if of.words else [*words]
    shown = [word for at, word in enumerate(ordered) if at < SHOWN or word in chosen]
    values = [_value(of, word, words[word], address, word in chosen) for word in shown]
    return Facet(of.name, values, len(ordered) > len(shown))


def _value(of: _Of, word: str, number: Number, address: Address, is_on: bool) -> Value:
    if of.parameter == "host":
        other = address.without("host") if is_on else address.set(host=word)
        return Value(wording.country(word), "", number, other, is_on)
    text = wording.status(word) if of.parameter == "status" else word  # type: ignore[arg-type]
    sign = signs.status_sign(word) if of.parameter == "status" else word  # type: ignore[arg-type]
    return Value(text, sign, number, address.toggled(of.parameter, word.replace(" ", "-")), is_on)
