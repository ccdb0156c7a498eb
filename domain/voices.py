"""Who speaks: a side together with the country or organisation of whoever speaks."""

from collections.abc import Mapping
from typing import NamedTuple, TypeVar

from domain.events import Event, StatementRecorded
from domain.terms import Attribution, Side
from domain.timeline import Place
from domain.values import Basis, Condition, Statement, VisitDetails

T = TypeVar("T")


class Voice(NamedTuple):
    """One who speaks. The press has a voice for each outlet, and the desk has one."""

    side: Side | None
    country: str = ""
    organisation: str = ""
    outlet: str = ""

    @classmethod
    def of(cls, said: Basis | Condition | Statement, outlet: str = "") -> "Voice":
        """The voice as it is given."""
        side = said.side
        if side is Side.DESK:
            return cls(side)
        if outlet and side is Side.PRESS:
            return cls(side, outlet=outlet.casefold())
        return cls(side, said.country, said.organisation)

    def in_full(self, details: VisitDetails) -> "Voice":
        """The voice with the country or organisation that its side has by default."""
        if self.country or self.organisation:
            return self
        if self.side is Side.GUEST and (guest := details.principal):
            return Voice(Side.GUEST, guest.country, guest.organisation)
        if self.side is Side.HOST and (host := details.host):
            return Voice(Side.HOST, host.country, host.organisation)
        return self


class Said(NamedTuple):
    """Something that a voice said: a statement, or a basis of a change of the status.

    ``order`` is the place of the change, and the number of the basis in it.
    """

    voice: Voice
    spoken: Basis | Statement
    outlet: str
    attribution: Attribution | None
    is_firm: bool
    event: Event
    order: tuple[Place, int]

    @classmethod
    def in_basis(cls, event: Event, basis: Basis, order: tuple[Place, int]) -> "Said":
        """What a basis of a change says."""
        voice, form = Voice.of(basis, basis.outlet), basis.attribution
        return cls(voice, basis, basis.outlet, form, basis.is_firm, event, order)

    @classmethod
    def in_statement(cls, event: StatementRecorded, place: Place, details: VisitDetails) -> "Said":
        """What a statement says, which stands at a place.

        It is its speaker's word, whoever carried it. A basis of another voice does not make it
        firm.
        """
        statement = event.statement
        own = [basis for basis in event.basis if _is_own(basis, statement, details)]
        firm = firm_bases(event, details)
        carried = (firm or own or event.basis or (Basis(statement.side),))[0]
        voice, form = Voice.of(statement, carried.outlet), carried.attribution
        return cls(voice, statement, carried.outlet, form, bool(firm), event, (place, 0))

    @property
    def statement(self) -> Statement | None:
        """The statement, if it is one."""
        return self.spoken if isinstance(self.spoken, Statement) else None


def firm_bases(event: StatementRecorded, details: VisitDetails) -> list[Basis]:
    """The bases that make a statement firm: those of its own voice that are."""
    statement = event.statement
    return [b for b in event.basis if b.is_firm and _is_own(b, statement, details)]


def _is_own(basis: Basis, statement: Statement, details: VisitDetails) -> bool:
    """Whether a basis is of the statement's own voice."""
    if basis.side is not statement.side:
        return False
    if basis.country == statement.country and basis.organisation == statement.organisation:
        return True
    return Voice.of(basis).in_full(details) == Voice.of(statement).in_full(details)


def with_last(values: Mapping[Voice, T], voice: Voice, value: T) -> dict[Voice, T]:
    """The values with that of a voice, listed last, since the order is shown."""
    found = dict(values)
    found.pop(voice, None)
    found[voice] = value
    return found


def by_voice(values: Mapping[Voice, T], details: VisitDetails) -> dict[Voice, T]:
    """The values by voices in full: a host may have become known after it spoke."""
    found: dict[Voice, T] = {}
    for voice, value in values.items():
        full = voice.in_full(details)
        found.pop(full, None)
        found[full] = value
    return found
