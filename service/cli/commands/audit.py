"""What an auditor keeps: checkpoints and bundles."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from chancery.client import Connection
from chancery.client.errors import OutOfRange, Unavailable
from chancery.v1.audit_service_pb2 import (
    ExportBundleRequest,
    ExportBundleResponse,
    GetCheckpointRequest,
    GetCheckpointResponse,
)
from service.cli.options.audit import KeyOption, Since
from service.cli.options.client import ClientOptions
from service.cli.options.exporting import BundleOptions
from service.cli.options.groups import expand_groups, usage_error
from service.cli.terminal import output
from service.cli.terminal.progress import progress
from service.cli.terminal.whole import whole_file
from service.tlog.note import Checkpoint, InvalidNote, Note, VerifierKey, past_signers, signers
from service.tlog.proofs import InvalidProof, verify_consistency


@expand_groups
def checkpoint(client: ClientOptions, since: Since = None, keys: KeyOption = None) -> None:
    """Print the latest signed checkpoint, to keep in a file.

    With --since, it is printed only if the log provably extends the checkpoint you kept. With
    --key, it is printed only if one of these keys signed it, and the checkpoint you kept as well.
    """
    known = list(chain.from_iterable(keys or ()))
    size = Checkpoint.parse(since.text).size if since else 0
    with client.connect() as connection:
        try:
            answer = connection.messages.get_checkpoint(GetCheckpointRequest(previous_size=size))
        except OutOfRange as error:
            output.fail(
                f"Not verified: the log was cut short or is a different log: it had {size} changes "
                f"at the checkpoint you kept ({error.details()})"
            )
    try:
        _verify(answer, since, known)
    except (InvalidNote, InvalidProof) as error:
        output.fail(f"Not verified: {output.visible(str(error))}")
    if client.as_json:
        output.json_document(answer)
    else:
        output.verbatim(answer.checkpoint)


def _verify(answer: GetCheckpointResponse, since: Note | None, keys: Sequence[VerifierKey]) -> None:
    """Verify the answer against the checkpoint that was kept, and against the keys.

    :raises InvalidNote: the answer is not a checkpoint of the same log, or none of the keys signed
        it or the one that was kept.
    :raises InvalidProof: the log does not extend the checkpoint that was kept.
    """
    note = Note.parse(answer.checkpoint)
    now = Checkpoint.parse(note.text)
    if keys:
        signers(note, keys)
    if since is None:
        return
    kept = Checkpoint.parse(since.text)
    if kept.origin != now.origin:
        raise InvalidNote(f"this is the log {now.origin}; the checkpoint is of {kept.origin}")
    if keys:
        past_signers(since, keys)
    try:
        verify_consistency(kept.size, now.size, answer.consistency_proof, kept.root, now.root)
    except InvalidProof as error:
        raise InvalidProof(
            f"the log does not extend the checkpoint you kept, of {kept.size} changes: {error}"
        ) from None


def bundle(client: ClientOptions, what: BundleOptions, name: str | None) -> None:
    """Write a bundle, a file of changes to be verified offline.

    :raises typer.BadParameter: the options contradict each other.
    """
    file, first, last = what.file, what.first, what.last
    assert file is not None
    request = ExportBundleRequest(
        previous_size=Checkpoint.parse(what.since.text).size if what.since else 0,
        without_restricted=what.without_restricted,
    )
    if file.exists() and not file.is_file():
        raise usage_error("--bundle", "exists and is not a file")
    if name and (first or last):
        raise usage_error("--first" if first else "--last", "cannot be combined with NAME")
    if name:
        request.visit = name
    elif first or last:
        request.range.first, request.range.last = first or 1, last or 0
    with client.connect() as connection:
        last_part, size = _written(connection, request, file)
    if client.as_json:
        output.json_facts(
            {
                "file": str(file),
                "changes": str(last_part.exported_changes),
                "bytes": str(size),
                "checkpoint_size": str(last_part.view_position),
            }
        )
    else:
        output.say(
            f"Wrote {file}: {last_part.exported_changes} changes in {size} bytes, with the "
            f"checkpoint of {last_part.view_position} changes"
        )


def _written(
    connection: Connection, request: ExportBundleRequest, path: Path
) -> tuple[ExportBundleResponse, int]:
    """Write the bundle to a file, and give its last part and its size in bytes."""
    part, size = ExportBundleResponse(), 0
    try:
        with whole_file(path) as file, progress("Exporting") as show:
            for part in connection.messages.export_bundle(request):
                size += file.write(part.data)
                show(part.exported_changes, part.total_changes)
    except OSError as error:
        output.fail(f"Failed: cannot write {path}: {error.strerror}")
    except Unavailable:
        if not size:
            raise
        output.fail(
            f"Failed: lost the server at {connection.target} after {part.exported_changes} of "
            f"{part.total_changes} changes. Nothing was written: an export cannot be resumed"
        )
    return part, size
