"""The log while it is locked: nobody else appends, and the time of what is appended is fixed."""

import threading

import pytest

from service.store.engines.database import Database
from service.store.errors import StoreUnavailable
from service.store.log.writer import Writer
from tests.store import logbook
from tests.store.builders import NOON, Commits, entry, logged, stored
from tests.support.place import Place


def test_the_record_time_is_fixed_as_the_log_is_locked(database: Database, place: Place) -> None:
    """However long the caller takes to decide, and whatever the clock does meanwhile."""
    times = [NOON]
    writer = Writer(database, lambda: times[-1])
    with writer.lock() as log:
        assert (log.size, log.record_time) == (0, NOON)
        times.append(NOON + 7_000_000)
        writer.append([entry("beijing", 1)], log)
    assert [row.record_time for row in logbook.read(place)] == [NOON]


def test_the_record_time_under_the_lock_never_decreases(database: Database, place: Place) -> None:
    """While the clock is behind, it is that of the last change."""
    times = [NOON]
    writer = Writer(database, lambda: times[-1])
    for version, now in enumerate([NOON, NOON - 1, 0, NOON + 1], start=1):
        times.append(now)
        with writer.lock() as log:
            assert log.record_time == max(NOON, now)
            writer.append([entry("beijing", version)], log)
    assert [row.record_time for row in logbook.read(place)] == [NOON] * 3 + [NOON + 1]


def test_a_lock_under_which_nothing_is_appended_changes_nothing(
    database: Database, writer: Writer, place: Place
) -> None:
    """Also if its holder fails; the next one takes the positions."""
    before = stored(place, "SELECT * FROM head")
    with Commits(database) as commits:
        with writer.lock():
            pass
        with pytest.raises(ZeroDivisionError), writer.lock():
            _ = 1 // 0
    assert (commits.number, stored(place, "SELECT * FROM head")) == (0, before)
    assert list(writer.append([entry("beijing", 1)])) == [1]


def test_another_thread_waits_for_the_lock(writer: Writer, place: Place) -> None:
    """It appends after whoever has the log locked."""
    other = threading.Thread(target=lambda: writer.append([entry("kyiv", 1)]))
    with writer.lock() as log:
        other.start()
        other.join(0.1)
        assert other.is_alive()
        assert list(writer.append([entry("beijing", 1)], log)) == [1]
    other.join()
    assert logged(place) == [("beijing", 1), ("kyiv", 1)]


# The end


def test_a_closed_writer_refuses_to_append(writer: Writer, place: Place) -> None:
    """It accepts nothing that would never be written, however often it is closed."""
    writer.close()
    writer.close()
    with pytest.raises(StoreUnavailable, match="closed"), writer.lock():
        pass
    with pytest.raises(StoreUnavailable, match="closed"):
        writer.append([entry("beijing", 1)])
    assert logged(place) == []


def test_closing_waits_for_whoever_has_the_log_locked(writer: Writer, place: Place) -> None:
    """What was begun is recorded."""
    closing = threading.Thread(target=writer.close)
    with writer.lock() as log:
        closing.start()
        closing.join(0.1)
        assert closing.is_alive()
        writer.append([entry("beijing", 1)], log)
    closing.join()
    assert logged(place) == [("beijing", 1)]
