"""The sentence of the page of today: what a desk asks in the morning, answered in words."""

from datetime import UTC, datetime

from markupsafe import Markup

from service.web.pages.days import Days
from service.web.pages.some import Number
from service.web.pages.today import Today
from service.web.wording import day


def morning(today: Today, days: Days) -> Markup:
    """``Six visits have changed since yesterday; one is overdue; the sides disagree about two.``

    Each number links to its evidence below. What there is none of is said as well, so that the
    sentence always answers all five questions.
    """
    changed, due, waiting = today.changed.number, today.due.number, today.without_a_date
    about = _about(today.disputed.number)
    return Markup("{} since {}; {}; {}. {} {} due in six weeks, and {} {} without a date.").format(
        _linked("changed", _changed(changed), changed),
        since_when(days),
        _linked("look", f"{_none(today.overdue.number)} overdue", today.overdue.number, warn=True),
        _linked("look", about, today.disputed.number, warn=True),
        _linked("coming", _capital(_none(due).rpartition(" ")[0]), due),
        "is" if due.is_one or not due else "are",
        _linked("open", "none" if not waiting else str(waiting), waiting),
        "waits" if waiting.is_one or not waiting else "wait",
    )


def since_when(days: Days) -> str:
    """``yesterday``, ``the day before``, ``27 November 2026``: the day with which news begin."""
    began = days.since.astimezone(UTC)
    distance = (days.today - began.date()).days
    is_day = began == datetime.combine(began.date(), datetime.min.time(), UTC)
    if distance == 1 and is_day:
        return "the day before" if days.is_past else "yesterday"
    return day(began.date())


def _changed(number: Number) -> str:
    if not number:
        return "Nothing has changed"
    return f"{_capital(number.of_things('visit'))} {'has' if number.is_one else 'have'} changed"


def _none(number: Number) -> str:
    """``none is``, ``one is``, ``four are``."""
    if not number:
        return "none is"
    return f"{number} {'is' if number.is_one else 'are'}"


def _about(number: Number) -> str:
    return f"the sides disagree about\N{NO-BREAK SPACE}{number}" if number else "no sides disagree"


def _linked(anchor: str, text: str, number: Number, *, warn: bool = False) -> Markup:
    """The text as a link to its evidence; alone if there is none."""
    if not number:
        return Markup("{}").format(text)
    kind = Markup(' class="warn"') if warn else ""
    return Markup('<a href="#{}"{}>{}</a>').format(anchor, kind, text)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
