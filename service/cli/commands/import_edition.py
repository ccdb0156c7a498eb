"""What an import of the official record has to do: first the visits, then who accompanied whom."""

from collections.abc import Iterable, Iterator

from chancery.client import Connection, Visit
from service.cli.commands.import_sources import Item, Left, Place
from service.cli.commands.import_tally import Tally
from service.exchange.records import accompanying, editions, imported
from service.exchange.records.accompanying import Links
from service.exchange.records.editions import Edition, Plan
from service.exchange.records.visits import Told
from service.limits import BATCH_NAMES


class EditionSource:
    """An edition of the official record beside what is recorded."""

    def __init__(self, edition: Edition, connection: Connection, tally: Tally) -> None:
        self._edition = edition
        self._connection = connection
        self._tally = tally
        self._recorded: dict[str, Visit] = {}
        self._ids: dict[str, str] = {}

    def visits(self, *, retract_missing: bool) -> Iterator[Item | Left]:
        """The changes that bring the visits that are recorded up to the edition."""
        edition, connection = self._edition, self._connection
        for each in edition.left_out:
            where = f"record {each.record}" if each.record else ""
            yield Left(Place(each.file, where), "left out", "", each.reason)
        for each in edition.merged:
            yield Left(Place(each.file, f"record {each.record}"), "merged", "", each.reason)
        recorded = {name: connection.visits(principal=name) for name in edition.people}
        by_id = _by_id(edition, recorded.values(), connection)
        plan = editions.plan(
            edition, recorded, by_id, connection.history, retract_missing=retract_missing
        )
        self._ids = plan.ids
        self._recorded = {each.id: each for own in recorded.values() for each in own} | by_id
        self._tally.same(plan.same)
        yield from _told(plan)

    def returned(self) -> Iterator[Item | Left]:
        """The changes that bring back what an earlier edition lacked and so was retracted.

        What a desk withdrew stays so.
        """
        tally = self._tally
        for visit, item in tally.opened_before.items():
            history = self._connection.history(visit)
            withdrawn = imported.withdrawn(history)
            if withdrawn is None:
                tally.same(1)  # somebody else has just recorded it
            elif change := editions.restored(history, withdrawn, self._edition):
                yield Item(item.place, change, is_of_record=True)
            else:
                tally.refused_visits.add(visit)
                yield Left(item.place, "kept", visit, "a desk withdrew it")

    def links(self) -> Iterator[Item | Left]:
        """The changes that link the visits, once they are recorded."""
        refused = self._tally.refused_visits
        yield from _told(
            accompanying.links(
                self._edition,
                {id: visit for id, visit in self._ids.items() if visit not in refused},
                self._recorded,
                self._connection.visits,
                self._connection.history,
            )
        )


def _told(plan: Plan | Links) -> Iterator[Item | Left]:
    for note in plan.noted:
        yield Left(_place(note.told), note.fate, note.visit, note.reason)
    for asked in plan.changes:
        yield Item(_place(asked.told), asked.change, is_of_record=True)


def _by_id(
    edition: Edition, recorded: Iterable[Iterable[Visit]], connection: Connection
) -> dict[str, Visit]:
    """The visits that are found by the ids of an edition, also those of another principal."""
    found = {visit.id: visit for visits in recorded for visit in visits}
    missing = [each.id for each in edition.visits if each.id not in found]
    for start in range(0, len(missing), BATCH_NAMES):
        names = missing[start : start + BATCH_NAMES]
        answer = connection.batch(names)
        gone = {name.removeprefix("visits/") for name in answer.missing}
        there = (name for name in names if name not in gone)
        found.update(zip(there, answer, strict=True))
    return found


def _place(told: Told | None) -> Place:
    """Where the first record of a visit stands."""
    return Place(told.legs[0].file, f"record {told.legs[0].named}") if told else Place("", "")
