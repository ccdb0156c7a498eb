"""The timeline of one visit: what was known when, by whom, and of which days."""

from collections.abc import Iterable
from datetime import date

from markupsafe import Markup

from chancery.client import Event, Visit

WIDE, NARROW = 1216, 328


def timeline(
    visit: Visit | None,
    events: Iterable[Event],
    until: date,
    *,
    is_past: bool = False,
    width: int = WIDE,
    prefix: str = "t",
) -> Markup:
    """The timeline of a visit as ``<svg>``, in ``WIDE`` or ``NARROW`` pixels.

    ``events`` is its history, in any order: what ``connection.history(visit)`` gives, which says
    what was retracted and corrected. ``visit`` is the visit at the same moment; None if it was
    withdrawn. The drawing ends with the day ``until``: today, or, if ``is_past``, the day as of
    which both were asked. Each mark links to ``#v3``, where 3 is the version of its change. Ids
    within begin with ``prefix``, which must differ between the drawings of a page.
    """
    return Markup()


def timeline_key(visit: Visit | None, events: Iterable[Event], until: date) -> Markup:
    """The key of the timeline: a list of the codes that occur in it, and what each means."""
    return Markup()
