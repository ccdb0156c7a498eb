"""Which log a reader reads: every stream tells, and another one is refused."""

from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty

from chancery.v1.audit_service_pb2 import ExportBundleRequest
from chancery.v1.desk_service_pb2 import ImportChangesRequest
from chancery.v1.history_service_pb2 import ReadEventsRequest, WatchEventsRequest
from chancery.v1.info_service_pb2 import GetServerInfoRequest
from tests.support.messages import amended, apply, change, much_said, scheduled
from tests.support.server import Client, refusal

NAME = "visits/of-this-log"


@pytest.fixture(scope="module")
def origin(client: Client) -> str:
    """The name of the log, which has changes for two frames."""
    client.record(NAME, scheduled())
    for number in range(3):
        said = change(NAME, amended(title=f"Title {number}"), basis=much_said()[:20])
        client.desk.ApplyChanges(apply(said))
    return str(client.info.GetServerInfo(GetServerInfoRequest()).log_origin)


def read(client: Client) -> Iterator[Any]:
    return iter(client.history.ReadEvents(ReadEventsRequest()))


def read_nothing(client: Client) -> Iterator[Any]:
    return iter(client.history.ReadEvents(ReadEventsRequest(after_position=client.head)))


def watched(client: Client) -> Iterator[Any]:
    return iter(client.history.WatchEvents(WatchEventsRequest(beginning=Empty())))


def watched_from_now(client: Client) -> Iterator[Any]:
    return iter(client.history.WatchEvents(WatchEventsRequest(now=Empty())))


def exported(client: Client) -> Iterator[Any]:
    return iter(client.audit.ExportBundle(ExportBundleRequest()))


def imported(client: Client) -> Iterator[Any]:
    requests = [
        ImportChangesRequest(changes=[change(NAME, amended(title=title), request_id=title)])
        for title in ("An imported title", "Another one")
    ]
    return iter(client.desk.ImportChanges(iter(requests)))


@pytest.mark.parametrize(
    ("stream", "frames"),
    [
        (read, 3),
        (read_nothing, 1),
        (watched, 3),
        (watched_from_now, 1),
        (exported, 1),
        (imported, 2),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_first_frame_of_a_stream_names_the_log_and_no_other_does(
    client: Client, origin: str, stream: Callable[[Client], Iterator[Any]], frames: int
) -> None:
    answers = stream(client)

    named = [next(answers).log_origin for _ in range(frames)]

    assert named == [origin] + [""] * (frames - 1)


def test_who_names_this_log_is_served(client: Client, origin: str) -> None:
    (first, *_) = client.history.ReadEvents(ReadEventsRequest(log_origin=origin))
    watch = client.history.WatchEvents(WatchEventsRequest(log_origin=origin, beginning=Empty()))

    assert first.events
    assert next(watch).events.events
    watch.cancel()


OTHER = "chancery.invalid/another"


@pytest.mark.parametrize("after", [0, 1, 10**6])
def test_who_names_another_log_is_told_that_the_log_was_replaced(
    client: Client, origin: str, after: int
) -> None:
    """Before it is asked whether the position exists: it would mean other changes."""
    for call, request in (
        (client.history.ReadEvents, ReadEventsRequest(log_origin=OTHER, after_position=after)),
        (client.history.WatchEvents, WatchEventsRequest(log_origin=OTHER, after_position=after)),
    ):
        told = refusal(call, request)

        assert (told.code, told.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "LOG_REPLACED")
        assert told.metadata == {"asked": OTHER, "log_origin": origin}
        (violation,) = told.details["PreconditionFailure"].violations
        assert violation.type == "LOG_REPLACED"


@pytest.mark.parametrize("bad", ["\x00", "a\u202e", "x" * 50_000])
def test_the_name_of_a_log_is_a_name(client: Client, bad: str) -> None:
    told = refusal(client.history.ReadEvents, ReadEventsRequest(log_origin=bad))

    assert told.fields == ["log_origin"]
