"""The worked example of docs/log-format.md is true, and verifies."""

import base64
import hashlib
import re
from pathlib import Path

import pytest

from service import codec
from service.codec.parts import parts_of
from service.tlog.bundle import cover
from service.tlog.note import Checkpoint, Note, SignerKey, VerifierKey
from service.tlog.proofs import verify_consistency, verify_inclusion
from service.verify import Report, verify_bundle
from tests.tlog import second_verifier

DOCUMENT = (Path(__file__).parents[2] / "docs" / "log-format.md").read_text()
_, EXAMPLE = DOCUMENT.split("## A worked example\n")
VALUES, CHECKPOINT, COSIGNATURE, BUNDLE, PUBLIC = re.findall(
    r"```text\n(.*?)```", EXAMPLE, re.DOTALL
)
PARTS = ("header", "content", "restricted")
OF = dict(re.split(r" {2,}", line) for line in VALUES.splitlines())


def of(name: str) -> bytes:
    """The bytes of a value of the example."""
    return bytes.fromhex(OF[name])


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


@pytest.mark.parametrize("position", [1, 2, 3])
def test_each_leaf_follows_from_its_position_time_nonce_and_parts(position: int) -> None:
    commitments = []
    for number, part in enumerate(PARTS):
        key = sha256(b"\x10", of(f"nonce {position}"), bytes([number]))
        assert key == of(f"key {position}.{number}")
        commitments.append(sha256(b"\x11", key, of(f"{part} {position}")))
        assert commitments[-1] == of(f"c {position}.{number}")
    commitment = sha256(b"\x12", *commitments)
    numbers = [position, int(OF[f"record time {position}"])]
    leaf = b"".join(number.to_bytes(8, "big") for number in numbers) + commitment
    assert commitment == of(f"commitment {position}")
    assert leaf == of(f"leaf {position}")
    assert sha256(b"\x00", leaf) == of(f"leaf hash {position}")


@pytest.mark.parametrize("position", [1, 2, 3])
def test_each_body_is_canonical_and_its_parts_are_those_of_its_fields(position: int) -> None:
    parts = tuple(of(f"{part} {position}") for part in PARTS)
    codec.event_key(b"".join(parts))
    assert parts_of(b"".join(parts)) == parts


def test_the_root_follows_from_the_leaf_hashes() -> None:
    assert sha256(b"\x01", of("leaf hash 1"), of("leaf hash 2")) == of("node 1-2")
    assert sha256(b"\x01", of("node 1-2"), of("leaf hash 3")) == of("root")


def test_the_proofs_that_are_named_hold() -> None:
    proof = [of("leaf hash 1"), of("leaf hash 3")]
    verify_inclusion(of("leaf hash 2"), 1, 3, proof, of("root"))
    verify_consistency(2, 3, [of("leaf hash 3")], of("node 1-2"), of("root"))


def test_the_gap_has_the_cover_that_is_described() -> None:
    subtrees = [(n << level, 1 << level) for level, n in cover(3, 11)]
    assert [range(begin + 1, begin + count + 1) for begin, count in subtrees] == [
        range(4, 5),
        range(5, 9),
        range(9, 11),
        range(11, 12),
    ]


def test_the_checkpoint_is_what_the_key_signs() -> None:
    """Ed25519 gives the same signature each time."""
    key = SignerKey.parse(OF["signer key"])
    assert str(key.verifier) == OF["verifier key"]
    assert Checkpoint(key.name, 3, of("root")).signed(key) == CHECKPOINT


def test_the_witness_cosigned_the_checkpoint() -> None:
    (witness,) = re.findall(r"a witness of the key `(\S+)`", EXAMPLE)
    note, key = Note.parse(CHECKPOINT + COSIGNATURE), VerifierKey.parse(witness)
    assert note.verified_by([key]) == {key: (1900000060,)}


def verified(data: bytes, folder: Path) -> Report:
    """What is reported of a bundle of the example, which both verifiers verify."""
    file = folder / "example.bundle"
    file.write_bytes(data)
    assert f"{len(data)} bytes" in EXAMPLE
    key = VerifierKey.parse(OF["verifier key"])
    report = verify_bundle(file, [key], Note.parse(CHECKPOINT), lambda done, of: None)
    assert report.changes == second_verifier.verify(data, OF["verifier key"], CHECKPOINT) == 3
    assert report.states == {"scheduled": 1, "postponed": 1}
    return report


def test_both_verifiers_verify_the_bundle(tmp_path: Path) -> None:
    data = base64.b64decode(BUNDLE)
    verified(data, tmp_path)
    assert CHECKPOINT.encode() in data
    for position in (1, 2, 3):
        assert all(of(f"{part} {position}") in data for part in PARTS)


def test_both_verifiers_verify_the_bundle_without_the_restricted_parts(tmp_path: Path) -> None:
    """It is the same log, and does not say who recorded it."""
    data = base64.b64decode(PUBLIC)
    report = verified(data, tmp_path)
    assert report.withheld == 3
    for position in (1, 2, 3):
        assert of(f"c {position}.2") in data
        assert of(f"key {position}.2") not in data
    assert b"unverified:" not in data
