"""The agenda: the windows of many visits on one scale of days."""

from collections.abc import Callable, Iterable
from datetime import date, datetime

from markupsafe import Markup

from chancery.client import Visit
from service.web.drawing.timeline import WIDE


def agenda(
    visits: Iterable[Visit],
    first_day: date,
    days: int,
    now: datetime,
    *,
    address: Callable[[Visit], str],
    width: int = WIDE,
    prefix: str = "a",
) -> Markup:
    """The windows of visits as ``<svg>``: one row for each visit, in the order given.

    It shows ``days`` days from ``first_day`` on. A visit that has no window, planned or held, is
    left out. ``now`` decides which windows have passed; its day has a line. ``address`` gives
    where the title of a visit links to. Ids within begin with ``prefix``. There is no narrow
    drawing: below 45 rem the list that stands beside it takes its place.
    """
    return Markup()
