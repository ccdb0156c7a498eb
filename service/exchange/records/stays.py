"""From records to journeys, and from journeys to stays: each a visit of one person to one host."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from chancery.client import Place
from service.exchange.records import remarks, tables
from service.exchange.records.reading import LeftOut, Leg

# Days from one leg to the next of a journey, and those when one went by sea.
GAP = timedelta(days=1)
GAP_BY_SEA = timedelta(days=12)
BY_AIR = 1948
DAY = timedelta(days=1)

# Localities with a comma in their name.
_WITH_COMMA = ("Mexico, D.F.",)
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
_REGION = re.compile(r"\s*\([^)]*\)")


class Host(NamedTuple):
    """Who received: a state, or a dependency of it, which counts apart."""

    code: str
    territory: str = ""
    organisation: str = ""
    name: str = ""


@dataclass(frozen=True)
class Stop:
    """A leg, who received, and where that is today."""

    leg: Leg
    host: Host
    places: tuple[Place, ...]
    represents: str
    """The country of whoever travels."""


@dataclass
class Stay:
    """The stops at one host that go on from each other: a visit."""

    stops: list[Stop]
    begins: date
    """The first day of the journey."""

    @property
    def host(self) -> Host:
        return self.stops[0].host

    @property
    def first(self) -> date:
        return min(each.leg.first for each in self.stops)

    @property
    def last(self) -> date:
        return max(each.leg.last for each in self.stops)


def stays(legs: Iterable[Leg]) -> tuple[list[Stay], list[LeftOut]]:
    """All stays, person by person in the order of their journeys, and what was left out."""
    travellers: dict[tuple[str, str, str], list[Stop]] = {}
    left_out: list[LeftOut] = []
    for leg in legs:
        try:
            travellers.setdefault(traveller(leg), []).append(_stop(leg))
        except ValueError as error:
            left_out.append(LeftOut(leg.file, leg.named, str(error)))
    found = [
        stay
        for stops in travellers.values()
        for journey in _journeys(stops)
        for stay in _stays(journey)
    ]
    return found, left_out


def traveller(leg: Leg) -> tuple[str, str, str]:
    """Who travels, the same in any edition.

    Of a secretary's id in the record, the first part stays.
    """
    if leg.role == "secretary":
        return leg.role, leg.who.partition("-")[0], ""
    return leg.role, leg.who, leg.name if leg.role == "visitor" else ""


def _stop(leg: Leg) -> Stop:
    """The leg with its host.

    :raises ValueError: it names no country, or an unknown one.
    """
    told = tables.country(leg.country, leg.country_id, leg.first)
    if told is None and not (leg.country or leg.country_id):
        raise ValueError("it names no country")
    if told is None:
        raise ValueError(f"country {leg.country!r} ({leg.country_id!r}) is unknown")
    if leg.role == "visitor":
        return Stop(leg, Host("US", name=tables.called("US")), (Place(country="US"),), told.code)
    names = list(_localities(leg.place))
    spots = [tables.spot(told.code, name) for name in names]
    territory = told.territory or next((each.territory for each in spots if each), "")
    name = tables.called(territory) if territory else told.name
    host = Host(told.code, territory, told.organisation, name)
    places = [_place(name, spot, told) for name, spot in zip(names, spots, strict=True)]
    return Stop(leg, host, tuple(places) or (_whole(told),), "US")


def _localities(written: str) -> Iterator[str]:
    for known in _WITH_COMMA:
        if known in written:
            yield known
            written = written.replace(known, "")
    yield from filter(None, (each.strip() for each in written.split(",")))


def _place(name: str, spot: tables.Spot | None, host: tables.Country) -> Place:
    """The place by today's name, to be found by the record's as well."""
    plain = _REGION.sub("", name).strip() or name
    if spot is None:
        return Place(plain, host.territory or host.today)
    return Place(spot.city, spot.country, (plain,) if plain != spot.city else ())


def _whole(host: tables.Country) -> Place:
    """Where no locality is told, the country."""
    country = host.territory or host.today
    return Place("Vatican City", country) if country == "VA" else Place(country=country)


def _journeys(stops: list[Stop]) -> Iterator[list[Stop]]:
    """The journeys of a person: stops that follow each other without a return."""
    stops.sort(key=lambda stop: (stop.leg.first, stop.leg.last, _number(stop.leg)))
    journey: list[Stop] = []
    end = date.min
    for stop in stops:
        if journey and not _goes_on(journey[-1].leg, stop.leg, end):
            yield journey
            journey = []
        end = max(end, stop.leg.last) if journey else stop.leg.last
        journey.append(stop)
    if journey:
        yield journey


def _goes_on(before: Leg, leg: Leg, end: date) -> bool:
    """Whether a leg belongs to the journey that so far goes to ``end``, after ``before``."""
    if leg.first - end > (GAP if leg.first.year >= BY_AIR else GAP_BY_SEA):
        return False
    has_gap = leg.first > end
    is_cut = remarks.LEFT.search(leg.remarks) or remarks.RETURNED.search(before.remarks)
    return not (has_gap and is_cut)


def _stays(journey: list[Stop]) -> list[Stay]:
    """The stays of a journey, in the order in which they begin."""
    found: list[Stay] = []
    begins = journey[0].leg.first
    for stop in journey:
        at_host = [stay for stay in found if stay.host == stop.host]
        stay = at_host[-1] if at_host else None
        follows = stay is not None and found[-1] is stay and stop.leg.first - stay.last <= DAY
        if stay is not None and (follows or stop.leg.first < stay.last):
            stay.stops.append(stop)
        else:
            found.append(Stay([stop], begins))
    return found


def _number(leg: Leg) -> tuple[int, str]:
    """By number, as far as it is one."""
    return int(leg.number) if _NUMBER.fullmatch(leg.number) else 0, leg.number
