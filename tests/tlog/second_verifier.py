"""A second verifier of bundles, written from docs/auditing.md alone, with no code of ours.

It takes the bytes of a bundle, the verifier key of its log and, if one was kept, an earlier
checkpoint, and gives the number of changes that are proved.
"""

import base64
import hmac
import struct
from functools import reduce
from hashlib import sha256
from io import BytesIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Peaks = list[tuple[int, bytes]]  # of each complete subtree its level and its hash


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


def visit_and_version(body: bytes) -> tuple[bytes, int]:
    """Fields 1 and 2 of a serialized VisitEvent, whose other fields are skipped."""
    name, version, file = b"", 0, BytesIO(body)
    while file.tell() < len(body):
        number, wire_type = divmod(varint(file), 8)
        need(wire_type in (0, 2), "no VisitEvent")
        value = varint(file)
        data = take(file, value) if wire_type == 2 else b""
        if number == 1:
            name = data
        elif number == 2:
            version = value
    return name, version


def varint(file: BytesIO) -> int:
    (byte,) = take(file, 1)
    return byte if byte < 0x80 else (byte & 0x7F) + 0x80 * varint(file)


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
    need(take(file, 19) == b"chancery bundle v1\n", "no bundle")
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
            (at,), nonce, leaf_hash = numbers(file, ">Q"), take(file, 32), take(file, 32)
            body = take(file, *numbers(file, ">I"))
            leaf = struct.pack(">QQ", position, at) + hmac.digest(nonce, body, "sha256")
            need(position == done + 1, "a position is missing")
            need(sha256(b"\x00" + leaf).digest() == leaf_hash, "an altered entry")
            need(kind != b"R" or first <= position <= last, "more than it says")
            need(at >= time, "dated back")
            push(peaks, 0, leaf_hash)
            done, time, count = position, at, count + 1
            name, version = visit_and_version(body)
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
