"""Between what stands in an input and what the contract has in the field, by the kind of input."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from chancery.client import words
from chancery.client.times import told
from chancery.v1.values_pb2 import Date
from service.exchange.dates import TwoReadings
from service.web import typed
from service.web.forms.described import Kind
from service.web.forms.fields import Leaf
from service.web.wording import country_code

WORDS: dict[str, words.Words[Any]] = {
    "Attribution": words.ATTRIBUTION,
    "Relation": words.RELATION,
    "Side": words.SIDE,
    "StatementKind": words.STATEMENT_KIND,
    "Status": words.STATUS,
    "VisitKind": words.VISIT_KIND,
}
# What a word of the contract means, where it does not say so by itself.
MEANINGS = {
    "on the record": "on the record (firm)",
    "document": "document (firm)",
    "readout": "readout (firm)",
    "official record": "official record (firm)",
    "report": "report: news that is not official",
    "announce": "announce: makes it public for the first time",
    "confirm": "confirm: what was reported or announced is so",
    "reaffirm": "reaffirm: says again what was said before",
    "decline": "decline: neither confirms nor denies",
    "deny": "deny: it is not so",
    "doubt": "doubt: leaves it open, “under review”",
    "arrived": "arrived: the principal is there",
    "departed": "departed: the principal has left",
}


def choices(leaf: Leaf) -> list[tuple[str, str]]:
    """The words to choose from, and what to show for each."""
    known = WORDS[leaf.enum].choices().split(", ")
    return [(word, MEANINGS.get(word, word)) for word in known]


@dataclass(frozen=True)
class Content:
    """One kind of input. ``read`` raises ValueError with a sentence about what is wrong."""

    read: Callable[[Leaf, str], Any]
    show: Callable[[Leaf, Any], str]


def put(message: Any, leaf: Leaf, text: str) -> None:
    """Say in the message that holds the field what stands in the input.

    :raises ValueError: it is nothing of the kind.
    """
    content = _CONTENTS[leaf.kind].read(leaf, text)
    name = leaf.said.name
    if isinstance(content, datetime):
        getattr(message, f"{name}_time").FromDatetime(content)
    elif leaf.kind == "when":
        setattr(message, f"{name}_period", content)
    elif leaf.kind == "lines":
        getattr(message, name).extend(content)
    elif leaf.kind == "day":
        getattr(message, name).CopyFrom(content)
    else:
        setattr(message, name, content)


def shown(message: Any, leaf: Leaf) -> str:
    """What stands in the input for what the message that holds the field says."""
    name = leaf.said.name
    if leaf.kind == "when":
        which = message.WhichOneof(name)
        return _CONTENTS["when"].show(leaf, getattr(message, which)) if which else ""
    field = message.DESCRIPTOR.fields_by_name[name]
    if field.has_presence and not message.HasField(name):
        return ""
    content = getattr(message, name)
    return _CONTENTS[leaf.kind].show(leaf, content) if content else ""


def _day(leaf: Leaf, text: str) -> Date:
    text = typed.usual(text)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise ValueError(f"There is no {text}") from None
        return Date(year=day.year, month=day.month, day=day.day)
    raise ValueError(f"“{text[:40]}” is no day: write it as 2026-12-07 or 7 Dec 2026")


def _show_day(leaf: Leaf, day: Date) -> str:
    return f"{day.year:04}-{day.month:02}-{day.day:02}"


def _when(leaf: Leaf, text: str) -> datetime | str:
    try:
        return told(typed.time(text))
    except TwoReadings:
        raise
    except ValueError:
        raise ValueError(
            f"“{text[:40]}” is no time: write 7 Dec 2026, 2026-12-07, 2026-12, 2026, or "
            "7 Dec 2026 14:30, in UTC"
        ) from None


def _show_when(leaf: Leaf, when: Timestamp | str) -> str:
    if isinstance(when, str):
        return when
    return when.ToDatetime(tzinfo=UTC).isoformat().replace("+00:00", "Z")


def _number(leaf: Leaf, text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise ValueError(f"“{text[:40]}” is no number: write it in figures, as 3")
    return int(text)


def _choice(leaf: Leaf, text: str) -> int:
    try:
        return int(WORDS[leaf.enum].parse(text))
    except ValueError:
        raise ValueError(f"Choose {leaf.said.label.lower()} from the list") from None


def _visit(leaf: Leaf, text: str) -> str:
    return f"visits/{text.removeprefix('visits/')}"


def _lines(leaf: Leaf, text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _text(leaf: Leaf, text: str) -> str:
    return text


_PLAIN = Content(_text, lambda leaf, content: str(content))
_CHOSEN = Content(_choice, lambda leaf, number: WORDS[leaf.enum].of(number))
_NUMBER = Content(_number, lambda leaf, content: str(content))
_CONTENTS: dict[Kind, Content] = {
    "line": _PLAIN,
    "text": _PLAIN,
    "lines": Content(_lines, lambda leaf, lines: "\n".join(lines)),
    "choice": _CHOSEN,
    "radios": _CHOSEN,
    "check": Content(lambda leaf, text: True, lambda leaf, content: "1"),
    "number": _NUMBER,
    "change": _NUMBER,
    "country": Content(lambda leaf, text: country_code(text), lambda leaf, code: str(code)),
    "day": Content(_day, _show_day),
    "when": Content(_when, _show_when),
    "visit": Content(_visit, lambda leaf, name: name.removeprefix("visits/")),
}
