"""A restart continues where the log ends, however the server ended."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import grpc
import pytest

from chancery.v1.history_service_pb2 import ReadEventsRequest
from tests.store import logbook
from tests.support import messages
from tests.support.server import Client, DidNotStart, Server, refusal


def restart(server: Server, way: str) -> None:
    """End the server by a signal, and start it again."""
    if way == "killed":
        server.kill()
    else:
        assert server.stop() == 0
    server.start()


def answers(client: Client) -> list[bytes]:
    """Everything that the server answers, in the bytes of its messages."""
    visits = [client.visit("visits/beijing"), client.visit("visits/blinken-CHINA")]
    visits += [client.visit("visits/beijing", position=position) for position in (1, 2, 3)]
    visits.append(client.visit("visits/beijing", known_at="2023-02-01"))
    frames = list(client.history.ReadEvents(ReadEventsRequest()))
    return messages.bytes_of([*visits, *frames])


@dataclass(frozen=True)
class Restarted:
    """A restarted server, and what it had answered before."""

    server: Server
    answers: list[bytes]
    scheduled: Any


@pytest.fixture(params=["stopped", "killed"], scope="module")
def restarted(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Restarted]:
    """A server with five changes, stopped or killed after the last one."""
    with Server(tmp_path_factory.mktemp("restart") / "chancery.db") as server:
        client = server.client()
        opening = messages.scheduled(aliases=["Blinken-China"])
        first = client.record(
            "visits/beijing", opening, effective="2023-01-30", request_id="key", actor="ann"
        )
        client.record("visits/beijing", messages.postponed(), effective="2023-02-03")
        client.record("visits/beijing", messages.amended(purpose="Talks"))
        client.record("visits/kyiv", messages.disclosed())
        client.record("visits/kyiv", messages.retracted(merged_into="visits/beijing"))
        before = answers(client)
        restart(server, request.param)
        yield Restarted(server, before, first)
    assert logbook.problems(server.file) == []


def test_every_answer_is_the_same_after_a_restart(restarted: Restarted) -> None:
    """Visits now and as of other moments, and the replay, are the same byte for byte."""
    client = restarted.server.client()
    assert answers(client) == restarted.answers
    gone = refusal(client.visit, "visits/kyiv")
    assert gone.code is grpc.StatusCode.NOT_FOUND
    assert gone.metadata == {"visit": "visits/kyiv", "merged_into": "visits/beijing"}


def test_a_request_id_is_remembered_over_a_restart(restarted: Restarted) -> None:
    """The same content gets the first answer again; different content is refused."""
    client = restarted.server.client()
    again = client.record(
        "visits/beijing",
        messages.scheduled(aliases=["Blinken-China"]),
        effective="2023-01-30",
        request_id="key",
        actor="ann",
    )
    assert (again.visit, again.event) == (restarted.scheduled.visit, restarted.scheduled.event)
    assert again.replayed
    other = refusal(
        client.record, "visits/beijing", messages.stated(), request_id="key", actor="ann"
    )
    assert other.code is grpc.StatusCode.FAILED_PRECONDITION
    assert other.reason.endswith("REQUEST_ID_REUSED")
    assert client.head == 5


def test_an_old_version_that_is_expected_after_a_restart_is_aborted(restarted: Restarted) -> None:
    """The restarted server knows the version, and reports both."""
    client = restarted.server.client()
    stale = refusal(client.record, "visits/beijing", messages.rescheduled(), expected_version=2)
    assert stale.code is grpc.StatusCode.ABORTED
    assert stale.metadata == {
        "visit": "visits/beijing",
        "expected_version": "2",
        "actual_version": "3",
    }


def test_versions_positions_and_record_times_go_on_after_a_restart(
    restarted: Restarted,
) -> None:
    """The next change has the next version and position, and a record time that is not earlier."""
    client = restarted.server.client()
    answer = client.record("visits/kyiv", messages.scheduled(), expected_version=2)
    assert (answer.visit.version, answer.event.position) == (3, 6)
    last = restarted.scheduled.event.record_time
    assert answer.event.record_time.ToNanoseconds() > last.ToNanoseconds()
    assert answer.visit.create_time.ToNanoseconds() < answer.visit.update_time.ToNanoseconds()


def test_a_second_server_on_the_file_is_refused_at_its_start(restarted: Restarted) -> None:
    """It ends with status 1 and one line that says why; the first goes on serving."""
    second = Server(restarted.server.file)
    with pytest.raises(DidNotStart, match=r"exit status 1: .*another process serves"):
        second.start()
    assert len(second.lines) == 1
    assert restarted.server.client().visit("visits/beijing").version == 3
