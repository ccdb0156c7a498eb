"""Files of changes: JSON lines, each a change to record, or one that ``history --json`` printed.

A byte order mark in front of the file is skipped, and so are empty lines.
"""

import json
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from google.protobuf.json_format import ParseDict, ParseError

from chancery.client.changes import asked_again
from chancery.v1.desk_service_pb2 import Change
from chancery.v1.event_pb2 import RecordedEvent


class Line(NamedTuple):
    """A line of a file: its number from 1, and the change on it, or why there is none."""

    number: int
    change: Change
    problem: str = ""


def read(file: Iterable[bytes]) -> Iterator[Line]:
    """The lines of a file, without those that are empty."""
    for number, line in enumerate(file, start=1):
        line = line.removeprefix(BOM_UTF8) if number == 1 else line
        if not line.strip():
            continue
        try:
            yield Line(number, change_of(line.decode()))
        except UnicodeDecodeError:
            yield Line(number, Change(), "not UTF-8 text")
        except json.JSONDecodeError as error:
            yield Line(number, Change(), f"not JSON: {error}")
        except RecursionError:
            yield Line(number, Change(), "nested too deeply")
        except (ParseError, ValueError) as error:
            yield Line(number, Change(), " ".join(str(error).split()))


def read_changes(data: bytes) -> list[Change]:
    """The changes in a file.

    :raises ValueError: a line is not a change; the message gives its number.
    """
    lines = list(read(data.split(b"\n")))
    for line in lines:
        if line.problem:
            raise ValueError(f"line {line.number}: {line.problem}")
    return [line.change for line in lines]


def change_of(text: str) -> Change:
    """The change on a line.

    :raises ValueError: it is no JSON object.
    :raises ParseError: the document is no change.
    """
    document: Any = json.loads(text)
    if not isinstance(document, dict):
        raise ValueError("not a JSON object")
    if "event" in document:
        return asked_again(ParseDict(document, RecordedEvent()))
    return ParseDict(document, Change())
