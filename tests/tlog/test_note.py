"""Signed notes, checkpoints and cosignatures, as C2SP and Go's sumdb/note have them."""

import base64

import pytest

from service.tlog.note import COSIGNATURE, Checkpoint, InvalidNote, Note, SignerKey, VerifierKey

# From the documentation of Go's package golang.org/x/mod/sumdb/note.
GO_SIGNER = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
GO_NOTE = (
    f"{GO_TEXT}\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdn"
    "gotpRZb6KE6RyyBwJnAM=\n"
)
# The checkpoint that C2SP's tlog-cosignature shows, without its signatures.
CHECKPOINT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"

LOG = SignerKey("chancery.invalid/log", bytes(range(32)))
WITNESS = SignerKey("witness.example/w1", bytes([7]) * 32, COSIGNATURE)


def test_the_note_of_go_is_verified_with_its_key() -> None:
    key = VerifierKey.parse(GO_KEY)
    note = Note.parse(GO_NOTE)
    assert str(key) == GO_KEY
    assert note.text == GO_TEXT
    assert note.verified_by([key]) == {key: ()}


def test_a_checkpoint_is_read_and_written_as_c2sp_shows_it() -> None:
    checkpoint = Checkpoint.parse(CHECKPOINT)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert base64.b64encode(checkpoint.root).startswith(b"CsUYapGGPo4d")
    assert str(checkpoint) == CHECKPOINT
    assert Checkpoint.parse(f"{CHECKPOINT}an extension\n") == checkpoint


def signed_twice() -> str:
    checkpoint = Checkpoint("chancery.invalid/log", 5, bytes(32))
    return checkpoint.signed(LOG) + WITNESS.sign(str(checkpoint), time=1_700_000_000)


def test_the_log_signs_and_a_witness_cosigns_with_the_time() -> None:
    note = Note.parse(signed_twice())
    assert note.verified_by([WITNESS.verifier, LOG.verifier]) == {
        LOG.verifier: (),
        WITNESS.verifier: (1_700_000_000,),
    }
    assert Checkpoint.parse(note.text) == Checkpoint("chancery.invalid/log", 5, bytes(32))


def test_a_signature_of_nobody_who_is_known_counts_for_nothing() -> None:
    assert Note.parse(signed_twice()).verified_by([VerifierKey.parse(GO_KEY)]) == {}


def test_a_key_of_the_same_name_is_another_key() -> None:
    other = SignerKey(LOG.name, bytes(32)).verifier
    assert Note.parse(signed_twice()).verified_by([other]) == {}


@pytest.mark.parametrize("key", [LOG.verifier, WITNESS.verifier], ids=lambda key: key.name)
def test_no_altered_text_and_no_altered_signature_is_verified(key: VerifierKey) -> None:
    """Each character of the text, and each byte of the signature behind the key id."""
    note = Note.parse(signed_twice())
    for i in range(len(note.text) - 1):
        text = note.text[:i] + chr(ord(note.text[i]) ^ 1) + note.text[i + 1 :]
        with pytest.raises(InvalidNote):
            Note(text, note.signatures).verified_by([key])
    (signature,) = (s for name, s in note.signatures if name == key.name)
    for i in range(4, len(signature)):
        altered = signature[:i] + bytes([signature[i] ^ 1]) + signature[i + 1 :]
        with pytest.raises(InvalidNote):
            Note(note.text, [(key.name, altered)]).verified_by([key])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\nno dash\n",
        GO_NOTE.replace("\u2014", "-"),
        GO_NOTE[:-1],
        GO_NOTE.replace("problem,", "problem,\r"),
        GO_NOTE.replace("PeterNeumann ", "Peter Neumann "),
        GO_NOTE.replace("PeterNeumann ", "Peter+Neumann "),
        GO_NOTE.replace("AM=\n", "AM\n"),
        GO_NOTE.replace("AM=\n", "AN=\n"),
        f"{GO_TEXT}\n\u2014 PeterNeumann x08goA\n",
        f"{GO_TEXT}\n\u2014 PeterNeumann x08goA==\n",
    ],
)
def test_what_is_no_note_is_refused(text: str) -> None:
    with pytest.raises(InvalidNote):
        Note.parse(text)


def test_a_signer_key_is_read_as_go_writes_it() -> None:
    """The key of the example in golang.org/x/mod/sumdb/note, whose public half is that there."""
    key = SignerKey.parse(GO_SIGNER)
    assert str(key) == GO_SIGNER
    assert str(key.verifier) == GO_KEY


def test_a_new_key_signs_what_its_public_half_verifies() -> None:
    key = SignerKey.new("chancery.invalid/log")
    assert SignerKey.parse(f"{key}\n") == key
    note = Note.parse(Checkpoint(key.name, 0, bytes(32)).signed(key))
    assert note.verified_by([VerifierKey.parse(str(key.verifier))]) == {key.verifier: ()}


@pytest.mark.parametrize(
    "text",
    [
        "",
        GO_KEY,
        GO_SIGNER[:-4],
        GO_SIGNER.replace("c74f20a3", "c74f20a4"),
        GO_SIGNER.replace("PRIVATE", "private"),
        GO_SIGNER.replace("PeterNeumann", ""),
        GO_SIGNER.replace("+A", "+B"),
    ],
)
def test_what_is_no_signer_key_is_refused(text: str) -> None:
    with pytest.raises(InvalidNote):
        SignerKey.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        GO_KEY.replace("c74f20a3", "c74f20a4"),
        GO_KEY[:-4],
        GO_KEY.replace("+A", "+Z"),
        GO_KEY.replace("Peter", "Peter "),
        GO_KEY.removeprefix("PeterNeumann"),
    ],
)
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(InvalidNote):
        VerifierKey.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n5\n",
        CHECKPOINT.replace("20852163", "020852163"),
        CHECKPOINT.replace("20852163", "-1"),
        CHECKPOINT.replace("20852163", str(1 << 64)),
        CHECKPOINT.replace("20852163", "9" * 5000),
        CHECKPOINT.replace("20852163", "\u0665"),
        CHECKPOINT.replace("q2I=", "q2I"),
        CHECKPOINT.replace("q2I=", "q2J="),
        CHECKPOINT.replace("CsUY", ""),
        f"\n{CHECKPOINT}",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(InvalidNote):
        Checkpoint.parse(text)
