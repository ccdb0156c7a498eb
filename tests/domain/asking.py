"""Ask about a visit as of three times."""

from collections.abc import Callable, Sequence
from datetime import datetime

import pytest

from domain.errors import NotVisibleThen
from domain.events import Event
from domain.history import fold, why_invisible
from domain.state import State
from domain.times import LAST_INSTANT
from domain.visit import Visit
from tests.domain.builders import at, end_of_day

PLANNED, OPEN, AGAIN = "scheduled", "when conditions allow", "rescheduled"
UNKNOWN, UNRECORDED, NOT_YET = "(not known)", "(not recorded)", "(not in force)"


def instant(text: str) -> datetime:
    """A bare day means its end, and no text means now."""
    if not text:
        return LAST_INSTANT
    return at(text) if ":" in text else end_of_day(text)


def as_of(visit: Visit, *, known: str = "", valid: str = "", recorded: str = "") -> State:
    """The visit as of these times."""
    return fold(events_by(visit, recorded), instant(known), instant(valid))


def events_by(visit: Visit, recorded: str) -> Sequence[Event]:
    return [event for event in visit.changes if event.timestamp <= instant(recorded)]


def status_as_of(visit: Visit, known: str, valid: str, recorded: str) -> str:
    """The visit's status at that time, or why it had none."""
    state = as_of(visit, known=known, valid=valid, recorded=recorded)
    if state.status is not None:
        return state.status
    why = why_invisible(visit.id, events_by(visit, recorded), instant(known))
    return f"({why.why})" if isinstance(why, NotVisibleThen) else "(withdrawn)"


Story = Callable[[], Visit]


def cases(*rows: tuple[str, str, str, str]) -> pytest.MarkDecorator:
    """Each row: known at, valid at, recorded by, and the status in that answer."""
    return pytest.mark.parametrize(("known", "valid", "recorded", "expected"), rows)
