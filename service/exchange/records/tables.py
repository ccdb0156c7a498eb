"""The tables by which countries, places and people of the record are told.

See ``tables/README.md`` for what they are and where they come from.
"""

import csv
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from domain import countries


class Country(NamedTuple):
    """A state as the record names it: who received, and where its places lie today."""

    code: str
    """The state that received; one that ended has its former code."""
    name: str
    """Its name as it stands in a sentence: "the Soviet Union"."""
    today: str
    """The country in which a place of it lies that the table of places does not have."""
    territory: str = ""
    """The code of a dependency, which counts apart from the state that held it."""
    organisation: str = ""
    """The organisation that received beside it."""


class Spot(NamedTuple):
    """A locality as it is called today, and where it lies."""

    city: str
    country: str
    territory: str = ""


class Person(NamedTuple):
    """Somebody in office."""

    name: str
    office: str
    country: str


class _Row(NamedTuple):
    """A row of the table of countries, with the days for which it holds."""

    id: str
    since: date
    until: date
    country: Country


def country(name: str, id: str, day: date) -> Country | None:
    """The state that a record names, on that day; None if it is unknown.

    ``id`` is the record's own for it: "korea-south".
    """
    table = _countries()
    for row in table.get(name, ()):
        if row.since <= day <= row.until:
            return row.country
    same = {row.country for rows in table.values() for row in rows if row.id == id}
    if len({each.code for each in same}) == 1:
        return min(same, key=lambda each: each.territory)
    for written in (name, id.replace("-", " ")):
        if code := countries.code_of(re.sub(r"\s*\([^)]*\)", "", written)):
            return Country(code, called(code), code)
    return None


def called(code: str) -> str:
    """The name of the country with a code, as it stands in a sentence."""
    for rows in _countries().values():
        for row in rows:
            if row.country.code == code and not row.country.territory:
                return row.country.name
    name = countries.name_of(code)
    has_article = name.startswith(("United", "US ")) or name.endswith(("Islands", "Republic"))
    return f"the {name}" if has_article else name


def spot(code: str, locality: str) -> Spot | None:
    """The place for a locality of the state with that code, if the table has it."""
    return _places().get((code, locality))


@cache
def territories() -> frozenset[str]:
    """The codes of the dependencies that count apart from the states that held them."""
    of_countries = (row.country.territory for rows in _countries().values() for row in rows)
    of_places = (spot.territory for spot in _places().values())
    return frozenset(filter(None, (*of_countries, *of_places)))


def person(key: str) -> Person | None:
    """The secretary of state whose id in the record begins with ``key``."""
    return _people().get(key)


@cache
def _countries() -> dict[str, list[_Row]]:
    found: dict[str, list[_Row]] = {}
    for row in _rows("countries.csv"):
        since = date.fromisoformat(row["from"]) if row["from"] else date.min
        until = date.fromisoformat(row["to"]) if row["to"] else date.max
        told = Country(
            row["code"],
            row["name"],
            row["today"].split()[0],
            row["territory"],
            row["organisation"],
        )
        found.setdefault(row["country"], []).append(_Row(row["id"], since, until, told))
    return found


@cache
def _places() -> dict[tuple[str, str], Spot]:
    return {
        (row["code"], row["locality"]): Spot(row["city"], row["country"], row["territory"])
        for row in _rows("places.csv")
    }


@cache
def _people() -> dict[str, Person]:
    return {
        row["key"]: Person(row["name"], row["office"], row["country"])
        for row in _rows("people.csv")
    }


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files(__package__ or "").joinpath("tables", name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())
