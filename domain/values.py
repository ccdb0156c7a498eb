"""What a visit is made of, as frozen value objects.

A value can be made from anything that was ever recorded, so that old history loads even after
a rule was tightened. Commands call ``checked``, which applies today's rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import ClassVar, Self

from domain.errors import Problem
from domain.status import Status
from domain.terms import FIRM, Attribution, Relation, Side, StatementKind, VisitKind
from domain.validation import (
    Rule,
    a_count,
    a_country,
    a_name,
    a_text,
    a_url,
    a_visit_id,
    anything,
    checked_fields,
    each,
    own_rules,
    required,
)


@dataclass(frozen=True)
class Value:
    """A value object with a rule for each field that has one."""

    RULES: ClassVar[Mapping[str, Rule]] = {}

    def checked(self) -> Self:
        """The value with its text in NFC.

        :raises InvalidValue: names each field that breaks a rule.
        """
        given = {field: getattr(self, field) for field in self.RULES}
        cleaned = checked_fields(self.RULES, given, self._problems_between_fields())
        return replace(self, **cleaned) if cleaned != given else self

    def _problems_between_fields(self) -> list[Problem]:
        return []


@dataclass(frozen=True)
class Window(Value):
    """The first and the last day at the destination, and how they were put."""

    start: date | None
    end: date | None
    approximate: bool = False
    as_stated: str = ""

    RULES: ClassVar = {"start": required(anything), "end": required(anything), "as_stated": a_text}

    def _problems_between_fields(self) -> list[Problem]:
        if self.start and self.end and self.end < self.start:
            return [Problem("end", f"must not be before the start, {self.start}")]
        return []


@dataclass(frozen=True)
class Principal(Value):
    """The person who travels, their office, and the country or organisation they represent."""

    name: str
    office: str = ""
    country: str = ""
    organisation: str = ""

    RULES: ClassVar = {
        "name": required(a_name),
        "office": a_name,
        "country": a_country,
        "organisation": a_name,
    }

    def _problems_between_fields(self) -> list[Problem]:
        if self.country and self.organisation:
            return [Problem("organisation", "must be empty if a country is given")]
        return []


@dataclass(frozen=True)
class Counterpart(Value):
    """Someone whom the principal expects to meet."""

    name: str
    office: str = ""

    RULES: ClassVar = {"name": required(a_name), "office": a_name}


@dataclass(frozen=True)
class Host(Value):
    """The state or organisation visited."""

    country: str = ""
    organisation: str = ""
    counterparts: tuple[Counterpart, ...] = ()

    RULES: ClassVar = {
        "country": a_country,
        "organisation": a_name,
        "counterparts": each(own_rules),
    }

    def _problems_between_fields(self) -> list[Problem]:
        if not self.country and not self.organisation.strip():
            return [Problem("country", "is required if no organisation is given")]
        return []


@dataclass(frozen=True)
class Place(Value):
    """A place on the way."""

    city: str = ""
    country: str = ""

    RULES: ClassVar = {"city": a_name, "country": a_country}

    def _problems_between_fields(self) -> list[Problem]:
        if not self.city.strip() and not self.country:
            return [Problem("city", "is required if no country is given")]
        return []


@dataclass(frozen=True)
class Basis(Value):
    """On whose word a change rests."""

    side: Side | None
    speaker: str = ""
    attribution: Attribution | None = None
    source_count: int = 0
    outlet: str = ""
    url: str = ""
    published: date | None = None
    quote: str = ""

    RULES: ClassVar = {
        "side": required(anything),
        "speaker": a_name,
        "source_count": a_count,
        "outlet": a_name,
        "url": a_url,
        "quote": a_text,
    }

    def _problems_between_fields(self) -> list[Problem]:
        if self.attribution is None and self.side is not Side.DESK:
            return [Problem("attribution", "is required unless the desk speaks")]
        return []

    def is_firm_word_of(self, side: Side) -> bool:
        """Whether this is that side's word, in a form that binds it."""
        return self.side is side and self.attribution in FIRM


@dataclass(frozen=True)
class Condition(Value):
    """The words under which a visit is left open."""

    text: str
    side: Side | None
    speaker: str = ""

    RULES: ClassVar = {"text": required(a_text), "side": required(anything), "speaker": a_name}


@dataclass(frozen=True)
class Statement(Value):
    """What someone says about a visit; it does not change the status."""

    kind: StatementKind | None
    side: Side | None
    speaker: str = ""
    text: str = ""
    claimed_status: Status | None = None
    claimed_window: Window | None = None
    condition: Condition | None = None
    about_version: int = 0
    country: str = ""

    RULES: ClassVar = {
        "kind": required(anything),
        "side": required(anything),
        "speaker": a_name,
        "text": a_text,
        "claimed_window": own_rules,
        "condition": own_rules,
        "about_version": a_count,
        "country": a_country,
    }


@dataclass(frozen=True)
class RelatedVisit(Value):
    """Another visit, by its id in ``name``, and how this one relates to it."""

    name: str
    relation: Relation | None

    RULES: ClassVar = {"name": required(a_visit_id), "relation": required(anything)}


@dataclass(frozen=True)
class VisitDetails(Value):
    """The facts about a visit other than its status and windows."""

    title: str = ""
    principal: Principal | None = None
    host: Host | None = None
    destinations: tuple[Place, ...] = ()
    kind: VisitKind | None = None
    purpose: str = ""
    trip: str = ""
    aliases: tuple[str, ...] = ()
    related: tuple[RelatedVisit, ...] = ()
    initiated_by: Side | None = None

    RULES: ClassVar = {
        "title": a_name,
        "principal": required(own_rules),
        "host": required(own_rules),
        "destinations": each(own_rules),
        "purpose": a_text,
        "trip": a_name,
        "aliases": each(required(a_name)),
        "related": each(own_rules),
    }


DETAIL_FIELDS = tuple(field.name for field in fields(VisitDetails))
