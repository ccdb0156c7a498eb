"""Days and times as people say them, as exactly as they were told."""

from calendar import month_name, monthrange
from datetime import UTC, date, datetime, time

from chancery.client import Visit
from service.web.terms import EVERYWHERE, PLANNED
from service.web.wording.numbers import plural

_SHORT = 3


def day(when: date) -> str:
    """``18 June 2023``."""
    return f"{when.day} {month_name[when.month]} {when.year}"


def short_day(when: date, year: bool = True) -> str:
    """``18 Jun 2023``, ``18 Jun``."""
    return f"{when.day} {_month(when, True)}" + (f" {when.year}" if year else "")


def span(first: date, last: date, *, short: bool = False, rough: bool = False) -> str:
    """``18 to 19 June 2023``, ``30 June to 2 July 2023``.

    What is only ``rough`` and covers whole months or years is told by these: ``January to March
    2023``. ``short`` shortens the months.
    """
    if rough and (whole := _whole(first, last, short)):
        return whole
    end = f"{last.day} {_month(last, short)} {last.year}"
    if first == last:
        return end
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {end}"
    begin = f"{first.day} {_month(first, short)}"
    return f"{begin} to {end}" if first.year == last.year else f"{begin} {first.year} to {end}"


def when(instant: datetime, period: str = "") -> str:
    """A time as it was told: ``18 June 2023``, ``June 2023``, ``2023``; of an instant the day."""
    return _told(instant, period, short=False)


def short_when(instant: datetime, period: str = "") -> str:
    """The same in short, with the clock of an instant: ``14:30, 18 Jun 2023``, ``Jun 2023``."""
    clocked = f"{clock(instant)}, " if not period else ""
    return clocked + _told(instant, period, short=True)


def moment(instant: datetime, period: str = "") -> str:
    """When something happened, within a sentence: ``on 18 June 2023``, ``in June 2023``."""
    is_day = len(period or "2023-06-18") == len("2023-06-18")
    return f"{'on' if is_day else 'in'} {when(instant, period)}"


def clock(instant: datetime) -> str:
    """``14:30``, in UTC."""
    return f"{instant.astimezone(UTC):%H:%M}"


def instant(when: datetime) -> str:
    """``14:30 UTC on 18 June 2023``."""
    when = when.astimezone(UTC)
    return f"{when:%H:%M} UTC on {day(when)}"


def age(days: int) -> str:
    """How long something has lasted: ``less than a day``, ``12 days``, ``3 months``."""
    if days < 1:
        return "less than a day"
    if days < 60:
        return plural(days, "day")
    return plural(days // 30, "month") if days < 730 else plural(days // 365, "year")


def ago(days: int) -> str:
    """How long ago a day was: ``today``, ``yesterday``, ``12 days ago``, ``3 months ago``."""
    if days < 1:
        return "today"
    return "yesterday" if days == 1 else f"{age(days)} ago"


def is_overdue(visit: Visit, at: datetime) -> bool:
    """Whether a visit is still planned, although its last day is over everywhere on Earth."""
    if visit.status not in PLANNED or visit.window is None or visit.window.end is None:
        return False
    return at - EVERYWHERE >= datetime.combine(visit.window.end, time.max, UTC)


def overdue_days(visit: Visit, at: datetime) -> int:
    """For how many days a visit is overdue; 0 if it is not."""
    if not is_overdue(visit, at) or visit.window is None or visit.window.end is None:
        return 0
    return (at.astimezone(UTC).date() - visit.window.end).days


def _told(instant: datetime, period: str, short: bool) -> str:
    year, *rest = map(int, (period or f"{instant.astimezone(UTC):%Y-%m-%d}").split("-"))
    month = [_month(date(year, rest[0], 1), short)] if rest else []
    return " ".join([*map(str, rest[1:]), *month, str(year)])


def _month(of: date, short: bool) -> str:
    name = month_name[of.month]
    return name[:_SHORT] if short else name


def _whole(first: date, last: date, short: bool) -> str:
    """The whole months or years that two days bound; empty if they bound something else."""
    if first.day != 1 or last.day != monthrange(last.year, last.month)[1]:
        return ""
    if (first.month, last.month) == (1, 12):
        return str(first.year) if first.year == last.year else f"{first.year} to {last.year}"
    end = f"{_month(last, short)} {last.year}"
    if (first.year, first.month) == (last.year, last.month):
        return end
    begin = _month(first, short)
    return f"{begin} to {end}" if first.year == last.year else f"{begin} {first.year} to {end}"
