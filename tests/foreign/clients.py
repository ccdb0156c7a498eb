"""Clients that are not ours, in environments of their own, are served in full.

All of them take the same steps, on a visit of their own, and print what came of each as a line of
JSON. While they watch, the server is killed and started again behind their back.

``make foreign`` builds them and runs this file; ``make test`` leaves it out, by its name.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from chancery.v1.info_service_pb2 import GetServerInfoRequest
from chancery.v1.values_pb2 import STATUS_SCHEDULED
from tests.support.messages import scheduled
from tests.support.server import PATIENCE, Server

BUILT = Path(__file__).parents[2] / ".foreign"
COMMANDS = {
    "grpc_js": ["node", "grpc_js/build/client.js"],
    "grpclib": ["grpclib/bin/python", "grpclib/client.py"],
    "grpcio": ["grpcio/bin/python", "grpcio/client.py"],
    "grpcio_asyncio": ["grpcio/bin/python", "grpcio/asyncio_client.py"],
    "connect_node": ["node", "connect_node/build/client.js"],
    "buf_curl": [sys.executable, "buf_curl/client.py"],
    "go": ["go/client"],
    "java": ["java", "-cp", "java/classes:/usr/share/java/*", "Client"],
}
# The time that each of them records: 2023-01-17 12:00:00.123456.
KNOWN_TIME = [1673956800, 123456000]

# Codes of gRPC.
OK, CANCELLED, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND = 0, 1, 3, 4, 5
ALREADY_EXISTS, FAILED_PRECONDITION, INTERNAL, UNAVAILABLE = 6, 9, 13, 14
# What a client may say of a connection that breaks, if it is not UNAVAILABLE alone.
LOST = {"buf_curl": {INTERNAL}, "connect_node": {UNAVAILABLE, CANCELLED}}

Steps = dict[str, Any]


def play(client: str, file: Path) -> Steps:
    """What the client told of each step, and what the server told us: ``origin``, ``head``."""
    name = f"visits/{client.replace('_', '-')}"
    steps: Steps = {"name": name}
    with (
        Server(file) as server,
        subprocess.Popen(
            [*COMMANDS[client], server.address, name],
            cwd=BUILT,
            env=os.environ | {"GRPC_GO_RETRY": "on"},  # Debian's Go would not retry by itself
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        alarm = Timer(PATIENCE, process.kill)
        alarm.start()
        assert process.stdout is not None
        for line in process.stdout:
            step = json.loads(line)
            steps[step.pop("step")] = step
            if "watching" in steps and "head" not in steps:
                steps |= start_again(server, name)
        alarm.cancel()
    assert process.returncode == 0, f"exit status {process.returncode} after {list(steps)}"
    return steps


def start_again(server: Server, name: str) -> Steps:
    """Kill the server and start it again, record one more change, and tell which log it is."""
    address = server.address
    server.kill_all()
    server.start(address)
    ours = server.client()
    recorded = ours.record(f"{name}-later", scheduled())
    info = ours.info.GetServerInfo(GetServerInfoRequest())
    return {"head": recorded.event.position, "origin": info.log_origin}


@pytest.fixture(scope="module")
def played(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, "Future[Steps]"]]:
    """The steps of all clients that are asked for; two of them are run at a time."""
    items = [item for item in request.session.items if isinstance(item, pytest.Function)]
    clients = {str(item.callspec.params["client"]) for item in items}
    folder = tmp_path_factory.mktemp("logs")
    with ThreadPoolExecutor(2) as pool:
        yield {client: pool.submit(play, client, folder / f"{client}.db") for client in clients}


@pytest.fixture(params=COMMANDS)
def client(request: pytest.FixtureRequest) -> str:
    """The client that the test is about."""
    return str(request.param)


@pytest.fixture
def steps(client: str, played: dict[str, "Future[Steps]"]) -> Steps:
    """What the client told."""
    return played[client].result()


def test_every_service_answers(steps: Steps) -> None:
    """A change is recorded once, is there, and stands in the log and in its bundle."""
    assert steps["info"] == {"log_origin": steps["origin"], "head": 0}
    assert steps["scheduled"] == {"position": 1, "replayed": False}
    assert steps["scheduled again"] == {"position": 1, "replayed": True}
    assert steps["visit"]["status"] == STATUS_SCHEDULED
    assert steps["replay"] == {"positions": [1, 2, 3]}
    assert steps["audit"]["checkpoint"].startswith(f"{steps['origin']}\n3\n")
    assert steps["audit"]["bundle_bytes"] > 500


def test_changes_are_imported_one_by_one(steps: Steps) -> None:
    assert steps["import"] == {"codes": [OK, ALREADY_EXISTS]}


def test_no_microsecond_is_lost(steps: Steps) -> None:
    """A visit is there as of the time it became known, and not a microsecond before."""
    assert steps["visit"]["known_time"] == KNOWN_TIME
    assert steps["a microsecond before"] == {"code": NOT_FOUND, "reason": "NOT_KNOWN_BY_THEN"}


def test_a_refusal_comes_with_its_details(steps: Steps) -> None:
    assert steps["refused"] == {
        "code": FAILED_PRECONDITION,
        "reason": "CHANGE_NOT_ALLOWED",
        "metadata": {
            "visit": steps["name"],
            "status": "STATUS_COMPLETED",
            "change": "CHANGE_TYPE_POSTPONED",
            "allowed": "",
        },
        "violations": [["CHANGE_NOT_ALLOWED", steps["name"]]],
    }
    assert steps["bad field"] == {
        "code": INVALID_ARGUMENT,
        "reason": "INVALID_FIELD",
        "fields": ["scheduled.details"],
    }


def test_a_watch_ends_when_it_is_cancelled_and_at_its_deadline(steps: Steps) -> None:
    assert steps["cancelled"] == {"code": CANCELLED}
    assert steps["deadline"] == {"code": DEADLINE_EXCEEDED}


def test_a_watch_goes_on_after_the_server_was_killed(client: str, steps: Steps) -> None:
    assert steps["watching"] == {"positions": [1, 2, 3], "position": 3}
    assert steps["lost"]["code"] in LOST.get(client, {UNAVAILABLE})
    assert steps["resumed"] == {"positions": [4], "log_origin": steps["origin"]}
    assert steps["head"] == 4


def test_a_watch_of_another_log_is_refused(steps: Steps) -> None:
    assert steps["another log"] == {"code": FAILED_PRECONDITION, "reason": "LOG_REPLACED"}
