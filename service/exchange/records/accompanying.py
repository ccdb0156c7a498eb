"""Who accompanied whom: "Accompanied President Bush" in the remarks of a secretary's visit.

Such a visit accompanies that of the president to the same host on one of its days. If none fits, or
more than one, nothing is guessed. A link that an import made and that does not fit any more is
taken out; what a desk linked stays, and what a desk took out is not made again.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from chancery.client import Basis, Host, Place, Visit, draft
from chancery.client.details import RelatedVisit
from chancery.v1.desk_service_pb2 import Change
from service.exchange.records import imported, tables
from service.exchange.records.editions import Asked, Edition, Noted
from service.exchange.records.matching import History, Known
from service.exchange.records.visits import Told, keyed, page

# The president's name as it stands in the remarks: words in capitals, and initials.
_WORD = r"(?:[A-Z]\.|[A-Z][\w'\u2019-]+)"
_ACCOMPANIED = re.compile(
    rf"\b(?i:accompanied\s+president(?:-elect)?)\s+({_WORD}(?:\s+{_WORD}){{0,4}})"
)
_BEHIND_A_NAME = re.compile(r",?\s+(?:Jr\.?|Sr\.?|I{2,3}|IV)$")
# A president of that name travelled so near in time: then his visits are loaded.
NEAR = timedelta(days=366)

# Asks for visits, by words or by filters, as a connection does.
Find = Callable[..., Sequence[Visit]]


@dataclass(frozen=True)
class Stay:
    """A visit of the record, as far as it matters for who accompanied whom."""

    id: str
    name: str
    host: Host
    places: tuple[Place, ...]
    first: date
    last: date
    purpose: str
    basis: tuple[Basis, ...]
    told: Told | None
    """How the edition tells it, if it does."""
    visit: Visit | None
    """How it is recorded, if it is."""

    @property
    def linked(self) -> set[str]:
        """The visits that it accompanies as it is recorded."""
        related = self.visit.details.related if self.visit else ()
        return {_id(each) for each in related if each.relation == "accompanies"}

    @property
    def names(self) -> list[str]:
        """The presidents that the remarks say were accompanied."""
        return list(dict.fromkeys(_ACCOMPANIED.findall(self.purpose)))


@dataclass
class Links:
    """What an import has to do about who accompanied whom."""

    changes: list[Asked]
    noted: list[Noted]


def links(
    edition: Edition,
    ids: Mapping[str, str],
    recorded: Mapping[str, Visit],
    find: Find,
    history: History,
) -> Links:
    """The links to record or to take out, after the visits of an edition are recorded.

    ``ids`` gives the visit that is recorded for each of the edition, and ``recorded`` those that
    were there before. The other side of a link may come from an earlier import.
    """
    told = [(each, ids[each.id]) for each in edition.visits if each.id in ids]
    known = Known(dict(recorded), history)
    secretaries = [_told(each, id, recorded) for each, id in told if _role(each) == "secretary"]
    presidents = [_told(each, id, recorded) for each, id in told if _role(each) == "president"]
    other = _Recorded(known, find, {id for _, id in told})
    secretaries += other.secretaries(presidents)
    presidents += other.presidents(secretaries)
    result = Links([], [])
    hosts = _by_host(presidents)
    for each in secretaries:
        _link(each, hosts.get(each.host.country, ()), presidents, known, result)
    return result


class _Recorded:
    """Visits that earlier imports recorded, and the edition does not have."""

    def __init__(self, known: Known, find: Find, seen: set[str]) -> None:
        self._known = known
        self._find = find
        self._seen = seen

    def secretaries(self, presidents: Sequence[Stay]) -> Iterator[Stay]:
        """Those of secretaries whose remarks name any of these presidents."""
        if not presidents:
            return
        days = min(each.first for each in presidents), max(each.last for each in presidents)
        hosts, names = _by_host(presidents), {each.name for each in presidents}
        for visit in self._find(principal_country="US", days=days, day_kinds="held"):
            stay = self._stay(visit, "secretary", hosts)
            if stay and any(_is_named(who, told) for who in names for told in stay.names):
                yield stay

    def presidents(self, secretaries: Sequence[Stay]) -> Iterator[Stay]:
        """Those of presidents that these secretaries may have accompanied."""
        hosts = _by_host(each for each in secretaries if each.names)
        words = {word for each in secretaries for name in each.names for word in name.split()}
        for word in sorted(words):
            for visit in self._find(word, principal_country="US"):
                who = visit.details.principal
                if visit.id in self._seen or not who or not _is_named(who.name, word):
                    continue
                if stay := self._stay(visit, "president", hosts):
                    yield stay
                elif who.office.startswith("President") and (far := _recorded(visit)):
                    self._seen.add(visit.id)
                    yield far

    def _stay(self, visit: Visit, role: str, hosts: Mapping[str, Sequence[Stay]]) -> Stay | None:
        """The visit as an import told it, if one did, and if it has to do with any of these.

        Of a desk's visit that the record only completed or confirmed, the remarks are not known.
        """
        here = _recorded(visit)
        if visit.id in self._seen or here is None:
            return None
        is_near = any(_fits(here, each) for each in hosts.get(here.host.country, ()))
        said = self._known.said(visit) if is_near or here.linked else None
        is_told = said and (role == "president" or "purpose" in said.fields)
        if said is None or not is_told or not said.url.startswith(page(role)):
            return None
        self._seen.add(visit.id)
        return _recorded(visit, said)


def _link(
    stay: Stay, at_host: Sequence[Stay], presidents: Sequence[Stay], known: Known, result: Links
) -> None:
    """Bring the links of a secretary's visit up to what its remarks say."""
    wanted: set[str] = set()
    unclear: list[str] = []
    for name in stay.names:
        fitting = _nearest(stay, [p for p in at_host if _is_named(p.name, name) and _fits(stay, p)])
        if len(fitting) == 1:
            wanted.add(fitting[0].id)
        elif fitting or any(_is_named(p.name, name) and _is_of_time(stay, p) for p in presidents):
            unclear.append(_reason(name, fitting))
    said = known.said(stay.visit) if stay.visit and wanted != stay.linked else None
    by_import = said.linked if said else frozenset()
    out = (stay.linked & by_import) - wanted
    new = wanted - stay.linked - by_import
    if new or out:
        change = _change(stay, new, out)
        if said and said.relinked:  # the same link may have been made before, and taken out
            change.context.request_id += f"/{said.relinked}"
        result.changes.append(Asked(change, stay.told))
    if taken_out := (wanted & by_import) - stay.linked:
        reason = f"a desk took out that it accompanies {' and '.join(sorted(taken_out))}"
        result.noted.append(Noted("kept", stay.id, stay.told, reason))
    if stay.linked <= out:
        result.noted += [Noted("unlinked", stay.id, stay.told, each) for each in unclear]


def _change(stay: Stay, new: set[str], out: set[str]) -> Change:
    """The change that links a visit; known as late as the visit itself."""
    facts: Any = {
        f"{verb}_related": [RelatedVisit("accompanies", id) for id in sorted(ids)]
        for verb, ids in (("add", new), ("remove", out))
        if ids
    }
    known = imported.known_behind(stay.visit, stay.last)
    return keyed(draft.amend(stay.id, known=known, basis=stay.basis, **facts))


def _reason(name: str, fitting: Sequence[Stay]) -> str:
    if fitting:
        which = " and ".join(each.id for each in fitting)
        return f"it accompanied President {name}: it may be {which}; no link was made"
    return (
        f"it accompanied President {name}: none of that president's visits is to the same host on "
        "these days; no link was made"
    )


def _nearest(stay: Stay, fitting: list[Stay]) -> list[Stay]:
    """Of several, those with a place in common, if there are such."""
    own = {(place.city, place.country) for place in stay.places}
    common = [
        each for each in fitting if own & {(place.city, place.country) for place in each.places}
    ]
    return common if common and len(fitting) > 1 else fitting


def _fits(one: Stay, other: Stay) -> bool:
    """Whether both are at one host on one day; a dependency counts apart."""
    if one.host.country != other.host.country or one.first > other.last or other.first > one.last:
        return False
    here, there = ({place.country for place in each.places} for each in (one, other))
    apart = tables.territories()
    is_apart = any(where and where <= apart for where in (here, there))
    return bool(here & there) or not is_apart


def _is_of_time(stay: Stay, president: Stay) -> bool:
    return stay.first - NEAR <= president.last and president.first <= stay.last + NEAR


def _is_named(name: str, told: str) -> bool:
    """Whether somebody of this name is meant by the words that the remarks have."""
    words = _BEHIND_A_NAME.sub("", name).split()
    return bool(words) and words[-1].casefold() in told.casefold().split()


def _by_host(stays: Iterable[Stay]) -> dict[str, list[Stay]]:
    found: dict[str, list[Stay]] = {}
    for each in stays:
        found.setdefault(each.host.country, []).append(each)
    return found


def _role(told: Told) -> str:
    return told.legs[0].role


def _told(told: Told, id: str, recorded: Mapping[str, Visit]) -> Stay:
    """A visit as the edition tells it."""
    return Stay(
        id,
        told.principal.name,
        told.host,
        told.destinations,
        told.first,
        told.last,
        told.purpose,
        told.basis,
        told,
        recorded.get(id),
    )


def _recorded(visit: Visit, said: imported.Said | None = None) -> Stay | None:
    """A visit as it is recorded, or as an import told it; None without a host or held days."""
    details: Any = visit.details
    fields = said.fields if said else {}
    held = fields.get(imported.HELD) or visit.held_window
    host = fields.get("host") or details.host
    who = fields.get("principal") or details.principal
    if not (held and held.start and held.end and host and who):
        return None
    return Stay(
        visit.id,
        who.name,
        host,
        fields.get("destinations") or details.destinations,
        held.start,
        held.end,
        fields.get("purpose", "" if said else details.purpose),
        said.basis if said else (),
        None,
        visit,
    )


def _id(related: RelatedVisit) -> str:
    return related.name.removeprefix("visits/")
