"""What the client answers: frozen results, the many of which are sequences and tables."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar, overload

from chancery.client.error import ChanceryError
from chancery.client.event import Event
from chancery.client.value import Value, in_lines, in_text
from chancery.client.visit import Visit
from chancery.client.words import CountWord, StatusWord
from chancery.v1 import audit_service_pb2 as audit
from chancery.v1 import desk_service_pb2 as desk
from chancery.v1 import history_service_pb2 as history
from chancery.v1 import visit_service_pb2 as visits

Item = TypeVar("Item", bound=Value)


@dataclass(frozen=True, repr=False)
class Recorded(Value):
    """A change as it was recorded."""

    visit: Visit
    """The visit as the change leaves it."""
    event: Event
    """The change. Without position and record time if it was only validated."""
    replayed: bool = False
    """Whether this is the first answer to the same request, given again."""
    message: desk.AppliedChange | desk.RecordStatementResponse = field(
        repr=False, compare=False, kw_only=True
    )
    """The message that this was read from."""

    def __repr__(self) -> str:
        how = ", as before" if self.replayed else "" if self.event.position else ", only validated"
        return f"<{type(self).__name__} {self.event.summary}{how}; now {self.visit.summary}>"

    def rows(self) -> list[dict[str, object]]:
        """The change as a table of one row."""
        return self.event.rows()


@dataclass(frozen=True, repr=False)
class RecordedStatement(Recorded):
    """A statement as it was recorded."""

    counts_for: StatusWord | None = None
    """The status for which the statement counts; None if for none."""
    firm: bool = False
    """Whether it is firm. A basis of another side than the speaker's does not make it so."""


@dataclass(frozen=True, repr=False)
class Imported(Value):
    """What became of one change of an import."""

    index: int
    """The number of the change among all that were handed over, from 0."""
    event: Event | None = None
    """The change as it was recorded; None if it was refused."""
    error: ChanceryError | None = None
    """Why it was refused."""
    replayed: bool = False
    """Whether it was recorded before, under the same request id."""
    message: desk.ImportResult = field(repr=False, compare=False, kw_only=True)
    """The message that this was read from."""


@dataclass(frozen=True, repr=False)
class Many(Value, Sequence[Item], Generic[Item]):
    """Several results in their order, as a sequence and as a table."""

    items: tuple[Item, ...] = ()
    """The results."""

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Item, ...]: ...
    def __getitem__(self, index: int | slice) -> Item | tuple[Item, ...]:
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        return in_lines(f"<{type(self).__name__}: {len(self)}>", self.items)

    def rows(self) -> list[dict[str, object]]:
        """The results as a table: plain values, the same columns in every row."""
        return [row for item in self.items for row in item.rows()]  # type: ignore[attr-defined]


@dataclass(frozen=True, repr=False)
class Applied(Many[Recorded]):
    """Changes that were recorded together, in the order asked."""

    message: desk.ApplyChangesResponse = field(repr=False, compare=False, kw_only=True)
    """The message that this was read from."""


@dataclass(frozen=True, repr=False)
class Visits(Many[Visit]):
    """Visits, in the order asked."""

    view_position: int = 0
    """The log position that the answer reflects: of several pages, the first."""
    missing: tuple[str, ...] = ()
    """Of a batch: the names that were not found, or not by then."""
    message: visits.ListVisitsResponse | visits.BatchGetVisitsResponse = field(
        repr=False, compare=False, kw_only=True
    )
    """The message that this was read from."""


@dataclass(frozen=True, repr=False)
class History(Many[Event]):
    """Changes, with what later ones did to them."""

    view_position: int = 0
    """The log position that the answer reflects: of several pages, the first."""
    message: history.ListEventsResponse = field(repr=False, compare=False, kw_only=True)
    """The message that this was read from."""


@dataclass(frozen=True, repr=False)
class ValueCount(Value):
    """How many visits have one value."""

    value: str
    """The value: a word, a country or a name. Empty for the visits that have none."""
    visit_count: int
    """How many visits have it; at most 1000."""
    more: bool = False
    """Whether there are more."""


@dataclass(frozen=True, repr=False)
class CountGroup(Value):
    """The counts of one kind."""

    count_by: CountWord
    """What was counted by."""
    counts: tuple[ValueCount, ...]
    """The largest first; at most 50."""
    more_values: bool = False
    """Whether there are more values."""


@dataclass(frozen=True, repr=False)
class Count(Value):
    """How many visits there are."""

    visit_count: int
    """In all; at most 1000."""
    more: bool = False
    """Whether there are more."""
    groups: tuple[CountGroup, ...] = ()
    """One for each kind, in the order asked."""
    view_position: int = 0
    """The log position that the answer reflects."""
    message: visits.CountVisitsResponse = field(repr=False, compare=False, kw_only=True)
    """The message that this was read from."""

    def rows(self) -> list[dict[str, object]]:
        """A row for each value that was counted."""
        return [
            {
                "count_by": group.count_by,
                "value": each.value,
                "visit_count": each.visit_count,
                "more": each.more,
            }
            for group in self.groups
            for each in group.counts
        ]


@dataclass(frozen=True, repr=False)
class FieldChange(Value):
    """What became of one field of a visit."""

    path: str
    """The path of the field: "status", "details.principal.office"."""
    old_value: object = None
    """The old value, as the field of :class:`Visit` has it; None if there was none."""
    new_value: object = None
    """The new value, likewise."""

    def __str__(self) -> str:
        return f"{self.path}: {in_text(self.old_value)} -> {in_text(self.new_value)}"

    def row(self) -> dict[str, object]:
        """The change as a row of a table, with the values as text."""
        return {
            "path": self.path,
            "old_value": in_text(self.old_value),
            "new_value": in_text(self.new_value),
        }


@dataclass(frozen=True, repr=False)
class Comparison(Value):
    """What differs in a visit between two moments."""

    before: Visit | None
    """The visit as of the one moment; None if it was not there then."""
    after: Visit | None
    """The visit as of the other moment; None if it was not there then."""
    field_changes: tuple[FieldChange, ...]
    """The fields that differ."""
    events: tuple[Event, ...]
    """The changes that count for one of the moments and not for the other."""
    before_missing: str = ""
    """Why ``before`` is None: the reason of the error that would tell it."""
    after_missing: str = ""
    """Why ``after`` is None, likewise."""
    more_events: bool = False
    """Whether there are more changes than fit into one answer."""
    more_field_changes: bool = False
    """Whether there are more fields than fit into one answer."""
    view_position: int = 0
    """The log position that the answer reflects."""
    message: history.CompareVisitResponse = field(repr=False, compare=False, kw_only=True)
    """The message that this was read from."""

    def rows(self) -> list[dict[str, object]]:
        """A row for each field that differs."""
        return [each.row() for each in self.field_changes]

    def __repr__(self) -> str:
        visit = self.after or self.before
        return in_lines(f"<Comparison: {visit.name if visit else ''}>", self.field_changes, str)


@dataclass(frozen=True, repr=False)
class AuditedChange(Value):
    """A change as an auditor looks at it: who, when, why, on whose word, and what it changed."""

    event: Event
    """The change as it stands in the log, with what later changes did to it."""
    field_changes: tuple[FieldChange, ...] = ()
    """What it changed in the visit as it stood when it was recorded."""
    more_field_changes: bool = False
    """Whether there are more than fit into one answer."""
    message: audit.RecordedChange = field(repr=False, compare=False, kw_only=True)
    """The message that this was read from. It also has the times, if the change has none."""

    def __repr__(self) -> str:
        by = f" by {self.event.actor}" if self.event.actor else ""
        paths = ", ".join(each.path for each in self.field_changes)
        return f"<AuditedChange {self.event.summary}{by}: {paths}>"

    def rows(self) -> list[dict[str, object]]:
        """A row for each field that changed; one without a field if none did."""
        told = self.field_changes or (FieldChange(""),)
        return [{**self.event.row(), **each.row()} for each in told]


@dataclass(frozen=True, repr=False)
class Changes(Many[AuditedChange]):
    """Changes as an auditor looks at them."""

    view_position: int = 0
    """The log position that the answer reflects: of several pages, the first."""
    message: audit.ListChangesResponse = field(repr=False, compare=False, kw_only=True)
    """The message that this was read from."""
