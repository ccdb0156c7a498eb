"""What became known lately, and what was entered lately about earlier days."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby

from chancery.client import AsyncConnection, Event, Visit
from chancery.client.keywords import Then

# Changes of one visit that are looked at, and of the log: the newest. News that are shown in full.
OF_A_VISIT, OF_THE_LOG, IN_FULL = 6, 30, 8
# Changes about earlier days that are named.
NAMED = 10


@dataclass(frozen=True)
class Item:
    """A change and its visit."""

    event: Event
    visit: Visit

    @property
    def known(self) -> datetime:
        """When it became known."""
        return known(self.event)

    @property
    def day(self) -> date:
        """The day on which it became known, in UTC."""
        return self.known.astimezone(UTC).date()


@dataclass(frozen=True)
class News:
    """The newest changes first, and those that are only named."""

    items: Sequence[Item]

    @property
    def by_day(self) -> list[tuple[date, list[Item]]]:
        """Those that are shown in full, by the day on which they became known."""
        shown = self.items[:IN_FULL]
        return [(day, list(of_day)) for day, of_day in groupby(shown, lambda item: item.day)]

    @property
    def more(self) -> Sequence[Item]:
        """Those that are only named."""
        return self.items[IN_FULL:]


@dataclass(frozen=True)
class Late:
    """Changes that were entered lately about earlier days; ``more`` if there may be others."""

    items: Sequence[Item] = ()
    number: int = 0
    more: bool = False


async def news(
    connection: AsyncConnection, visits: Iterable[Visit], since: datetime, moment: Then
) -> News:
    """What became known of these visits since."""

    async def of(visit: Visit) -> list[Item]:
        events = await connection.history(visit.name, backwards=True, limit=OF_A_VISIT, **moment)
        return [Item(event, visit) for event in events if known(event) >= since]

    found = await asyncio.gather(*map(of, visits))
    items = [item for some in found for item in some]
    return News(sorted(items, key=lambda item: (item.known, item.event.position), reverse=True))


async def late(connection: AsyncConnection, since: datetime) -> Late:
    """What was entered since about earlier days: an archive that is imported is no news."""
    newest = await connection.history(backwards=True, limit=OF_THE_LOG + 1)
    entered = [event for event in newest if event.record_time and event.record_time >= since]
    events = [event for event in entered[:OF_THE_LOG] if known(event) < since]
    named = events[:NAMED]
    if not named:
        return Late()
    found = await connection.batch({event.visit for event in named})
    visits = {visit.name: visit for visit in found}
    items = [Item(event, visits[event.visit]) for event in named if event.visit in visits]
    return Late(items, len(events), len(entered) > OF_THE_LOG)


def known(event: Event) -> datetime:
    """When a change became known."""
    time = event.known_time or event.record_time
    assert time is not None, "the log has only changes that were recorded"
    return time
