"""Verifying the whole log in a click, by the program that an auditor runs.

It is work, and anybody may ask for it. So it runs once at a time, in a process of its own that
others go before, and within bounds of size and time.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from tempfile import TemporaryDirectory
from typing import Any

from chancery.client import AsyncConnection
from chancery.client.errors import PositionBeyondHead
from service.tlog.note import (
    ED25519,
    Checkpoint,
    InvalidNote,
    Note,
    VerifierKey,
    past_signers,
    signers,
)
from service.tlog.proofs import InvalidProof, verify_consistency

# What the board verifies at most: changes of a log, bytes of its bundle, seconds in all.
CHANGES = 50_000
BUNDLE_BYTES = 256 << 20
SECONDS = 60.0
# The largest size that a log can have.
LARGEST = (1 << 63) - 1
# Keys that may be given.
KEYS = 10
# How far a process goes behind others (nice).
BEHIND = 10


class NotVerified(Exception):
    """The board did not try, or did not finish. The message says why, and what to do instead."""


@dataclass(frozen=True)
class Verdict:
    """What the program found.

    ``facts`` are what ``chancery verify --json`` prints. ``problem`` says what does not hold.
    """

    facts: Mapping[str, Any]
    seconds: float

    @property
    def is_good(self) -> bool:
        """Whether everything holds."""
        return bool(self.facts.get("verified"))

    @property
    def problem(self) -> str:
        """What does not hold, and where, if that is known."""
        position = self.facts.get("position")
        where = f"At change {position} of the log: " if position else ""
        return f"{where}{self.facts.get('problem', 'the program does not say why')}"


class Verifier:
    """Verifies the log of a server for whoever asks, once at a time."""

    def __init__(self) -> None:
        self._is_busy = False

    async def verify(
        self, connection: AsyncConnection, keys: Sequence[VerifierKey], since: str
    ) -> Verdict:
        """Export everything that the caller may see, and verify it with these keys.

        ``since`` is a checkpoint that was kept; empty if there is none.

        :raises NotVerified: another verification is under way, or the log is too large for it.
        :raises ChanceryError: the server does not give the bundle.
        """
        if self._is_busy:
            raise NotVerified("The log is being verified for somebody else. Try again in a minute.")
        self._is_busy = True
        try:
            async with asyncio.timeout(SECONDS):
                with TemporaryDirectory(prefix="chancery-verify-") as folder:
                    return await _verified(connection, keys, since, Path(folder))
        except TimeoutError:
            raise NotVerified(
                f"It took longer than {SECONDS:.0f} seconds, which is all that the board gives it."
            ) from None
        finally:
            self._is_busy = False


def keys_in(text: str, origin: str) -> list[VerifierKey]:
    """The keys in a text, one on a line, one of which must be of the log.

    :raises ValueError: a line is no key, or none of them is of the log.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > KEYS:
        raise ValueError(f"Give at most {KEYS} keys, one on a line.")
    keys = [_key(line) for line in lines]
    if keys and not any(key.name == origin and key.kind == ED25519 for key in keys):
        raise ValueError(f"No key here is of this log, {origin}: its key begins with that name.")
    return keys


def _key(line: str) -> VerifierKey:
    if line.startswith("PRIVATE+"):
        raise ValueError("This is a private key. Keep it secret, and give the public one.")
    try:
        return VerifierKey.parse(line)
    except InvalidNote as error:
        raise ValueError(f"This is no key: {error}.") from None


def checkpoint_in(text: str, origin: str) -> str:
    """The checkpoint of this log that was kept, as its file has it; empty if there is none.

    :raises ValueError: it is no checkpoint, or one of another log.
    """
    if not text.strip():
        return ""
    note = text.replace("\r\n", "\n").strip() + "\n"
    try:
        found = Checkpoint.parse(Note.parse(note).text)
    except InvalidNote as error:
        raise ValueError(
            f"This is no checkpoint: {error}. Paste the whole file, with its last line."
        ) from None
    if found.origin != origin:
        raise ValueError(f"This checkpoint is of another log, {found.origin}. This is {origin}.")
    if found.size > LARGEST:
        raise ValueError("No log can have that many changes.")
    return note


async def extends(connection: AsyncConnection, keys: Sequence[VerifierKey], since: str) -> Verdict:
    """Whether the log extends a checkpoint that was kept, by a proof that the server gives.

    It is a few hashes, however large the log is. The changes themselves are not looked at.
    """
    began = asyncio.get_running_loop().time()
    kept_note = Note.parse(since)
    kept = Checkpoint.parse(kept_note.text)
    facts: dict[str, Any]
    try:
        past_signers(kept_note, keys)
        answer = await connection.checkpoint(kept.size)
        note = Note.parse(answer.checkpoint)
        signers(note, keys)
        now = Checkpoint.parse(note.text)
        verify_consistency(kept.size, now.size, answer.consistency_proof, kept.root, now.root)
    except (InvalidNote, InvalidProof, PositionBeyondHead) as error:
        facts = {"verified": False, "problem": str(error)}
    else:
        facts = {"verified": True, "extends": kept.size}
    return Verdict(facts, asyncio.get_running_loop().time() - began)


async def _verified(
    connection: AsyncConnection, keys: Sequence[VerifierKey], since: str, folder: Path
) -> Verdict:
    began = asyncio.get_running_loop().time()
    bundle, kept = folder / "log.bundle", folder / "checkpoint"
    await _export(connection, bundle)
    options = [option for key in keys for option in ("--key", str(key))]
    if since:
        kept.write_text(since)
        options += ["--since", str(kept)]
    facts = await _run("verify", str(bundle), *options, "--json")
    return Verdict(facts, asyncio.get_running_loop().time() - began)


async def _export(connection: AsyncConnection, file: Path) -> None:
    """Write the bundle of the whole log into a file.

    :raises NotVerified: it is too large.
    """
    size, parts = 0, connection.export()
    with file.open("wb") as bundle:
        async with aclosing(parts):  # type: ignore[type-var]
            async for part in parts:
                size += len(part.data)
                if part.total_changes > CHANGES:
                    raise NotVerified(f"The log has more than {CHANGES:,} changes.")
                if size > BUNDLE_BYTES:
                    raise NotVerified(f"The bundle has more than {BUNDLE_BYTES >> 20} MiB.")
                bundle.write(part.data)


async def _run(*arguments: str) -> dict[str, Any]:
    """What the command line prints as JSON. The process ends with this call, however that ends."""
    process = _begun(*arguments)
    try:
        printed, complaint = await asyncio.to_thread(process.communicate)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    try:
        facts: dict[str, Any] = json.loads(printed)
    except ValueError:
        raise NotVerified(
            f"The program that verifies has failed: {complaint.decode(errors='replace')[-400:]}"
        ) from None
    return facts


def _begun(*arguments: str) -> Popen[bytes]:
    """A process of the command line, which others go before.

    It is begun by ``subprocess``, which does not fork: what gRPC does in a fork can end a process.
    """
    command = (sys.executable, "-m", "service.cli", *arguments)
    process = Popen(command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE)
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, process.pid, BEHIND)
    return process
