"""The parts of a body are found by the numbers of its fields, and nothing else is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chancery.v1.event_pb2 import VisitEvent
from domain.events import EVENT_TYPES
from service.codec import wire
from service.codec.parts import part_ends, parts_of
from tests.store.filled import filled_event
from tests.store.logbook import PARTS, part_of
from tests.support.examples import examples

TOPICS = [each.TOPIC for each in EVENT_TYPES]


@pytest.mark.parametrize("topic", TOPICS)
def test_each_part_has_the_fields_of_its_numbers(topic: str) -> None:
    """Whichever field of a change is not set."""
    event = filled_event(topic)
    for field, _ in event.ListFields():
        before, behind = range(field.number), range(field.number + 1, 1 << 29)
        body = part_of(event, before) + part_of(event, behind)
        some = VisitEvent.FromString(body)
        assert list(parts_of(body)) == [part_of(some, numbers) for numbers in PARTS]
        assert b"".join(parts_of(body)) == body


@pytest.mark.parametrize("length", [0, 1, 127, 128, 16_383, 16_384, 300_000])
@pytest.mark.parametrize("number", [15, 16, 99, 100, 127, 2047, 2048, 1 << 28])
def test_a_field_of_any_number_and_length_is_in_its_part(number: int, length: int) -> None:
    field = wire.bytes_field(number, bytes(length))
    expected = [b"", b"", b""]
    expected[0 if number < 16 else 1 if number < 100 else 2] = field
    assert list(parts_of(field)) == expected
    behind = wire.bytes_field(1, b"x") + field
    assert b"".join(parts_of(behind)) == behind
    assert part_ends(behind)[0] == 3 + (len(field) if number < 16 else 0)


@pytest.mark.parametrize(
    "body",
    [
        b"\x0a",
        b"\x0a\x05abc",
        b"\x8a",
        b"\x8a\x01",
        b"\x0d\x00\x00\x00\x00",
        b"\x10" + b"\x80" * 1000,
        b"text",
    ],
)
def test_bytes_that_are_no_message_are_restricted_as_a_whole(body: bytes) -> None:
    """Nobody knows what they give away."""
    assert part_ends(body) == (0, 0)
    assert parts_of(body) == (b"", b"", body)


@settings(max_examples=examples(100))
@given(st.binary(max_size=60))
def test_any_bytes_have_parts_that_are_the_bytes_when_they_are_joined(body: bytes) -> None:
    assert b"".join(parts_of(body)) == body
