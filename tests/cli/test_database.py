"""``chancery database``: the schema of a database, and who may do what with its tables."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from service.store.engines.schema import NEWEST, ROLES
from tests.cli.operating import operate
from tests.support.messages import scheduled
from tests.support.place import Place, PostgresDatabases, SqliteFile
from tests.support.postgresql import Cluster, fresh_database
from tests.support.server import Server

USERS = {"owner": "chancery_owner", "app": "chancery_app", "reader": "chancery_reader"}


def of(url: str, user: str) -> str:
    """The URL for another user."""
    return url.replace("postgres@", f"{user}@")


@pytest.fixture
def empty(cluster: Cluster) -> str:
    """The URL of a PostgreSQL database without tables."""
    return fresh_database(cluster)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(
    request: pytest.FixtureRequest, databases: PostgresDatabases, tmp_path: Path
) -> Iterator[Place]:
    """A place with tables, on each engine."""
    file = SqliteFile(tmp_path / "chancery.db")
    with file if request.param == "sqlite" else databases.new() as place:
        assert operate("database upgrade --database", place.url).status == 0
        yield place


@pytest.fixture(scope="module")
def least(cluster: Cluster) -> str:
    """The URL of a database that its owner migrated, with a user for each role."""
    empty = fresh_database(cluster)
    name = empty.rpartition("/")[2]
    cluster.execute(operate("database roles").answer, name)
    for user, role in USERS.items():
        if not cluster.execute(f"SELECT 1 FROM pg_roles WHERE rolname = '{user}'"):
            cluster.execute(f'CREATE ROLE "{user}" LOGIN IN ROLE {role}')
    assert operate("database upgrade --database", of(empty, "owner")).status == 0
    return empty


def test_a_server_on_a_database_without_tables_says_which_command_makes_them(
    empty: str, tmp_path: Path
) -> None:
    serve = "serve --listen 127.0.0.1:0 --database"
    refused = operate(serve, empty, "--key-file", str(tmp_path / "key"))
    assert refused.status == 1
    assert "it has no tables yet: run chancery database upgrade on it" in refused.complaint
    assert not (tmp_path / "key").exists()


def test_the_schema_is_made_once_told_and_checked(empty: str) -> None:
    """Making it twice is harmless; ``current`` and ``check`` report it before and after."""
    assert operate("database current --database", empty).answer == (
        f"The schema is none; the newest is {NEWEST}\n"
    )
    assert operate("database check --database", empty).status == 1
    for _ in range(2):
        assert operate("database upgrade --database", empty) == (
            0,
            f"The schema is {NEWEST}, the newest\n",
            "",
        )
    assert operate("database current --database", empty).answer == (
        f"The schema is {NEWEST}; the newest is {NEWEST}\n"
    )
    assert operate("database check --database", empty).status == 0


def test_a_check_finds_a_table_that_somebody_altered(place: Place) -> None:
    assert operate("database check --database", place.url).status == 0
    with place.edit() as hand:
        hand.execute("ALTER TABLE visit ADD COLUMN remark TEXT")
    found = operate("database check --database", place.url)
    assert found.status == 1
    assert "remark" in found.complaint


@pytest.mark.parametrize("command", ["current", "check", "upgrade"])
def test_a_schema_of_a_later_version_is_told_and_left_alone(place: Place, command: str) -> None:
    place.run("UPDATE alembic_version SET version_num = '9999'")
    refused = operate(f"database {command} --database", place.url)
    assert refused.status == 1
    assert "has the schema '9999', which this version does not know" in refused.complaint
    assert place.rows("SELECT version_num FROM alembic_version") == [("9999",)]


def test_a_password_is_never_shown(empty: str) -> None:
    url = empty.replace("postgres@", "postgres:secret-word@").replace("fresh_", "missing_")
    refused = operate("database check --database", url)
    assert refused.status == 1
    assert "missing_" in refused.complaint
    assert "secret-word" not in refused.complaint


def test_the_service_runs_as_the_application_role_and_readers_verify(
    least: str, tmp_path: Path
) -> None:
    """As that role a server makes the log's key, records and answers; the reader role reads."""
    key = ["--key-file", str(tmp_path / "key")]
    with Server(tmp_path / "unused", "--database", of(least, "app"), *key) as server:
        client = server.client()
        client.record("visits/x", scheduled())
        assert client.visit("visits/x").version == 1
    assert operate("rebuild --database", of(least, "app")).status == 0
    assert operate("verify --database", of(least, "reader")).status == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log SET actor = 'nobody'",
        "DELETE FROM log",
        "TRUNCATE log",
        "DELETE FROM head",
        "INSERT INTO head SELECT 2, size, record_time, peaks, origin FROM head",
        "ALTER TABLE log DISABLE TRIGGER ALL",
        "DROP TABLE log",
        "CREATE TABLE mine (x int)",
        "UPDATE alembic_version SET version_num = '0001'",
    ],
)
def test_the_application_role_may_not(least: str, statement: str) -> None:
    """It may append to the log, and change nothing that is there."""
    with (
        psycopg.connect(of(least, "app").replace("+psycopg", "")) as connection,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


@pytest.mark.parametrize("table", ["log", "head", "tile", "visit", "alias", "alembic_version"])
def test_the_reader_role_only_reads(least: str, table: str) -> None:
    url = of(least, "reader").replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"SELECT * FROM {table}")
        for statement in (f"DELETE FROM {table}", f"INSERT INTO {table} SELECT * FROM {table}"):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(statement)


@pytest.mark.usefixtures("least")
def test_the_application_role_cannot_migrate(cluster: Cluster) -> None:
    """The attempt is reported, and the tables are not made."""
    other = fresh_database(cluster)
    cluster.execute(ROLES.read_text(), other.rpartition("/")[2])
    refused = operate("database upgrade --database", of(other, "app"))
    assert refused.status == 1
    assert "permission denied" in refused.complaint
    assert "Traceback" not in refused.complaint
    assert operate("database current --database", other).answer.startswith("The schema is none")


@pytest.mark.usefixtures("least")
def test_roles_of_another_database_get_nothing_here(empty: str) -> None:
    """Roles belong to a whole server: in a database without the script they may do nothing."""
    assert operate("database upgrade --database", empty).status == 0
    for user in ("app", "reader"):
        refused = operate("verify --database", of(empty, user))
        assert refused.status == 1
        assert "permission denied" in refused.complaint


def test_a_file_of_an_earlier_edition_is_refused_with_one_sentence(tmp_path: Path) -> None:
    """By every command that would open it."""
    file = tmp_path / "chancery.db"
    with Server(file) as server:
        server.client().record("visits/x", scheduled())
    place = SqliteFile(file)
    place.run("UPDATE alembic_version SET version_num = '0101'")
    for command in ("serve --listen 127.0.0.1:0", "database upgrade", "rebuild", "verify"):
        refused = operate(f"{command} --database", place.url)
        assert refused.status == 1
        (sentence,) = refused.complaint.splitlines()
        assert sentence.endswith(
            f": cannot open {file}: its log is of an earlier edition, which this version cannot "
            "read: begin a new database"
        )
