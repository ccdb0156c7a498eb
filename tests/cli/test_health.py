"""``chancery health``: whether a server serves, by the exit status."""

import json
import time

import pytest

from tests.cli.desk import Desk
from tests.support.server import Server


@pytest.mark.parametrize("service", ["", "chancery.v1.DeskService"])
def test_a_server_that_serves_says_so_with_status_0(server: Server, service: str) -> None:
    desk = Desk(server.address)
    assert desk.does(f"health {service}") == "SERVING\n"
    told = json.loads(desk.does(f"health {service} --json"))
    assert told == {"service": service, "status": "SERVING"}


def test_a_service_that_there_is_not_has_status_1(server: Server) -> None:
    told = Desk(server.address).is_refused("health chancery.v1.NoService")
    assert told == "Failed: the health of chancery.v1.NoService is SERVICE_UNKNOWN\n"


def test_a_server_that_does_not_answer_has_status_1_within_the_timeout() -> None:
    """The address is one that swallows what is sent to it."""
    began = time.monotonic()
    assert "Failed: " in Desk("192.0.2.1:1").is_refused("health --timeout 0.5")
    assert time.monotonic() < began + 5


def test_a_server_that_stops_says_that_it_does_not_serve(own_server: Server) -> None:
    desk, watch = Desk(own_server.address), own_server.client()
    assert watch.head == 0
    own_server.terminate()
    own_server.logged("stopping")
    status, answer, complaint = desk.tries("health --timeout 2")
    assert (status, answer) == (1, "")
    assert complaint.startswith("Failed: ")
