"""The writer: one commit for all waiting appends, and a failure only for its own caller."""

import threading
from dataclasses import replace

import pytest
from sqlalchemy import event

from service.store.engines.database import Database
from service.store.errors import RequestIdTaken, StoreUnavailable, VersionConflict
from service.store.log.appends import Entry
from service.store.log.reader import Reader
from service.store.log.writer import Writer
from service.store.states.rows import Facets
from tests.store import logbook
from tests.store.builders import (
    SECONDS,
    Commits,
    Held,
    append,
    entry,
    errors,
    logged,
    stored,
    together,
)
from tests.support.place import Place

# Group commit


def test_appends_that_wait_are_committed_together(database: Database, writer: Writer) -> None:
    """A hundred appends of several visits take one durable commit, in the order submitted."""
    appends = [append(entry(f"visit-{i % 7}", i // 7 + 1)) for i in range(100)]
    with Commits(database) as commits:
        assert together(database, writer, *appends) == [None] * 100
    assert commits.number == 2  # the empty append, and all others
    assert [each.first_position for each in appends] == list(range(1, 101))
    assert len({each.record_time for each in appends}) == 1


def test_an_append_alone_is_committed_alone(database: Database, writer: Writer) -> None:
    """The writer waits for no more appends: ten, one after the other, are ten commits."""
    with Commits(database) as commits:
        for version in range(1, 11):
            assert list(writer.append([entry("beijing", version)])) == [version]
    assert commits.number == 10


def test_many_threads_share_commits(database: Database, writer: Writer, place: Place) -> None:
    """Callers in different threads each get the positions of their own changes."""
    told: dict[int, tuple[str, int]] = {}

    def write(visit_id: str) -> None:
        for version in range(1, 26):
            (position,) = writer.append([entry(visit_id, version)])
            told[position] = (visit_id, version)

    threads = [threading.Thread(target=write, args=(f"visit-{i}",)) for i in range(16)]
    with Commits(database) as commits:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert commits.number < 200
    assert [told[position] for position in range(1, 401)] == logged(place)
    assert logbook.problems(place) == []


def test_nobody_is_answered_before_the_commit(
    database: Database, writer: Writer, place: Place
) -> None:
    """Until the commit, the caller waits and no reader sees the change."""
    committing, go_on = threading.Event(), threading.Event()

    def hold(_connection: object) -> None:
        committing.set()
        go_on.wait(SECONDS)

    event.listen(database.writer, "commit", hold)
    waiting = append(entry("beijing", 1))
    writer.submit(waiting)
    assert waiting.done is not None
    try:
        assert committing.wait(SECONDS)
        assert not waiting.done.wait(0.1)
        assert logged(place) == []
    finally:
        go_on.set()
    assert list(waiting.wait()) == [1]
    assert logged(place) == [("beijing", 1)]


def test_listeners_are_called_when_the_batch_can_be_read(
    database: Database, writer: Writer
) -> None:
    """A listener finds the batch committed, and the state of its visit."""
    reader = Reader(database)
    seen = []
    database.listeners.add(
        lambda _: seen.append((reader.head().position, reader.visits(["beijing"])))
    )
    for version in (1, 2, 3):
        writer.append([entry("beijing", version)])
    writer.close()
    assert [head for head, _ in seen] == [1, 2, 3]
    assert [(at, rows["beijing"].version) for _, (at, rows) in seen] == [(1, 1), (2, 2), (3, 3)]


def test_a_reader_never_sees_a_batch_in_part(database: Database, writer: Writer) -> None:
    """Head and states in one answer are of the same moment; a history has no gaps."""
    reader = Reader(database)
    ended = threading.Event()

    def write() -> None:
        for version in range(1, 60):
            writer.append([entry(f"visit-{i}", version) for i in range(5)])
        ended.set()

    thread = threading.Thread(target=write)
    thread.start()
    while not ended.is_set():
        head, rows = reader.visits([f"visit-{i}" for i in range(5)])
        assert head % 5 == 0
        assert {row.version for row in rows.values()} <= {head // 5}
        versions = [row.version for row in reader.history("visit-4")]
        assert versions == list(range(1, len(versions) + 1))
        assert len(versions) >= head // 5
    thread.join()


def test_an_empty_append_is_done_after_those_before_it(database: Database, writer: Writer) -> None:
    """It records nothing, and returns where the log ends and at what time."""
    first, barrier = append(entry("beijing", 1), entry("beijing", 2)), append()
    assert together(database, writer, first, barrier) == [None, None]
    assert list(barrier.wait()) == []
    assert barrier.first_position == 3
    assert barrier.record_time == first.record_time


# Conflicts


def test_a_conflict_fails_only_its_own_append(
    database: Database, writer: Writer, place: Place
) -> None:
    """A stale version or a taken request id does not affect the other appends."""
    writer.append([entry("beijing", 1, "taken")])
    appends = [
        append(entry("kyiv", 1)),
        append(entry("beijing", 1)),  # that version is taken
        append(entry("beijing", 2)),
        append(entry("beijing", 4)),  # version 3 is missing
        append(entry("seoul", 1, "taken")),
        append(entry("seoul", 1, "taken", actor="other")),  # another actor's own key
        append(entry("paris", 2)),  # there is no version 1
        append(entry("kyiv", 2)),
    ]
    assert errors(together(database, writer, *appends)) == [
        None,
        VersionConflict,
        None,
        VersionConflict,
        RequestIdTaken,
        None,
        VersionConflict,
        None,
    ]
    assert logged(place) == [
        ("beijing", 1),
        ("kyiv", 1),
        ("beijing", 2),
        ("seoul", 1),
        ("kyiv", 2),
    ]
    positions = [p for each in appends if each.error is None for p in each.wait()]
    assert positions == [2, 3, 4, 5]
    assert logbook.problems(place) == []


def test_those_decided_on_top_of_a_failed_append_fail_too(
    database: Database, writer: Writer, place: Place
) -> None:
    """Changes 3 and 4 of a visit are not recorded without its change 2."""
    writer.append([entry("beijing", 1, "taken")])
    appends = [
        append(entry("kyiv", 1)),
        append(entry("beijing", 2, "taken")),
        append(entry("beijing", 3)),
        append(entry("kyiv", 2), entry("beijing", 4)),
        append(entry("kyiv", 3)),
    ]
    assert errors(together(database, writer, *appends)) == [
        None,
        RequestIdTaken,
        VersionConflict,
        VersionConflict,
        VersionConflict,
    ]
    assert logged(place) == [("beijing", 1), ("kyiv", 1)]
    assert logbook.problems(place) == []


def test_those_decided_on_a_failed_append_fail_in_a_later_batch_too(
    database: Database, writer: Writer, place: Place
) -> None:
    """A change whose basis was lost a batch ago is a conflict."""
    writer.append([entry("beijing", 1, "taken")])
    for version in (2, 3):
        (error,) = together(database, writer, append(entry("beijing", version, "taken")))
        assert isinstance(error, RequestIdTaken)
        (error,) = together(database, writer, append(entry("beijing", version + 1)))
        assert isinstance(error, VersionConflict)
    assert logged(place) == [("beijing", 1)]


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (entry("beijing", 1), VersionConflict),
        (entry("kyiv", 3), VersionConflict),
        (entry("kyiv", 2, "taken"), RequestIdTaken),
        (entry("kyiv", 2, "same"), RequestIdTaken),
    ],
    ids=["taken version", "missing version", "taken request id", "same request id twice"],
)
def test_an_append_is_recorded_as_a_whole_or_not_at_all(
    database: Database, writer: Writer, place: Place, second: Entry, reason: type
) -> None:
    """One bad change of several records none, and the next append finds the visit as it was."""
    writer.append([entry("beijing", 1, "taken")])
    several = append(entry("kyiv", 1, "same"), second, entry("seoul", 1))
    after = append(entry("kyiv", 1, "same"), entry("kyiv", 2), entry("seoul", 1))
    assert errors(together(database, writer, several, after)) == [reason, None]
    assert logged(place) == [("beijing", 1), ("kyiv", 1), ("kyiv", 2), ("seoul", 1)]
    assert logbook.problems(place) == []


def test_any_number_of_words_is_replaced_at_once(place: Place, writer: Writer) -> None:
    """More words than a statement can have parameters, on either engine."""
    first, second = entry("beijing", 1), entry("beijing", 2)
    assert first.row is not None
    assert second.row is not None
    said = "".join(f" word{number}" for number in range(40_000))
    writer.append([replace(first, row=replace(first.row, facets=Facets("postponed", words=said)))])
    assert stored(place, "SELECT count(*) FROM word") == [(40_000,)]
    facets = Facets("postponed", words=" word7 other")
    writer.append([replace(second, row=replace(second.row, facets=facets, words_before=said))])
    assert stored(place, "SELECT word FROM word ORDER BY word") == [("other",), ("word7",)]


def test_the_states_of_a_failed_append_are_not_kept(
    database: Database, writer: Writer, place: Place
) -> None:
    """Rows and aliases that were written before the conflict was found are taken back."""
    writer.append([entry("beijing", 1, aliases=["old"])])
    bad = append(entry("beijing", 2, aliases=["new"]), entry("kyiv", 1), entry("kyiv", 1))
    assert errors(together(database, writer, bad)) == [VersionConflict]
    assert stored(place, "SELECT visit_id, version FROM visit") == [("beijing", 1)]
    assert stored(place, "SELECT alias, visit_id FROM alias") == [("old", "beijing")]


def test_the_first_change_keeps_its_time_in_the_state(writer: Writer, place: Place) -> None:
    """A row's create time is its first change's; its position is its last change's."""
    for version in range(1, 4):
        writer.append([entry("beijing", version), entry(f"other-{version}", 1)])
    rows = [row for row in logbook.read(place) if row.visit_id == "beijing"]
    columns = "version, position, create_time, update_time"
    assert stored(place, f"SELECT {columns} FROM visit WHERE visit_id = 'beijing'") == [
        (3, rows[-1].position, rows[0].record_time, rows[-1].record_time)
    ]


# Faults


def test_a_commit_that_fails_records_nothing(
    database: Database, writer: Writer, place: Place
) -> None:
    """Every append of the batch fails, none is recorded, and the next batch takes the positions."""
    appends = [append(entry(f"visit-{i}", 1)) for i in range(5)]
    with Commits(database, lambda number: number == 2):
        found = together(database, writer, *appends)
    assert errors(found) == [StoreUnavailable] * 5
    assert logged(place) == []
    assert list(writer.append([entry("visit-0", 1)])) == [1]
    assert logbook.problems(place) == []


def test_a_commit_that_fails_after_a_conflict_tells_each_its_own_error(
    database: Database, writer: Writer, place: Place
) -> None:
    """The append in conflict keeps its reason; the others get the failed commit."""
    writer.append([entry("beijing", 1)])
    appends = [append(entry("kyiv", 1)), append(entry("beijing", 1)), append(entry("seoul", 1))]
    with Commits(database, lambda number: number == 2):
        found = together(database, writer, *appends)
    assert errors(found) == [StoreUnavailable, VersionConflict, StoreUnavailable]
    assert logged(place) == [("beijing", 1)]
    assert list(writer.append([entry("kyiv", 1)])) == [2]
    assert logbook.problems(place) == []


def test_a_change_that_cannot_be_stored_does_not_end_the_writer(
    database: Database, writer: Writer, place: Place
) -> None:
    """An error of the driver is reported like one of the engine."""
    defective = append(replace(entry("beijing", 1), topic=object()))  # type: ignore[arg-type]
    writer.submit(defective)
    assert defective.done is not None
    assert defective.done.wait(5), "nobody was answered"
    assert isinstance(defective.error, StoreUnavailable)
    assert list(writer.append([entry("beijing", 1)])) == [1]


def test_what_a_failure_says_holds_no_sql_and_no_path(
    database: Database, writer: Writer, place: Place
) -> None:
    """A client may see the message of a StoreUnavailable."""
    with Commits(database, lambda number: True), pytest.raises(StoreUnavailable) as failed:
        writer.append([entry("beijing", 1)])
    for secret in (place.url, str(place.key.parent), "COMMIT", "sqlite", "psycopg", "disk I/O"):
        assert secret not in str(failed.value)


# The end


def test_closing_commits_what_was_submitted(
    database: Database, writer: Writer, place: Place
) -> None:
    """All fifty appends that wait when the writer is closed are recorded."""
    appends = [append(entry("beijing", version)) for version in range(1, 51)]
    with Held(database) as held:
        writer.submit(append())
        held.wait()
        for each in appends:
            writer.submit(each)
        closing_thread = threading.Thread(target=writer.close)
        closing_thread.start()
        closing_thread.join(0.1)
        assert closing_thread.is_alive()
    closing_thread.join(SECONDS)
    assert [position for each in appends for position in each.wait()] == list(range(1, 51))
    assert len(logged(place)) == 50


def test_a_closed_writer_refuses_to_append(writer: Writer, place: Place) -> None:
    """It accepts nothing that would never be written, however often it is closed."""
    writer.close()
    writer.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        writer.submit(append(entry("beijing", 1)))
    with pytest.raises(StoreUnavailable, match="closed"):
        writer.append([entry("beijing", 1)])
    assert logged(place) == []
