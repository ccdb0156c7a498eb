"""GetTile: the tree and the entries of the log in tiles, as C2SP tlog-tiles has them."""

from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest

from chancery.v1.audit_service_pb2 import (
    GetCheckpointRequest,
    GetInclusionProofRequest,
    GetTileRequest,
)
from service.tlog.note import Checkpoint, Note
from tests.support.messages import amended, apply, change, scheduled, stated
from tests.support.place import Places
from tests.support.server import Client, Server, refusal
from tests.tlog import rfc6962

CHANGES = 600  # two tiles of leaves, and a part of one


@pytest.fixture(scope="module")
def client(places: Places) -> Iterator[Client]:
    """A client of a server with a log of 600 changes."""
    with places.new() as place, Server(place) as server:
        client = server.client()
        client.record("visits/v", scheduled())
        steps = [change("visits/v", amended(title=f"Title {n}")) for n in range(1, CHANGES)]
        for begin in range(0, len(steps), 100):
            client.desk.ApplyChanges(apply(*steps[begin : begin + 100]))
        yield client


def tile(client: Client, **fields: Any) -> bytes:
    data: bytes = client.audit.GetTile(GetTileRequest(**fields)).data
    return data


def entries(client: Client, index: int, width: int) -> list[bytes]:
    """The entries of a bundle, each without its length."""
    data, found = tile(client, entries=True, index=index, width=width), []
    while data:
        length = int.from_bytes(data[:2], "big")
        found.append(data[2 : 2 + length])
        data = data[2 + length :]
    return found


def hashes(client: Client, level: int, index: int, width: int) -> list[bytes]:
    data = tile(client, level=level, index=index, width=width)
    return [data[i : i + 32] for i in range(0, len(data), 32)]


def leaves(client: Client) -> list[bytes]:
    """All entries of the log, from its tiles alone."""
    return [
        e for index, width in ((0, 256), (1, 256), (2, 88)) for e in entries(client, index, width)
    ]


def test_the_entries_lead_to_the_root_that_was_signed(client: Client) -> None:
    """A mirror needs nothing else; each entry has 48 bytes."""
    checkpoint = client.audit.GetCheckpoint(GetCheckpointRequest()).checkpoint
    signed = Checkpoint.parse(Note.parse(checkpoint).text)

    found = leaves(client)

    assert {len(entry) for entry in found} == {48}
    assert (signed.size, signed.root) == (CHANGES, rfc6962.tree_hash(found))


@pytest.mark.parametrize("position", [1, 256, 257, 600])
def test_an_entry_is_the_leaf_that_is_proved(client: Client, position: int) -> None:
    index, place = divmod(position - 1, 256)
    proof = client.audit.GetInclusionProof(GetInclusionProofRequest(position=position))

    assert entries(client, index, place + 1)[-1] == proof.leaf


def test_a_tile_of_the_tree_has_the_hashes_of_its_level(client: Client) -> None:
    """Of the leaves, and of the full tiles below."""
    found = leaves(client)
    of_leaves = [rfc6962.tree_hash([leaf]) for leaf in found]

    assert hashes(client, 0, 0, 256) == of_leaves[:256]
    assert hashes(client, 0, 1, 256) == of_leaves[256:512]
    assert hashes(client, 0, 2, 88) == of_leaves[512:]
    assert hashes(client, 1, 0, 2) == [
        rfc6962.tree_hash(found[:256]),
        rfc6962.tree_hash(found[256:512]),
    ]


@pytest.mark.parametrize("is_of_entries", [False, True])
def test_a_wider_tile_begins_with_a_narrower_one(client: Client, is_of_entries: bool) -> None:
    """What was given once stays what it was."""
    widths = (1, 2, 87, 88)
    tiles = [tile(client, index=2, width=width, entries=is_of_entries) for width in widths]

    assert [len(each) for each in tiles] == [(50 if is_of_entries else 32) * w for w in widths]
    assert all(tiles[-1].startswith(each) for each in tiles)


@pytest.mark.parametrize(
    "fields",
    [
        {"index": 2, "width": 89},
        {"index": 2, "width": 256},
        {"index": 3, "width": 1},
        {"index": 2, "width": 89, "entries": True},
        {"level": 1, "width": 3},
        {"level": 2, "width": 1},
        {"level": 7, "index": 2**62, "width": 1},
        {"index": 2**63 - 1, "width": 256},
    ],
    ids=str,
)
def test_a_tile_that_is_not_there_yet_is_out_of_range(
    client: Client, fields: dict[str, Any]
) -> None:
    """A tile that is not full has no full form."""
    told = refusal(client.audit.GetTile, GetTileRequest(**fields))

    assert told.code == grpc.StatusCode.OUT_OF_RANGE
    assert told.reason == "POSITION_BEYOND_HEAD"
    assert told.metadata["head_position"] == str(CHANGES)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "width"),
        ({"width": 257}, "width"),
        ({"width": -1}, "width"),
        ({"index": -1, "width": 1}, "index"),
        ({"level": -1, "width": 1}, "level"),
        ({"level": 8, "width": 1}, "level"),
        ({"level": 1, "width": 1, "entries": True}, "level"),
        ({"width": 257, "entries": True}, "width"),
    ],
    ids=str,
)
def test_what_is_no_tile_is_refused_by_name(
    client: Client, fields: dict[str, Any], field: str
) -> None:
    told = refusal(client.audit.GetTile, GetTileRequest(**fields))

    assert (told.code, told.fields) == (grpc.StatusCode.INVALID_ARGUMENT, [field])


def test_an_entry_that_was_altered_is_told(start_server: Callable[..., Server]) -> None:
    """It is not given away as one of the log; the other tiles are."""
    server = start_server()
    client = server.client()
    client.record("visits/v", scheduled())
    for _ in range(3):
        client.desk.ApplyChanges(apply(*[change("visits/v", stated())] * 90))
    server.stop()
    server.place.run("UPDATE log SET nonce = ? WHERE position = 20", bytes(32))
    server.start()
    client = server.client()

    told = refusal(entries, client, 0, 256)

    assert (told.code, told.reason) == (grpc.StatusCode.DATA_LOSS, "LOG_DAMAGED")
    assert told.metadata["position"] == "20"
    assert len(entries(client, 0, 19)) == 19
    assert len(entries(client, 1, 15)) == 15
