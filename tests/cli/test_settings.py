"""Settings come from options, variables and a file; what is misspelt is named."""

import json
import os
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chancery.v1.info_service_pb2 import GetServerInfoRequest
from service.cli.app import build
from service.cli.options.settings import OF_TESTS
from service.config import Settings
from tests.support.processes import chancery
from tests.support.server import Server

ROOT = Path(__file__).parents[2]
PASSWORD = "s3cret"


def run(*args: object, **variables: str) -> tuple[int, str, str]:
    """The exit status of a command line, what it printed, and what it said."""
    done = CliRunner().invoke(build(), [str(each) for each in args], env=variables)
    return done.exit_code, done.stdout, done.stderr


def shown(*args: object, **variables: str) -> dict[str, tuple[object, str]]:
    """Each setting in force, and where it comes from."""
    status, answer, complaint = run("settings", "--json", *args, **variables)
    assert (status, complaint) == (0, "")
    facts = json.loads(answer)["settings"]
    return {name: (each["value"], each["from"]) for name, each in facts.items()}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A settings file."""
    path = tmp_path / "chancery.toml"
    path.write_text('edges = 2\nmax_calls = 70\nlog_format = "text"\n')
    return path


def test_an_option_wins_over_a_variable_a_variable_over_the_file_and_that_over_the_default(
    file: Path,
) -> None:
    found = shown("--settings", file, "--edges", 4, CHANCERY_EDGES="3", CHANCERY_MAX_CALLS="80")
    assert found["edges"] == (4, "option")
    assert found["max_calls"] == (80, "variable")
    assert found["log_format"] == ("text", "file")
    assert found["max_watches"] == (Settings().max_watches, "default")
    assert found.keys() == Settings.model_fields.keys()


def test_the_file_can_be_named_by_a_variable(file: Path) -> None:
    assert shown(CHANCERY_SETTINGS=str(file))["edges"] == (2, "file")


def test_an_empty_variable_is_none() -> None:
    assert shown(CHANCERY_EDGES="")["edges"] == (1, "default")


def test_the_table_names_the_file_and_writes_values_as_variables_have_them(file: Path) -> None:
    status, answer, _ = run("settings", "--settings", file)
    assert re.search(rf"^edges +2 +file {re.escape(str(file))}$", answer, re.MULTILINE)
    assert re.search(r"^read_only +false +default$", answer, re.MULTILINE)
    assert status == 0


def test_a_server_takes_the_file(tmp_path: Path, file: Path) -> None:
    database = tmp_path / "desk.db"
    with Server(database, "--settings", str(file), "--log-format", "json") as server:
        info = server.client().info.GetServerInfo(GetServerInfoRequest())
    assert info.limits.concurrent_calls == 70


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql+psycopg://anna:{PASSWORD}@db/chancery",
        f"postgresql+psycopg:///chancery?host=db&password={PASSWORD}",
        f"postgresql+psycopg:///chancery?host=db&sslpassword={PASSWORD}",
        f"postgresql+psycopg://anna:{PASSWORD}@db:port/chancery",
        f"{PASSWORD}",
    ],
)
@pytest.mark.parametrize("form", [["--json"], []])
def test_a_password_is_not_shown(url: str, form: list[str]) -> None:
    status, answer, complaint = run("settings", "--database", url, *form)
    assert PASSWORD not in answer + complaint
    assert status == 0


def test_a_password_in_another_address_is_not_shown_either() -> None:
    found = shown("--jwks", f"https://anna:{PASSWORD}@issuer.example/keys")
    assert found["jwks"] == ("https://anna:***@issuer.example/keys", "option")


@pytest.mark.parametrize(
    ("name", "meant"),
    [("CHANCERY_DATABSE", "CHANCERY_DATABASE"), ("CHANCERY_TARGETS", "CHANCERY_TARGET")],
)
def test_a_server_does_not_start_with_a_misspelt_variable(name: str, meant: str) -> None:
    status, _, complaint = run("serve", **{name: "x"})
    assert f"Invalid value for '{name}': unknown variable; did you mean {meant}?" in complaint
    assert status == 2


def test_what_others_read_or_set_is_not_misspelt(tmp_path: Path) -> None:
    """The commands' own variables, the tests', and those that Kubernetes sets for a service.

    The refusal is of the database, which comes after the variables.
    """
    variables = {
        "CHANCERY_TARGET": "127.0.0.1:1",
        "CHANCERY_TOKEN": "x",
        "CHANCERY_ACTOR": "anna",
        "CHANCERY_TZ": "UTC",
        "CHANCERY_PORT": "tcp://10.0.0.1:50051",
        "CHANCERY_SERVICE_HOST": "10.0.0.1",
        "CHANCERY_PORT_50051_TCP_ADDR": "10.0.0.1",
        "CHANCERY_METRICS_SERVICE_PORT": "9100",
    }
    database = f"sqlite:///{tmp_path}/missing/desk.db"
    options = ["--listen", "127.0.0.1:0", "--database", database]
    done = chancery("serve", *options, env=os.environ | variables)
    assert "there is no folder" in done.stderr
    assert done.returncode == 1


def test_every_variable_that_the_tests_read_is_known() -> None:
    files = (ROOT / "tests").rglob("*.py")
    read = {
        name
        for path in files
        for name in re.findall(r'environ(?:\.get\(|\[)"CHANCERY_(\w+)"', path.read_text())
    }
    assert read
    assert read <= set(OF_TESTS)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('databse = "x"', "'databse': unknown setting, in {file}; did you mean database?"),
        ("edges = 0", "'edges in {file}': Input should be greater than or equal to 1"),
        ('log_format = "xml"', "'log_format in {file}'"),
        ("edges = [1]", "'edges in {file}'"),
        ("edges 3", "'--settings': {file} is not TOML"),
        ("[serve]\nedges = 3", "'serve': unknown setting"),
    ],
)
def test_a_file_is_refused_with_what_is_wrong_in_it(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "chancery.toml"
    path.write_text(text)
    status, _, complaint = run("settings", "--settings", path)
    assert told.format(file=path) in complaint
    assert status == 2


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    status, _, complaint = run("settings", "--settings", tmp_path / "none.toml")
    assert f"cannot read {tmp_path}/none.toml: No such file or directory" in complaint
    assert status == 2


def test_a_variable_out_of_bounds_is_named() -> None:
    status, _, complaint = run("rebuild", CHANCERY_EDGES="0")
    assert "'CHANCERY_EDGES'" in complaint
    assert status == 2
