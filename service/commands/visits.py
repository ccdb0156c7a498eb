"""The visits at hand, each as of its last committed change, and loading those that are not.

A visit with a long history is loaded page by page, so that other changes need not wait for it.
"""

from collections.abc import Collection, Iterator, Mapping

from domain.events import Event
from domain.history import View
from domain.state import State
from domain.timeline import Timeline
from domain.visit import Visit
from service.codec.clock import EPOCH
from service.limits import FOREIGN_CHANGES, STEP_CHANGES
from service.live.cache import Bounded
from service.projections.loading import continued, history_of, visit_of
from service.store.engines.bulk import look_up
from service.store.log.reader import Reader, histories, history_after, rows_after
from service.store.log.writer import LockedLog
from service.store.tables import visit as visit_table


class Visits(Bounded[str, Visit]):
    """Up to ``limit`` visits, as of the position ``size`` of the log."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.size = 0

    def catch_up(self, log: LockedLog) -> None:
        """Take in what other servers appended to the log."""
        if not 0 <= log.size - self.size <= FOREIGN_CHANGES:  # or changes were lost
            self.clear()
        elif log.size > self.size and self:
            for row in rows_after(log.connection, self.size):
                if (visit := self.get(row.visit_id)) is not None:
                    self[row.visit_id] = continued(visit, [row])
        self.size = log.size


def versions(log: LockedLog, visit_ids: Collection[str]) -> dict[str, int]:
    """How many changes each of these visits has in the log; one without any is left out."""
    keys = [(visit_id,) for visit_id in visit_ids]
    return dict(look_up(log.connection, visit_table, ("visit_id",), keys, ("visit_id", "version")))


def load(log: LockedLog, known: Mapping[str, Visit | None]) -> Iterator[Visit]:
    """These visits as the log has them. What is known of one already is not read again."""
    found = histories(log.connection, [v for v, visit in known.items() if visit is None])
    for visit_id, visit in known.items():
        if visit is None:
            yield visit_of(visit_id, found.get(visit_id, ()))
        else:
            yield continued(visit, history_after(log.connection, visit_id, visit.version))


def loading(reader: Reader, visit_id: str) -> Iterator[Visit | None]:
    """Load a visit in steps of some milliseconds. The last one gives the visit.

    The latest changes may be missing: the caller loads them while the log is locked.
    """
    events: list[Event] = []
    timeline = Timeline()
    is_last = False
    while not is_last:
        page = reader.history_page(visit_id, len(events), STEP_CHANGES)
        for event in history_of(page, len(events)):
            events.append(event)
            timeline.add(event)
        is_last = len(page) < STEP_CHANGES  # what comes meanwhile is not waited for
        yield None
    state: State | None = None
    for state in View(events, timeline).folding(STEP_CHANGES):  # noqa: B007
        yield None
    yield Visit.from_history(visit_id, EPOCH, events, timeline, state)
