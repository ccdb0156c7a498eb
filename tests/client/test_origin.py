"""A follower keeps the name of the log beside the position, and reads no other."""

from collections.abc import Callable, Iterator

import grpc
import pytest

from chancery.client import Connection
from chancery.client.errors import ChanceryError, Unavailable
from chancery.client.methods import READ_EVENTS
from chancery.client.parts import replayed
from chancery.client.steps import Give, Open, Plan
from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.history_service_pb2 import ReadEventsRequest, ReadEventsResponse
from chancery.v1.info_service_pb2 import GetServerInfoRequest
from tests.client.following import Following
from tests.support.messages import scheduled
from tests.support.proxy import Proxy
from tests.support.server import Client, Server, failure

Connect = Callable[..., Connection]


def origin_of(client: Client) -> str:
    return str(client.info.GetServerInfo(GetServerInfoRequest()).log_origin)


def test_a_follower_tells_which_log_it_follows(own_server: Server, connect: Connect) -> None:
    """From the first frame on; in a later run it is told again, with the position."""
    client = own_server.client()
    for name in ("visits/a", "visits/b"):
        client.record(name, scheduled())
    with connect(own_server.address) as connection:
        follower = connection.follow()
        assert follower.log_origin == ""
        assert next(follower).position == 1
        assert follower.log_origin == origin_of(client)

        later = connection.follow(after=1, log_origin=follower.log_origin)
        assert next(later).position == 2
        later.close()
        follower.close()


@pytest.mark.parametrize("after", [0, 1, None])
def test_a_follower_of_another_log_ends_at_once(
    own_server: Server, connect: Connect, after: int | None
) -> None:
    """Wherever it begins: positions mean other changes."""
    own_server.client().record("visits/a", scheduled())
    with connect(own_server.address) as connection:
        follower = connection.follow(after=after, log_origin="chancery.invalid/another")

        with pytest.raises(grpc.RpcError) as caught:
            next(follower)

    told = failure(caught.value)
    assert (told.code, told.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "LOG_REPLACED")


def test_a_log_that_is_replaced_while_it_is_followed_is_noticed(
    own_server: Server, connect: Connect, start_server: Callable[..., Server]
) -> None:
    """Also if it is longer: changes would be missed in silence, and others come twice."""
    own_server.client().record("visits/a", scheduled())
    other = start_server()
    for name in ("visits/a", "visits/b", "visits/c"):
        other.client().record(name, scheduled())
    with Proxy(own_server.address) as proxy:
        following = Following(connect(proxy.address))
        following.handed_back(1)
        proxy.target = other.address
        proxy.cut()
        following.ended()
    assert following.failure is not None
    assert failure(following.failure).reason == "LOG_REPLACED"
    assert [event.position for event in following.events] == [1]


def carried_out(
    plan: Plan[None], read: Callable[[ReadEventsRequest], Iterator[ReadEventsResponse]]
) -> list[RecordedEvent]:
    """What a replay gives if this reads the stream."""
    given: list[RecordedEvent] = []
    frames: Iterator[ReadEventsResponse] = iter(())
    try:
        step = next(plan)
        while True:
            answer = None
            if isinstance(step, Open):
                assert step.method is READ_EVENTS
                assert isinstance(step.request, ReadEventsRequest)
                frames = read(step.request)
            elif isinstance(step, Give):
                given.append(step.item)
            else:
                try:
                    answer = next(frames, None)
                except ChanceryError as error:
                    step = plan.throw(error)
                    continue
            step = plan.send(answer)
    except StopIteration:
        return given


def test_a_replay_that_was_cut_goes_on_in_the_same_log_alone() -> None:
    """The name in the first frame goes along with the position."""
    asked: list[ReadEventsRequest] = []

    def read(request: ReadEventsRequest) -> Iterator[ReadEventsResponse]:
        asked.append(ReadEventsRequest())
        asked[-1].CopyFrom(request)
        position = request.after_position + 1
        yield ReadEventsResponse(
            events=[RecordedEvent(position=position)],
            head_position=2,
            log_origin="chancery.invalid/this",
        )
        if position == 1:
            raise Unavailable("the stream broke")

    events = carried_out(replayed(ReadEventsRequest(), 30.0), read)

    assert [event.position for event in events] == [1, 2]
    assert [(each.after_position, each.log_origin) for each in asked] == [
        (0, ""),
        (1, "chancery.invalid/this"),
    ]
