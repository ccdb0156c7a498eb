"""Whole lists, fetched page by page, and the rule for what counts as of a moment."""

from collections.abc import Iterator
from typing import Any

from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.history_service_pb2 import ListEventsRequest, ListEventsResponse
from chancery.v1.visit_pb2 import AsOf, Visit
from chancery.v1.visit_service_pb2 import ListVisitsRequest, ListVisitsResponse
from tests.support.messages import at
from tests.support.server import Client


def visit_pages(
    client: Client, moment: AsOf | None, **request: Any
) -> Iterator[ListVisitsResponse]:
    """All pages of visits, one after the other; each is fetched when it is needed."""
    token = ""
    for _ in range(1000):
        asked = ListVisitsRequest(as_of=moment, page_token=token, **request)
        yield (page := client.visits.ListVisits(asked))
        token = page.next_page_token
        if not token:
            return
    raise AssertionError("the pages have no end")


def listed(client: Client, moment: AsOf | None, **request: Any) -> list[Visit]:
    """All visits on all pages."""
    return [visit for page in visit_pages(client, moment, **request) for visit in page.visits]


def event_pages(
    client: Client, moment: AsOf | None, **request: Any
) -> Iterator[ListEventsResponse]:
    """All pages of changes, in the same way."""
    token = ""
    for _ in range(1000):
        asked = ListEventsRequest(as_of=moment, page_token=token, **request)
        yield (page := client.history.ListEvents(asked))
        token = page.next_page_token
        if not token:
            return
    raise AssertionError("the pages have no end")


def changes(client: Client, moment: AsOf | None, **request: Any) -> list[RecordedEvent]:
    """All changes on all pages."""
    return [event for page in event_pages(client, moment, **request) for event in page.events]


def counts(event: RecordedEvent, position: int, known_at: str, valid_at: str) -> bool:
    """Whether a change counts: recorded, known and in effect by then.

    If a change has no times of its own, both are the record time. A retraction or correction
    without a known time is about what is recorded, whatever moment is asked about; it has no
    effective time.
    """
    change = event.event
    has_times = change.HasField("known_time")
    known = (change.known_time if has_times else event.record_time).ToNanoseconds()
    effective = (change.effective_time if has_times else event.record_time).ToNanoseconds()
    if change.WhichOneof("change") in ("retracted", "corrected"):
        known, effective = (known if has_times else 0), 0
    return (
        event.position <= position
        and (not known_at or known <= at(known_at).ToNanoseconds())
        and (not valid_at or effective <= at(valid_at).ToNanoseconds())
    )
