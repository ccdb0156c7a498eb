"""Whose word counts: what was said of the status since the change that made it."""

from collections.abc import Sequence

from domain.events import Completed, Event, StatementRecorded, StatusEvent
from domain.state import State
from domain.terms import StatementKind
from domain.timeline import Place, Timeline
from domain.voices import Said, with_last

# The kinds of statement that are a word on the status. A doubt ends the word of its voice.
COUNTING = frozenset(StatementKind) - {StatementKind.REPORT, StatementKind.DECLINE}
_PRESENCE = frozenset({StatementKind.ARRIVED, StatementKind.DEPARTED})


def heard_from(changes: Sequence[Event]) -> int:
    """The index of the change from which on it counts what was said, in the order of the fold.

    It is the last change of the status; if that is a completion, the one before.
    """
    for i in range(len(changes) - 1, -1, -1):
        if isinstance(changes[i], StatusEvent) and not isinstance(changes[i], Completed):
            return i
    return 0


def hear(state: State, event: Event, timeline: Timeline) -> None:
    """Take in what an event says of the status. ``state`` has evolved with it."""
    if isinstance(event, StatusEvent):
        # What was said before counts no more, but for a completion.
        state.words = state.presence if isinstance(event, Completed) else {}
        state.said, state.presence, state.claims, state.under_way = {}, {}, {}, False
        _hear_basis(state, event, timeline.place(event))
    elif isinstance(event, StatementRecorded):
        _hear_statement(state, event, timeline)


def _hear_basis(state: State, event: StatusEvent, place: Place) -> None:
    """Take what the basis of a change of the status says."""
    for number, basis in enumerate(event.basis):
        said = Said.in_basis(event, basis, (place, number))
        voice = said.voice.in_full(state.details)
        state.said = with_last(state.said, voice, said)
        if said.is_firm:
            state.words = with_last(state.words, voice, said)


def _hear_statement(state: State, event: StatementRecorded, timeline: Timeline) -> None:
    statement = event.statement
    said = Said.in_statement(event, timeline.place(event), state.details)
    voice = said.voice.in_full(state.details)
    state.said = with_last(state.said, voice, said)
    if said.is_firm and statement.kind in COUNTING:
        if _is_about_status(state, statement.about_version, timeline):
            state.words = with_last(state.words, voice, said)
        if statement.kind in _PRESENCE and not statement.about_version:
            state.presence = with_last(state.presence, voice, said)
    if statement.claimed_window is not None or statement.kind is StatementKind.DENY:
        state.claims = with_last(state.claims, voice, said)
    if statement.kind in _PRESENCE:
        state.under_way = statement.kind is StatementKind.ARRIVED


def _is_about_status(state: State, about: int, timeline: Timeline) -> bool:
    """Whether a statement about the change of that version is about the status as it is.

    One about a status change is, while that change made the status, or, where it was retracted,
    a later change to the same status did; one about any other change, while that stands behind
    the change that made the status. 0 is no change in particular.
    """
    change = state.status_change
    if change is None or about in (0, change.originator_version):
        return change is not None
    if about in state.retracted:
        return about < change.originator_version and state.retracted[about] is state.status
    place = timeline.place_of_version(about)
    return place is not None and about not in state.left_out and place > timeline.place(change)
