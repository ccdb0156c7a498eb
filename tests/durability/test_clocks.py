"""A clock that is wrong for a while costs no change, and its operator is told."""

from pathlib import Path

import pytest

from chancery.v1.history_service_pb2 import ReadEventsRequest
from chancery.v1.info_service_pb2 import GetServerInfoRequest
from tests.durability.load import log_of
from tests.durability.serving import check_sound
from tests.durability.traced import Clocked
from tests.support import messages
from tests.support.server import Client
from tests.support.waiting import wait_until


def warnings(client: Client) -> str:
    return " ".join(client.info.GetServerInfo(GetServerInfoRequest()).warnings)


def record_times(client: Client) -> list[int]:
    frames = client.history.ReadEvents(ReadEventsRequest())
    return [each.record_time.ToMicroseconds() for frame in frames for each in frame.events]


@pytest.mark.parametrize("moves", [["-1h"], ["+10y", "-1h", "+0"]], ids="-".join)
def test_changes_are_recorded_in_order_whatever_the_clock_does(
    tmp_path: Path, moves: list[str]
) -> None:
    """Calls with deadlines are answered, record times never go back, and the log verifies."""
    with Clocked(tmp_path / "chancery.db") as server:
        client = server.client()
        client.record("visits/beijing", messages.scheduled())
        for move in moves:
            server.set(move)
            for _ in range(3):
                client.record("visits/beijing", messages.stated())
        times = record_times(client)
        assert times == sorted(times)
        assert len(times) == 1 + 3 * len(moves)
        wait_until(lambda: "not that late by the clock" in warnings(client))
        assert server.logged("attention")
        server.stop()
        server.start()
        client = server.client()
        wait_until(lambda: "not that late by the clock" in warnings(client))
        log = log_of(client)
    check_sound(server.place.url, log)
