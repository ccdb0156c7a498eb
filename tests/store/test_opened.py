"""What a reader gets of recorded changes: the stored bytes up to the restricted part."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chancery.v1.event_pb2 import RecordedEvent, VisitEvent
from chancery.v1.history_service_pb2 import ReadEventsResponse
from domain.events import EVENT_TYPES
from service.codec import wire
from service.codec.canonical import NotCanonical
from service.codec.opened import open_members
from tests.store.filled import filled_event
from tests.support.examples import examples

RESTRICTED = ("actor", "request_id", "sources", "note")
TOPICS = [each.TOPIC for each in EVENT_TYPES]


def member(position: int, body: bytes) -> bytes:
    """A recorded change as a frame has it."""
    return wire.frame_prefix(position, 1_700_000_000_123_456, len(body)) + body


def without_restricted(event: VisitEvent) -> bytes:
    """The serialized event without the fields that are not for every reader."""
    opened = VisitEvent()
    opened.CopyFrom(event)
    for field in RESTRICTED:
        opened.ClearField(field)  # type: ignore[arg-type]
    return opened.SerializeToString(deterministic=True)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_change_is_whole_but_for_what_is_restricted(topic: str) -> None:
    event = filled_event(topic)
    body = event.SerializeToString(deterministic=True)
    opened = open_members(member(7, body))
    assert opened == member(7, without_restricted(event))
    (recorded,) = ReadEventsResponse.FromString(opened).events
    before = RecordedEvent.FromString(wire.recorded_event(7, 1_700_000_000_123_456, body))
    assert (recorded.position, recorded.record_time) == (7, before.record_time)


@settings(max_examples=examples(100))
@given(
    st.lists(
        st.tuples(
            st.integers(1, 2**63 - 1), st.sampled_from(TOPICS), st.integers(0, 20_000), st.text()
        ),
        max_size=5,
    )
)
def test_any_changes_in_a_row_are_opened_one_by_one(
    rows: list[tuple[int, str, int, str]],
) -> None:
    """Whatever their lengths, and whatever is in what is taken out."""
    whole, opened = b"", b""
    for position, topic, length, note in rows:
        event = filled_event(topic)
        event.reason, event.note = "x" * length, note
        whole += member(position, event.SerializeToString(deterministic=True))
        opened += member(position, without_restricted(event))
    assert open_members(whole) == opened
    assert open_members(opened) == opened


def test_of_a_change_that_is_no_message_nothing_is_given() -> None:
    """Nor of what comes behind a restricted field, in whatever order."""
    assert open_members(member(7, b"secret")) == member(7, b"")
    actor, visit = wire.bytes_field(100, b"anna"), wire.bytes_field(1, b"visits/a")
    assert open_members(member(7, actor + visit)) == member(7, b"")
    assert open_members(member(7, visit + actor + visit)) == member(7, visit)


@pytest.mark.parametrize("cut", [1, 2, 3, 5, 20])
def test_what_is_cut_short_or_something_else_is_refused(cut: int) -> None:
    whole = member(7, wire.bytes_field(1, b"visits/a") + wire.bytes_field(100, b"anna"))
    for damaged in (whole[:-cut], whole[cut:], whole + whole[:cut], b"\x0a" + whole):
        with pytest.raises(NotCanonical):
            open_members(damaged)
