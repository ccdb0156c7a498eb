"""What is said of a note, a key or a checkpoint that is refused, and which are just allowed."""

import base64
from collections.abc import Callable

import pytest

from service.tlog.note import (
    COSIGNATURE,
    ED25519,
    Checkpoint,
    InvalidNote,
    Note,
    SignerKey,
    VerifierKey,
    past_signers,
    signers,
)
from tests.tlog.bundles import LOG, checkpoint

EM_DASH = "\u2014"
VERIFIER_FORM = "a verifier key is NAME+KEYID+BASE64"
SIGNER_FORM = "a signer key is PRIVATE+KEY+NAME+KEYID+BASE64"
NOT_ED25519 = "the verifier key is not an Ed25519 key"
NAME_FORM = "the name of a key is not empty, and has no space and no plus sign"
NOTE_FORM = "a note is text, a blank line, and signature lines"
LINE_FORM = "a signature line is an em dash, a name and base64"
CHECKPOINT_FORM = "a checkpoint has three lines: origin, size and root"
SIZE_FORM = "the size of a checkpoint is a decimal number"


def verifier_key(kind: int, public_key: bytes, name: str = "log") -> str:
    return str(VerifierKey(name, kind, public_key))


@pytest.mark.parametrize(
    ("parse", "text", "problem"),
    [
        (VerifierKey.parse, "log", VERIFIER_FORM),
        (VerifierKey.parse, "log+12345678", VERIFIER_FORM),
        (VerifierKey.parse, "log+12345678+", NOT_ED25519),
        (VerifierKey.parse, verifier_key(ED25519, bytes(31)), NOT_ED25519),
        (VerifierKey.parse, verifier_key(ED25519, bytes(33)), NOT_ED25519),
        (VerifierKey.parse, verifier_key(2, bytes(32)), NOT_ED25519),
        (VerifierKey.parse, verifier_key(ED25519, bytes(32), "a log"), NAME_FORM),
        (VerifierKey.parse, verifier_key(ED25519, bytes(32), ""), NAME_FORM),
        (
            VerifierKey.parse,
            "log+00000000+" + base64.b64encode(b"\x01" * 33).decode(),
            "the verifier key has the id 0973fde3, not 00000000",
        ),
        (SignerKey.parse, "", SIGNER_FORM),
        (SignerKey.parse, str(LOG).removeprefix("PRIVATE+KEY+"), SIGNER_FORM),
        (SignerKey.parse, "PRIVATE+KEY+log+12345678+AQ==", SIGNER_FORM),
        (SignerKey.parse, str(SignerKey("a log", bytes(32))), NAME_FORM),
        (
            SignerKey.parse,
            str(LOG).replace("AQABAg", "AQABAw"),
            "the key id does not belong to the signer key",
        ),
        (Note.parse, "text\n\ntab\t\n", "a note has no control characters"),
        (Note.parse, "text\n", NOTE_FORM),
        (Note.parse, "text\n\n\n", NOTE_FORM),
        (Note.parse, f"\n\n{EM_DASH} log AAAA\n", NOTE_FORM),
        (Note.parse, f"text\n\n{EM_DASH} log\n", LINE_FORM),
        (Note.parse, f"text\n\n{EM_DASH} log AAAAAAA= more\n", LINE_FORM),
        (Note.parse, f"text\n\n{EM_DASH} log AAAAAA==\n", "the signature of log is too short"),
        (Note.parse, f"text\n\n{EM_DASH} log AAAAAAA\n", "this is not base64"),
        (Note.parse, f"text\n\n{EM_DASH} log AAAA!AAA=\n", "this is not base64"),
        (Note.parse, f"text\n\n{EM_DASH} log AAAAAAB=\n", "this is not canonical base64"),
        (Note.parse, f"text\n\n{EM_DASH} l+g AAAAAAA=\n", NAME_FORM),
        (Checkpoint.parse, "log\n5\n", CHECKPOINT_FORM),
        (Checkpoint.parse, f"\n5\n{'A' * 43}=\n", CHECKPOINT_FORM),
        (Checkpoint.parse, f"log\n05\n{'A' * 43}=\n", f"{SIZE_FORM}, not '05'"),
        (Checkpoint.parse, f"log\n{1 << 64}\n{'A' * 43}=\n", f"{SIZE_FORM}, not '{1 << 64}'"),
        (Checkpoint.parse, "log\n5\nAAAA\n", "the root of a checkpoint has 32 bytes"),
        (SignerKey.new, "a log", NAME_FORM),
    ],
)
def test_a_note_a_key_or_a_checkpoint_is_refused_with_the_reason(
    parse: Callable[[str], object], text: str, problem: str
) -> None:
    with pytest.raises(InvalidNote) as refused:
        parse(text)
    assert str(refused.value) == problem


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
    assert note.verified_by([witness.verifier]) == {witness.verifier: (0,)}


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


# The encodings of the points of low order, and of coordinates beyond the field, without the bit
# of the sign. The first five are those of libsodium's list.
WEAK = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


@pytest.mark.parametrize("kind", [ED25519, COSIGNATURE])
@pytest.mark.parametrize("sign", [0x00, 0x80])
@pytest.mark.parametrize("weak", WEAK)
def test_a_key_under_which_anybody_can_sign_is_refused(weak: str, sign: int, kind: int) -> None:
    public_key = bytearray.fromhex(weak)
    public_key[31] |= sign
    with pytest.raises(InvalidNote, match="anybody can sign for it"):
        VerifierKey.parse(verifier_key(kind, bytes(public_key)))


def test_the_present_key_must_have_signed_and_a_retired_one_is_good_for_what_was_kept() -> None:
    """The first key that has the name of the log is the present one."""
    retired, witness = SignerKey(LOG.name, bytes(32)), SignerKey("w", bytes(32), COSIGNATURE)
    other = SignerKey("chancery.invalid/other", bytes(32)).verifier
    keys = [other, witness.verifier, LOG.verifier, retired.verifier]
    old, new = (Note.parse(checkpoint().signed(key)) for key in (retired, LOG))

    assert signers(new, keys) == {LOG.verifier: ()}
    assert past_signers(old, keys) == signers(old, [retired.verifier]) == {retired.verifier: ()}
    with pytest.raises(InvalidNote, match=f"only a retired key of the log {LOG.name} signed"):
        signers(old, keys)
