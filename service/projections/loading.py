"""Events and visits from rows of the log. Each row is checked against what its body says."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter
from typing import TypeVar, cast

from domain.events import Event
from domain.visit import Visit
from service import codec
from service.codec import wire
from service.codec.canonical import NotCanonical
from service.codec.clock import EPOCH, from_microseconds
from service.codec.parts import part_ends
from service.limits import STEP_CHANGES
from service.store.errors import LogDamaged
from service.store.log.rows import LogRow

# The columns that repeat what the body, the position and the record time say.
REPEATED = (
    "visit_id",
    "version",
    "topic",
    "actor",
    "request_id",
    "open_length",
    "frame_prefix",
)
_REPEATED = attrgetter(*REPEATED)

Result = TypeVar("Result")
# Work in steps of some milliseconds: it yields after each.
Steps = Generator[None, None, Result]


def events_of(rows: Iterable[LogRow]) -> list[Event]:
    """The events of rows of the log.

    :raises LogDamaged: a row is not what was recorded.
    """
    return [_event_of(row) for row in rows]


def history_of(rows: Sequence[LogRow], version: int = 0) -> list[Event]:
    """The events of the rows of one visit, from the change after ``version`` on.

    :raises LogDamaged: a row is not what was recorded, or a change before it is missing.
    """
    return at_once(history_in_steps(rows, version))


def history_in_steps(rows: Sequence[LogRow], version: int = 0) -> Steps[list[Event]]:
    """The same in steps. Raises what ``history_of`` does."""
    events: list[Event] = []
    for row in rows:
        events.append(_event_of(row))
        if len(events) % STEP_CHANGES == 0:
            yield
    position = 0
    for expected, row in enumerate(rows, start=version + 1):
        if row.version != expected or row.position <= position:
            raise LogDamaged(row.position, "the entry does not follow the change before it")
        position = row.position
    return events


def at_once(steps: Steps[Result]) -> Result:
    """Do all steps of a work, and return its result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return cast(Result, end.value)


def visit_of(visit_id: str, rows: Sequence[LogRow]) -> Visit:
    """The visit that its rows of the log lead to, from the first one on; blank without any.

    :raises LogDamaged: see ``history_of``.
    """
    events = history_of(rows)
    with applying(rows):
        return Visit.from_history(visit_id, EPOCH, events)


def continued(visit: Visit, rows: Sequence[LogRow]) -> Visit:
    """The visit after these rows of the log, which follow on its last change.

    :raises LogDamaged: see ``history_of``.
    """
    visit = visit.fork()
    with applying(rows):
        for event in history_of(rows, visit.version):
            event.mutate(visit)
    return visit


@contextmanager
def applying(rows: Sequence[LogRow]) -> Iterator[None]:
    """Apply the changes of these rows of one visit. They may be such as no command records.

    :raises LogDamaged: they cannot be applied.
    """
    try:
        yield
    except (AttributeError, LookupError, OverflowError, TypeError, ValueError) as error:
        raise LogDamaged(
            rows[-1].position,
            f"this or an earlier change cannot be applied to visits/{rows[-1].visit_id}",
        ) from error


def _event_of(row: LogRow) -> Event:
    """The event of a row, if the other columns agree with the body."""
    if type(row.body) is not bytes or type(row.record_time) is not int:
        raise LogDamaged(row.position)
    try:
        event = codec.event_from_bytes(row.body, from_microseconds(row.record_time))
    except NotCanonical as error:
        raise LogDamaged(row.position, str(error)) from None
    except (ValueError, OverflowError):
        raise LogDamaged(row.position) from None
    said = (
        event.originator_id,
        event.originator_version,
        event.TOPIC,
        event.actor,
        event.request_id,
        part_ends(row.body)[1],
        wire.frame_prefix(row.position, row.record_time, len(row.body)),
    )
    if _REPEATED(row) != said:
        columns = zip(REPEATED, _REPEATED(row), said, strict=True)
        differing = ", ".join(name for name, stored, meant in columns if stored != meant)
        raise LogDamaged(row.position, f"the body does not agree with {differing}")
    return event
