"""The base of all values and results: frozen, compared by what they say, and shown in short."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from datetime import date, datetime
from typing import Any, ClassVar

# How many items the repr of a result shows.
SHOWN = 10


@dataclass(frozen=True, repr=False)
class Value:
    """Something that the contract tells, or is told, in Python's own types.

    Times are in UTC. What is not said is None, or empty.
    """

    KINDS: ClassVar[dict[str, type["Value"]]] = {}

    def __init_subclass__(cls) -> None:
        Value.KINDS[cls.__name__] = cls

    def __repr__(self) -> str:
        said = (f"{each.name}={_shown(getattr(self, each.name))}" for each in _said(self))
        return f"{type(self).__name__}({', '.join(said)})"


def _said(value: Value) -> "Iterator[Field[Any]]":
    """The fields to be shown: those that are not what they are by default."""
    for field in fields(value):
        if field.repr and (field.default is MISSING or getattr(value, field.name) != field.default):
            yield field


def _shown(content: object) -> str:
    """The content of a field: a day is '2023-03-26', a time '2023-03-24 18:00:00Z'."""
    if isinstance(content, tuple):
        return f"[{', '.join(map(_shown, content))}]"
    if isinstance(content, bytes):
        return f"<{len(content)} bytes>"
    return f"'{in_text(content)}'" if isinstance(content, date) else repr(content)


def in_text(content: object) -> str | None:
    """A value as a table shows it; None if there is none."""
    if content is None or isinstance(content, str):
        return content
    if isinstance(content, datetime):
        return f"{content.replace(tzinfo=None)}Z"
    return str(content) if isinstance(content, date | Value) else _shown(content)


def in_lines(head: str, items: Sequence[Any], shown: Callable[[Any], str] = repr) -> str:
    """The first of many results, one on a line."""
    lines = [head, *map(shown, items[:SHOWN])]
    if len(items) > SHOWN:
        lines.append(f"... and {len(items) - SHOWN} more")
    return "\n  ".join(lines)
