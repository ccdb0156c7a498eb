"""The parts of a change, each with a commitment of its own.

A leaf commits to three parts. Whoever gives a part away gives its key with it, and of any other
part the commitment alone: every proof still holds, and nobody can try out what the part says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

# The parts by their numbers: which change it is and when, what changed, and who entered it.
HEADER, CONTENT, RESTRICTED = range(3)
PARTS = 3
NONCE_SIZE = 32


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a change: its bytes and their key, or only the commitment to them.

    ``content`` is None, and ``key`` empty, if the part is withheld or was destroyed.
    """

    commitment: bytes
    content: bytes | None = None
    key: bytes = b""

    @classmethod
    def given(cls, key: bytes, content: bytes) -> "Part":
        """A part with its bytes, which may be none."""
        return cls(part_commitment(key, content), content, key)

    def withheld(self) -> "Part":
        """The same part without its bytes and their key."""
        return Part(self.commitment)


def part_key(nonce: bytes, number: int) -> bytes:
    """The key of the part with this number: SHA-256(0x10 || nonce || number).

    It opens that part alone; the nonce opens all.
    """
    return sha256(b"\x10" + nonce + bytes((number,))).digest()


def part_commitment(key: bytes, content: bytes) -> bytes:
    """The commitment to a part: SHA-256(0x11 || key || content)."""
    return sha256(b"\x11" + key + content).digest()


def joined_commitment(commitments: Sequence[bytes]) -> bytes:
    """The commitment of a leaf, from those to its parts: SHA-256(0x12 || c0 || c1 || c2)."""
    return sha256(b"\x12" + b"".join(commitments)).digest()


def commitment(nonce: bytes, header: bytes, content: bytes, restricted: bytes) -> bytes:
    """The commitment of a leaf to the three parts. Requires a nonce of 32 bytes.

    The same as ``joined_commitment`` over the parts, written out: each entry that is recorded
    waits for it.
    """
    seed = b"\x10" + nonce
    return sha256(
        b"\x12"
        + sha256(b"\x11" + sha256(seed + b"\x00").digest() + header).digest()
        + sha256(b"\x11" + sha256(seed + b"\x01").digest() + content).digest()
        + sha256(b"\x11" + sha256(seed + b"\x02").digest() + restricted).digest()
    ).digest()


def opened(nonce: bytes, contents: Sequence[bytes]) -> tuple[Part, ...]:
    """The parts with these bytes, each with the key that follows from the nonce."""
    return tuple(
        Part.given(part_key(nonce, number), content) for number, content in enumerate(contents)
    )
