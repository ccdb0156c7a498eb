"""The list of who said what: the changes of a visit as its page shows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from markupsafe import Markup

from chancery.client import Event, Visit, Window
from service.web import wording

# Of a history with more changes, the newest are shown in full and the others by a line each.
WHOLE, NEWEST = 40, 20
# What was entered so many days after it became known is called late.
_LATE = 30
_UNVERIFIED, _NOBODY = "unverified:", "unknown"


@dataclass(frozen=True)
class Item:
    """A change in the list. ``before`` is the window that it put an end to, if that is known."""

    event: Event
    before: Window | None = None

    @property
    def known(self) -> datetime:
        """When it became known; when it was recorded, if nothing else was said."""
        return self.event.known_time or _recorded(self.event)

    @property
    def told(self) -> str:
        """The same in words, as exactly as it was told."""
        return wording.short_when(self.known, self.event.known_period)

    @property
    def machine_readable(self) -> str:
        """The same as HTML has it: a day, a month or a year, or an instant."""
        return self.event.known_period or f"{self.known:%Y-%m-%dT%H:%M:%SZ}"

    @property
    def then(self) -> dict[str, str]:
        """The moment at which it became known, as parameters of an address."""
        if self.event.known_time is None:
            return {"recorded": f"{self.known:%Y-%m-%d}"}
        return {"known": self.event.known_period or f"{self.known:%Y-%m-%d}"}

    @property
    def headline(self) -> Markup:
        """What it did, with all that was said."""
        return wording.headline(self.event, self.before, limit=0)

    @property
    def brief(self) -> Markup:
        """The same on one line."""
        return wording.brief(self.event)

    @property
    def effect(self) -> str:
        """When it took effect, if that is another day than the one on which it became known."""
        time, period = self.event.effective_time, self.event.effective_period
        if time is None or wording.when(time, period) == wording.when(
            self.known, self.event.known_period
        ):
            return ""
        days = (self.known.date() - time.date()).days
        is_exact = len(period or "2023-06-18") == len("2023-06-18")
        before = f", {wording.plural(days, 'day')} before it was known" if days > 0 else ""
        return f"took effect {wording.moment(time, period)}{before if is_exact else ''}"

    @property
    def entered(self) -> str:
        """When it was entered, and by whom if the reader may know."""
        days = (_recorded(self.event).date() - self.known.date()).days
        late = f", {wording.age(days)} after it was known" if days > _LATE else ""
        return (
            f"entered {wording.short_when(_recorded(self.event))}{late}{_by(', by ', self.event)}"
        )


@dataclass(frozen=True)
class Record:
    """The changes of a visit, the newest first by the time at which they became known."""

    items: tuple[Item, ...]

    @classmethod
    def of(cls, events: Iterable[Event], visit: Visit | None = None) -> "Record":
        """The list of these changes of a visit, which says what was planned before."""
        ended = {each.version: each.window for each in visit.previous_windows} if visit else {}
        items = (Item(event, ended.get(event.version)) for event in events)
        newest = sorted(items, key=lambda one: (one.known, one.event.version), reverse=True)
        return cls(tuple(newest))

    def shown(self, all_of_it: bool) -> int:
        """How many changes are shown in full: all of them if they are few, or if asked for."""
        return len(self.items) if all_of_it or len(self.items) <= WHOLE else NEWEST

    @property
    def days(self) -> list[str]:
        """The days on which something became known, as addresses have them, the oldest first."""
        known = (item for item in reversed(self.items) if item.event.known_time is not None)
        return list(dict.fromkeys(item.then["known"] for item in known))

    def neighbours(self, known: str, at: datetime) -> tuple[str, str]:
        """The days before and after the one asked about on which something became known.

        ``at`` is the end of that day. Empty where there is none, or if no day is asked about.
        """
        asked = known[: len("2023-02-03")]
        told = [item for item in self.items if asked and item.event.known_time is not None]
        before = (item.then["known"] for item in told if item.known <= at)
        after = (item.then["known"] for item in reversed(told) if item.known > at)
        return next((day for day in before if not day.startswith(asked)), ""), next(after, "")

    @property
    def together(self) -> str:
        """That all of it was entered on one day by one person; empty if it was not."""
        first, *others = self.items or (None,)
        if first is None or len(others) <= 1:
            return ""
        entries = {(_recorded(one.event).date(), one.event.actor) for one in self.items}
        if len(entries) > 1:
            return ""
        late = min((_recorded(one.event) - one.known).days for one in self.items) > _LATE
        after = ", long after the events" if late else ""
        day = wording.day(_recorded(first.event))
        return f"All entered on {day}{_by(' by ', first.event)}{after}."


def _by(before: str, event: Event) -> str:
    """Who recorded a change, if the reader may know and anybody does."""
    actor = event.actor.removeprefix(_UNVERIFIED)
    return f"{before}{actor}" if actor not in ("", _NOBODY) else ""


def _recorded(event: Event) -> datetime:
    return event.record_time or datetime.min.replace(tzinfo=UTC)
