"""A second verifier of bundles, written from docs/log-format.md alone, with no code of ours.

It takes the bytes of a bundle, the verifier key of its log and, if one was kept, an earlier
checkpoint, and gives the number of changes that are proved.
"""

import base64
import struct
from functools import reduce
from hashlib import sha256
from io import BytesIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Peaks = list[tuple[int, bytes]]  # of each complete subtree its level and its hash

# The fields of each part of a VisitEvent, and those that may come several times.
FIELDS = [range(1, 16), range(16, 100), range(100, 1 << 29)]
REPEATED = (17, 102)


class Refused(ValueError):
    """The bundle proves nothing."""


def need(condition: object, problem: str) -> None:
    if not condition:
        raise Refused(problem)


def from_base64(text: str) -> bytes:
    decoded = base64.b64decode(text, validate=True)
    need(base64.b64encode(decoded).decode() == text, "another base64 of the same bytes")
    return decoded


def checkpoint_of(note: str, key: str) -> tuple[int, bytes]:
    """The size and root of a checkpoint that the key signed."""
    need(all(character >= " " or character == "\n" for character in note), "control characters")
    text, blank, lines = note.rpartition("\n\n")
    need(blank and lines.endswith("\n"), "no signed note")
    name, key_id, encoded = key.split("+", 2)
    public = from_base64(encoded)
    digest = sha256(name.encode() + b"\n" + public).digest()
    need(public[:1] == b"\x01" and digest[:4].hex() == key_id, "no Ed25519 key of a log")
    signed_by = []
    for line in lines[:-1].split("\n"):
        dash, signer, signature = line.split(" ")
        need(dash == "\u2014", "no signature line")
        signed_by.append((signer, from_base64(signature)[:4]))
        if signed_by[-1] == (name, digest[:4]):
            verifier = Ed25519PublicKey.from_public_bytes(public[1:])
            verifier.verify(from_base64(signature)[4:], f"{text}\n".encode())
    need((name, digest[:4]) in signed_by, "not signed with the key")
    origin, size, encoded_root = text.split("\n")[:3]
    root = from_base64(encoded_root)
    need(origin == name and len(root) == 32 and str(int(size)) == size, "no checkpoint of the log")
    return int(size), root


def push(peaks: Peaks, level: int, added: bytes) -> None:
    """Append a complete subtree, and join those of the same size."""
    while peaks and peaks[-1][0] == level:
        level, added = level + 1, node(peaks.pop()[1], added)
    peaks.append((level, added))


def root_of(peaks: Peaks) -> bytes:
    hashes = [each for _, each in peaks] or [sha256(b"").digest()]
    return reduce(lambda right, left: node(left, right), reversed(hashes))


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def parts_of(file: BytesIO) -> tuple[list[bytes | None], bytes]:
    """The three parts of an entry, None for one that is withheld, and the commitment to them."""
    parts: list[bytes | None] = []
    commitments = b""
    for _ in range(3):
        kind, key = take(file, 1), take(file, 32)
        need(kind in (b"P", b"C"), "no part")
        parts.append(take(file, *numbers(file, ">I")) if kind == b"P" else None)
        commitments += key if parts[-1] is None else sha256(b"\x11" + key + parts[-1]).digest()
    return parts, sha256(b"\x12" + commitments).digest()


def visit_and_version(parts: list[bytes | None]) -> tuple[bytes, int]:
    """Fields 1 and 2 of a VisitEvent. All fields must be in their order, and in their parts."""
    need(parts[0], "no header")
    name, version, before = b"", 0, 0
    for part, allowed in zip(parts, FIELDS, strict=True):
        file = BytesIO(part or b"")
        while file.tell() < len(part or b""):
            number, wire_type = divmod(varint(file), 8)
            need(wire_type in (0, 2) and number in allowed, "no VisitEvent")
            need(number > before or number == before in REPEATED, "fields out of order")
            value = varint(file)
            data = take(file, value) if wire_type == 2 else b""
            name = data if number == 1 else name
            version = value if number == 2 else version
            before = number
    return name, version


def varint(file: BytesIO) -> int:
    (byte,) = take(file, 1)
    rest = varint(file) if byte & 0x80 else None
    need(rest != 0, "a number that is longer than it has to be")
    return byte if rest is None else (byte & 0x7F) + 0x80 * rest


def take(file: BytesIO, count: int) -> bytes:
    data = file.read(count)
    need(len(data) == count, "cut off")
    return data


def numbers(file: BytesIO, form: str) -> tuple[int, ...]:
    return struct.unpack(form, take(file, struct.calcsize(form)))


def verify(bundle: bytes, key: str, since: str | None = None) -> int:
    """How many changes are proved; Refused is raised if nothing is."""
    try:
        return walk(BytesIO(bundle), key, since)
    except (ValueError, RecursionError, InvalidSignature) as error:
        raise Refused(str(error)) from None


def walk(file: BytesIO, key: str, since: str | None) -> int:
    need(take(file, 19) == b"chancery bundle v2\n", "no bundle")
    kind, (first, last, length) = take(file, 1), numbers(file, ">QQB")
    visit = take(file, length)
    size, root = checkpoint_of(take(file, *numbers(file, ">I")).decode(), key)
    kept_size, kept_root = checkpoint_of(since, key) if since else (size, root)
    need(kind in (b"L", b"R", b"V") and bool(visit) == (kind == b"V"), "no such contents")
    need(1 <= first <= last <= size if kind == b"R" else first == last == 0, "no such range")
    need(kept_size <= size, "the log was cut off")
    done, time, count, peaks, versions = 0, 0, 0, Peaks(), dict[bytes, int]()
    while True:
        need(done != kept_size or root_of(peaks) == kept_root, "another log before")
        if done == size:
            break
        record, (position,) = take(file, 1), numbers(file, ">Q")
        if record == b"E":
            (at,), leaf_hash = numbers(file, ">Q"), take(file, 32)
            parts, commitment = parts_of(file)
            leaf = struct.pack(">QQ", position, at) + commitment
            need(position == done + 1, "a position is missing")
            need(sha256(b"\x00" + leaf).digest() == leaf_hash, "an altered entry")
            need(kind != b"R" or first <= position <= last, "more than it says")
            need(at >= time, "dated back")
            push(peaks, 0, leaf_hash)
            done, time, count = position, at, count + 1
            name, version = visit_and_version(parts)
            before = versions.get(name, version - 1 if kind == b"R" else 0)
            need(version == before + 1, "a version is missing")
            need(kind != b"V" or name == b"visits/" + visit, "another visit")
            versions[name] = version
        else:
            need(record == b"G" and kind != b"L" and done < position <= size, "no such gap")
            need(kind != b"R" or position < first or last <= done, "a position is missing")
            need(not done < kept_size < position, "the gap is not parted where it has to be")
            while done < position:
                widest = (position - done).bit_length() - 1
                level = min(widest, (done & -done).bit_length() - 1) if done else widest
                push(peaks, level, take(file, 32))
                done += 1 << level
    need(root_of(peaks) == root and not file.read(1) and (count or kind != b"V"), "another root")
    return count
