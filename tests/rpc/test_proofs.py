"""Checkpoints and proofs of a real server, verified as a client would."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest

from chancery.v1.audit_service_pb2 import (
    ExportBundleRequest,
    GetCheckpointRequest,
    GetConsistencyProofRequest,
    GetInclusionProofRequest,
    PositionRange,
)
from chancery.v1.event_pb2 import VisitEvent
from chancery.v1.history_service_pb2 import ReadEventsRequest
from chancery.v1.info_service_pb2 import GetServerInfoRequest
from service.tlog import tree
from service.tlog.note import Checkpoint, Note, VerifierKey
from service.tlog.parts import joined_commitment, part_commitment, part_key
from service.tlog.proofs import InvalidProof, verify_consistency, verify_inclusion
from service.verify import verify_bundle
from tests.support.messages import amended, apply, change, scheduled
from tests.support.place import Place, Places
from tests.support.server import Client, Server, refusal

CHANGES = 600  # two tiles of leaves, and a part of one
VISITS = 7


@pytest.fixture(scope="module")
def audited(places: Places) -> Iterator[Server]:
    """A server with a log of 600 changes."""
    with places.new() as place, Server(place) as server:
        fill(server.client())
        yield server


@pytest.fixture(scope="module")
def client(audited: Server) -> Client:
    """A client of it."""
    return audited.client()


def fill(client: Client, changes: int = CHANGES) -> None:
    """Record so many changes, on seven visits in turn."""
    for number in range(VISITS):
        client.record(f"visits/v{number}", scheduled())
    for begin in range(VISITS, changes, 100):
        client.desk.ApplyChanges(
            apply(
                *(
                    change(f"visits/v{number % VISITS}", amended(title=f"Title {number}"))
                    for number in range(begin, min(changes, begin + 100))
                )
            )
        )


def verified(client: Client, note: str) -> Checkpoint:
    """The checkpoint in a note, once the server's key has verified it."""
    key = VerifierKey.parse(client.info.GetServerInfo(GetServerInfoRequest()).public_key)
    parsed = Note.parse(note)
    assert parsed.verified_by([key]) == {key: ()}
    checkpoint = Checkpoint.parse(parsed.text)
    assert checkpoint.origin == key.name
    return checkpoint


def exported(client: Client, path: Path, request: ExportBundleRequest) -> Path:
    """The bundle, written to a file."""
    path.write_bytes(b"".join(part.data for part in client.audit.ExportBundle(request)))
    return path


# Checkpoints


def test_a_checkpoint_is_of_the_head_and_signed(client: Client) -> None:
    answer = client.audit.GetCheckpoint(GetCheckpointRequest())

    checkpoint = verified(client, answer.checkpoint)
    assert checkpoint.size == answer.view_position == CHANGES
    assert not answer.consistency_proof


def test_the_checkpoint_of_an_empty_log_has_the_root_of_nothing(own_server: Server) -> None:
    client = own_server.client()

    answer = client.audit.GetCheckpoint(GetCheckpointRequest())

    assert verified(client, answer.checkpoint).root == tree.root([])
    assert answer.view_position == 0


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 512, 599, 600])
def test_a_log_is_proved_to_go_on_from_any_earlier_size(client: Client, size: int) -> None:
    """Both by GetCheckpoint, given the earlier size, and by GetConsistencyProof."""
    first = client.audit.GetConsistencyProof(
        GetConsistencyProofRequest(first_size=1, second_size=size)
    )
    kept = verified(client, first.checkpoint)

    answer = client.audit.GetCheckpoint(GetCheckpointRequest(previous_size=size))
    proved = client.audit.GetConsistencyProof(GetConsistencyProofRequest(first_size=size))

    now = verified(client, answer.checkpoint)
    assert (kept.size, now.size) == (size, CHANGES)
    verify_consistency(size, now.size, answer.consistency_proof, kept.root, now.root)
    assert list(proved.consistency_proof) == list(answer.consistency_proof)
    assert (proved.first_root, proved.checkpoint) == (kept.root, answer.checkpoint)


def test_from_nothing_there_is_nothing_to_prove(client: Client) -> None:
    answer = client.audit.GetConsistencyProof(GetConsistencyProofRequest())

    assert not answer.consistency_proof
    assert answer.first_root == tree.root([])
    assert verified(client, answer.checkpoint).size == CHANGES


# Inclusion


@pytest.mark.parametrize("position", [1, 2, 255, 256, 257, 511, 513, 600])
@pytest.mark.parametrize("size", [0, 257, 512, 600])
def test_every_change_is_proved_to_stand_where_it_does(
    client: Client, position: int, size: int
) -> None:
    """The leaf holds its position, its record time and the commitment to its body."""
    if 0 < size < position:
        size = position
    request = GetInclusionProofRequest(position=position, tree_size=size)

    answer = client.audit.GetInclusionProof(request)

    checkpoint = verified(client, answer.checkpoint)
    assert checkpoint.size == answer.view_position == (size or CHANGES)
    leaf_hash = tree.leaf_hash(answer.leaf)
    verify_inclusion(
        leaf_hash, position - 1, checkpoint.size, answer.inclusion_proof, checkpoint.root
    )
    (frame,) = client.history.ReadEvents(ReadEventsRequest(after_position=position - 1, limit=1))
    (event,) = frame.events
    record_time = event.record_time.ToMicroseconds()
    body = b"".join(part.content for part in answer.parts)
    assert VisitEvent.FromString(body) == event.event
    assert body == event.event.SerializeToString(deterministic=True)
    commitments = [part_commitment(part.key, part.content) for part in answer.parts]
    assert commitments == [part.commitment for part in answer.parts]
    assert answer.leaf == tree.leaf(position, record_time, joined_commitment(commitments))


def test_a_proof_gives_the_key_of_each_part_and_never_the_nonce(
    audited: Server, client: Client
) -> None:
    """The nonce would open them all, also where only one was given away."""
    ((nonce,),) = audited.place.rows("SELECT nonce FROM log WHERE position = 77")
    nonce = bytes(nonce)

    answer = client.audit.GetInclusionProof(GetInclusionProofRequest(position=77))

    assert [part.key for part in answer.parts] == [part_key(nonce, number) for number in range(3)]
    assert nonce not in answer.SerializeToString()


def test_a_proof_proves_no_other_change(client: Client) -> None:
    """The counterpart of the test above."""
    answer = client.audit.GetInclusionProof(GetInclusionProofRequest(position=77))
    other = client.audit.GetInclusionProof(GetInclusionProofRequest(position=78))
    checkpoint = verified(client, answer.checkpoint)

    with pytest.raises(InvalidProof):
        verify_inclusion(
            tree.leaf_hash(other.leaf), 76, checkpoint.size, answer.inclusion_proof, checkpoint.root
        )


# What cannot be proved


@pytest.mark.parametrize(
    ("request_", "code", "field"),
    [
        (GetInclusionProofRequest(), "INVALID_ARGUMENT", "position"),
        (GetInclusionProofRequest(position=-1), "INVALID_ARGUMENT", "position"),
        (GetInclusionProofRequest(position=601), "OUT_OF_RANGE", "position"),
        (GetInclusionProofRequest(position=2, tree_size=1), "INVALID_ARGUMENT", "tree_size"),
        (GetInclusionProofRequest(position=2, tree_size=601), "OUT_OF_RANGE", "tree_size"),
        (GetConsistencyProofRequest(first_size=-1), "INVALID_ARGUMENT", "first_size"),
        (GetConsistencyProofRequest(first_size=601), "OUT_OF_RANGE", "first_size"),
        (
            GetConsistencyProofRequest(first_size=5, second_size=4),
            "INVALID_ARGUMENT",
            "first_size",
        ),
        (GetConsistencyProofRequest(second_size=601), "OUT_OF_RANGE", "second_size"),
        (GetCheckpointRequest(previous_size=601), "OUT_OF_RANGE", "previous_size"),
        (GetCheckpointRequest(previous_size=-1), "INVALID_ARGUMENT", "previous_size"),
        (ExportBundleRequest(previous_size=601), "OUT_OF_RANGE", "previous_size"),
        (ExportBundleRequest(visit=""), "INVALID_ARGUMENT", "visit"),
        (ExportBundleRequest(range=PositionRange()), "INVALID_ARGUMENT", "range.first"),
        (ExportBundleRequest(range=PositionRange(first=-1)), "INVALID_ARGUMENT", "range.first"),
        (ExportBundleRequest(range=PositionRange(first=1, last=601)), "OUT_OF_RANGE", "range.last"),
        (
            ExportBundleRequest(range=PositionRange(first=9, last=8)),
            "INVALID_ARGUMENT",
            "range.first",
        ),
    ],
    ids=lambda value: f"{type(value).__name__} {value}".replace("\n", " "),
)
def test_what_cannot_be_proved_is_refused_by_the_name_of_its_field(
    client: Client, request_: object, code: str, field: str
) -> None:
    method = type(request_).__name__.removesuffix("Request")

    refused = refusal(getattr(client.audit, method), request_)

    assert refused.code is grpc.StatusCode[code]
    assert (
        refused.message.startswith(field) if code == "OUT_OF_RANGE" else [field] == refused.fields
    )


def test_a_bundle_of_an_unknown_visit_is_not_found(client: Client) -> None:
    refused = refusal(client.audit.ExportBundle, ExportBundleRequest(visit="visits/nobody"))

    assert refused.code is grpc.StatusCode.NOT_FOUND


# Bundles


@pytest.mark.parametrize(
    ("contents", "changes"),
    [
        ({}, CHANGES),
        ({"range": PositionRange(first=100, last=300)}, 201),
        ({"range": PositionRange(first=600)}, 1),
        ({"range": PositionRange(first=1, last=1)}, 1),
        ({"visit": "visits/v3"}, 86),
    ],
    ids=str,
)
def test_a_bundle_proves_what_it_holds(
    client: Client, tmp_path: Path, contents: dict[str, Any], changes: int
) -> None:
    key = VerifierKey.parse(client.info.GetServerInfo(GetServerInfoRequest()).public_key)
    kept = client.audit.GetConsistencyProof(
        GetConsistencyProofRequest(first_size=1, second_size=451)
    ).checkpoint
    bundle = exported(
        client, tmp_path / "bundle", ExportBundleRequest(previous_size=451, **contents)
    )

    report = verify_bundle(bundle, [key], Note.parse(kept), lambda done, total: None)

    assert report.changes == changes
    assert report.checkpoint.size == CHANGES


def test_a_public_bundle_has_no_restricted_part_and_no_nonce(
    audited: Server, client: Client, tmp_path: Path
) -> None:
    """It is of the same log; a bundle of everything has no nonce either."""
    key = VerifierKey.parse(client.info.GetServerInfo(GetServerInfoRequest()).public_key)
    rows = audited.place.rows("SELECT nonce, body, open_length FROM log")
    whole, public = [
        exported(
            client, tmp_path / "bundle", ExportBundleRequest(without_restricted=without)
        ).read_bytes()
        for without in (False, True)
    ]

    report = verify_bundle(tmp_path / "bundle", [key], None, lambda done, total: None)

    assert (report.changes, report.withheld, report.destroyed) == (CHANGES, CHANGES, 0)
    for nonce, body, length in rows:
        assert bytes(body)[length:] not in public
        assert bytes(body)[length:] in whole
        assert bytes(nonce) not in public + whole


def test_parts_say_how_far_the_bundle_is(own_server: Server) -> None:
    """The last part counts all changes, and no part is over 1 MiB."""
    client = own_server.client()
    fill(client, 50)
    for number in range(80):
        client.record("visits/v0", amended(purpose=f"{number} " * 800))
        client.record("visits/v1", amended(purpose=f"{number} " * 800))

    parts = list(client.audit.ExportBundle(ExportBundleRequest()))

    assert {part.total_changes for part in parts} == {210}
    told = [part.exported_changes for part in parts]
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, 210)
    assert max(len(part.data) for part in parts) <= 1 << 20
    assert {part.view_position for part in parts} == {210}


# What was altered behind the server's back


@pytest.fixture(scope="module")
def kept(places: Places) -> Iterator[Place]:
    """A log of 300 changes that no server has open."""
    with places.new() as place:
        with Server(place) as server:
            fill(server.client(), 300)
        yield place


@pytest.fixture
def altered(kept: Place) -> Iterator[Callable[..., Client]]:
    """A client of a server on a copy of the log, after executing a statement in it."""
    with kept.copy() as copy, ExitStack() as running:

        def serve(statement: str, *values: bytes) -> Client:
            copy.run(statement, *values)
            return running.enter_context(Server(copy)).client()

        yield serve


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        ("UPDATE log SET nonce = ? WHERE position = 20", [bytes(32)]),
        ("UPDATE log SET body = 'text' WHERE position = 20", []),
        ("DELETE FROM log WHERE position = 20", []),
        ("UPDATE tile SET hashes = ? WHERE level = 0 AND number = 0", [bytes(8192)]),
    ],
)
def test_a_proof_of_an_entry_that_was_altered_is_data_loss(
    altered: Callable[..., Client], statement: str, values: list[bytes]
) -> None:
    """It is not exported either; entries of other tiles still get their proofs."""
    client = altered(statement, *values)

    for call, request in (
        (client.audit.GetInclusionProof, GetInclusionProofRequest(position=20)),
        (
            client.audit.ExportBundle,
            ExportBundleRequest(range=PositionRange(first=20, last=20)),
        ),
    ):
        refused = refusal(call, request)
        assert refused.code is grpc.StatusCode.DATA_LOSS
        assert refused.metadata["position"] == "20"
    if "tile" not in statement:
        assert client.audit.GetInclusionProof(GetInclusionProofRequest(position=299)).parts


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM tile WHERE level = 0 AND number = 0",
        "UPDATE tile SET hashes = 'text' WHERE level = 0 AND number = 0",
        "UPDATE tile SET hashes = substr(hashes, 1, 64) WHERE level = 0 AND number = 0",
    ],
)
def test_a_complete_tile_that_is_not_there_as_a_whole_is_data_loss(
    altered: Callable[..., Client], statement: str
) -> None:
    """It is not silently rebuilt from entries that nothing vouches for."""
    client = altered(statement)

    refused = refusal(client.audit.GetInclusionProof, GetInclusionProofRequest(position=20))

    assert refused.code is grpc.StatusCode.DATA_LOSS
    assert refused.metadata["position"] == "256"


def test_no_checkpoint_is_signed_of_a_log_that_does_not_match_its_head(kept: Place) -> None:
    """Nor is anything appended to it."""
    with kept.copy() as copy, Server(copy) as server:
        copy.run("UPDATE log SET nonce = ? WHERE position = 300", bytes(32))
        check_nothing_is_signed(server.client())


def check_nothing_is_signed(client: Client) -> None:
    """Signing and appending are both refused, since the last entry is not what was recorded."""
    for call, request in (
        (client.audit.GetCheckpoint, GetCheckpointRequest()),
        (client.desk.ApplyChanges, apply(change("visits/v1", amended(title="Another")))),
    ):
        refused = refusal(call, request)
        assert refused.code is grpc.StatusCode.DATA_LOSS
        assert refused.metadata["position"] == "300"
