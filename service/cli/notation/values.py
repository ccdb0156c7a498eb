"""Values in the compact form that people type: names, people, places, and on whose word.

A value is a head and parts, separated by commas: ``HEAD, key=value, key=value``. A comma
starts a new part only if a word and ``=`` follow, so a value may contain commas itself
(``speaker=Ned Price, State Department``). Each function says what its head is and which
keys it takes. All raise ValueError with a message for the person who typed the value.
"""

import re
from collections.abc import Collection

from chancery.v1.visit_pb2 import (
    ATTRIBUTION_UNSPECIFIED,
    Basis,
    Counterpart,
    Host,
    Place,
    Principal,
    RelatedVisit,
)
from service.cli.notation import times
from service.cli.notation.enums import ATTRIBUTION, RELATION, SIDE

# The largest numbers that fields of the contract hold.
MAX_INT64 = (1 << 63) - 1
MAX_INT32 = (1 << 31) - 1

PART = re.compile(r"(?:^|,)\s*(?=[a-z_]+=)", re.ASCII)
PERSON = re.compile(r"(?P<name>[^()]+?)\s*(?:\((?P<office>.+)\))?")
COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)


def visit_name(text: str) -> str:
    """``visits/{id}``, from an id or from that name itself."""
    return text if text.startswith("visits/") else f"visits/{text}"


def basis(text: str) -> Basis:
    """On whose word: ``SIDE[, ATTRIBUTION][, key=value...]``.

    The keys are speaker, sources (how many), outlet, url, published (a day), quote.
    """
    head, parts = _split(text, {"speaker", "sources", "outlet", "url", "published", "quote"})
    side, _, attribution = (word.strip() for word in head.partition(","))
    return Basis(
        side=SIDE.parse(side),
        attribution=ATTRIBUTION.parse(attribution) if attribution else ATTRIBUTION_UNSPECIFIED,
        speaker=parts.get("speaker", ""),
        source_count=_count(parts.get("sources", "0")),
        outlet=parts.get("outlet", ""),
        url=parts.get("url", ""),
        published=times.day(parts["published"]) if "published" in parts else None,
        quote=parts.get("quote", ""),
    )


def principal(text: str) -> Principal:
    """Who travels: ``NAME (OFFICE), country=XX`` or ``..., organisation=NAME``."""
    head, parts = _split(text, {"country", "organisation"})
    person = _person(head)
    return Principal(
        name=person.name,
        office=person.office,
        country=parts.get("country", ""),
        organisation=parts.get("organisation", ""),
    )


def host(text: str) -> Host:
    """Who is visited: a country's two letters or an organisation, and whom to meet.

    ``CN, meeting=Qin Gang (Foreign Minister); Wang Yi`` or ``NATO, country=BE``.
    """
    head, parts = _split(text, {"country", "meeting"})
    is_country = COUNTRY.fullmatch(head)
    if is_country and "country" in parts:
        raise ValueError("the country is given twice")
    people = (name.strip() for name in parts.get("meeting", "").split(";"))
    return Host(
        country=head if is_country else parts.get("country", ""),
        organisation="" if is_country else head,
        counterparts=[_person(name) for name in people if name],
    )


def place(text: str) -> Place:
    """A destination: ``Beijing, CN``, or only one of the two."""
    city, _, country = text.rpartition(",")
    if COUNTRY.fullmatch(country.strip()):
        return Place(city=city.strip(), country=country.strip())
    return Place(city=text.strip())


def related(text: str) -> RelatedVisit:
    """Another visit: ``RELATION=NAME``, such as ``substitute-for=sullivan-beijing``."""
    relation, equals, name = text.partition("=")
    if not (equals and name):
        raise ValueError(f"{text!r}: write RELATION=NAME; choose from {RELATION.choices()}")
    return RelatedVisit(relation=RELATION.parse(relation), name=visit_name(name.strip()))


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


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) > MAX_INT32:
        raise ValueError(f"{text!r} is not a number of sources")
    return int(text)
