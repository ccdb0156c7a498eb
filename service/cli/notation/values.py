"""Values in the compact form that people type: names, people, places, and on whose word.

A value is a head and parts, separated by commas: ``HEAD, key=value, key=value``. A comma
starts a new part only if a word and ``=`` follow, so a value may contain commas itself
(``speaker=Ned Price, State Department``). Each function says what its head is and which
keys it takes. All raise ValueError with a message for the person who typed the value.
"""

import re
from collections.abc import Collection

from chancery.client.words import ATTRIBUTION, RELATION, SIDE
from chancery.v1.event_pb2 import OtherNames
from chancery.v1.values_pb2 import (
    ATTRIBUTION_UNSPECIFIED,
    Basis,
    Counterpart,
    Host,
    Place,
    Principal,
    RelatedVisit,
)
from domain.countries import CODES, code_of, is_organisation, why_no_code
from service.exchange import times

# The largest numbers that fields of the contract hold.
MAX_INT64 = (1 << 63) - 1
MAX_INT32 = (1 << 31) - 1

PART = re.compile(r"(?:^|,)\s*(?=[a-z_]+=)", re.ASCII)
PERSON = re.compile(r"(?P<name>[^()]+?)\s*(?:\((?P<office>.+)\))?")
COUNTERPART = re.compile(r"(?P<person>.+?)\s*(?:\[(?P<country>[^\[\]]*)\])?")
COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
BASIS_KEYS = (
    "country",
    "organisation",
    "speaker",
    "sources",
    "outlet",
    "url",
    "published",
    "quote",
)


def visit_name(text: str) -> str:
    """``visits/{id}``, from an id or from that name itself."""
    return text if text.startswith("visits/") else f"visits/{text}"


def country(text: str) -> str:
    """The code of a country: ``FR``. It may be empty."""
    if text and text not in CODES:
        raise ValueError(why_no_code(text))
    return text


def basis(text: str) -> Basis:
    """On whose word: ``SIDE[, ATTRIBUTION][, key=value...]``.

    The keys are those of BASIS_KEYS: sources is how many there are, published is a day.
    """
    head, parts = _split(text, BASIS_KEYS)
    side, _, attribution = (word.strip() for word in head.partition(","))
    return Basis(
        side=SIDE.parse(side),
        attribution=ATTRIBUTION.parse(attribution) if attribution else ATTRIBUTION_UNSPECIFIED,
        country=country(parts.get("country", "")),
        organisation=parts.get("organisation", ""),
        speaker=parts.get("speaker", ""),
        source_count=_count(parts.get("sources", "0")),
        outlet=parts.get("outlet", ""),
        url=parts.get("url", ""),
        published=times.day(parts["published"]) if "published" in parts else None,
        quote=parts.get("quote", ""),
    )


def principal(text: str) -> Principal:
    """Who travels: ``NAME (OFFICE), country=XX, also=NAME; NAME`` or ``..., organisation=NAME``."""
    head, parts = _split(text, {"country", "organisation", "also"})
    person = _person(head)
    return Principal(
        name=person.name,
        office=person.office,
        country=country(parts.get("country", "")),
        organisation=parts.get("organisation", ""),
        other_names=_several(parts.get("also", "")),
    )


def host(text: str) -> Host:
    """Who is visited: a country's two letters or an organisation, and whom to meet.

    ``CN, meeting=Qin Gang (Foreign Minister); Wang Yi`` or ``NATO, country=BE``. Whoever is of
    another country has it behind: ``Sergei Lavrov (Foreign Minister) [RU]``.
    """
    head, parts = _split(text, {"country", "meeting"})
    is_country = COUNTRY.fullmatch(head) and not is_organisation(head)
    if is_country and "country" in parts:
        raise ValueError("the country is given twice")
    if not is_country and "country" not in parts and (code := code_of(head)):
        raise ValueError(f"{head!r} is a country: write {code}")
    return Host(
        country=country(head if is_country else parts.get("country", "")),
        organisation="" if is_country else head,
        counterparts=map(_counterpart, _several(parts.get("meeting", ""))),
    )


def place(text: str) -> Place:
    """A destination: ``Beijing, CN``, or only one of the two; ``Kyiv, UA, also=Kiev; Kiew``."""
    head, parts = _split(text, {"also"})
    also = _several(parts.get("also", ""))
    city, _, last = (part.strip() for part in head.rpartition(","))
    if COUNTRY.fullmatch(last):
        return Place(city=city, country=country(last), other_names=also)
    code = code_of(last)
    if city and code:
        raise ValueError(f'{last!r} is a country: write "{city}, {code}"')
    # A short name of a city may be the code of a country: Kos, Mus.
    if code and (len(last) > 3 or last.isupper()):
        raise ValueError(f'{last!r} is a country: write {code}, or "{last}, {code}" for a city')
    return Place(city=head, other_names=also)


def related(text: str) -> RelatedVisit:
    """Another visit: ``RELATION=NAME``, such as ``substitute-for=sullivan-beijing``."""
    relation, equals, name = text.partition("=")
    if not (equals and name):
        raise ValueError(f"{text!r}: write RELATION=NAME; choose from {RELATION.choices()}")
    return RelatedVisit(relation=RELATION.parse(relation), name=visit_name(name.strip()))


def other_name(text: str) -> OtherNames:
    """Another name of a counterpart or a city: ``NAME=OTHER``, such as ``Kyiv=Kiev``."""
    name, _, other = (part.strip() for part in text.partition("="))
    if not (name and other):
        raise ValueError(f"{text!r}: write NAME=OTHER, such as Kyiv=Kiev")
    return OtherNames(name=name, other_names=[other])


def _split(text: str, keys: Collection[str]) -> tuple[str, dict[str, str]]:
    head, *rest = PART.split(text)
    parts: dict[str, str] = {}
    for part in rest:
        key, _, value = part.partition("=")
        if key not in keys:
            raise ValueError(f"unknown key {key!r}; choose from {', '.join(sorted(keys))}")
        if key in parts:
            raise ValueError(f"{key!r} is given twice")
        if not value.strip():
            raise ValueError(f"{key!r} is empty")
        parts[key] = value.strip()
    return head.strip(), parts


def _person(text: str) -> Counterpart:
    match = PERSON.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not a person: write NAME or NAME (OFFICE)")
    return Counterpart(**match.groupdict())


def _counterpart(text: str) -> Counterpart:
    match = COUNTERPART.fullmatch(text)
    assert match is not None
    person = _person(match["person"])
    person.country = country(match["country"] or "")
    return person


def _several(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) > MAX_INT32:
        raise ValueError(f"{text!r} is not a number of sources")
    return int(text)
