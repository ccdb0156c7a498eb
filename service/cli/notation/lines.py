"""Files of changes: JSON lines, each a change to record, or one that ``history --json`` printed.

A byte order mark in front of the file is skipped, and so are empty lines.
"""

import json
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any, NamedTuple

from google.protobuf.json_format import ParseDict, ParseError

from chancery.v1.desk_service_pb2 import Change
from chancery.v1.event_pb2 import RecordedEvent

# Changes that name another version of their visit, and whose times are those of that version
# unless they say a known time.
ABOUT_OTHERS = {"corrected", "retracted"}


class Line(NamedTuple):
    """A line of a file: its number from 1, and the change on it, or why there is none."""

    number: int
    change: Change
    problem: str = ""


def read(data: bytes) -> Iterator[Line]:
    """The lines of a file, without those that are empty."""
    for number, line in enumerate(data.removeprefix(BOM_UTF8).split(b"\n"), start=1):
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
            yield Line(number, Change(), str(error))


def read_changes(data: bytes) -> list[Change]:
    """The changes in a file.

    :raises ValueError: a line is not a change; the message gives its number.
    """
    lines = list(read(data))
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
        return _asked_again(ParseDict(document, RecordedEvent()))
    return ParseDict(document, Change())


def _asked_again(recorded: RecordedEvent) -> Change:
    """The request for a change that was recorded, perhaps elsewhere.

    It keeps the time at which it was recorded as that at which it was known, if it has no other.
    """
    event = recorded.event
    kind = event.WhichOneof("change")
    if kind is None:
        raise ValueError("the change has lost its content")
    change = Change(name=event.visit, **{kind: getattr(event, kind)})
    if kind == "retracted":
        change.retracted.ClearField("retracted_versions")
    context = change.context
    if event.known_period:
        context.known_period = event.known_period
    elif event.HasField("known_time"):
        context.known_time.CopyFrom(event.known_time)
    elif kind not in ABOUT_OTHERS:
        context.known_time.CopyFrom(recorded.record_time)
    if event.effective_period:
        context.effective_period = event.effective_period
    elif event.HasField("effective_time") and kind not in ABOUT_OTHERS:
        context.effective_time.CopyFrom(event.effective_time)
    if _names_a_version(change):
        context.expected_version = event.version - 1
    context.reason, context.note = event.reason, event.note
    context.basis.extend(event.basis)
    context.sources.extend(event.sources)
    return change


def _names_a_version(change: Change) -> bool:
    """Whether it is about another version, and would be wrong if versions had moved."""
    about = change.statement_recorded.statement.about_version
    return bool(about) or change.WhichOneof("change") in ABOUT_OTHERS


def with_request_ids(changes: Iterable[Change]) -> Iterator[Change]:
    """The changes, each with a request id.

    One that lacks it gets a digest of itself, for any actor, so that importing a file again adds
    nothing. Where the same change comes again in a file, it is another one.
    """
    seen = Counter[bytes]()
    for change in changes:
        if not change.context.request_id:
            digest = sha256(change.SerializeToString(deterministic=True)).digest()
            again = f"-{seen[digest]}" if seen[digest] else ""
            seen[digest] += 1
            change.context.request_id = f"content:{digest.hex()}{again}"
        yield change
