"""PostgreSQL alone: which URLs are refused, how tables are made, connections, faults."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import DBAPIError

from service.audit.keys import open_key
from service.projections.rebuild import rebuild_visits
from service.store import tables
from service.store.engines.database import Database
from service.store.engines.opening import (
    differences,
    open_database,
    owned,
    reading,
    schema_of,
    upgrade,
)
from service.store.engines.postgresql import connections
from service.store.engines.schema import NEWEST
from service.store.errors import (
    Conflict,
    ConnectionLost,
    DiskFull,
    StartupRefused,
    StoreUnavailable,
)
from service.store.log.reader import Reader
from service.store.log.writer import Writer
from tests.store import logbook
from tests.store.builders import SECONDS, entry, logged
from tests.store.serving import desk_on
from tests.support.place import Place, PostgresDatabases
from tests.support.postgresql import Cluster, fresh_database
from tests.support.proxy import Proxy
from tests.support.server import DidNotStart, Server
from tests.support.waiting import wait_until


@pytest.fixture
def place(databases: PostgresDatabases) -> Iterator[Place]:
    """The place of a test's log."""
    with databases.new() as place:
        yield place


@pytest.fixture
def bare(cluster: Cluster) -> Iterator[str]:
    """The URL of a database without tables."""
    url = fresh_database(cluster)
    yield url
    cluster.execute(f'DROP DATABASE "{url.rpartition("/")[2]}" WITH (FORCE)')


def execute(place: Place, statement: str) -> None:
    """Change the database, behind the server's back."""
    with place.edit() as hand:
        hand.execute(statement)


# What is refused


@pytest.mark.parametrize("opens", [open_database, upgrade, reading, schema_of])
@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql+asyncpg://me:secret@127.0.0.1:1/log", "the driver is psycopg"),
        ("postgresql+psycopg2://me:secret@127.0.0.1:1/log", "the driver is psycopg"),
        ("postgresql+unheardof://me:secret@127.0.0.1:1/log", "the driver is psycopg"),
        ("postgres://me:secret@127.0.0.1:1/log", "cannot serve a postgres database"),
        ("postgresql//me:secret@127.0.0.1:1/log", "not a database URL"),
        ("postgresql://me:secret@127.0.0.1:one/log", "not a database URL"),
        ("postgresql://me:secret@127.0.0.1:1", "names no database"),
        ("postgresql://me:secret@127.0.0.1:1/", "names no database"),
        ("postgresql://me:secret@127.0.0.1:1/log", "cannot open .*log: .*refused"),
        ("postgresql+psycopg://me:secret@127.0.0.1:1/log", "cannot open .*log: .*refused"),
        ("postgresql://127.0.0.1:1/log?user=me&password=secret", "cannot open .*refused"),
        ("postgresql://me:secret@127.0.0.1:1/log?connect_timeout=soon", "cannot open .*soon"),
        ("postgresql://me:secret@127.0.0.1:1/log?unheardof=1", "cannot open .*unheardof"),
        ("postgresql://me:secret@127.0.0.1:99999999/log", "cannot open .*99999999"),
        ("postgresql://me:secret@/log?host=127.0.0.1:one&host=a:1", "Received non-integer port"),
        ("postgresql://me:secret@/log?host=127.0.0.1:1&host=127.0.0.1:2", "cannot open .*refused"),
    ],
)
def test_what_cannot_be_served_is_refused_and_no_password_is_told(
    opens: Callable[[str], object], url: str, message: str
) -> None:
    with pytest.raises(StartupRefused, match=message) as refused:
        opens(url)
    assert "secret" not in str(refused.value)


def test_a_database_that_is_not_there_is_refused(cluster: Cluster) -> None:
    with pytest.raises(StartupRefused, match=r'nowhere: .*"nowhere" does not exist'):
        open_database(cluster.url("nowhere"))


@pytest.mark.parametrize("opens", [open_database, reading, differences])
def test_a_database_without_tables_is_refused_with_the_command_that_makes_them(
    bare: str, opens: Callable[[str], object]
) -> None:
    with pytest.raises(StartupRefused, match="no tables yet: run chancery database upgrade on it"):
        opens(bare)
    assert schema_of(bare) is None


@pytest.mark.parametrize("opens", [open_database, upgrade, reading])
def test_the_database_of_another_program_is_refused_and_left_alone(
    cluster: Cluster, bare: str, opens: Callable[[str], object]
) -> None:
    name = bare.rpartition("/")[2]
    cluster.execute("CREATE TABLE notes (note text)", name)
    with pytest.raises(StartupRefused, match="another program"):
        opens(bare)
    found = cluster.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", name)
    assert found == [("notes",)]


# The tables


def test_to_upgrade_twice_is_harmless(place: Place) -> None:
    """The log and its name stay the same."""
    with closing(open_database(place.url)) as database, closing(Writer(database)) as writer:
        writer.append([entry("beijing", 1)])
    before = place.rows("SELECT * FROM head"), logbook.read(place)
    assert upgrade(place.url) == NEWEST
    assert (place.rows("SELECT * FROM head"), logbook.read(place)) == before
    assert differences(place.url) == []


def test_several_that_upgrade_at_the_same_time_make_the_tables_once(
    cluster: Cluster, bare: str
) -> None:
    """Each waits for the ones before it, and there is one head row."""
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(upgrade, [bare] * 4)) == [NEWEST] * 4
    assert differences(bare) == []
    assert cluster.execute("SELECT count(*) FROM head", bare.rpartition("/")[2]) == [(1,)]


def test_every_log_has_a_name_of_its_own(cluster: Cluster) -> None:
    names = set()
    for _ in range(2):
        upgrade(url := fresh_database(cluster))
        names |= {*cluster.execute("SELECT origin FROM head", url.rpartition("/")[2])}
    assert len(names) == 2


def test_text_is_ordered_by_its_bytes_whatever_the_database_does(cluster: Cluster) -> None:
    """The database sorts by a human language if the server knows one, else by bytes."""
    knows = cluster.execute("SELECT 1 FROM pg_collation WHERE collprovider = 'i'")
    of_people = "LOCALE_PROVIDER icu ICU_LOCALE 'en-US'" if knows else ""
    cluster.execute(f"CREATE DATABASE people TEMPLATE template0 {of_people}")
    upgrade(url := cluster.url("people"))
    ids, names = ["a-b", "a0", "aa", "ab", "b"], ["B", "a", "\u00e4"]
    with closing(open_database(url)) as database, closing(Writer(database)) as writer:
        for each in reversed(ids):
            writer.append([entry(each, 1, aliases=[f"{name}{each}" for name in names])])
    for table, column, found in (
        ("visit", "visit_id", ids),
        ("alias", "alias", [f"{name}{each}" for name in names for each in ids]),
    ):
        ordered = cluster.execute(f"SELECT {column} FROM {table} ORDER BY {column}", "people")
        assert [name for (name,) in ordered] == found
    collations = cluster.execute(
        "SELECT DISTINCT collname FROM pg_attribute JOIN pg_collation c ON c.oid = attcollation "
        "WHERE attrelid IN ('log'::regclass, 'head'::regclass, 'visit'::regclass, "
        "'alias'::regclass)",
        "people",
    )
    assert collations == [("C",)]


# Connections


def setting(engine: Engine, name: str) -> object:
    with engine.connect() as connection:
        return connection.execute(text(f"SHOW {name}")).scalar_one()


def test_no_statement_is_waited_for_longer_than_five_seconds(database: Database) -> None:
    """Nor is an idle transaction."""
    for engine in (database.writer, database.readers):
        assert setting(engine, "statement_timeout") == "5s"
        assert setting(engine, "idle_in_transaction_session_timeout") == "5s"
        assert setting(engine, "application_name") == "chancery"


def test_what_a_commit_says_is_on_the_disk(database: Database) -> None:
    """The service relaxes none of the server's settings."""
    assert setting(database.writer, "synchronous_commit") == "on"


def test_the_owner_of_the_tables_may_take_its_time(place: Place) -> None:
    with owned(place.url) as engine:
        assert setting(engine, "statement_timeout") == "0"


def test_whoever_reads_beside_servers_cannot_write(place: Place) -> None:
    engine = reading(place.url)
    with engine.connect() as connection, pytest.raises(DBAPIError, match="read-only"):
        connection.execute(tables.head.update().values(size=7))
    engine.dispose()


def test_options_of_the_url_are_kept(place: Place) -> None:
    """They are added to the service's own, and win over them."""
    url = f"{place.url}?options=-c%20work_mem%3D8MB&application_name=mine"
    with closing(open_database(url)) as database:
        assert setting(database.writer, "work_mem") == "8MB"
        assert setting(database.writer, "statement_timeout") == "5s"
        assert setting(database.writer, "application_name") == "mine"


def test_what_a_server_says_of_its_database_has_no_password(place: Place) -> None:
    url = place.url.replace("postgres@", "postgres:secret@")
    with closing(open_database(f"{url}?passfile=/secret")) as database:
        assert "postgres:secret" not in database.name
        assert database.version.startswith("PostgreSQL 1")


# The clock


def test_the_record_time_is_that_of_the_databases_clock(
    place: Place, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However wrong the clock of the server's machine is."""
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    now = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
    times = []
    for version in range(1, 4):
        times += [*place.rows(now)[0]]
        writer.append([entry("beijing", version)])
        times += [logbook.read(place)[-1].record_time]
    assert times == sorted(times)
    assert times[-1] - times[0] < SECONDS * 1_000_000


# Faults

FAIL = """
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'this is made on purpose' USING ERRCODE = '{}'; END $$;
CREATE TRIGGER fail BEFORE INSERT ON {} FOR EACH STATEMENT EXECUTE FUNCTION fail();
"""


@pytest.mark.parametrize("table", ["log", "visit", "alias"])
@pytest.mark.parametrize(
    ("sqlstate", "failure"), [("53100", DiskFull), ("58030", StoreUnavailable)]
)
def test_an_error_of_the_database_is_said_and_later_appends_work_again(
    writer: Writer, place: Place, sqlstate: str, failure: type[Exception], table: str
) -> None:
    """A full disk has an error of its own; once there is room, the log goes on without a gap."""
    writer.append([entry("beijing", 1)])
    execute(place, FAIL.format(sqlstate, table))
    with pytest.raises(failure):
        writer.append([entry(f"visit-{i}", 1, aliases=["a"]) for i in range(3)])
    with pytest.raises(failure) as failed:
        writer.append([entry("kyiv", 1, aliases=["a"])])
    assert "on purpose" not in str(failed.value)
    execute(place, "DROP FUNCTION fail CASCADE")
    assert list(writer.append([entry("beijing", 2)])) == [2]
    assert logged(place) == [("beijing", 1), ("beijing", 2)]
    assert logbook.problems(place) == []


def test_a_head_row_that_somebody_holds_is_waited_for_and_then_given_up(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_DEADLINES", "-c statement_timeout=250ms")
    with closing(open_database(place.url)) as database, closing(Writer(database)) as writer:
        with place.edit() as hand:
            hand.execute("SELECT * FROM head FOR UPDATE")
            for _ in range(2):
                with pytest.raises(StoreUnavailable):
                    writer.append([entry("beijing", 1)])
            assert Reader(database).head().position == 0
        assert list(writer.append([entry("beijing", 1)])) == [1]
    assert logbook.problems(place) == []


@pytest.mark.parametrize("arrives", [True, False], ids=["arrives", "is lost"])
def test_a_commit_whose_answer_is_lost_is_looked_for(
    cluster: Cluster, place: Place, arrives: bool
) -> None:
    """If it arrived, the caller gets the positions; if not, it is told, and may append again."""
    with Proxy(cluster.address) as proxy:
        url = place.url.replace(cluster.address, proxy.address)
        with closing(open_database(url)) as database, closing(Writer(database)) as writer:
            writer.append([entry("beijing", 1)])
            cutting: list[threading.Thread] = []

            def cut() -> None:
                if arrives:
                    wait_until(lambda: len(logged(place)) == 3)
                proxy.cut()
                proxy.resume()

            def commit(_connection: object) -> None:
                if not cutting:
                    proxy.hang_answers() if arrives else proxy.hang()
                    cutting.append(threading.Thread(target=cut))
                    cutting[0].start()

            event.listen(database.writer, "commit", commit)
            entries = [entry("beijing", 2), entry("kyiv", 1)]
            if not arrives:
                with pytest.raises(ConnectionLost):
                    writer.append(entries)
                assert logged(place) == [("beijing", 1)]
            assert list(writer.append(entries)) == [2, 3]
            cutting[0].join(SECONDS)
            assert list(writer.append([entry("kyiv", 2)])) == [4]
    assert logged(place) == [("beijing", 1), ("beijing", 2), ("kyiv", 1), ("kyiv", 2)]
    assert logbook.problems(place) == []


def test_a_conflict_is_told_behind_a_connection_that_was_lost(
    cluster: Cluster, place: Place
) -> None:
    """The connection is made again for the append that finds it broken."""
    with Proxy(cluster.address) as proxy:
        url = place.url.replace(cluster.address, proxy.address)
        with closing(open_database(url)) as database, closing(Writer(database)) as writer:
            writer.append([entry("beijing", 1)])
            proxy.cut()
            with pytest.raises(Conflict):
                writer.append([entry("beijing", 1)])
            assert list(writer.append([entry("kyiv", 1)])) == [2]
    assert logged(place) == [("beijing", 1), ("kyiv", 1)]


def test_a_database_that_is_served_can_be_rebuilt(place: Place) -> None:
    """It is one transaction: readers see the rows from before it or from after it."""
    with desk_on(place) as desk:
        desk.record("beijing", "scheduled")
        before = place.rows("SELECT * FROM visit")
        with closing(open_database(place.url)) as database:
            assert rebuild_visits(database.writer) == 1
        assert place.rows("SELECT * FROM visit") == before
        assert desk.record("beijing", "postponed").position == 2


# The key


def test_servers_that_start_at_the_same_time_have_one_key(place: Place) -> None:
    """With the same file, the first one makes the key, and the others use it."""
    servers = [Server(place) for _ in range(3)]
    with ThreadPoolExecutor(len(servers)) as pool:
        list(pool.map(Server.start, servers))
    keys = {server.logged("listening")["public_key"] for server in servers}
    for server in servers:
        assert server.stop() == 0
    assert place.rows("SELECT public_key FROM head") == [*((key,) for key in keys)]


def test_of_two_that_start_with_different_files_one_is_refused(place: Place) -> None:
    """It says so, and leaves no useless key file behind."""
    other = place.key.with_name("other.key")
    servers = [Server(place), Server(place, "--key-file", str(other))]

    def start(server: Server) -> str:
        try:
            server.start()
        except DidNotStart as refused:
            return refused.said
        assert server.stop() == 0
        return ""

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(start, servers))
    assert said[0] == ""
    assert "the log's key" in said[1] or "the key of the log is missing" in said[1]
    assert [place.key.exists(), other.exists()].count(True) == 1


def test_of_two_keys_that_are_made_at_the_same_time_one_counts(
    databases: PostgresDatabases,
) -> None:
    for _ in range(10):
        with databases.new() as place:
            paths = [place.key, place.key.with_name("other.key")]
            opened = [open_database(place.url) for _ in paths]
            begin = threading.Barrier(len(paths))

            def make(of: tuple[Database, Path], begin: threading.Barrier = begin) -> object:
                begin.wait(SECONDS)
                try:
                    return str(open_key(*of).signer.verifier)
                except StartupRefused as refused:
                    return refused

            with ThreadPoolExecutor(len(paths)) as pool:
                made = list(pool.map(make, zip(opened, paths, strict=True)))
            for database in opened:
                database.close()
            (key,) = place.rows("SELECT public_key FROM head")
            assert [each for each in made if isinstance(each, str)] == [*key]
            assert [path.exists() for path in paths] == [isinstance(each, str) for each in made]
