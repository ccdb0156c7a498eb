"""How firm a status is, and who says otherwise: derived from what was said, never typed in."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from domain.events import StatementRecorded
from domain.state import CurrentCondition, State
from domain.status import GROUPS, Group, Status
from domain.terms import Side, StatementKind
from domain.times import over_at
from domain.values import Window
from domain.voices import Said, Voice, by_voice, firm_bases


class Standing(StrEnum):
    """How firm a status is."""

    REPORTED = "reported"
    OFFICIAL = "official"
    DISPUTED = "disputed"


class Stance(StrEnum):
    """How a word that counts stands to the visit as it is."""

    AGREES = "agrees"
    CONTRADICTS_STATUS = "contradicts the status"
    CONTRADICTS_DAYS = "contradicts the days"


class Word(NamedTuple):
    """What a voice said last, or its word that counts, which has a stance."""

    voice: Voice
    said: Said
    stance: Stance | None = None

    @property
    def counts(self) -> bool:
        """Whether the word counts for the standing."""
        return self.stance is not None


def standing(state: State) -> Standing:
    """The standing of a visit that has a status.

    Disputed if a word contradicts the status, else official if one agrees. A contradiction about
    the days alone counts as agreeing.
    """
    stances = {stance for _, _, stance in _counting(state)} if state.words else set()
    if Stance.CONTRADICTS_STATUS in stances:
        return Standing.DISPUTED
    return Standing.OFFICIAL if stances else Standing.REPORTED


def words(state: State) -> list[Word]:
    """The last word of each voice, and of each guest and host also the one that counts.

    The one said first comes first.
    """
    counting = {voice: (said, stance) for voice, said, stance in _counting(state)}
    found: list[Word] = []
    for voice, said in by_voice(state.said, state.details).items():
        counted, stance = counting.pop(voice, (None, None))
        if counted is not None and counted is not said:
            found.append(Word(_shown(voice, counted), counted, stance))
            stance = None
        found.append(Word(_shown(voice, said), said, stance))
    found += [Word(_shown(voice, said), said, stance) for voice, (said, stance) in counting.items()]
    return sorted(found, key=lambda word: word.said.order) if len(found) > 1 else found


def weight(state: State, event: StatementRecorded) -> tuple[Status | None, bool]:
    """The status for which a statement counts, and whether it is firm, which needs no status.

    It may stand ahead of the status, or its speaker may have said something since.
    """
    counts = any(
        said.event.originator_version == event.originator_version for _, said, _ in _counting(state)
    )
    return state.status if counts else None, bool(firm_bases(event, state.details))


def claimed_windows(state: State) -> list[tuple[Voice, Said]]:
    """The latest window that each voice but the desk's claims, where it is not the plan.

    Of a completed visit, where it is neither what was planned nor when it was held.
    """
    if not state.claims:
        return []
    known = [state.window, state.held_window if state.status is Status.COMPLETED else None]
    plans = [window.plan for window in known if window is not None]
    return [
        (_shown(voice, said), said)
        for voice, said in by_voice(state.claims, state.details).items()
        if voice.side is not Side.DESK
        and (window := _claimed(said)) is not None
        and window.plan not in plans
    ]


def conditions(state: State) -> list[CurrentCondition]:
    """The conditions that hold: the latest of each voice."""
    return list(by_voice(state.conditions, state.details).values())


def is_under_way(state: State) -> bool:
    """Whether the principal has arrived and not yet left, while the visit is planned."""
    return state.under_way and _group(state) is Group.PLANNED


def overdue_at(state: State) -> datetime | None:
    """When the last day of a planned visit is over everywhere; None if it has none."""
    if _group(state) is not Group.PLANNED or state.window is None or state.window.end is None:
        return None
    return over_at(state.window.end)


def _counting(state: State) -> Iterator[tuple[Voice, Said, Stance]]:
    """The words of the guest and host voices that count, and their stances."""
    for voice, said in by_voice(state.words, state.details).items():
        if voice.side in (Side.GUEST, Side.HOST) and (stance := _stance(state, said)) is not None:
            yield voice, said, stance


def _shown(voice: Voice, said: Said) -> Voice:
    """The voice with the country and the organisation that were given where it needs none."""
    country, organisation = said.spoken.country, said.spoken.organisation
    if voice.country or voice.organisation or not (country or organisation):
        return voice
    return voice._replace(country=country, organisation=organisation)


def _stance(state: State, said: Said) -> Stance | None:
    """How a firm word stands to the visit; None if it left the visit in doubt."""
    kind, group = said.statement and said.statement.kind, _group(state)
    if said.statement is None:
        return Stance.AGREES
    if kind is StatementKind.DOUBT:
        return None
    has_days = group in (Group.PLANNED, Group.COMPLETED)
    if kind in (StatementKind.ARRIVED, StatementKind.DEPARTED):
        agrees = has_days
    elif said.statement.claimed_status is not None:
        agrees = GROUPS[said.statement.claimed_status] is group
    else:
        is_about_days = said.statement.claimed_window is not None and has_days
        agrees = kind is not StatementKind.DENY or is_about_days
    if not agrees:
        return Stance.CONTRADICTS_STATUS
    return Stance.CONTRADICTS_DAYS if _other_days(state, said) else Stance.AGREES


def _other_days(state: State, said: Said) -> bool:
    """Whether a word claims a window that shares no day with the planned or held one."""
    known = [w for w in (state.window, state.held_window) if w is not None and w.first_day]
    claimed = _claimed(said)
    if claimed is None or claimed.first_day is None or not known:
        return False
    return not any(claimed.shares_a_day_with(window) for window in known)


def _claimed(said: Said) -> Window | None:
    return said.statement.claimed_window if said.statement is not None else None


def _group(state: State) -> Group | None:
    return GROUPS[state.status] if state.status is not None else None
