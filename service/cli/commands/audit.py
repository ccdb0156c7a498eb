"""The commands that fetch what an auditor keeps: checkpoints, and bundles."""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Annotated, BinaryIO, NoReturn

import grpc
import typer

from chancery.client.retry import GONE
from chancery.v1.audit_service_pb2 import (
    ExportBundleRequest,
    ExportBundleResponse,
    GetCheckpointResponse,
)
from service.cli.options.audit import KeyOption, Since
from service.cli.options.client import ClientOptions
from service.cli.options.filter import First, Last, OfVisit
from service.cli.options.groups import expand_groups, usage_error
from service.cli.terminal import output
from service.cli.terminal.progress import progress
from service.store.files import sync
from service.tlog.note import Checkpoint, InvalidNote, Note, VerifierKey, signers
from service.tlog.proofs import InvalidProof, verify_consistency


@expand_groups
def checkpoint(client: ClientOptions, since: Since = None, keys: KeyOption = None) -> None:
    """Print the latest signed checkpoint, to keep it in a file.

    With --since it is printed only if the log is proved to go on from the one that was kept,
    and with --key only if the log signed with one of these keys, also the one that was kept.
    """
    known = list(chain.from_iterable(keys or ()))
    size = Checkpoint.parse(since.text).size if since else 0
    with client.connect() as connection:
        try:
            answer = connection.checkpoint(size)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.OUT_OF_RANGE:
                raise
            _fail(
                f"Not verified: the log was cut off, or is another one: it had {size} changes at "
                f"the checkpoint that was kept ({error.details()})"
            )
    try:
        _verify(answer, since, known)
    except (InvalidNote, InvalidProof) as error:
        _fail(f"Not verified: {error}")
    if client.as_json:
        output.json_document(answer)
    else:
        output.verbatim(answer.checkpoint)


def _verify(answer: GetCheckpointResponse, since: Note | None, keys: Sequence[VerifierKey]) -> None:
    """Hold a checkpoint against the one that was kept.

    :raises InvalidNote: it is none, is of another log, or its log signed with none of the keys.
    :raises InvalidProof: the log does not go on from the one that was kept.
    """
    note = Note.parse(answer.checkpoint)
    now = Checkpoint.parse(note.text)
    if keys:
        signers(note, keys)
    if since is None:
        return
    if keys:
        signers(since, keys)
    kept = Checkpoint.parse(since.text)
    if kept.origin != now.origin:
        raise InvalidNote(f"this is the log {now.origin}, and the checkpoint is of {kept.origin}")
    try:
        verify_consistency(kept.size, now.size, answer.consistency_proof, kept.root, now.root)
    except InvalidProof as error:
        raise InvalidProof(
            f"the log does not go on from the checkpoint that was kept, of {kept.size} changes: "
            f"{error}"
        ) from None


@expand_groups
def export(
    client: ClientOptions,
    file: Annotated[
        Path,
        typer.Option(
            "--bundle",
            metavar="FILE",
            help="What to write. A file that is there is replaced, once all of it is written.",
        ),
    ],
    name: OfVisit = None,
    first: First = None,
    last: Last = None,
    since: Since = None,
) -> None:
    """Write a bundle: a file of changes that chancery verify proves, without a network.

    It holds the log, a part of it, or a visit, with all that was ever said there, also what was
    retracted. To verify one that is not of the whole log against a checkpoint that was kept, give
    that with --since already here. However long it takes, --timeout does not end it.
    """
    request = ExportBundleRequest(previous_size=Checkpoint.parse(since.text).size if since else 0)
    if file.exists() and not file.is_file():
        raise usage_error("--bundle", "is there, and is no file")
    if name and (first or last):
        raise usage_error("--first" if first else "--last", "does not go with NAME")
    if name:
        request.visit = name
    elif first or last:
        request.range.first, request.range.last = first or 1, last or 0
    part, size = ExportBundleResponse(), 0
    with client.connect() as connection:
        try:
            with _whole(file) as writing, progress("Exporting") as tell:
                for part in connection.export(request):
                    size += writing.write(part.data)
                    tell(part.exported_changes, part.total_changes)
        except OSError as error:
            _fail(f"Failed: cannot write {file}: {error.strerror}")
        except grpc.RpcError as error:
            if error.code() not in GONE or not size:
                raise
            _fail(
                f"Failed: the server at {connection.target} is gone, after "
                f"{part.exported_changes} of {part.total_changes} changes. Nothing was written: "
                "an export cannot be resumed"
            )
    if client.as_json:
        output.json_facts(
            {
                "file": str(file),
                "changes": str(part.exported_changes),
                "bytes": str(size),
                "checkpoint_size": str(part.view_position),
            }
        )
    else:
        output.say(
            f"Wrote {file}: {part.exported_changes} changes in {size} bytes, with the checkpoint "
            f"of {part.view_position} changes"
        )


@contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    """A file that at the end of the block is there as a whole and on the disk.

    If the block fails, or is interrupted, all is as it was.
    """
    partial = Path(f"{path}.{os.getpid()}.partial")
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # as if by Ctrl-C
    try:
        with partial.open("wb") as file:
            yield file
        sync(partial)
        partial.replace(path)
        sync(path.parent)
    finally:
        partial.unlink(missing_ok=True)
        signal.signal(signal.SIGTERM, before)


def _fail(message: str) -> NoReturn:
    output.complain(message)
    raise typer.Exit(1) from None
