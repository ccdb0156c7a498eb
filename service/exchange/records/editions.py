"""An edition of the record beside what is recorded: what is new, what is corrected, what stays.

Ids of visits are made of facts, and facts change less than the record's numbers. A visit of an
earlier edition is the same if it has the same id, or if the same person was at the same host on one
of its days. What a desk changed is never changed back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import IO, Any, Literal, NamedTuple

from chancery.client import Event, Visit, draft
from chancery.client.keywords import Correcting
from chancery.v1.desk_service_pb2 import Change
from service.exchange.records import imported, matching, reading, stays, visits
from service.exchange.records.imported import HELD, Said
from service.exchange.records.matching import History, Known
from service.exchange.records.reading import LeftOut
from service.exchange.records.visits import Told, keyed


@dataclass(frozen=True)
class Edition:
    """What files tell of, all together."""

    visits: tuple[Told, ...]
    merged: tuple[LeftOut, ...]
    """The records that go on from another one: they are in its visit."""
    left_out: tuple[LeftOut, ...]
    records: int
    """How many records there were: visits, merged ones and those left out."""
    day: date
    """The day on which the last of the records was made or changed."""

    @property
    def people(self) -> tuple[str, ...]:
        """The names of those who travelled."""
        return tuple(dict.fromkeys(each.principal.name for each in self.visits))


def read(files: Iterable[tuple[str, IO[bytes]]]) -> Edition:
    """The edition that files are, each given with its name."""
    travels = reading.read(files)
    found, unknown = stays.stays(travels.legs)
    told, merged = visits.told(found)
    left_out = (*travels.left_out, *unknown)
    records = len(told) + len(merged) + sum(bool(each.record) for each in left_out)
    return Edition(tuple(told), tuple(merged), left_out, records, travels.edition)


def restored(history: Sequence[Event], withdrawn: Event, edition: Edition) -> Change | None:
    """The change that brings back a visit that an import retracted; None if a desk did.

    ``withdrawn`` is the retraction. The visit then says what it said before.
    """
    if not withdrawn.reason.startswith(imported.GONE):
        return None
    reason = f"{imported.REASON}{edition.day} of the official record has it again"
    basis = history[0].basis
    return keyed(draft.retract(withdrawn.visit, withdrawn.version, reason=reason, basis=basis))


Fate = Literal["kept", "gone", "unclear", "unlinked"]


class Asked(NamedTuple):
    """A change to record, and the visit of the record that it is about."""

    change: Change
    told: Told | None


class Noted(NamedTuple):
    """What is left as it is: the visit, what became of it, and why."""

    fate: Fate
    visit: str
    told: Told | None
    reason: str


@dataclass
class Plan:
    """What an import has to do."""

    changes: list[Asked] = field(default_factory=list)
    noted: list[Noted] = field(default_factory=list)
    same: int = 0
    """How many visits are recorded as the edition has them."""
    ids: dict[str, str] = field(default_factory=dict)
    """The visit that is then recorded, by the id in the edition; none where that is unclear."""


def plan(
    edition: Edition,
    recorded: Mapping[str, Sequence[Visit]],
    by_id: Mapping[str, Visit],
    history: History,
    *,
    retract_missing: bool = False,
) -> Plan:
    """What to record of an edition.

    ``recorded`` are the visits of each of its people, by name, and ``by_id`` those that the ids of
    its visits find. ``history`` gives the changes of a visit. What is gone from the edition is
    noted. With ``retract_missing`` it is retracted, if only imports changed it; not if records were
    left out, since it may be one of them.
    """
    result = Plan()
    people: dict[str, list[Told]] = {}
    for each in edition.visits:
        people.setdefault(each.principal.name, []).append(each)
    for name, own in people.items():
        found = {visit.id: visit for visit in recorded.get(name, ())}
        found.update({each.id: by_id[each.id] for each in own if each.id in by_id})
        person = _Person(own, Known(found, history), edition.day)
        person.plan(result, retract_missing and not edition.left_out)
    return result


class _Person:
    """The visits of one person in an edition, beside those that are recorded."""

    def __init__(self, told: Sequence[Told], known: Known, edition: date) -> None:
        self._told = told
        self._known = known
        self._same = matching.same(told, known)
        self._reason = f"{imported.REASON}{edition} of the official record"

    def plan(self, result: Plan, retract_missing: bool) -> None:
        """Add what there is to do for this person."""
        near = matching.near(self._told, self._known, self._same)
        labels = matching.labels(self._told, self._same)
        taken = {*self._known.visits, *(each.id for each in self._told)}
        for told in self._told:
            told = replace(told, trip=labels.get(told.journey, told.trip))
            if visit := self._same.get(told.id):
                result.ids[told.id] = visit.id
                self._compare(told, visit, result)
            elif candidates := near.get(told.id):
                self._join(told, candidates, result)
            else:
                asked = told
                if told.id in self._known.visits:
                    told = replace(told, id=visits.free_id(told.id, taken))
                    taken.add(told.id)
                result.ids[asked.id] = told.id
                result.changes.append(Asked(visits.disclosed(told), told))
        self._gone(near, result, retract_missing)

    def _compare(self, told: Told, visit: Visit, result: Plan) -> None:
        """Correct what the edition changed, unless a desk has changed it since."""
        differs = matching.differs(told, visit)
        said = self._known.said(visit) if differs else None
        if said is None or not differs:
            result.same += 1
            return
        if said.is_confirmed:
            self._confirm(told, visit, said, result)
            return
        changed = [
            name
            for name in differs
            if name in said.fields and said.fields[name] != getattr(told, name)
        ]
        right = [name for name in changed if imported.value(visit, name) == said.fields[name]]
        if right:
            result.changes.append(Asked(self._corrected(told, visit, said, right), told))
        elif not changed:
            result.same += 1
        if kept := [name for name in changed if name not in right]:
            what = ", ".join(kept).replace("_", " ")
            reason = f"a desk changed its {what}; the edition has {matching.in_words(told, kept)}"
            result.noted.append(Noted("kept", visit.id, told, reason))

    def _corrected(self, told: Told, visit: Visit, said: Said, names: list[str]) -> Change:
        """A correction of what the last import said."""
        facts: Any = {name: getattr(told, name) for name in names}
        about: Correcting = {
            "reason": self._reason,
            "basis": told.basis,
            "clear": [name for name in names if not facts[name]],
            "expected_version": visit.version,
        }
        given: Any = {name: new for name, new in facts.items() if new}
        return keyed(draft.correct(visit.id, said.version, **about, **given))

    def _join(self, told: Told, candidates: Sequence[Visit], result: Plan) -> None:
        """Take a desk's visit for that of the record: it is completed, or confirmed."""
        visit = candidates[0]
        if len(candidates) > 1:
            ids = " and ".join(each.id for each in candidates)
            reason = f"it may be any of {ids}; nothing was done"
            result.noted.append(Noted("unclear", told.id, told, reason))
        elif visit.status == "cancelled":
            reason = "a desk has it as cancelled; nothing was done"
            result.noted.append(Noted("kept", visit.id, told, reason))
        elif visit.status == "completed":
            result.ids[told.id] = visit.id
            self._confirm(told, visit, None, result)
        else:
            result.ids[told.id] = visit.id
            change = draft.complete(
                visit.id,
                held_window=told.held_window,
                effective=told.last,
                known=told.last,
                basis=told.basis,
                expected_version=visit.version,
            )
            result.changes.append(Asked(keyed(change), told))

    def _confirm(self, told: Told, visit: Visit, said: Said | None, result: Plan) -> None:
        """Record that the record confirms what a desk has, with its own days."""
        if said and said.fields.get(HELD) == told.held_window:
            result.same += 1
            return
        change = draft.state(
            visit.id,
            "confirm",
            told.basis[0].side,
            speaker=visits.SPEAKER,
            claimed_status="completed",
            claimed_window=told.held_window,
            known=imported.known_behind(
                visit, told.last
            ),  # behind the completion: only there it counts
            basis=told.basis,
        )
        result.changes.append(Asked(keyed(change), told))

    def _gone(
        self, near: Mapping[str, Sequence[Visit]], result: Plan, retract_missing: bool
    ) -> None:
        """What an earlier import recorded, and the edition does not have."""
        seen = {visit.id for visit in self._same.values()}
        seen.update(visit.id for visits in near.values() for visit in visits)
        pages = tuple({visits.page(leg.role) for told in self._told for leg in told.legs})
        for visit in self._known.visits.values():
            said = None if visit.id in seen else self._known.said(visit)
            if said is None or not said.url.startswith(pages):
                continue
            seen.add(visit.id)
            if retract_missing and said.is_untouched:
                change = draft.retract(
                    visit.id,
                    said.version,
                    reason=f"{imported.GONE}{self._reason.removeprefix(imported.REASON)}",
                    expected_version=visit.version,
                )
                result.changes.append(Asked(keyed(change), None))
            else:
                changed = "" if said.is_untouched else ", and a desk has changed it"
                reason = f"it is gone from the edition{changed}"
                result.noted.append(Noted("gone", visit.id, None, reason))
