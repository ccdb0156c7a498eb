"""Whatever was recorded can be loaded, however the rules have changed since."""

from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

import pytest
from eventsourcing.application import project_aggregate
from eventsourcing.domain import OriginatorIDError, OriginatorVersionError

from domain import errors
from domain.events import (
    EVENT_TYPES,
    Amended,
    Cancelled,
    Completed,
    Deferred,
    Event,
    Postponed,
    Rescheduled,
    Scheduled,
    StatementRecorded,
)
from domain.history import fold
from domain.standing import standing, words
from domain.values import (
    Basis,
    Condition,
    Host,
    Place,
    Principal,
    RelatedVisit,
    Statement,
    VisitDetails,
    Window,
)
from domain.visit import Visit
from tests.domain.builders import (
    DETAILS,
    FEBRUARY,
    JUNE,
    at,
    condition,
    enter,
    on,
    rescheduled_visit,
)

BROKEN_WINDOW = Window(date(2023, 2, 6), date(2023, 2, 5), as_stated="\x00" * 5000)
BROKEN_DETAILS = VisitDetails(
    title="\u202e" + "x" * 5000,
    principal=Principal("", country="Sweden", organisation="EU"),
    host=Host(),
    destinations=(Place(),) * 60,
    aliases=("", ""),
    related=(RelatedVisit("Not an id", None),),
)


def recorded(event_class: type[Event], version: int, **values: Any) -> Event:
    """An event as it may once have been recorded, with no command to check it."""
    given: dict[str, Any] = {
        "timestamp": at("2023-01-01") if version == 1 else at(f"2023-01-{version:02} 12:00"),
        "actor": "",
        "request_id": "",
        "basis": (Basis(None, source_count=-1, url="nowhere"),),
    }
    return event_class(originator_id="Old Id", originator_version=version, **given | values)


def loaded(*events: Event) -> Visit:
    visit = Visit.blank(events[0].originator_id, events[0].timestamp)
    for event in events:
        event.mutate(visit)
    return visit


def scheduled(**values: Any) -> Event:
    return recorded(Scheduled, 1, **{"details": DETAILS, "window": FEBRUARY} | values)


def test_values_that_break_todays_rules_are_applied() -> None:
    """Commands check values; applying an event does not."""
    visit = loaded(scheduled(details=BROKEN_DETAILS, window=BROKEN_WINDOW))
    assert (visit.state.details, visit.state.window) == (BROKEN_DETAILS, BROKEN_WINDOW)
    assert (visit.state.status, standing(visit.state)) == ("scheduled", "reported")


def test_none_of_these_values_passes_a_command_today() -> None:
    """This shows that what is loaded here really breaks a rule."""
    for value in BROKEN_DETAILS, BROKEN_WINDOW:
        with pytest.raises(errors.InvalidValue):
            value.checked()


def test_a_change_that_the_table_allowed_once_is_applied() -> None:
    """Only commands look at the table."""
    visit = loaded(
        scheduled(),
        recorded(Cancelled, 2),
        recorded(Postponed, 3),
        recorded(Completed, 4, held_window=FEBRUARY),
        recorded(Rescheduled, 5, window=JUNE),
    )
    assert visit.state.status == "rescheduled"
    assert visit.state.window == JUNE


def test_times_that_go_back_are_folded_in_the_order_of_places() -> None:
    """A status change never stands ahead of the standing one before it."""
    visit = loaded(
        scheduled(effective=on("2022-12-01 12:00"), known=on("2022-12-01 12:00")),
        recorded(Postponed, 2, effective=on("2022-11-01 12:00"), known=on("2022-11-01 12:00")),
    )
    assert visit.state.status == "postponed"
    assert visit.state == fold(visit.changes)


def test_a_second_opening_that_was_never_retracted_is_applied() -> None:
    """The latest counts."""
    visit = loaded(scheduled(), recorded(Scheduled, 2, details=BROKEN_DETAILS, window=JUNE))
    assert (visit.state.details, visit.state.window) == (BROKEN_DETAILS, JUNE)
    assert visit.state == fold(visit.changes)


def test_a_history_that_begins_with_something_else_is_no_visit() -> None:
    """There is nothing that says which visit it is."""
    visit = loaded(recorded(Postponed, 1), recorded(Amended, 2, update_mask=("details.title",)))
    assert visit.state == fold(visit.changes)
    assert visit.state.status is None


def test_words_of_nobody_are_applied() -> None:
    """A condition or a statement of no side counts for nothing."""
    visit = loaded(
        scheduled(),
        recorded(Deferred, 2, condition=Condition("", None)),
        recorded(StatementRecorded, 3, statement=Statement(None, None, about_version=99)),
    )
    assert visit.state.status == "when conditions allow"
    assert (standing(visit.state), [w.counts for w in words(visit.state)]) == ("reported", [False])


def test_a_mask_that_names_what_is_no_field_any_more_changes_the_others() -> None:
    """A field that no longer exists is ignored."""
    amended = recorded(
        Amended,
        2,
        details=VisitDetails(title="New"),
        window=None,
        update_mask=("details.colour", "details.title"),
    )
    visit = loaded(scheduled(), amended)
    assert visit.state.details.title == "New"


def test_old_history_takes_a_new_change() -> None:
    """Today's rules hold for what is added."""
    visit = loaded(scheduled(details=BROKEN_DETAILS, window=BROKEN_WINDOW))
    enter(visit, "defer", condition=condition())
    assert [p.window for p in visit.state.previous_windows] == [BROKEN_WINDOW]


# Loading


def test_eventsourcing_loads_a_visit_from_its_events() -> None:
    """The library's own projector gives the visit that the commands left."""
    visit = rescheduled_visit()
    blank = Visit.blank(visit.id, visit.changes[0].timestamp)
    again = project_aggregate(blank, iter(visit.collect_events()))
    assert isinstance(again, Visit)
    assert again.pending_events == visit.pending_events == []
    assert (again.state, again.changes) == (visit.state, visit.changes)
    assert (again.id, again.version) == ("beijing-2023", 3)
    assert again.created_on == at("2023-01-01 12:00")
    assert again.modified_on == at("2023-01-03 12:00")


def test_a_visit_is_loaded_from_all_its_events_at_once() -> None:
    """It is the visit that replaying them one by one gives, with nothing pending."""
    visit = rescheduled_visit()
    again = Visit.from_history(visit.id, visit.created_on, visit.changes)
    assert (again.state, again.changes) == (visit.state, visit.changes)
    assert (again.id, again.version) == (visit.id, visit.version)
    assert (again.created_on, again.modified_on) == (visit.created_on, visit.modified_on)
    assert again.pending_events == []


def test_a_visit_without_events_is_blank() -> None:
    """Its first command opens it."""
    visit = Visit.from_history("beijing-2023", at("2023-01-01"), [])
    assert (visit.version, visit.changes, visit.state.status) == (0, (), None)
    assert visit.modified_on == at("2023-01-01")
    enter(visit, "schedule")
    assert visit.state.status == "scheduled"


def test_events_load_in_their_order_and_on_their_visit_alone() -> None:
    """A gap, a repetition or an event of another visit is an error in loading."""
    events = rescheduled_visit().changes
    with pytest.raises(OriginatorVersionError):
        loaded(events[1])
    with pytest.raises(OriginatorVersionError):
        loaded(events[0], events[2])
    with pytest.raises(OriginatorVersionError):
        loaded(events[0], events[0])
    with pytest.raises(OriginatorIDError):
        loaded(scheduled(), events[1])


def test_topics_are_short_and_fixed() -> None:
    """Every stored event has one, so none is ever renamed."""
    assert [event_class.TOPIC for event_class in EVENT_TYPES] == [
        "scheduled",
        "disclosed",
        "postponed",
        "deferred",
        "rescheduled",
        "completed",
        "cancelled",
        "amended",
        "corrected",
        "statement_recorded",
        "retracted",
    ]


@pytest.mark.parametrize("event_class", EVENT_TYPES)
def test_an_event_is_never_set(event_class: type[Event]) -> None:
    """It is frozen: a fact does not change."""
    values: dict[str, Any] = {f.name: None for f in fields(event_class)}
    event = event_class(**values)
    assert is_dataclass(event)
    for field in fields(event_class):
        with pytest.raises(AttributeError):
            setattr(event, field.name, "another")
