"""Frames: whatever is said arrives as it was said, in whatever pieces it comes."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.link.frames import (
    Answer,
    Ask,
    AskCheckpoint,
    AskEnd,
    Condition,
    End,
    Received,
    Recorded,
    frame,
    received_by_core,
    received_by_edge,
)

numbers = st.integers(0, 2**63 - 1)
texts = st.text(max_size=8)
some_bytes = st.binary(max_size=200)
ASKED = (
    st.builds(Ask, numbers, texts, some_bytes, texts, texts, numbers)
    | st.builds(AskEnd, numbers, texts)
    | st.builds(AskCheckpoint, numbers, numbers, texts)
)
CHANGES = st.lists(st.tuples(texts, texts, some_bytes, st.none() | some_bytes), max_size=3)
ANSWERED = (
    st.builds(Answer, numbers, some_bytes, st.integers(0, 16), texts, texts, numbers)
    | st.builds(End, numbers, numbers, numbers)
    | st.builds(Recorded, numbers, numbers, CHANGES)
    | st.builds(Condition, texts, st.lists(texts, max_size=3), st.booleans())
)


def arrived(received: Received[Any], data: bytes, pieces: list[int]) -> list[Any]:
    """What was said in these bytes, which come in pieces of these lengths, again and again."""
    found: list[Any] = []
    at = turn = 0
    while at < len(data):
        piece = data[at : at + pieces[turn % len(pieces)]]
        found += received.messages(piece)
        at, turn = at + len(piece), turn + 1
    return found


@given(
    st.lists(st.lists(ASKED, max_size=4), max_size=4),
    st.lists(st.integers(1, 100), min_size=1, max_size=5),
)
def test_what_an_edge_says_arrives_in_any_pieces(batches: list[Any], pieces: list[int]) -> None:
    """Every message of every batch, once and in its order."""
    data = b"".join(map(frame, batches))
    said = [message for batch in batches for message in batch]
    assert arrived(received_by_core(), data, pieces) == said


@given(
    st.lists(st.lists(ANSWERED, max_size=4), max_size=4),
    st.lists(st.integers(1, 100), min_size=1, max_size=5),
)
def test_what_the_core_says_arrives_in_any_pieces(batches: list[Any], pieces: list[int]) -> None:
    data = b"".join(map(frame, batches))
    said = [message for batch in batches for message in batch]
    assert arrived(received_by_edge(), data, pieces) == said


@pytest.mark.parametrize("size", [0, 1, 255, 256, 65_535, 65_536, 5 << 20])
def test_a_request_of_any_size_arrives(size: int) -> None:
    """Bytes are bytes: none is lost or altered."""
    request = random.Random(size).randbytes(size)
    ask = Ask(7, "Schedule", request, "desk", "call")
    received = received_by_core()
    data = frame([ask])
    assert list(received.messages(data[:-1])) == []
    assert list(received.messages(data[-1:])) == [ask]


def test_nothing_is_said_before_a_frame_is_complete() -> None:
    """Not even the messages that are there already; the rest waits for the next bytes."""
    received = received_by_core()
    one, two = frame([AskEnd(1), AskEnd(2)]), frame([AskEnd(3)])
    for byte in range(len(one) - 1):
        assert list(received.messages(one[byte : byte + 1])) == []
    assert list(received.messages(one[-1:] + two[:3])) == [AskEnd(1), AskEnd(2)]
    assert list(received.messages(two[3:])) == [AskEnd(3)]
