"""What later changes did to changes of the log: took them out, or corrected them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from domain.events import Corrected, Event, Retracted
from domain.timeline import taken_out
from domain.times import LAST_INSTANT
from service.projections.loading import Steps, events_of
from service.store.log.reader import Reader


class Annotation(NamedTuple):
    """What was done to a change: the version of its retraction, or 0, and of its corrections."""

    retracted_by: int
    corrected_by: tuple[int, ...]


def annotations(
    reader: Reader,
    positions: Collection[int],
    until: int,
    known_at: datetime = LAST_INSTANT,
) -> Steps[Mapping[int, Annotation]]:
    """The annotations of the changes at these positions, by all that is recorded up to ``until``.

    What became known after ``known_at`` does nothing to them yet. A change that nothing was done
    to has none.
    """
    entries = reader.versions_at(positions)
    undoing = reader.undoing({visit_id for visit_id, _ in entries.values()}, until)
    by_visit = {v: list(rows) for v, rows in groupby(undoing, attrgetter("visit_id"))}
    found: dict[int, Annotation] = {}
    done: dict[str, Mapping[int, Annotation]] = {}
    for visit_id, rows in by_visit.items():
        done[visit_id] = _by_version(events_of(rows), known_at)
        yield
    for position, (visit_id, version) in entries.items():
        if annotation := done.get(visit_id, {}).get(version):
            found[position] = annotation
    return found


def _by_version(events: Collection[Event], known_at: datetime) -> dict[int, Annotation]:
    """The annotations of the changes of a visit, from its corrections and retractions."""
    events = [e for e in events if e.known is None or e.known.instant <= known_at]
    out = taken_out([event for event in events if isinstance(event, Retracted)])
    corrected: dict[int, tuple[int, ...]] = {}
    for event in events:
        if isinstance(event, Corrected) and event.originator_version not in out:
            earlier = corrected.get(event.corrected_version, ())
            corrected[event.corrected_version] = (*earlier, event.originator_version)
    versions = {*out, *corrected}
    return {v: Annotation(out.get(v, 0), corrected.get(v, ())) for v in versions}
