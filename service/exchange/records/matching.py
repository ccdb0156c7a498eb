"""Which visits that are recorded are those of an edition: of earlier ones, or of a desk."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from chancery.client import Event, Visit, Window
from service.exchange.records import imported, tables
from service.exchange.records.imported import FIELDS, Said
from service.exchange.records.visits import Told

# Days between a desk's visit and one of the record that may be the same.
NEAR = 2

History = Callable[[str], Sequence[Event]]


@dataclass
class Known:
    """What is recorded of one person, asked for as far as it is needed."""

    visits: dict[str, Visit]
    """By id, those of another person that have the id of one of the record among them."""
    history: History
    _said: dict[str, Said | None] = field(default_factory=dict)

    def said(self, visit: Visit) -> Said | None:
        """What the last import said of the visit."""
        if visit.id not in self._said:
            self._said[visit.id] = imported.said(self.history(visit.id))
        return self._said[visit.id]


def same(edition: Sequence[Told], known: Known) -> dict[str, Visit]:
    """The visits of earlier imports that are those of the edition, by the id in it.

    They have the same id, or else the same host and a common day.
    """
    found: dict[str, Visit] = {}
    for told in edition:
        visit = known.visits.get(told.id)
        if visit and (not differs(told, visit) or known.said(visit)):
            found[told.id] = visit
    matched = {visit.id for visit in found.values()}
    for told in edition:
        if told.id in found:
            continue
        for visit in known.visits.values():
            is_free = visit.id not in matched and at_host(told, visit) and apart(told, visit) == 0
            if is_free and known.said(visit):
                found[told.id] = visit
                matched.add(visit.id)
                break
    return found


def near(
    edition: Sequence[Told], known: Known, same: Mapping[str, Visit]
) -> dict[str, list[Visit]]:
    """The desk's visits that may be those of the edition, by the id in it.

    Of several visits of the edition, a desk's one is the nearest.
    """
    seen = {visit.id for visit in same.values()}
    found: dict[str, list[Visit]] = {}
    for visit in known.visits.values():
        if visit.id in seen:
            continue
        seen.add(visit.id)
        days = {
            told.id: days
            for told in edition
            if told.id not in same
            and (told.id == visit.id or at_host(told, visit))
            and (days := apart(told, visit)) is not None
            and days <= NEAR
        }
        if days and not known.said(visit):
            found.setdefault(min(days, key=days.__getitem__), []).append(visit)
    return found


def labels(edition: Sequence[Told], same: Mapping[str, Visit]) -> dict[str, str]:
    """The label of each journey: that which any of its visits has."""
    used: set[str] = set()
    found: dict[str, str] = {}
    journeys: dict[str, list[Told]] = {}
    for told in edition:
        journeys.setdefault(told.journey, []).append(told)
    for journey, own in journeys.items():
        had = [same[told.id].details.trip for told in own if told.id in same]
        label = own[0].trip
        if label not in had:
            label = next((each for each in had if each and each not in used), label)
        found[journey] = label
        used.add(label)
    return found


def differs(told: Told, visit: Visit) -> list[str]:
    """The fields in which a visit is not as the edition has it."""
    return [name for name in FIELDS if imported.value(visit, name) != getattr(told, name)]


def in_words(told: Told, names: list[str]) -> str:
    """What the edition says in these fields, for a report."""
    return "; ".join(_words(getattr(told, name)) for name in names)


def _words(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_words, value))
    named = getattr(value, "name", "") or getattr(value, "city", "")
    return named or getattr(value, "country", "") or str(value or "nothing")


def at_host(told: Told, visit: Visit) -> bool:
    """Whether a visit is one of the same country to the same host; a dependency counts apart."""
    who, host = visit.details.principal, visit.details.host
    if who and who.country and who.country != told.principal.country:
        return False
    if host is None or host.country not in (told.host.country, told.territory):
        return False
    where = {place.country for place in visit.details.destinations}
    if told.territory:
        return told.territory in where or host.country == told.territory
    return not where or host.country in where or bool(where - tables.territories())


def apart(told: Told, visit: Visit) -> int | None:
    """How many days lie between; 0 if they share one, None if the visit has no days.

    Of a visit that was put off they are those for which it was planned last.
    """
    former = visit.previous_windows[-1].window if visit.previous_windows else None
    ends = _ends(visit.held_window or visit.window or former)
    if ends is None:
        return None
    return max(0, (told.first - ends[1]).days, (ends[0] - told.last).days)


def _ends(window: Window | None) -> tuple[date, date] | None:
    first = window and (window.start or window.end)
    last = window and (window.end or window.start)
    return (first, last) if first and last else None
