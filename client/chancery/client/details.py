"""What visits and changes are made of: the same for what is told and what is answered."""

from dataclasses import dataclass
from datetime import date

from chancery.client.value import Value
from chancery.client.words import (
    AttributionWord,
    KindWord,
    RelationWord,
    SideWord,
    StatementWord,
    StatusWord,
)


@dataclass(frozen=True, repr=False)
class Window(Value):
    """The days for which a visit is planned, or on which it was held, local to the destination."""

    start: date | None = None
    """The first day; None where only the end is known."""
    end: date | None = None
    """The last day; None where it is open."""
    approximate: bool = False
    """Whether the days are an estimate of what was said more roughly."""
    as_stated: str = ""
    """The phrase as it was said: "early next year"."""

    def __str__(self) -> str:
        """The days, or the phrase alone: "2023-03-26 to 2023-03-29", "2023-03-26 or later"."""
        if self.start and self.end and self.start != self.end:
            return f"{self.start} to {self.end}"
        if self.start:
            return f"{self.start}" if self.end else f"{self.start} or later"
        return f"by {self.end}" if self.end else self.as_stated


@dataclass(frozen=True, repr=False)
class Principal(Value):
    """The person who travels."""

    name: str
    """The person's name."""
    office: str = ""
    """The office held at that time."""
    country: str = ""
    """The country represented: ISO 3166-1 alpha-2. Not together with ``organisation``."""
    organisation: str = ""
    """The organisation represented, if it is not a state."""
    other_names: tuple[str, ...] = ()
    """Other spellings and scripts of the name; at most 50."""


@dataclass(frozen=True, repr=False)
class Counterpart(Value):
    """Somebody whom the principal expects to meet."""

    name: str
    """The person's name."""
    office: str = ""
    """The office held at that time."""
    country: str = ""
    """The counterpart's country, if it is not the host's: ISO 3166-1 alpha-2."""
    other_names: tuple[str, ...] = ()
    """Other spellings and scripts of the name; at most 50."""


@dataclass(frozen=True, repr=False)
class Host(Value):
    """The state or organisation visited."""

    country: str = ""
    """ISO 3166-1 alpha-2, or the code of a state that is gone."""
    organisation: str = ""
    """The organisation visited. One of the two is needed."""
    counterparts: tuple[Counterpart, ...] = ()
    """The expected counterparts; at most 50."""


@dataclass(frozen=True, repr=False)
class Place(Value):
    """A place on the way. One of city and country is needed."""

    city: str = ""
    """The city."""
    country: str = ""
    """The country in which it lies today: ISO 3166-1 alpha-2."""
    other_names: tuple[str, ...] = ()
    """Other spellings of the city ("Kiev"); at most 50."""


@dataclass(frozen=True, repr=False)
class RelatedVisit(Value):
    """Another visit, and how this one is related to it: "this visit ... the other"."""

    relation: RelationWord
    """How this visit is related to it."""
    name: str
    """The other visit, with or without ``visits/``. It need not be recorded yet."""


@dataclass(frozen=True, repr=False)
class VisitDetails(Value):
    """The facts of a visit that are not its status."""

    title: str = ""
    """A short title for people."""
    principal: Principal | None = None
    """Who travels."""
    host: Host | None = None
    """Who is visited, as far as known."""
    destinations: tuple[Place, ...] = ()
    """Where to."""
    kind: KindWord | None = None
    """The kind of visit, in the terms of protocol."""
    purpose: str = ""
    """What for."""
    trip: str = ""
    """A label that visits made on one journey share."""
    aliases: tuple[str, ...] = ()
    """Other ids or spellings under which people look for the visit."""
    related: tuple[RelatedVisit, ...] = ()
    """Visits that belong to this one."""
    initiated_by: SideWord | None = None
    """On whose initiative the visit is made, where it was said."""


@dataclass(frozen=True, repr=False)
class Basis(Value):
    """On whose word something rests."""

    side: SideWord
    """Who speaks."""
    attribution: AttributionWord | None = None
    """In what form it was said. Needed unless the desk speaks."""
    speaker: str = ""
    """The person or office that speaks: "Ned Price, State Department"."""
    country: str = ""
    """The speaker's country, ISO 3166-1 alpha-2. By default the principal's or the host's."""
    organisation: str = ""
    """The speaker's organisation, if it is not a state."""
    source_count: int = 0
    """How many sources are claimed; 0 is not said."""
    outlet: str = ""
    """Where it was published: "Reuters"."""
    url: str = ""
    """The address of the publication: http or https."""
    published: date | None = None
    """The day on which it was published; not in the future."""
    quote: str = ""
    """A short quotation."""


@dataclass(frozen=True, repr=False)
class Condition(Value):
    """The words under which a visit is left open."""

    text: str
    """The words: "when conditions allow"."""
    side: SideWord
    """Whose words they are."""
    speaker: str = ""
    """The person or office that said them."""
    country: str = ""
    """The speaker's country; see ``Basis.country``."""
    organisation: str = ""
    """The speaker's organisation, if it is not a state."""


@dataclass(frozen=True, repr=False)
class Statement(Value):
    """What somebody says about a visit without changing its status."""

    kind: StatementWord
    """What the statement does."""
    side: SideWord
    """Who speaks, whoever carried it."""
    speaker: str = ""
    """The person or office that speaks."""
    country: str = ""
    """The speaker's country; see ``Basis.country``."""
    organisation: str = ""
    """The speaker's organisation, if it is not a state."""
    text: str = ""
    """What was said."""
    claimed_status: StatusWord | None = None
    """The status that the speaker claims."""
    claimed_window: Window | None = None
    """The window that the speaker claims or hopes for."""
    condition: Condition | None = None
    """The condition that the speaker names."""
    about_version: int = 0
    """The version of the change that this is about; 0 is none in particular."""
