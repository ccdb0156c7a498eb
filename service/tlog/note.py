"""Signed notes and checkpoints, after C2SP signed-note, tlog-checkpoint and tlog-cosignature.

A note is text that ends with a newline, then a blank line, then signature lines. A checkpoint is
a note whose text has the origin of a log, its size and its root. The log signs it with Ed25519
(type 0x01), and a witness cosigns it together with the time (type 0x04).
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from service.tlog.tree import HASH_SIZE

ED25519 = 0x01
COSIGNATURE = 0x04
KEY_SIZE = 32
# Positions have eight bytes in a leaf.
MAX_SIZE = (1 << 64) - 1

# The field of Curve25519, and the coordinates y of all points of low order. Under such a public
# key one signature is good for many texts (RFC 8032 leaves it to the verifier to refuse them).
_P = (1 << 255) - 19
_Y_OF_ORDER_8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_LOW_ORDER = frozenset({0, 1, _P - 1, _Y_OF_ORDER_8, _P - _Y_OF_ORDER_8})


class InvalidNote(ValueError):
    """The text is not a note, a key or a checkpoint, or no known key signed it."""


@dataclass(frozen=True)
class VerifierKey:
    """A public key and its name: ``NAME+KEYID+BASE64``, with the key id in hexadecimal."""

    name: str
    kind: int
    public_key: bytes

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """The key that a text has.

        :raises InvalidNote: it is not a key, or not one of a known kind.
        """
        name, plus, rest = text.strip().partition("+")
        key_id, second_plus, encoded = rest.partition("+")
        if not (plus and second_plus):
            raise InvalidNote("a verifier key is NAME+KEYID+BASE64")
        decoded = _decode(encoded)
        if len(decoded) != 1 + KEY_SIZE or decoded[0] not in (ED25519, COSIGNATURE):
            raise InvalidNote("the verifier key is not an Ed25519 key")
        key = cls(_checked_name(name), decoded[0], decoded[1:])
        if not _is_safe(key.public_key):
            raise InvalidNote("the verifier key is not safe: anybody can sign for it")
        if key.key_id.hex() != key_id:
            raise InvalidNote(f"the verifier key has the id {key.key_id.hex()}, not {key_id}")
        return key

    def __str__(self) -> str:
        encoded = base64.b64encode(bytes([self.kind]) + self.public_key).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256(name || newline || kind || public key)."""
        return sha256(f"{self.name}\n".encode() + bytes([self.kind]) + self.public_key).digest()[:4]

    def verify(self, text: str, signature: bytes) -> int | None:
        """Check a signature of a note's text. Returns the time (seconds) of a cosignature.

        :raises InvalidNote: the signature is not this key's.
        """
        signed, time = text.encode(), None
        if self.kind == COSIGNATURE:
            time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            signed = f"cosignature/v1\ntime {time}\n".encode() + signed
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, signed)
        except InvalidSignature:
            raise InvalidNote(f"the signature of {self.name} is not valid") from None
        return time


@dataclass(frozen=True)
class SignerKey:
    """A private key and its name. A log signs with it, or a witness cosigns."""

    name: str
    private_key: bytes
    kind: int = ED25519

    @classmethod
    def new(cls, name: str) -> "SignerKey":
        """A new key for a log, from the system's random bytes.

        :raises InvalidNote: a key cannot have this name.
        """
        return cls(_checked_name(name), Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> "SignerKey":
        """The key that a text has: ``PRIVATE+KEY+NAME+KEYID+BASE64``.

        :raises InvalidNote: it is not a key.
        """
        prefix, private_key = "PRIVATE+KEY+", b""
        name, _, encoded = text.strip().removeprefix(prefix).partition("+")
        if text.startswith(prefix):
            private_key = _decode(encoded.partition("+")[2])[1:]
        if len(private_key) != KEY_SIZE:
            raise InvalidNote(f"a signer key is {prefix}NAME+KEYID+BASE64")
        key = cls(_checked_name(name), private_key)
        if str(key) != text.strip():
            raise InvalidNote("the key id does not belong to the signer key")
        return key

    def __str__(self) -> str:
        encoded = base64.b64encode(bytes([self.kind]) + self.private_key).decode()
        return f"PRIVATE+KEY+{self.name}+{self.verifier.key_id.hex()}+{encoded}"

    @cached_property
    def verifier(self) -> VerifierKey:
        """The public key."""
        public_key = Ed25519PrivateKey.from_private_bytes(self.private_key).public_key()
        return VerifierKey(self.name, self.kind, public_key.public_bytes_raw())

    def sign(self, text: str, time: int = 0) -> str:
        """The signature line for a note with this text.

        ``time`` (seconds) is the one that a witness states; a log has none.
        """
        key = Ed25519PrivateKey.from_private_bytes(self.private_key)
        signed, before = text.encode(), b""
        if self.kind == COSIGNATURE:
            before = time.to_bytes(8, "big")
            signed = f"cosignature/v1\ntime {time}\n".encode() + signed
        signature = self.verifier.key_id + before + key.sign(signed)
        return f"\u2014 {self.name} {base64.b64encode(signature).decode()}\n"


# The keys that signed a note, each with the times (seconds) that it stated: a witness may cosign
# a checkpoint several times, and a log states none.
Signers = Mapping[VerifierKey, tuple[int, ...]]


@dataclass(frozen=True)
class Note:
    """A note's text, which ends with a newline, and its signature lines."""

    text: str
    signatures: Sequence[tuple[str, bytes]]

    @classmethod
    def parse(cls, note: str) -> "Note":
        """The note in a text.

        :raises InvalidNote: the text is not a note.
        """
        if any(ord(character) < 0x20 and character != "\n" for character in note):
            raise InvalidNote("a note has no control characters")
        text, blank, lines = note.rpartition("\n\n")
        if not blank or not text or not lines.endswith("\n"):
            raise InvalidNote("a note is text, a blank line, and signature lines")
        return cls(f"{text}\n", [_signature(line) for line in lines[:-1].split("\n")])

    def verified_by(self, keys: Sequence[VerifierKey]) -> Signers:
        """The keys among these that signed. Signatures by other keys are ignored.

        :raises InvalidNote: a signature with the name and the id of one of the keys is not its.
        """
        found: dict[VerifierKey, tuple[int, ...]] = {}
        for name, signature in self.signatures:
            for key in keys:
                if (key.name, key.key_id) == (name, signature[:4]):
                    time = key.verify(self.text, signature[4:])
                    found[key] = found.get(key, ()) + (() if time is None else (time,))
        return found


@dataclass(frozen=True)
class Checkpoint:
    """What a log states about itself: its origin, its size and the root of its tree."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """The checkpoint in a note's text. Further lines are extensions, and ignored.

        :raises InvalidNote: the text is not a checkpoint.
        """
        origin, size, root = [*text.split("\n"), "", "", ""][:3]
        if not origin or text.count("\n") < 3:
            raise InvalidNote("a checkpoint has three lines: origin, size and root")
        is_number = size.isascii() and size.isdecimal() and len(size) <= len(str(MAX_SIZE))
        if not is_number or str(int(size)) != size or int(size) > MAX_SIZE:
            raise InvalidNote(f"the size of a checkpoint is a decimal number, not {size!r}")
        decoded = _decode(root)
        if len(decoded) != HASH_SIZE:
            raise InvalidNote(f"the root of a checkpoint has {HASH_SIZE} bytes")
        return cls(origin, int(size), decoded)

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    def signed(self, key: SignerKey) -> str:
        """The checkpoint as a note, signed with this key."""
        return f"{self}\n{key.sign(str(self))}"


def signers(note: Note, keys: Sequence[VerifierKey]) -> Signers:
    """The keys among these that signed a checkpoint.

    The first of the keys that has the name of the log is its present one, and must have signed.
    Any others of that name are retired.

    :raises InvalidNote: it has not, or a signature is not the key's.
    """
    found = past_signers(note, keys)
    origin = Checkpoint.parse(note.text).origin
    present = next(key for key in keys if key.name == origin and key.kind == ED25519)
    if present not in found:
        raise InvalidNote(
            f"only a retired key of the log {origin} signed: the present one, which is given "
            f"before those that are retired, is {present.key_id.hex()}"
        )
    return found


def past_signers(note: Note, keys: Sequence[VerifierKey]) -> Signers:
    """Those that signed a checkpoint that was kept: any key of the log is good for it.

    :raises InvalidNote: none of them is a key of the log, or a signature is not the key's.
    """
    origin = Checkpoint.parse(note.text).origin
    found = note.verified_by(keys)
    if not any(key.name == origin and key.kind == ED25519 for key in found):
        raise InvalidNote(f"none of the keys that were given signed for the log {origin}")
    return found


def _is_safe(public_key: bytes) -> bool:
    """Whether a key is encoded as the standard says, and is no point of low order."""
    y = int.from_bytes(public_key, "little") & ((1 << 255) - 1)
    return y < _P and y not in _LOW_ORDER


def _signature(line: str) -> tuple[str, bytes]:
    dash, name, encoded = [*line.split(" "), "", ""][:3]
    if dash != "\u2014" or line.count(" ") != 2:
        raise InvalidNote("a signature line is an em dash, a name and base64")
    signature = _decode(encoded)
    if len(signature) < 5:
        raise InvalidNote(f"the signature of {name} is too short")
    return _checked_name(name), signature


def _checked_name(name: str) -> str:
    if not name or "+" in name or any(character.isspace() for character in name):
        raise InvalidNote("the name of a key is not empty, and has no space and no plus sign")
    return name


def _decode(text: str) -> bytes:
    """The bytes of a base64 text. It must be the canonical one: no unused bit is set."""
    try:
        decoded = base64.b64decode(text.encode(), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidNote("this is not base64") from None
    if base64.b64encode(decoded).decode() != text:
        raise InvalidNote("this is not canonical base64")
    return decoded
