"""The application as eventsourcing knows it: saving, loading, the notification log."""

import threading
from collections.abc import Iterator

import pytest
from eventsourcing.application import AggregateNotFoundError
from eventsourcing.persistence import IntegrityError, Notification

from domain.events import Postponed
from domain.visit import Visit
from service.codec.clock import from_microseconds, to_microseconds
from service.commands.application import VisitApplication
from service.projections.rebuild import rebuild_visits
from service.store.engines.opening import open_database
from tests.domain.builders import at, blank_visit, enter, postponed_visit, scheduled_visit
from tests.store import logbook
from tests.store.builders import WITHOUT_ALIASES, logged, stored
from tests.support.place import Place

BEGAN = to_microseconds(at("2023-06-06 12:00:01"))


@pytest.fixture
def application(place: Place) -> Iterator[VisitApplication]:
    """An application whose clock advances by 100 seconds with each commit."""
    ticks = iter(range(BEGAN, BEGAN + 10**11, 10**8))
    application = VisitApplication(open_database(place.url), clock=lambda: next(ticks))
    yield application
    application.close()


def another_visit(visit_id: str) -> Visit:
    visit = blank_visit(visit_id)
    enter(visit, "schedule", details=WITHOUT_ALIASES, request_id=f"schedule {visit_id}")
    return visit


def test_a_visit_that_was_saved_is_got_again_with_its_record_times(
    application: VisitApplication,
) -> None:
    """The repository gives the same history; its timestamps are those of the commits."""
    visit = another_visit("beijing")
    application.save(visit)
    enter(visit, "postpone", request_id="postpone")
    enter(visit, "reschedule", request_id="reschedule")
    application.save(visit)
    again: Visit = application.repository.get("beijing")
    assert [type(e) for e in again.changes] == [type(e) for e in visit.changes]
    assert [e.request_id for e in again.changes] == ["schedule beijing", "postpone", "reschedule"]
    first, second, third = (e.timestamp for e in again.changes)
    assert first == from_microseconds(BEGAN)
    assert second == third == from_microseconds(BEGAN + 10**8)
    assert (again.version, again.state.status) == (3, visit.state.status)
    assert again.created_on == first
    assert again.modified_on == third


def test_a_visit_that_was_got_takes_further_changes(application: VisitApplication) -> None:
    """Get, change and save again: the usual cycle of an application."""
    application.save(another_visit("beijing"))
    visit: Visit = application.repository.get("beijing")
    assert list(visit.pending_events) == []
    enter(visit, "cancel", request_id="cancel")
    (recording,) = application.save(visit)
    assert recording.notification.id == 2
    assert application.repository.get("beijing").version == 2


def test_a_visit_is_got_as_it_was_at_a_version(application: VisitApplication) -> None:
    """The first two of three changes make the visit as the second left it."""
    visit = another_visit("beijing")
    enter(visit, "postpone", request_id="2")
    enter(visit, "cancel", request_id="3")
    application.save(visit)
    assert application.repository.get("beijing", version=2).state.status == "postponed"


def test_an_unknown_visit_is_not_found(application: VisitApplication) -> None:
    """The repository says so as eventsourcing does."""
    with pytest.raises(AggregateNotFoundError):
        application.repository.get("nowhere")


def rebuilt(application: VisitApplication, place: Place) -> list[object]:
    """The state rows that rebuilding makes from the log."""
    application.close()
    database = open_database(place.url)
    rebuild_visits(database.writer)
    database.close()
    return stored(place, "SELECT * FROM visit ORDER BY visit_id")


def test_saving_keeps_the_state_row(application: VisitApplication, place: Place) -> None:
    """A save leaves the same rows as rebuilding."""
    application.save(another_visit("beijing"), another_visit("kyiv"))
    visit: Visit = application.repository.get("beijing")
    enter(visit, "postpone", "2023-06-06 12:01", request_id="2")
    enter(visit, "amend", "2023-06-06 12:01", request_id="3")
    application.save(visit)
    visit = application.repository.get("beijing")
    enter(visit, "retract", "2023-06-06 12:02", request_id="4", retracted_version=2)
    application.save(visit)
    before = stored(place, "SELECT * FROM visit ORDER BY visit_id")
    assert [(row[0], row[1]) for row in before] == [("beijing", 4), ("kyiv", 1)]
    assert logbook.problems(place) == []
    assert rebuilt(application, place) == before


def test_a_visit_that_was_saved_takes_further_changes(
    application: VisitApplication, place: Place
) -> None:
    """It has its record times once it is saved; there is no need to load it again."""
    visit = another_visit("beijing")
    application.save(visit)
    assert [e.timestamp for e in visit.changes] == [from_microseconds(BEGAN)]
    enter(visit, "postpone", "2023-06-06 12:01", request_id="2")
    application.save(visit)
    enter(visit, "retract", "2023-06-06 12:02", request_id="3", retracted_version=2)
    application.save(visit)
    before = stored(place, "SELECT * FROM visit")
    assert rebuilt(application, place) == before


def test_several_visits_are_saved_together_or_not_at_all(
    application: VisitApplication, place: Place
) -> None:
    """A conflict in one visit keeps the other out of the log."""
    application.save(another_visit("beijing"))
    with pytest.raises(IntegrityError):
        application.save(another_visit("kyiv"), another_visit("beijing"))
    assert logged(place) == [("beijing", 1)]
    application.save(another_visit("kyiv"), another_visit("seoul"))
    assert logged(place) == [("beijing", 1), ("kyiv", 1), ("seoul", 1)]


def test_two_who_change_the_same_version_do_not_both_save(
    application: VisitApplication, place: Place
) -> None:
    """The second one gets an IntegrityError, and the log has only the first."""
    application.save(another_visit("beijing"))
    one: Visit = application.repository.get("beijing")
    two: Visit = application.repository.get("beijing")
    enter(one, "postpone", request_id="one")
    enter(two, "cancel", request_id="two")
    application.save(one)
    with pytest.raises(IntegrityError):
        application.save(two)
    assert application.repository.get("beijing").state.status == "postponed"


def test_the_notification_log_has_every_change_in_order(application: VisitApplication) -> None:
    """Other parts of eventsourcing can read the log as usual."""
    first, second = postponed_visit(), another_visit("kyiv")
    for number, event in enumerate(first.changes):
        object.__setattr__(event, "request_id", f"beijing {number}")
    application.save(first, second)
    found = list(application.notification_log.select(start=1, limit=10))
    assert [(n.id, n.originator_id, n.originator_version, n.topic) for n in found] == [
        (1, "beijing-2023", 1, "scheduled"),
        (2, "beijing-2023", 2, "postponed"),
        (3, "kyiv", 1, "scheduled"),
    ]
    assert [n.id for n in application.notification_log.select(start=2, limit=1)] == [2]
    section = application.notification_log["1,2"]
    assert [n.id for n in section.items] == [1, 2]
    loaded = application.mapper.to_domain_event(found[1])
    assert isinstance(loaded, Postponed)


def test_a_subscription_delivers_what_is_there_and_what_is_to_come(
    application: VisitApplication,
) -> None:
    """The commit wakes a waiting subscriber, which gets every change once, in order."""
    application.save(another_visit("beijing"))
    found: list[Notification] = []
    arrived = threading.Semaphore(0)
    subscription = application.recorder.subscribe(gt=0)

    def follow() -> None:
        with subscription:
            for notification in subscription:
                found.append(notification)
                arrived.release()

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        assert arrived.acquire(timeout=5)
        for visit_id in ("kyiv", "seoul"):
            application.save(another_visit(visit_id))
            assert arrived.acquire(timeout=5)
    finally:
        subscription.stop()
        thread.join(5)
    assert not thread.is_alive()
    assert [(n.id, n.originator_id) for n in found] == [(1, "beijing"), (2, "kyiv"), (3, "seoul")]


def test_what_a_visit_was_saved_with_is_in_the_log(
    application: VisitApplication, place: Place
) -> None:
    """A command's actor and request id reach the columns that make a retry harmless."""
    visit = blank_visit("beijing")
    enter(visit, "schedule", actor="ann", request_id="key")
    application.save(visit)
    assert stored(place, "SELECT actor, request_id FROM log") == [("ann", "key")]


def test_saving_a_visit_without_changes_records_nothing(
    application: VisitApplication, place: Place
) -> None:
    """There is nothing to append, and that is not an error."""
    visit = scheduled_visit()
    application.save(visit)
    assert application.save(visit) == []
    assert len(logged(place)) == 1
