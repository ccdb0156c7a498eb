"""What an export is made of: visits and changes that a filter selects, as of a moment.

This alone of what is exchanged asks a server.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from google.protobuf.timestamp_pb2 import Timestamp

from chancery.client import AuditedChange, Connection, Visit, results
from chancery.client.changes import asked_again
from chancery.v1.audit_service_pb2 import ChangeFilter, ListChangesRequest, ListChangesResponse
from chancery.v1.desk_service_pb2 import Change
from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.history_service_pb2 import ReadEventsRequest
from chancery.v1.info_service_pb2 import GetServerInfoRequest
from chancery.v1.visit_pb2 import AsOf
from chancery.v1.visit_service_pb2 import CountVisitsRequest, GetVisitRequest, ListVisitsRequest
from service.exchange.playbooks.ordering import Ordering

# Changes on a page.
PAGE = 500
# Up to so many visits are read one by one; for more, the whole log is gone through.
FEW = 200
# Up to so many changes are kept, rather than read once more visit by visit.
HELD = 20_000
# A time in whole milliseconds covers its millisecond.
MICROSECONDS = 1000


@dataclass(frozen=True)
class Story:
    """Changes of a visit that follow each other; ``first`` is the version of the first."""

    visit: str
    first: int
    changes: list[Change]
    lost: int = 0
    """The version of the change after them, if that has lost its content."""


class Selection:
    """Which visits are asked for, and as of which moment.

    ``name`` is that of the one visit, or empty: then ``request`` says which.
    """

    def __init__(self, connection: Connection, request: ListVisitsRequest, name: str) -> None:
        self._connection = connection
        self._then = request.as_of if request.HasField("as_of") else None
        self._as_of = self._then or AsOf()
        self._name = name
        asked = GetServerInfoRequest(min_position=request.min_position)
        info = connection.messages.get_server_info(asked)
        self.origin = info.first_log_origin
        self._head = info.head_position
        self._request = ListVisitsRequest(
            filter=request.filter,
            query=request.query,
            as_of=self._then,
            min_position=self._head,
        )

    @property
    def most(self) -> int:
        """How many changes there are at most, if all are asked for; else 0."""
        return (self._as_of.position or self._head) if self._is_all else 0

    @property
    def _is_all(self) -> bool:
        return not (self._name or self._request.query or self._request.filter.ByteSize())

    def count(self) -> int:
        """How many visits there are, if that is known; else 0."""
        if self._name:
            return 1
        asked = self._request
        counted = self._connection.messages.count_visits(
            CountVisitsRequest(
                filter=asked.filter,
                query=asked.query,
                as_of=self._then,
                min_position=self._head,
            )
        )
        return 0 if counted.more else counted.visit_count

    def visits(self) -> Iterator[Visit]:
        """The visits, by name."""
        if self._name:
            request = GetVisitRequest(name=self._name, as_of=self._then, min_position=self._head)
            yield results.got(self._connection.messages.get_visit(request))
            return
        for page in self._connection.messages.list_visits(self._request):
            yield from (results.visit(each, page.view_position) for each in page.visits)

    def events(self) -> Iterator[RecordedEvent]:
        """The changes of the visits that were recorded by then, in the order of the log."""
        if self._is_all:
            yield from self._read("")
            return
        names = {self._name} if self._name else {visit.name for visit in self.visits()}
        if len(names) <= FEW:
            few = [event for name in names for event in self._read(name)]
            yield from sorted(few, key=lambda event: event.position)
        else:
            yield from (event for event in self._read("") if event.event.visit in names)

    def stories(self) -> Iterator[Story]:
        """The changes of the visits that were recorded by then, visit by visit."""
        ordering = Ordering()
        held: dict[str, list[RecordedEvent]] | None = {}
        for number, event in enumerate(self.events()):
            ordering.add(event)
            if number == HELD:
                held = None
            if held is not None:
                held.setdefault(event.event.visit, []).append(event)
        tangled = ordering.tangled()
        for name in ordering.visits():
            if name not in tangled:
                yield from stories(self._read(name) if held is None else held[name])
        yield from stories(event for event in self.events() if event.event.visit in tangled)

    def audited(self, *, backwards: bool) -> Iterator[Sequence[AuditedChange]]:
        """The changes of the visits that were recorded and known by then, page by page."""
        as_of = self._as_of
        names = None if self._is_all else {visit.name for visit in self.visits()}
        asked = ChangeFilter(last_position=as_of.position, visit=self._name)
        for field, bound in (("recorded_until", "recorded_at"), ("known_until", "known_at")):
            if as_of.HasField(bound):  # type: ignore[arg-type]
                getattr(asked, field).CopyFrom(getattr(as_of, bound))
        request = ListChangesRequest(
            filter=asked, backwards=backwards, page_size=PAGE, min_position=self._head
        )
        for page in self._connection.messages.list_changes(request):
            found = [
                each for each in page.changes if names is None or each.event.event.visit in names
            ]
            if self._then is not None:
                for each in found:
                    each.ClearField("annotation")  # it tells what came later
            yield results.listed_changes(ListChangesResponse(changes=found))

    def _read(self, name: str) -> Iterator[RecordedEvent]:
        last = self._as_of.position or self._head
        until = _covered(self._as_of.recorded_at) if self._as_of.HasField("recorded_at") else None
        request = ReadEventsRequest(visit=name, min_position=self._head)
        for event in self._connection.messages.read_events(request):
            if event.position > last:
                return
            if until is not None and event.record_time.ToMicroseconds() > until:
                return
            yield event


class Titles:
    """The titles of visits, asked for together."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[str, str] = {}

    def of(self, found: Sequence[AuditedChange]) -> Sequence[AuditedChange]:
        """The changes, whose visits' titles are known from then on."""
        if names := {each.event.visit for each in found} - self._known.keys():
            several = self._connection.batch(sorted(names))
            self._known.update({visit.name: visit.title for visit in several})
        return found

    def __call__(self, name: str) -> str:
        """The title of a visit by its name; empty if it has none."""
        return self._known.get(name, "")


def stories(events: Iterable[RecordedEvent]) -> Iterator[Story]:
    """The stories that changes in their order make."""
    for name, own in groupby(events, lambda event: event.event.visit):
        found = list(own)
        whole = [event for event in found if event.event.WhichOneof("change")]
        lost = next((event for event in found if not event.event.WhichOneof("change")), None)
        if lost is not None:
            whole = [event for event in whole if event.event.version < lost.event.version]
        yield Story(
            name.removeprefix("visits/"),
            found[0].event.version,
            list(map(asked_again, whole)),
            lost.event.version if lost else 0,
        )


def _covered(moment: Timestamp) -> int:
    """The last microsecond that is meant."""
    last = moment.ToMicroseconds()
    return last if last % MICROSECONDS else last + MICROSECONDS - 1
