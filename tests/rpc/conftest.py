"""Names of visits, so that the tests of a module share a server and no visit, and stories on it."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.visit_pb2 import Visit
from tests.rpc.some_visits import VISITS
from tests.rpc.story_of_lists import STORY, got
from tests.support.messages import as_of
from tests.support.place import Places
from tests.support.server import Client, Server

_numbers = count(1)


@pytest.fixture
def name() -> str:
    """The name of a visit that no other test of this run uses."""
    return f"visits/blinken-{next(_numbers)}"


@pytest.fixture
def other_name() -> str:
    """Another such name."""
    return f"visits/blinken-{next(_numbers)}"


@pytest.fixture(autouse=True)
def _no_watch_is_left() -> Iterator[None]:
    """What nobody reads any more would use up what a server keeps for those who do not read."""
    from tests.rpc.watching import OPEN

    yield
    while OPEN:
        OPEN.pop().cancel()


@pytest.fixture(scope="module")
def story_of_lists(client: Client) -> list[RecordedEvent]:
    """The log of the story; nothing else is recorded on the server."""
    return [
        client.record(f"visits/{visit_id}", step, **context).event
        for visit_id, step, context in STORY
    ]


@pytest.fixture(scope="module")
def some_visits(places: Places) -> Iterator[Client]:
    """Another server, with the visits that ``test_list_visits`` filters; tests may add to it."""
    with places.new() as place, Server(place) as server:
        client = server.client()
        for visit_id, steps in VISITS.items():
            for step, context in steps:
                client.record(f"visits/{visit_id}", step, **context)
        yield client


@pytest.fixture(scope="module")
def expected_at(
    client: Client, story_of_lists: list[RecordedEvent]
) -> Callable[..., dict[str, Visit]]:
    """The visits of the story that GetVisit finds as of these times; each is asked for once."""
    found: dict[str, dict[str, Visit]] = {}

    def at_these(times: dict[str, Any]) -> dict[str, Visit]:
        if str(times) not in found:
            found[str(times)] = got(client, as_of(**times))
        return found[str(times)]

    return at_these
