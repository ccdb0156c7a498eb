"""What is said of a bundle, a note or a proof that proves nothing, and of which position."""

import base64
import re
from collections.abc import Callable

import pytest

from service.tlog import tree
from service.tlog.bundle import BundleKind, Contents, InvalidBundle, gap, header
from service.tlog.note import (
    COSIGNATURE,
    ED25519,
    Checkpoint,
    InvalidNote,
    Note,
    SignerKey,
    VerifierKey,
    signers,
)
from service.tlog.proofs import InvalidProof, verify_consistency, verify_inclusion
from tests.tlog import rfc6962
from tests.tlog.bundles import ENTRIES, LOG, SIZE, checkpoint, entry, made, node, read

RANGE = Contents(BundleKind.RANGE, 3, 4)
HELD = [bytes(each) for each in ENTRIES]
ROOTS = [rfc6962.tree_hash([bytes([i]) for i in range(size)]) for size in range(8)]
EM_DASH = "\u2014"


def gap_record(last: int, *hashes: bytes) -> bytes:
    return b"G" + last.to_bytes(8, "big") + b"".join(hashes)


@pytest.mark.parametrize(
    ("data", "position", "problem"),
    [
        pytest.param(b"chancery bundle v2\n", None, "not a bundle of this version", id="version"),
        pytest.param(made(Contents())[:30], None, "ends too early", id="half a head"),
        pytest.param(made(Contents()), 1, "the file ends too early", id="no entry"),
        pytest.param(made(Contents(), HELD[0][:9]), 1, "ends too early", id="half an entry"),
        pytest.param(made(Contents(), HELD[0], b"X"), 2, "neither an entry nor a gap", id="record"),
        pytest.param(made(Contents(), *HELD, b"!"), SIZE, "goes on after the last", id="trailing"),
        pytest.param(made(Contents(), HELD[1]), 1, "is missing; 2 follows", id="no first entry"),
        pytest.param(
            made(Contents(), HELD[0], gap(1, SIZE, node)), 2, "a whole log has no gaps", id="gap"
        ),
        pytest.param(
            made(RANGE, gap_record(0)),
            1,
            "a gap begins here and ends at position 0",
            id="empty gap",
        ),
        pytest.param(
            made(RANGE, gap(0, 2, node), *HELD[2:4], gap_record(4)),
            5,
            "a gap begins here and ends at position 4",
            id="a gap that goes back",
        ),
        pytest.param(
            made(RANGE, gap_record(SIZE + 1)),
            1,
            f"a gap begins here and ends at position {SIZE + 1}",
            id="a gap beyond the log",
        ),
        pytest.param(made(RANGE, gap(0, 3, node)), 3, "is missing", id="first of a range"),
        pytest.param(
            made(RANGE, gap(0, 2, node), HELD[2], gap(3, SIZE, node)),
            4,
            "the entry is missing",
            id="last of a range",
        ),
        pytest.param(
            made(RANGE, gap(0, SIZE, node)), 3, "the entry is missing", id="the whole range"
        ),
        pytest.param(made(RANGE, HELD[0]), 1, "outside of the range", id="before the range"),
        pytest.param(
            made(RANGE, gap(0, 2, node), *HELD[2:5]),
            5,
            "outside of the range",
            id="after the range",
        ),
        pytest.param(made(RANGE, gap(0, 2, node)[:-1]), 1, "ends too early", id="half a gap"),
    ],
)
def test_a_bundle_is_refused_with_its_position(
    data: bytes, position: int | None, problem: str
) -> None:
    with pytest.raises(InvalidBundle, match=re.escape(problem)) as refused:
        read(data)
    assert refused.value.position == position
    assert str(refused.value).startswith(
        f"position {position}: " if position else refused.value.problem
    )


def test_a_bundle_whose_root_is_not_that_of_its_checkpoint_names_both() -> None:
    """Each entry matches its leaf, but the log signed another tree."""
    signed = Checkpoint(LOG.name, SIZE, bytes(32)).signed(LOG)
    data = header(Contents(), signed) + b"".join(HELD)
    with pytest.raises(InvalidBundle, match="some of the changes") as refused:
        read(data)
    assert refused.value.position is None
    assert checkpoint().root.hex() in refused.value.problem
    assert bytes(32).hex() in refused.value.problem


def test_an_earlier_checkpoint_of_another_log_is_named_with_both_roots() -> None:
    with pytest.raises(InvalidBundle, match="the first 3 changes are not those") as refused:
        read(made(Contents(), *HELD), Checkpoint(LOG.name, 3, bytes(32)))
    assert checkpoint(3).root.hex() in refused.value.problem
    assert bytes(32).hex() in refused.value.problem


def test_an_entry_as_old_as_the_one_before_is_in_order() -> None:
    """Changes that are recorded together have one time."""
    entries = [entry(position, 1000) for position in range(1, SIZE + 1)]
    root = tree.root(tree.append([], 0, [each.leaf_hash for each in entries]))
    head = header(Contents(), Checkpoint(LOG.name, SIZE, root).signed(LOG))
    assert read(head + b"".join(map(bytes, entries))) == list(range(1, SIZE + 1))


def verifier_key(kind: int, public_key: bytes, name: str = "log") -> str:
    return str(VerifierKey(name, kind, public_key))


@pytest.mark.parametrize(
    ("parse", "text", "problem"),
    [
        (VerifierKey.parse, "log", "a verifier key is NAME+KEYID+BASE64"),
        (VerifierKey.parse, "log+12345678", "a verifier key is NAME+KEYID+BASE64"),
        (VerifierKey.parse, "log+12345678+", "the verifier key is not an Ed25519 key"),
        (VerifierKey.parse, verifier_key(ED25519, bytes(31)), "is not an Ed25519 key"),
        (VerifierKey.parse, verifier_key(ED25519, bytes(33)), "is not an Ed25519 key"),
        (VerifierKey.parse, verifier_key(2, bytes(32)), "is not an Ed25519 key"),
        (VerifierKey.parse, verifier_key(ED25519, bytes(32), "a log"), "has no space"),
        (VerifierKey.parse, verifier_key(ED25519, bytes(32), ""), "is not empty"),
        (
            VerifierKey.parse,
            "log+00000000+" + base64.b64encode(b"\x01" * 33).decode(),
            "not 00000000",
        ),
        (SignerKey.parse, "", "a signer key is PRIVATE+KEY+NAME+KEYID+BASE64"),
        (SignerKey.parse, str(LOG).removeprefix("PRIVATE+KEY+"), "a signer key is PRIVATE+KEY+"),
        (SignerKey.parse, "PRIVATE+KEY+log+12345678+AQ==", "a signer key is PRIVATE+KEY+"),
        (SignerKey.parse, str(SignerKey("a log", bytes(32))), "has no space"),
        (
            SignerKey.parse,
            str(LOG).replace("AQABAg", "AQABAw"),
            "does not belong to the signer key",
        ),
        (Note.parse, "text\n\ntab\t\n", "a note has no control characters"),
        (Note.parse, "text\n", "a note is text, a blank line, and signature lines"),
        (Note.parse, "text\n\n\n", "a note is text, a blank line, and signature lines"),
        (Note.parse, f"\n\n{EM_DASH} log AAAA\n", "a note is text, a blank line"),
        (Note.parse, f"text\n\n{EM_DASH} log\n", "a signature line is an em dash"),
        (Note.parse, f"text\n\n{EM_DASH} log AAAAAAA= more\n", "a signature line is an em dash"),
        (Note.parse, f"text\n\n{EM_DASH} log AAAAAA==\n", "the signature of log is too short"),
        (Note.parse, f"text\n\n{EM_DASH} log AAAAAAA\n", "this is not base64"),
        (Note.parse, f"text\n\n{EM_DASH} log AAAAAAB=\n", "this is not canonical base64"),
        (Note.parse, f"text\n\n{EM_DASH} l+g AAAAAAA=\n", "no plus sign"),
        (Checkpoint.parse, "log\n5\n", "a checkpoint has three lines: origin, size and root"),
        (Checkpoint.parse, f"\n5\n{'A' * 43}=\n", "a checkpoint has three lines"),
        (Checkpoint.parse, f"log\n05\n{'A' * 43}=\n", "is a decimal number, not '05'"),
        (Checkpoint.parse, f"log\n{1 << 64}\n{'A' * 43}=\n", "is a decimal number, not '1844"),
        (Checkpoint.parse, "log\n5\nAAAA\n", "the root of a checkpoint has 32 bytes"),
        (SignerKey.new, "a log", "the name of a key is not empty"),
    ],
)
def test_a_note_a_key_or_a_checkpoint_is_refused_with_the_reason(
    parse: Callable[[str], object], text: str, problem: str
) -> None:
    with pytest.raises(InvalidNote) as refused:
        parse(text)
    assert problem in str(refused.value)
    assert not str(refused.value).startswith("XX")


def test_the_largest_checkpoint_has_a_size_of_eight_bytes() -> None:
    """Positions have eight bytes in a leaf."""
    largest = Checkpoint("log", (1 << 64) - 1, bytes(32))
    assert Checkpoint.parse(str(largest)) == largest


def test_keys_are_read_whatever_their_base64_is() -> None:
    """It may hold a plus sign, as the separator is."""
    keys = [SignerKey("log", bytes([number]) * 32) for number in range(64)]
    assert any("+" in str(key).split("+", 4)[-1] for key in keys)
    for key in keys:
        assert SignerKey.parse(str(key)) == key
        assert VerifierKey.parse(f" {key.verifier}\n") == key.verifier


def test_a_signature_of_the_shortest_length_is_read() -> None:
    """Four bytes of the key id and one of the signature: what it is worth is for its key to say."""
    assert Note.parse(f"text\n\n{EM_DASH} log AAAAAAA=\n").signatures == [("log", bytes(5))]


def test_a_witness_that_names_no_time_names_the_beginning_of_1970() -> None:
    witness = SignerKey("witness", bytes([7]) * 32, COSIGNATURE)
    note = Note.parse("text\n\n" + witness.sign("text\n"))
    assert note.verified_by([witness.verifier]) == {witness.verifier: 0}


def test_a_note_with_a_false_signature_names_whose_it_should_be() -> None:
    note = Note.parse(checkpoint().signed(LOG))
    with pytest.raises(InvalidNote, match=f"^the signature of {LOG.name} is not valid$"):
        Note(f"{note.text}more\n", note.signatures).verified_by([LOG.verifier])


def test_a_checkpoint_that_only_a_witness_signed_is_refused_for_its_log() -> None:
    """Even a witness with the name of the log."""
    witness = SignerKey(LOG.name, bytes([7]) * 32, COSIGNATURE)
    note = Note.parse(checkpoint().signed(witness))
    with pytest.raises(InvalidNote, match=f"^none of the keys .* signed for the log {LOG.name}$"):
        signers(note, [witness.verifier, LOG.verifier])


@pytest.mark.parametrize(
    ("index", "size", "proof", "problem"),
    [
        (3, 3, [], "leaf 3 is not in a tree of 3 leaves"),
        (-1, 3, [], "leaf -1 is not in a tree of 3 leaves"),
        (0, 2, [], "the proof is too short"),
        (0, 1, [bytes(32)], "the proof is too long"),
        (0, 2, [bytes(31)], "a hash has 31 bytes, not 32"),
    ],
)
def test_a_proof_of_inclusion_is_refused_with_the_reason(
    index: int, size: int, proof: list[bytes], problem: str
) -> None:
    with pytest.raises(InvalidProof) as refused:
        verify_inclusion(bytes(32), index, size, proof, ROOTS[size])
    assert str(refused.value) == problem


@pytest.mark.parametrize(
    ("first", "second", "proof", "problem"),
    [
        (4, 3, [], "a tree of 3 leaves does not come after one of 4"),
        (3, 7, [], "the proof is too short"),
        (2, 7, [], "the proof is too short"),
        (0, 7, [bytes(32)], "the proof is too long"),
        (7, 7, [bytes(32)], "the proof is too long"),
        (1, 2, [bytes(32), bytes(32)], "the proof is too long"),
        (1, 2, [bytes(33)], "a hash has 33 bytes, not 32"),
    ],
)
def test_a_proof_of_consistency_is_refused_with_the_reason(
    first: int, second: int, proof: list[bytes], problem: str
) -> None:
    with pytest.raises(InvalidProof) as refused:
        verify_consistency(first, second, proof, bytes(32), ROOTS[second])
    assert str(refused.value) == problem
