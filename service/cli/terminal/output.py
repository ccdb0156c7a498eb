"""Writing to a terminal, a pipe or a file: text for people, JSON and CSV for programs.

Text from a server is data: control characters in it are shown, never obeyed.
"""

import csv
import io
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

# C0 and C1 controls, line separators, and the characters that change the direction of text.
CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
UNBOUNDED = 100_000  # columns: text in a pipe is not wrapped


def say(answer: RenderableType) -> None:
    """Write for people, to standard output."""
    _console(error=False).print(_Plain(answer))


def complain(message: RenderableType) -> None:
    """Write for people, to standard error."""
    _console(error=True).print(_Plain(message))


def fail(message: RenderableType) -> NoReturn:
    """Write for people, to standard error, and exit with status 1."""
    complain(message)
    raise typer.Exit(1) from None


@contextmanager
def exit_on(*errors: type[Exception]) -> Iterator[None]:
    """Report any of these errors on standard error, and exit with status 1."""
    try:
        yield
    except errors as error:
        fail(f"Failed: {error}")


def json_document(message: Message) -> None:
    """Write a message as one JSON document on several lines."""
    _json(message, indent=2)


def json_line(message: Message) -> None:
    """Write a message as one JSON document on a single line."""
    _json(message, indent=None)


def csv_rows(rows: Iterable[Iterable[str | int]]) -> None:
    """Write lines of comma-separated values, each as it comes.

    A byte order mark in front tells spreadsheets that it is UTF-8.
    """
    mark = "\ufeff"
    for cells in rows:
        text = io.StringIO()
        shown = (visible(cell) if isinstance(cell, str) else cell for cell in cells)
        csv.writer(text, lineterminator="\n").writerow(shown)
        _write(mark + text.getvalue())
        mark = ""


def json_facts(facts: Mapping[str, Any]) -> None:
    """Write facts that are not a message of the contract as one JSON document."""
    _write_json(json.dumps(facts, ensure_ascii=False, indent=2))


def verbatim(text: str) -> None:
    """Write ``text`` unchanged to a pipe or a file; on a terminal, make its controls visible."""
    _write("\n".join(map(visible, text.split("\n"))) if sys.stdout.isatty() else text)


def visible(text: str) -> str:
    """``text`` with each control character replaced by its escape, such as \\u001b."""
    return CONTROLS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _json(message: Message, indent: int | None) -> None:
    text = MessageToJson(
        message, preserving_proto_field_name=True, ensure_ascii=False, indent=indent
    )
    _write_json(text)


def _write_json(text: str) -> None:
    # In JSON, control characters occur only in strings, where the escape means the same.
    text = "\n".join(visible(part) for part in text.split("\n"))
    _write(f"{text}\n")


def _write(text: str) -> None:
    """Write for programs: in UTF-8, whatever the locale."""
    try:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _end_unread()


class Unread(SystemExit):
    """The reader of the output has gone, as ``| head`` does: exit with status 0."""


def _end_unread() -> NoReturn:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise Unread(0)


class _PipedConsole(Console):
    """A console on standard output, whose reader may go away."""

    def on_broken_pipe(self) -> None:
        _end_unread()


def _console(*, error: bool) -> Console:
    kind = Console if error else _PipedConsole
    console = kind(stderr=error, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = UNBOUNDED
    return console


class _Plain:
    """A renderable whose text cannot control a terminal; in a pipe, without trailing spaces."""

    def __init__(self, content: RenderableType) -> None:
        self.content = content

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for parts in console.render_lines(self.content, options, pad=False):
            if console.is_terminal:
                yield from (Segment(visible(part.text), part.style) for part in parts)
            else:
                yield Segment(visible("".join(part.text for part in parts)).rstrip())
            yield Segment.line()
