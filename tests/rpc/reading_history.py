"""Reading the history in frames and in pages."""

from collections.abc import Iterator
from typing import Any

from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.history_service_pb2 import (
    ListEventsRequest,
    ListEventsResponse,
    ReadEventsRequest,
    ReadEventsResponse,
)
from tests.support.server import Client


def frames(client: Client, **request: Any) -> list[ReadEventsResponse]:
    return list(client.history.ReadEvents(ReadEventsRequest(**request)))


def replay(client: Client, **request: Any) -> list[RecordedEvent]:
    return [event for frame in frames(client, **request) for event in frame.events]


def pages(client: Client, **request: Any) -> Iterator[ListEventsResponse]:
    token = ""
    for _ in range(10_000):
        page = client.history.ListEvents(ListEventsRequest(page_token=token, **request))
        yield page
        token = page.next_page_token
        if not token:
            return
    raise AssertionError("the pages have no end")
