"""What a visit is made of, as frozen value objects.

A value can be made from anything that was ever recorded, so that old history loads even after
a rule was tightened. Commands call ``checked``, which applies today's rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import ClassVar, Self

from domain.copies import changed
from domain.errors import InvalidValue, Problem
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
    each,
    other_values,
    own_rules,
    required,
)


@dataclass(frozen=True)
class Value:
    """A value object with a rule for each field that has one."""

    RULES: ClassVar[Mapping[str, Rule]] = {}

    def checked(self) -> Self:
        """The value with its text clean.

        :raises InvalidValue: names each field that breaks a rule.
        """
        given = {field: getattr(self, field) for field in self.RULES}
        other, problems = other_values(self.RULES, given)
        value = changed(self, **other) if other else self
        if problems := [*problems, *value._problems_between_fields()]:
            raise InvalidValue(problems)
        return value

    def _problems_between_fields(self) -> list[Problem]:
        return []


@dataclass(frozen=True)
class Window(Value):
    """The first and the last day at the destination, and how they were put.

    At least one of the three is known: "after the election" has a phrase alone, "in June or
    later" no end, and "by the end of the year" no start.
    """

    start: date | None = None
    end: date | None = None
    approximate: bool = False
    as_stated: str = ""

    RULES: ClassVar = {"as_stated": a_text}

    @property
    def is_exact(self) -> bool:
        """Whether both days are known, and not as an estimate."""
        return self.start is not None and self.end is not None and not self.approximate

    @property
    def plan(self) -> object:
        """What two windows for the same plan have in common: their days, or else their words."""
        return (self.start, self.end) if self.start or self.end else self.as_stated.casefold()

    @property
    def first_day(self) -> date | None:
        """The first day that is known."""
        return self.start or self.end

    def shares_a_day_with(self, other: "Window") -> bool:
        """Whether both can be true of one visit. A window without days excludes nothing."""
        starts_in_time = not (self.start and other.end) or self.start <= other.end
        return starts_in_time and (not (other.start and self.end) or other.start <= self.end)

    def _problems_between_fields(self) -> list[Problem]:
        if self.start and self.end and self.end < self.start:
            return [Problem("end", f"must not be before the start, {self.start}")]
        if not self.start and not self.end and not self.as_stated:
            text = "is required, or one of end and as_stated: days, or the words that were used"
            return [Problem("start", text)]
        return []


@dataclass(frozen=True)
class Principal(Value):
    """The person who travels, their office, and the country or organisation they represent."""

    name: str
    office: str = ""
    country: str = ""
    organisation: str = ""
    other_names: tuple[str, ...] = ()

    RULES: ClassVar = {
        "name": required(a_name),
        "office": a_name,
        "country": a_country,
        "organisation": a_name,
        "other_names": each(required(a_name)),
    }

    def _problems_between_fields(self) -> list[Problem]:
        if self.country and self.organisation:
            return [Problem("organisation", "must be empty if a country is given")]
        return []


@dataclass(frozen=True)
class Counterpart(Value):
    """Someone whom the principal expects to meet, of the host's country if no other is named."""

    name: str
    office: str = ""
    country: str = ""
    other_names: tuple[str, ...] = ()

    RULES: ClassVar = {
        "name": required(a_name),
        "office": a_name,
        "country": a_country,
        "other_names": each(required(a_name)),
    }


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
        if not self.country and not self.organisation:
            return [Problem("country", "is required if no organisation is given")]
        return []


@dataclass(frozen=True)
class Place(Value):
    """A place on the way."""

    city: str = ""
    country: str = ""
    other_names: tuple[str, ...] = ()

    RULES: ClassVar = {
        "city": a_name,
        "country": a_country,
        "other_names": each(required(a_name)),
    }

    def _problems_between_fields(self) -> list[Problem]:
        if not self.city and not self.country:
            return [Problem("city", "is required if no country is given")]
        return []


@dataclass(frozen=True)
class Basis(Value):
    """On whose word a change rests."""

    side: Side | None
    country: str = ""
    organisation: str = ""
    speaker: str = ""
    attribution: Attribution | None = None
    source_count: int = 0
    outlet: str = ""
    url: str = ""
    published: date | None = None
    quote: str = ""

    RULES: ClassVar = {
        "side": required(anything),
        "country": a_country,
        "organisation": a_name,
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

    @property
    def is_firm(self) -> bool:
        """Whether it is in a form that binds whoever speaks."""
        return self.attribution in FIRM


DESK = Basis(Side.DESK)


@dataclass(frozen=True)
class Condition(Value):
    """The words under which a visit is left open."""

    text: str
    side: Side | None
    country: str = ""
    organisation: str = ""
    speaker: str = ""

    RULES: ClassVar = {
        "text": required(a_text),
        "side": required(anything),
        "country": a_country,
        "organisation": a_name,
        "speaker": a_name,
    }


@dataclass(frozen=True)
class Statement(Value):
    """What someone says about a visit; it does not change the status."""

    kind: StatementKind | None
    side: Side | None
    country: str = ""
    organisation: str = ""
    speaker: str = ""
    text: str = ""
    claimed_status: Status | None = None
    claimed_window: Window | None = None
    condition: Condition | None = None
    about_version: int = 0

    RULES: ClassVar = {
        "kind": required(anything),
        "side": required(anything),
        "country": a_country,
        "organisation": a_name,
        "speaker": a_name,
        "text": a_text,
        "claimed_window": own_rules,
        "condition": own_rules,
        "about_version": a_count,
    }

    @property
    def own_basis(self) -> Basis:
        """The basis that it has where none is given: the word of whoever speaks."""
        form = Attribution.ON_THE_RECORD if self.speaker else Attribution.ANONYMOUS
        return Basis(self.side, self.country, self.organisation, self.speaker, form)


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
        "title": required(a_name),
        "principal": required(own_rules),
        "host": own_rules,
        "destinations": each(own_rules),
        "purpose": a_text,
        "trip": a_name,
        "aliases": each(required(a_name)),
        "related": each(own_rules),
    }


DETAIL_FIELDS = tuple(field.name for field in fields(VisitDetails))


@dataclass(frozen=True)
class OtherNames(Value):
    """Other names of one counterpart or city, by the name that stands in the details."""

    name: str
    other_names: tuple[str, ...]

    RULES: ClassVar = {"name": required(a_name), "other_names": each(required(a_name))}

    def _problems_between_fields(self) -> list[Problem]:
        return [] if self.other_names else [Problem("other_names", "is required")]


@dataclass(frozen=True)
class DetailItems(Value):
    """Single items of the lists in the details, to add or to remove one by one."""

    aliases: tuple[str, ...] = ()
    related: tuple[RelatedVisit, ...] = ()
    principal_other_names: tuple[str, ...] = ()
    counterpart_other_names: tuple[OtherNames, ...] = ()
    city_other_names: tuple[OtherNames, ...] = ()

    RULES: ClassVar = {
        "aliases": each(required(a_name)),
        "related": each(own_rules),
        "principal_other_names": each(required(a_name)),
        "counterpart_other_names": each(own_rules),
        "city_other_names": each(own_rules),
    }


NO_DETAILS = VisitDetails()
NO_ITEMS = DetailItems()
