"""The keywords of changes and questions, in Python's own types.

A word may have dashes or underscores for its spaces. A name of a visit may leave out ``visits/``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias, TypedDict, TypeVar

from chancery.client.details import (
    Basis,
    Condition,
    Host,
    Place,
    Principal,
    RelatedVisit,
    Window,
)
from chancery.client.value import Value
from chancery.client.words import (
    ChangeWord,
    DayWord,
    KindWord,
    SideWord,
    StandingWord,
    StatusWord,
)

Item = TypeVar("Item")
Several: TypeAlias = Item | Iterable[Item]
"""One, or any number of them."""
When = datetime | date | str
"""A time: an instant with a time zone, or a period.

An instant is a ``datetime`` with a time zone, or text as RFC 3339 has it: "2023-06-07T14:30:00Z".
A period is a ``date``, or text: "2023-06-07", "2023-06", "2023".
"""
Day = date | str
"""A day, or text: "2023-06-07"; "2023-06" and "2023" are the first or the last day of that."""
Days = Window | Day | tuple[Day | None, Day | None]
"""A window, its first and last day of which one may be None, or a period: "2023-06"."""


class About(TypedDict, total=False):
    """What every change may say: when it came about, on whose word, and how to record it."""

    effective: When
    """When it took effect in the world. Without it and ``known``: when it is recorded."""
    known: When
    """When it became known. If one of the two is given, the other takes its value."""
    reason: str
    """Why."""
    basis: Several[Basis]
    """On whose word; at most 50. If none is given, the word of the desk."""
    sources: Several[Basis]
    """Confidential bases; at most 50. They never count for the standing."""
    note: str
    """An internal remark."""
    request_id: str
    """A key of at most 200 characters under which the change is recorded once."""
    expected_version: int
    """The version that the visit must have; 0 if it must not exist yet."""
    validate_only: bool
    """Check everything and record nothing."""


class Facts(About, total=False):
    """The facts of a visit, beside its title and principal."""

    host: Host | str
    """Who is visited. Of a text, two capital letters are a country, all else an organisation."""
    destinations: Several[Place | str]
    """Where to; at most 50. A text is "Paris, FR", "Paris" or "FR"."""
    kind: KindWord
    """The kind of visit, in the terms of protocol."""
    purpose: str
    """What for."""
    trip: str
    """A label that visits made on one journey share."""
    aliases: Several[str]
    """Other ids or spellings under which people look for the visit; at most 50."""
    related: Several[RelatedVisit]
    """Visits that belong to this one; at most 50."""
    initiated_by: SideWord
    """On whose initiative the visit is made."""


class AllFacts(Facts, total=False):
    """The facts of a visit."""

    title: str
    """A short title for people."""
    principal: Principal | str
    """Who travels. A text is the name."""


class Opening(AllFacts, total=False):
    """What a change may say that opens a visit: refused if the visit is recorded already."""

    window_given_up: Days
    """The window that was given up."""


class Amending(AllFacts, total=False):
    """What an amendment may replace, clear, add and remove."""

    window: Days
    """A more exact window for the same plan."""
    held_window: Days
    """When it took place."""
    clear: Several[str]
    """The fields to clear: "purpose", "window"."""
    add_aliases: Several[str]
    """Aliases to add; each ``add_`` leaves alone what is there already."""
    remove_aliases: Several[str]
    """Aliases to remove; each ``remove_`` passes over what is not there."""
    add_related: Several[RelatedVisit]
    """Relations to add."""
    remove_related: Several[RelatedVisit]
    """Relations to remove."""
    add_names: Several[str]
    """Other names of the principal to add."""
    remove_names: Several[str]
    """Other names of the principal to remove."""
    add_counterpart_names: Mapping[str, Several[str]]
    """Other names to add, by the name of the counterpart."""
    remove_counterpart_names: Mapping[str, Several[str]]
    """Other names to remove, by the name of the counterpart."""
    add_city_names: Mapping[str, Several[str]]
    """Other names to add, by the city."""
    remove_city_names: Mapping[str, Several[str]]
    """Other names to remove, by the city."""


class Correcting(AllFacts, total=False):
    """What the earlier change should have said; ``reason`` and ``basis`` say why it did not."""

    window: Days
    """The right window."""
    held_window: Days
    """The right held window."""
    window_given_up: Days
    """The right window that was given up."""
    condition: Condition
    """The right condition."""
    right_reason: str
    """The reason that the change should have said."""
    right_basis: Several[Basis]
    """The basis that the change should have said, all of it."""
    clear: Several[str]
    """The fields to clear: "purpose", "window", "reason"."""


class Stating(About, total=False):
    """What a statement may say."""

    speaker: str
    """The person or office that speaks."""
    country: str
    """The speaker's country, if it is not that of the side."""
    organisation: str
    """The speaker's organisation, if it is not a state."""
    text: str
    """What was said."""
    claimed_status: StatusWord
    """The status that the speaker claims."""
    claimed_window: Days
    """The window that the speaker claims or hopes for."""
    condition: Condition | str
    """The condition that the speaker names. A text is in the words of the speaker."""
    about_version: int
    """The version of the change that this is about."""


class Then(TypedDict, total=False):
    """The moment that a question is about, and how fresh its answer must be.

    Those given are combined, and each defaults to now. A date, month or year is its end in UTC.
    """

    known_at: When
    """What was known to the world by then."""
    valid_at: When
    """What was in force then."""
    recorded_at: When
    """What the service had recorded by then. Not together with ``position``."""
    position: int
    """What the service had recorded up to this log position."""
    min_position: int
    """A log position from any earlier answer: this one is at least that fresh."""


@dataclass(frozen=True, repr=False)
class AsOf(Value):
    """A moment to compare a visit at. Those given are combined, and each defaults to now.

    A date, month or year is its end in UTC.
    """

    known_at: When | None = None
    """What was known to the world by then."""
    valid_at: When | None = None
    """What was in force then."""
    recorded_at: When | None = None
    """What the service had recorded by then. Not together with ``position``."""
    position: int | None = None
    """What the service had recorded up to this log position."""


class Which(Then, total=False):
    """What visits have to meet: all of what is given."""

    statuses: Several[StatusWord]
    """Any of these."""
    standings: Several[StandingWord]
    """Any of these."""
    principal: str
    """The principal's name, or another name, in full. Capitals and accents do not matter."""
    principal_country: str
    """The principal's country: ISO 3166-1 alpha-2."""
    host_country: str
    """The host's country: ISO 3166-1 alpha-2."""
    destination_country: str
    """The country of any destination: ISO 3166-1 alpha-2."""
    trip: str
    """The label that the visits of one journey share."""
    days: Day | tuple[Day | None, Day | None]
    """A period, or its first and last day, in which the visit has a day."""
    day_kinds: Several[DayWord]
    """Which days ``days`` is about: planned and held if not given."""
    under_way: bool
    """The principal has arrived and not yet left."""
    overdue: bool
    """Still planned, although the last day of the window is over everywhere on Earth."""
    related_to: str
    """Visits that name this one as related, or that it names."""
    updated_since: When
    """Something was recorded at or after this time."""
    heard_since: When
    """Last heard at or after this time."""
    quiet_since: When
    """Last heard before this time."""


class WhichChanges(TypedDict, total=False):
    """Which changes to list for an audit: all of what is given."""

    visit: str
    """Only the changes of this visit."""
    actor: str
    """Only the changes that this actor recorded, in full: "unverified:anna"."""
    change_types: Several[ChangeWord]
    """Only changes of these types."""
    recorded_from: When
    """Recorded at or after this time, or the beginning of a period."""
    recorded_until: When
    """Recorded at or before this time, or the end of a period."""
    known_from: When
    """Known at or after this time, or the beginning of a period."""
    known_until: When
    """Known at or before this time, or the end of a period."""
    first_position: int
    """At or after this log position."""
    last_position: int
    """At or before this log position."""
    min_position: int
    """A log position from any earlier answer: this one is at least that fresh."""
