"""How firm a status is: derived from what the two sides said, never typed in."""

from enum import StrEnum

from domain.events import StatementRecorded
from domain.state import State
from domain.status import GROUPS, Status
from domain.terms import Side, StatementKind


class Standing(StrEnum):
    """How firm a status is."""

    REPORTED = "reported"
    OFFICIAL = "official"
    DISPUTED = "disputed"


def standing(state: State) -> Standing:
    """The standing of a visit that has a status.

    For the guest and for the host, the latest firm word counts. It comes from the basis of the
    change that gave the status, or from a statement with the same or a later effective time;
    the version decides a tie. Third parties, press and desk never count.
    """
    words = [_agrees(state, side) for side in (Side.GUEST, Side.HOST)]
    if False in words:
        return Standing.DISPUTED
    return Standing.OFFICIAL if True in words else Standing.REPORTED


def _agrees(state: State, side: Side) -> bool | None:
    """Whether a side's latest firm word agrees with the status; None if it gave none."""
    change = state.status_change
    assert change is not None
    assert state.status is not None
    gave_its_word = any(basis.is_firm_word_of(side) for basis in change.basis)
    said = state.firm_statements.get(side)
    if said is not None:
        began, spoke = change.effective_instant, said.effective_instant
        is_later = (spoke, said.originator_version) > (began, change.originator_version)
        if is_later or (spoke == began and not gave_its_word):
            return _statement_agrees(said, state.status)
    return True if gave_its_word else None


def _statement_agrees(said: StatementRecorded, status: Status) -> bool:
    claimed = said.statement.claimed_status
    if claimed is not None:
        return GROUPS[claimed] is GROUPS[status]
    return said.statement.kind is not StatementKind.DENY
