"""What the record says of a visit, and the change that discloses it."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256

from anyascii import anyascii

from chancery.client import Basis, Place, Principal, Window, draft
from chancery.client import Host as ClientHost
from chancery.client.keywords import Facts
from chancery.client.words import KindWord, SideWord
from chancery.v1.desk_service_pb2 import Change
from domain.validation import NAME_LENGTH, TEXT_LENGTH
from service.exchange.records import remarks, tables
from service.exchange.records.reading import LeftOut, Leg
from service.exchange.records.stays import Stay, Stop, traveller

SPEAKER = "Office of the Historian, U.S. Department of State"
SITE = "https://history.state.gov/departmenthistory"
# How request ids begin: they are the same for whoever imports.
REQUESTS = "content:historyatstate/"

ID_LENGTH = 63
# Of an id, what names a person.
KEY_LENGTH = 40
BASES = 50

_ELECT = re.compile(r"visit made as president-elect", re.IGNORECASE)
# Titles that lead the name of a visitor.
_TITLE = (
    r"(?:(?:acting|interim|transitional|provisional|deputy|vice|crown|grand|first|prime|foreign"
    r"|federal|state|former)\s+)*"
    r"(?:president of the (?:european )?(?:council|commission)|president(?:-elect)?"
    r"|minister of foreign affairs|minister|premier|chancellor|taoiseach|king|queen|emperor"
    r"|empress|prince|princess|duke|duchess|sultan|amir|emir|shah|pope|chairman"
    r"|secretary general|secretary|negus|sheikh|governor general|captain regent"
    r"|high representative)\b"
)
_TITLES = re.compile(rf"({_TITLE}(?:\s+and\s+{_TITLE})*),?\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Told:
    """A visit as the record tells it."""

    id: str
    title: str
    principal: Principal
    host: ClientHost
    destinations: tuple[Place, ...]
    kind: KindWord | None
    purpose: str
    trip: str
    held_window: Window
    basis: tuple[Basis, ...]
    territory: str = ""
    """The code of a dependency that counts apart; no part of what is recorded."""
    journey: str = ""
    """Which visits make one journey: the same for all of them."""
    legs: tuple[Leg, ...] = ()

    @property
    def first(self) -> date:
        """The first day."""
        assert self.held_window.start is not None
        return self.held_window.start

    @property
    def last(self) -> date:
        """The last day."""
        assert self.held_window.end is not None
        return self.held_window.end


def told(stays: Iterable[Stay]) -> tuple[list[Told], list[LeftOut]]:
    """The visits, each with an id of its own, and which records are merged into others."""
    found: list[Told] = []
    merged: list[LeftOut] = []
    taken: set[str] = set()
    for stay in stays:
        visit = _told(stay)
        visit = replace(visit, id=free_id(visit.id, taken))
        taken.add(visit.id)
        found.append(visit)
        first, *more = stay.stops
        merged.extend(
            LeftOut(stop.leg.file, stop.leg.named, f"goes on from record {first.leg.named}")
            for stop in more
        )
    return found, merged


def free_id(id: str, taken: Iterable[str]) -> str:
    """The id, or the first with a number behind that is not taken."""
    number, free = 1, id
    while free in taken:
        number += 1
        free = f"{id}-{number}"
    return free


def disclosed(visit: Told) -> Change:
    """The change that records the visit. It is refused if there was one of that id before."""
    facts: Facts = {
        "host": visit.host,
        "destinations": visit.destinations,
        "purpose": visit.purpose,
        "trip": visit.trip,
        "effective": visit.last,
        "known": visit.last,
        "basis": visit.basis,
        "expected_version": 0,
    }
    if visit.kind:
        facts["kind"] = visit.kind
    opening = draft.disclose(
        visit.id,
        title=visit.title,
        principal=visit.principal,
        held_window=visit.held_window,
        **facts,
    )
    return keyed(opening)


def keyed(change: Change) -> Change:
    """The change with a request id made of it."""
    digest = sha256(change.SerializeToString(deterministic=True)).hexdigest()[:32]
    change.context.request_id = f"{REQUESTS}{change.name.removeprefix('visits/')}/{digest}"
    return change


def address(leg: Leg) -> str:
    """The page of the record on which a leg stands."""
    return f"{page(leg.role)}{leg.who}"


def page(role: str) -> str:
    """How the addresses begin of all that the record tells of people of a role."""
    part = "visits" if role == "visitor" else f"travels/{role}"
    return f"{SITE}/{part}/"


def side(leg: Leg) -> SideWord:
    """Whose record it is: that of the guest's state, or for a visitor the host's."""
    return "host" if leg.role == "visitor" else "guest"


def _told(stay: Stay) -> Told:
    legs = [stop.leg for stop in stay.stops]
    who = _principal(stay.stops)
    host, first = stay.host, stay.first
    by_visitor = legs[0].role == "visitor"
    code = (host.territory or host.code).lower()
    first_name = traveller(legs[0])[1].partition("-")[0][:KEY_LENGTH]
    lead = _visitor_id(who, first) if by_visitor else f"{first_name}-{code}-{first}"
    return Told(
        id=lead,
        title=_cut(f"{who.name} to {host.name}, {first:%B} {first.year}", NAME_LENGTH),
        principal=who,
        host=ClientHost(host.code, host.organisation),
        destinations=_places(stay.stops),
        kind=remarks.kind([leg.remarks for leg in legs], by_visitor=by_visitor),
        purpose=_cut(" ".join(dict.fromkeys(filter(None, _remarks(legs)))), TEXT_LENGTH),
        trip="" if by_visitor else f"{first_name}-{stay.begins}",
        held_window=Window(first, stay.last),
        basis=tuple(map(_basis, legs[:BASES])),
        territory=host.territory,
        journey="/".join((*traveller(legs[0]), str(stay.begins))),
        legs=tuple(legs),
    )


def _remarks(legs: Sequence[Leg]) -> list[str]:
    return [leg.remarks for leg in legs]


def _principal(stops: Sequence[Stop]) -> Principal:
    """Who travels, in the office of that time."""
    leg, represents = stops[0].leg, stops[0].represents
    if leg.role == "visitor":
        title = _TITLES.match(leg.name)
        name = leg.name[title.end() :] if title else leg.name
        return Principal(name, title[1] if title else "", represents)
    person = tables.person(traveller(leg)[1]) if leg.role == "secretary" else None
    if person:
        other = tuple({leg.name} - {person.name})
        return Principal(person.name, person.office, person.country, other_names=other)
    office = "Secretary of State" if leg.role == "secretary" else "President"
    if any(_ELECT.search(stop.leg.remarks) for stop in stops):
        office = "President-elect"
    return Principal(leg.name, office, represents)


def _visitor_id(who: Principal, first: date) -> str:
    """``gr-kyriakos-mitsotakis-us-2020-01-07``: the name is cut if that is too long."""
    name = re.sub("[^a-z0-9]+", "-", anyascii(unicodedata.normalize("NFC", who.name)).lower())
    head, tail = who.country.lower(), f"us-{first}"
    room = ID_LENGTH - len(f"{head}--{tail}-99")
    return "-".join(filter(None, (head, name.strip("-")[:room].strip("-"), tail)))


def _places(stops: Sequence[Stop]) -> tuple[Place, ...]:
    """The places, each once, with all names by which the record calls them."""
    found: dict[tuple[str, str], Place] = {}
    for place in (place for stop in stops for place in stop.places):
        key = place.city, place.country
        known = found.get(key, place)
        names = dict.fromkeys((*known.other_names, *place.other_names))
        found[key] = replace(known, other_names=tuple(names))
    return tuple(found.values())


def _basis(leg: Leg) -> Basis:
    days = f"{leg.first} to {leg.last}" if leg.first != leg.last else f"{leg.first}"
    where = (leg.country, leg.place, days)
    quote = ", ".join(filter(None, where))
    return Basis(
        side=side(leg),
        attribution="official record",
        speaker=SPEAKER,
        url=address(leg),
        published=leg.created,
        quote=_cut(f"{leg.number}: {quote}" if leg.number else quote, TEXT_LENGTH),
    )


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"
