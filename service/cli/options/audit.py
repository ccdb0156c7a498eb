"""The options for what an auditor keeps: public keys, and an earlier checkpoint."""

from collections.abc import Iterator
from typing import Annotated

import typer

from service.cli.notation.values import MAX_INT64
from service.cli.options.groups import option_parser
from service.tlog.bundle import MAGIC, MAX_NOTE, Bundle
from service.tlog.note import Checkpoint, InvalidNote, Note, VerifierKey


class Keys(tuple[VerifierKey, ...]):
    """The keys that one --key option gives."""


def keys(text: str) -> Keys:
    """Parse a key, or read a file of keys, one per line.

    :raises ValueError: ``text`` is neither a key nor a readable file of keys.
    """
    try:
        return Keys([_key(text)])
    except InvalidNote as error:
        no_key = error
    try:
        with open(text, "rb") as file:
            found = Keys(_keys(_decoded(file.read(MAX_NOTE))))
    except FileNotFoundError:
        raise ValueError(f"{text!r} is neither a file nor a key: {no_key}") from None
    except OSError as error:
        raise ValueError(f"cannot read {text}: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{text}: {error}") from None
    if not found:
        raise ValueError(f"{text} contains no key")
    return found


def _keys(text: str) -> Iterator[VerifierKey]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            try:
                yield _key(line)
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from None


def _key(text: str) -> VerifierKey:
    if text.startswith("PRIVATE+"):
        raise ValueError(
            "this is a private key, which its server must keep secret: give the public key"
        )
    return VerifierKey.parse(text)


def kept(path: str) -> Note:
    """Read a checkpoint from a file, which may also be a bundle.

    :raises ValueError: the file cannot be read, or is neither.
    """
    try:
        with open(path, "rb") as file:
            if file.peek(len(MAGIC)).startswith(MAGIC):
                note = Bundle(file).note
            else:
                note = Note.parse(_decoded(file.read(MAX_NOTE)))
        if Checkpoint.parse(note.text).size > MAX_INT64:
            raise ValueError("no log can have that many changes")
        return note
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{path} is not a checkpoint: {error}") from None


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ValueError("not UTF-8 text") from None


KeyOption = Annotated[
    list[Keys] | None,
    typer.Option(
        "--key",
        metavar="KEY",
        parser=option_parser(keys),
        help="A public key of the log or of a witness, NAME+ID+BASE64, or a file of keys, one per "
        "line; lines that begin with # are ignored. May be given several times.",
    ),
]
Since = Annotated[
    Note | None,
    typer.Option(
        metavar="FILE",
        parser=option_parser(kept),
        help="A checkpoint you kept, or an earlier bundle, which includes one.",
    ),
]
