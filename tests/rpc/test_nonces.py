"""The nonce of an entry opens all its parts: no answer, log line or error has it."""

import base64
from collections.abc import Iterator
from typing import Any, NamedTuple

import grpc
import pytest
from google.protobuf.message import Message

from tests.rpc.walk import TEMPLATES
from tests.rpc.whole_changes import OTHER, STANDING
from tests.support.messages import scheduled
from tests.support.place import Places
from tests.support.server import Client, Server


class Said(NamedTuple):
    """The nonces of a log, and all that its server said."""

    nonces: list[bytes]
    told: list[bytes]


@pytest.fixture(scope="module")
def said(places: Places) -> Iterator[Said]:
    """What a server said that was asked for everything, also on a damaged log."""
    with places.new() as place:
        with Server(place) as server:
            client = server.client()
            told = [
                client.record(
                    name, scheduled(), request_id=name, effective="2023-01-17"
                ).SerializeToString()
                for name in (STANDING, OTHER, STANDING)
            ]
            nonces = [bytes(nonce) for (nonce,) in place.rows("SELECT nonce FROM log")]
            told += _asked(client)
            place.run("UPDATE log SET topic = 'cancelled' WHERE position = 1")
            told += _asked(client)
        yield Said(nonces, [*told, *(line.encode() for line in server.lines)])


def _asked(client: Client) -> list[bytes]:
    """The answers to a request of each kind, and the errors."""
    return [
        told for template in TEMPLATES for told in _answers(template.call(client), template.message)
    ]


def _answers(call: Any, request: Message) -> Iterator[bytes]:
    try:
        answer = call(request)
        if isinstance(answer, Message):
            yield answer.SerializeToString()
            return
        for frame in answer:
            yield frame.SerializeToString()
            if type(request).__name__ == "WatchEventsRequest":
                answer.cancel()
                return
    except grpc.RpcError as error:
        yield str(error).encode()
        trailers = [each.value for each in error.trailing_metadata() or ()]
        yield from (v if isinstance(v, bytes) else v.encode() for v in trailers)


def test_no_nonce_leaves(said: Said) -> None:
    assert len(said.nonces) == 2
    assert len(said.told) > len(TEMPLATES)
    for nonce in said.nonces:
        text = repr(nonce)[2:-1].encode()
        for form in (nonce, nonce.hex().encode(), base64.b64encode(nonce)[:40], text):
            assert not any(form in each for each in said.told)
