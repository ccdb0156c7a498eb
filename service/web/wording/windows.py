"""Windows as people say them: exact, rough, in somebody's words, or open at an end."""

from markupsafe import Markup

from chancery.client import Window
from service.web.wording.dates import day, short_day, span
from service.web.wording.text import quoted


def window(days: Window, *, short: bool = False) -> Markup:
    """``18 to 19 June 2023``; ``“early next year”, taken as January to March 2023``.

    Open at an end it is ``26 March 2023 or later``. ``short`` shortens the months.
    """
    bounds = _bounds(days, short)
    if not days.as_stated:
        return Markup("{}{}").format("about " if days.approximate and bounds else "", bounds)
    if not bounds:
        return quoted(days.as_stated)
    taken = ", taken as " if days.approximate else ", "
    return Markup("{}{}{}").format(quoted(days.as_stated), taken, bounds)


def short_window(days: Window) -> Markup:
    """The phrase alone if there is one, else the days in short: ``“early next year”``."""
    return quoted(days.as_stated) if days.as_stated else window(days, short=True)


def given(days: Window) -> Markup:
    """A window behind "planned": ``for 18 to 19 June 2023``, ``from 26 March 2023 on``."""
    if days.as_stated or (days.start and days.end) or not (days.start or days.end):
        return Markup("for {}").format(window(days))
    about = "about " if days.approximate else ""
    if days.start:
        return Markup("from {}{} on").format(about, day(days.start))
    return Markup("by {}{}").format(about, day(days.end)) if days.end else Markup()


def held(days: Window) -> Markup:
    """A window behind "took place": ``from 18 to 19 June 2023``, ``on 18 June 2023``."""
    if days.as_stated or not (days.start or days.end):
        return window(days)
    about = "about " if days.approximate else ""
    if days.start and days.end:
        if days.approximate:
            return window(days)
        return Markup("{} {}").format(
            "on" if days.start == days.end else "from", span(days.start, days.end)
        )
    if days.start:
        return Markup("from {}{} on").format(about, day(days.start))
    return Markup("until {}{}").format(about, day(days.end)) if days.end else Markup()


def _bounds(days: Window, short: bool) -> str:
    one_day = short_day if short else day
    if days.start and days.end:
        return span(days.start, days.end, short=short, rough=days.approximate)
    if days.start:
        return f"{one_day(days.start)} or later"
    return f"{one_day(days.end)} or earlier" if days.end else ""
