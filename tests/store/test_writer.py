"""The writer: what is appended together is committed together, or leaves nothing behind."""

import threading
from dataclasses import replace

import pytest
from sqlalchemy import event

from service.store.engines.database import Database
from service.store.errors import Conflict, StoreUnavailable
from service.store.log.entry import Entry
from service.store.log.reader import Reader
from service.store.log.writer import Writer
from service.store.states.rows import Facets, Lookups
from tests.store import logbook
from tests.store.builders import Commits, entry, logged, stored
from tests.support.place import Place

# Commits


def test_entries_that_are_appended_together_take_one_commit(
    database: Database, writer: Writer, place: Place
) -> None:
    """A hundred changes of several visits have one record time, in the order given."""
    told: list[int] = []
    database.listeners.add(told.append)
    entries = [entry(f"visit-{i % 7}", i // 7 + 1) for i in range(100)]
    with Commits(database) as commits:
        assert list(writer.append(entries)) == list(range(1, 101))
    assert (commits.number, told[:1]) == (1, [100])
    assert logged(place) == [(each.visit_id, each.version) for each in entries]
    assert len({row.record_time for row in logbook.read(place)}) == 1
    assert logbook.problems(place) == []


def test_each_append_is_committed_by_its_end(database: Database, writer: Writer) -> None:
    """The writer waits for no more appends: ten, one after the other, are ten commits."""
    with Commits(database) as commits:
        for version in range(1, 11):
            assert list(writer.append([entry("beijing", version)])) == [version]
    assert commits.number == 10


def test_an_empty_append_commits_nothing(database: Database, writer: Writer, place: Place) -> None:
    with Commits(database) as commits:
        assert list(writer.append([])) == []
    assert (commits.number, logged(place)) == (0, [])


def test_threads_take_turns(writer: Writer, place: Place) -> None:
    """Callers in different threads each get the positions of their own changes."""
    told: dict[int, tuple[str, int]] = {}

    def write(visit_id: str) -> None:
        for version in range(1, 26):
            (position,) = writer.append([entry(visit_id, version)])
            told[position] = (visit_id, version)

    threads = [threading.Thread(target=write, args=(f"visit-{i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [told[position] for position in range(1, 201)] == logged(place)
    assert logbook.problems(place) == []


def test_nothing_is_answered_and_nothing_is_read_before_the_commit(
    database: Database, writer: Writer, place: Place
) -> None:
    """As the commit begins, the caller has no answer, no listener knows, and no reader sees it."""
    seen: list[object] = []
    database.listeners.add(lambda size: seen.append(f"listener: {size}"))
    event.listen(database.writer, "commit", lambda _: seen.append(logged(place)))
    seen.append(list(writer.append([entry("beijing", 1)])))
    assert seen == [[], "listener: 1", [1]]
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


# Conflicts


@pytest.mark.parametrize(
    "second",
    [
        entry("beijing", 1),
        entry("beijing", 3),
        entry("kyiv", 3),
        entry("kyiv", 1),
        entry("kyiv", 2, "taken"),
        entry("kyiv", 2, "same"),
        entry("paris", 2),
    ],
    ids=[
        "taken version",
        "missing version",
        "version missing in the batch",
        "version twice in the batch",
        "taken request id",
        "request id twice in the batch",
        "no first version",
    ],
)
def test_a_conflict_leaves_nothing_behind(writer: Writer, place: Place, second: Entry) -> None:
    """One bad change of several records none, and the next append finds the visit as it was."""
    writer.append([entry("beijing", 1, "taken")])
    before = [stored(place, f"SELECT * FROM {table}") for table in ("head", "visit", "tile")]
    with pytest.raises(Conflict):
        writer.append([entry("kyiv", 1, "same"), second, entry("seoul", 1)])
    assert logged(place) == [("beijing", 1)]
    after = [stored(place, f"SELECT * FROM {table}") for table in ("head", "visit", "tile")]
    assert after == before
    assert list(writer.append([entry("kyiv", 1, "same"), entry("kyiv", 2), entry("seoul", 1)])) == [
        2,
        3,
        4,
    ]
    assert logbook.problems(place) == []


def test_a_request_id_is_each_actors_own(writer: Writer, place: Place) -> None:
    """Two actors may use the same one."""
    writer.append([entry("beijing", 1, "key"), entry("seoul", 1, "key", actor="other")])
    assert logged(place) == [("beijing", 1), ("seoul", 1)]


def test_what_follows_on_a_conflict_is_a_conflict_until_its_basis_is_recorded(
    writer: Writer, place: Place
) -> None:
    """A change whose basis was lost an append ago is not recorded without it."""
    writer.append([entry("beijing", 1, "taken")])
    for version in (2, 3):
        with pytest.raises(Conflict):
            writer.append([entry("beijing", version, "taken")])
        with pytest.raises(Conflict):
            writer.append([entry("beijing", version + 1)])
    assert logged(place) == [("beijing", 1)]


def test_the_states_of_a_failed_append_are_not_kept(writer: Writer, place: Place) -> None:
    """Rows and aliases that were written before the conflict was found are taken back."""
    writer.append([entry("beijing", 1, aliases=["old"])])
    with pytest.raises(Conflict):
        writer.append([entry("beijing", 2, aliases=["new"]), entry("kyiv", 1), entry("kyiv", 1)])
    assert stored(place, "SELECT visit_id, version FROM visit") == [("beijing", 1)]
    assert stored(place, "SELECT alias, visit_id FROM alias") == [("old", "beijing")]


# States


def test_any_number_of_words_is_replaced_at_once(place: Place, writer: Writer) -> None:
    """More words than a statement can have parameters, on either engine."""
    first, second = entry("beijing", 1), entry("beijing", 2)
    assert first.row is not None
    assert second.row is not None
    said = Lookups("".join(f" word{number}" for number in range(40_000)))
    facets = Facets("postponed", lookups=said)
    writer.append([replace(first, row=replace(first.row, facets=facets))])
    assert stored(place, "SELECT count(*) FROM word") == [(40_000,)]
    facets = Facets("postponed", lookups=Lookups(" word7 other"))
    writer.append([replace(second, row=replace(second.row, facets=facets, lookups_before=said))])
    assert stored(place, "SELECT word FROM word ORDER BY word") == [("other",), ("word7",)]


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
    """None of its entries is recorded, nobody is told, and the next append takes the positions."""
    told: list[int] = []
    database.listeners.add(told.append)
    with Commits(database, lambda _: True), pytest.raises(StoreUnavailable):
        writer.append([entry(f"visit-{i}", 1) for i in range(5)])
    assert (logged(place), told) == ([], [])
    assert list(writer.append([entry("visit-0", 1)])) == [1]
    assert logbook.problems(place) == []


def test_a_change_that_cannot_be_stored_does_not_end_the_writer(
    writer: Writer, place: Place
) -> None:
    """The caller gets the driver's error, or one of the store if the driver has no other."""
    defective = replace(entry("beijing", 1), topic=object())  # type: ignore[arg-type]
    with pytest.raises((StoreUnavailable, TypeError)):
        writer.append([defective])
    assert list(writer.append([entry("beijing", 1)])) == [1]
    assert logbook.problems(place) == []


def test_what_a_failure_says_holds_no_sql_and_no_path(
    database: Database, writer: Writer, place: Place
) -> None:
    """A client may see the message of a StoreUnavailable."""
    with Commits(database, lambda number: True), pytest.raises(StoreUnavailable) as failed:
        writer.append([entry("beijing", 1)])
    for secret in (place.url, str(place.key.parent), "COMMIT", "sqlite", "psycopg", "disk I/O"):
        assert secret not in str(failed.value)
