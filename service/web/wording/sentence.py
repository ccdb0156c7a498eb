"""The case in one sentence, and who disagrees."""

from collections.abc import Callable
from datetime import datetime

from markupsafe import Markup, escape

from chancery.client import PreviousWindow, Visit, Window, Word
from service.web.wording.dates import moment, overdue_days, when
from service.web.wording.numbers import plural
from service.web.wording.statement import verb, voice
from service.web.wording.text import QUOTED, bold, capital, own, quoted, warning
from service.web.wording.windows import given, held, window


def sentence(visit: Visit, at: datetime) -> Markup:
    """The case of a visit as it stands at a moment, in one sentence or a few.

    It says the status with its days, whether they have passed, what was planned before, whether
    guest or host has confirmed it, and which of them disagrees.
    """
    if visit.status is None:
        return _withdrawn(visit)
    told = _CASES[visit.status](visit) if visit.status in _CASES else escape(visit.status)
    if days := overdue_days(visit, at):
        ago = warning(f"That was {plural(days, 'day')} ago")
        told += Markup(". {}, and nobody has said what became of it").format(ago)
    told += "."
    if visit.under_way and visit.details.principal:
        told += Markup(" It is under way: {} has arrived.").format(
            own(visit.details.principal.name)
        )
    if visit.standing == "reported":
        told += " Neither the guest nor the host has confirmed that."
    return told + Markup().join(map(_disagreement, disagreements(visit)))


def disagreements(visit: Visit) -> list[Word]:
    """The words that contradict the status or the days, the oldest first."""
    against = ("contradicts status", "contradicts days")
    return [word for word in visit.words if word.counts and word.stance in against]


def _scheduled(visit: Visit) -> Markup:
    return _planned("Planned", visit)


def _rescheduled(visit: Visit) -> Markup:
    return _planned("Planned again,", visit) + _earlier("; before, {}", visit)


def _planned(how: str, visit: Visit) -> Markup:
    if visit.window is None:
        return Markup("{}, {}").format(how.rstrip(","), bold("without a date"))
    preposition, _, days = given(visit.window).partition(" ")
    return Markup("{} {} {}").format(how, preposition, bold(Markup(days)))


def _put_off(visit: Visit) -> Markup:
    told = Markup("Put off {}, with {}").format(_effective(visit), bold("no new date"))
    return told + _conditions("; {}", visit) + _earlier("; it was planned {}", visit)


def _left_open(visit: Visit) -> Markup:
    since = _since(visit)
    if len(visit.conditions) == 1:
        condition = bold(quoted(visit.conditions[0].condition.text, QUOTED))
        told = Markup("Left open {} {}").format(condition, since)
    else:
        told = Markup("Left open {}").format(since) + _conditions(": {}", visit)
    return told + _earlier("; it was planned {}", visit)


def _took_place(visit: Visit) -> Markup:
    if visit.held_window is None:
        told = Markup("It took place")
    else:
        told = Markup("It took place {}").format(bold(held(visit.held_window)))
    return told + _earlier("; it was once planned {}", visit)


def _called_off(visit: Visit) -> Markup:
    told = Markup("{} {}").format(bold("Called off"), _effective(visit))
    told += _conditions("; {}", visit)
    if visit.window is not None:
        return told + Markup("; it was planned {}").format(given(visit.window))
    return told + _earlier("; it was planned {}", visit)


def _withdrawn(visit: Visit) -> Markup:
    told = Markup("{}: what opened it was entered in error").format(bold("Withdrawn"))
    if visit.merged_into:
        stays = own(visit.merged_into.removeprefix("visits/"))
        told += Markup("; the visit that stays is {}").format(stays)
    return told + "."


def _conditions(form: str, visit: Visit) -> Markup:
    """What each voice names as its condition."""
    said = [
        Markup("{} says {}").format(
            voice(each.condition), bold(quoted(each.condition.text, QUOTED))
        )
        for each in visit.conditions
    ]
    return Markup(form).format(Markup("; ").join(said)) if said else Markup()


def _earlier(form: str, visit: Visit) -> Markup:
    """The window that was planned before and was not kept."""
    for former in reversed(visit.previous_windows):
        if former.ending != "made exact" and not _was_kept(former, visit.held_window):
            return Markup(form).format(given(former.window))
    return Markup()


def _was_kept(former: PreviousWindow, held_window: Window | None) -> bool:
    """Whether the visit was held in the days that were planned."""
    first, last = former.window.start, former.window.end
    if held_window is None or held_window.start is None or held_window.end is None:
        return False
    return (last is None or held_window.start <= last) and (
        first is None or held_window.end >= first
    )


def _disagreement(word: Word) -> Markup:
    """``The host disagrees: “There is nothing to postpone”.``"""
    who, statement = capital(voice(word)), word.statement
    if word.stance == "contradicts days" and statement and statement.claimed_window:
        days = window(statement.claimed_window)
        return Markup(" {}: {}.").format(warning(Markup("{} names other days").format(who)), days)
    told = Markup(" {}").format(warning(Markup("{} disagrees").format(who)))
    if statement and statement.text:
        return told + Markup(": {}.").format(quoted(statement.text, QUOTED))
    if statement and statement.claimed_status:
        return told + Markup(": it says {}.").format(statement.claimed_status)
    return told + (Markup(": it {} it.").format(verb(statement.kind)) if statement else ".")


def _effective(visit: Visit) -> str:
    time = visit.effective_time
    return moment(time, visit.effective_period) if time else "at a time that is not known"


def _since(visit: Visit) -> str:
    time = visit.effective_time
    return f"since {when(time, visit.effective_period)}" if time else "for an unknown time"


_CASES: dict[str, Callable[[Visit], Markup]] = {
    "scheduled": _scheduled,
    "rescheduled": _rescheduled,
    "postponed": _put_off,
    "when conditions allow": _left_open,
    "completed": _took_place,
    "cancelled": _called_off,
}
