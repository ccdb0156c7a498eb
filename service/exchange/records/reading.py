"""Records from the XML of the Office of the Historian, and the travels that they tell of.

A record has a name, such as ``trip`` or ``visit``, an id, and fields of text. The XML may have no
document type: without one there are no entities, so that a file says no more than it has.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import IO, NamedTuple
from xml.parsers import expat

from domain import text
from domain.validation import NAME_LENGTH

# Bytes of a file, and characters of a field.
FILE_BYTES = 64 << 20
FIELD_LENGTH = 20_000
# How deep elements may stand in each other: the root, a record, a field, and what marks its text.
DEPTH = 6

DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
ID = re.compile(r"(?=.{1,100}\Z)[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
ROLES = ("secretary", "president")
_FIELDS = "id role name visitor country from start-date end-date locale remarks description"
FIELDS = frozenset(_FIELDS.split())
# The record is of the past. A year that is mistyped would swallow all visits to that host since.
AHEAD = timedelta(days=366)


class LeftOut(NamedTuple):
    """What was not taken from a file, and why. Without a record it is the file."""

    file: str
    record: str
    reason: str


@dataclass(frozen=True)
class Leg:
    """One record: somebody's days in one country."""

    file: str
    number: str
    """The record's id. Other editions give it to other journeys."""
    role: str
    """``secretary``, ``president``, or ``visitor`` to the United States."""
    who: str
    """The record's id of the person; of a visitor, that of the country."""
    name: str
    country: str
    country_id: str
    first: date
    last: date
    place: str = ""
    remarks: str = ""
    created: date | None = None
    line: int = 0

    @property
    def named(self) -> str:
        """What a report calls it: its id, or where it stands if it has none."""
        return _named(self.number, self.line)


@dataclass(frozen=True)
class Travels:
    """What files tell of."""

    legs: tuple[Leg, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    edition: date = date.min
    """The day on which the last of the records was made or changed."""


def read(files: Iterable[tuple[str, IO[bytes]]]) -> Travels:
    """The travels in files, each with its name.

    A file that is not XML, or has a document type, is left out as a whole: half of an edition
    would look as if the rest were gone.
    """
    legs: list[Leg] = []
    left_out: list[LeftOut] = []
    edition = date.min
    for name, file in files:
        try:
            records = _records(file)
        except ValueError as error:
            left_out.append(LeftOut(name, "", str(error)))
            continue
        for record in records:
            edition = max(edition, *record.days("created-datetime", "last-modified-datetime"))
            try:
                legs.append(_leg(name, record))
            except ValueError as error:
                number = _named(" ".join(record.fields.get("id", "").split()), record.line)
                left_out.append(LeftOut(name, number, str(error)))
    return Travels(tuple(legs), tuple(left_out), edition)


@dataclass
class _Record:
    """An element below the root."""

    name: str
    line: int
    attributes: Mapping[str, str]
    fields: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    twice: list[str] = field(default_factory=list)
    """The fields that stand there more than once."""

    def days(self, *names: str) -> list[date]:
        """The days of times, as far as they are there."""
        found = (self.fields.get(name, "")[:10] for name in names)
        return [date.min, *(day for each in found if (day := _day(each)))]


class _Reader:
    """What the parser of a file calls."""

    def __init__(self) -> None:
        self.records: list[_Record] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self._open: list[str] = []
        self._parts: list[str] = []
        self._length = 0

    def _doctype(self, *declared: object) -> None:
        raise ValueError("it has a document type, which the record does not have")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._open.append(name)
        if len(self._open) > DEPTH:
            raise ValueError(
                f"line {self.parser.CurrentLineNumber}: elements are nested too deeply"
            )
        if len(self._open) == 2:
            self.records.append(_Record(name, self.parser.CurrentLineNumber, attributes))
        if len(self._open) == 3:
            self._parts, self._length = [], 0
            self.records[-1].ids[name] = attributes.get("id", "")

    def _text(self, data: str) -> None:
        if len(self._open) > 2:
            self._parts.append(data)
            self._length += len(data)
            if self._length > FIELD_LENGTH:
                raise ValueError(
                    f"line {self.parser.CurrentLineNumber}: {self._open[2]} has more than "
                    f"{FIELD_LENGTH} characters"
                )

    def _end(self, name: str) -> None:
        if len(self._open) == 3:
            record = self.records[-1]
            if name in record.fields:
                record.twice.append(name)
            record.fields[name] = "".join(self._parts)
        self._open.pop()


def _records(file: IO[bytes]) -> list[_Record]:
    """The records of a file.

    :raises ValueError: it is no XML of that kind.
    """
    reader = _Reader()
    read = 0
    try:
        while data := file.read(1 << 16):
            read += len(data)
            if read > FILE_BYTES:
                raise ValueError(f"it has more than {FILE_BYTES} bytes")
            reader.parser.Parse(data, False)
        reader.parser.Parse(b"", True)
    except LookupError:
        raise ValueError("its encoding is unknown: it has to be UTF-8") from None
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise ValueError(f"line {error.lineno}: it is not well-formed XML: {reason}") from None
    return reader.records


def _leg(file: str, record: _Record) -> Leg:
    """The leg that a record tells of.

    :raises ValueError: it is none, or its days are none.
    """
    if record.name not in ("trip", "visit"):
        raise ValueError(f"{record.name!r} is neither a trip nor a visit")
    if twice := [name for name in record.twice if name in FIELDS]:
        raise ValueError(f"it has {twice[0]} twice")
    told = {name: _clean(name, content) for name, content in record.fields.items()}
    is_trip = record.name == "trip"
    role = record.attributes.get("role", told.get("role", "")) if is_trip else "visitor"
    if is_trip and role not in ROLES:
        raise ValueError(f"role {role!r} is neither {' nor '.join(ROLES)}")
    country = "country" if is_trip else "from"
    who = record.attributes.get("who", "") if is_trip else record.ids.get(country, "")
    name = told.get("name" if is_trip else "visitor", "")
    if not (name and (who or not is_trip)):
        raise ValueError("it does not say who travelled")
    if len(name) > NAME_LENGTH:
        raise ValueError(f"the name has more than {NAME_LENGTH} characters")
    if who and not ID.fullmatch(who):
        raise ValueError(f"{who[:100]!r} is not an id: it has to be of a to z, 0 to 9 and -")
    first, last = _days(told)
    made = [day for day in record.days("created-datetime") if day > date.min]
    if made and last - made[0] > AHEAD:
        raise ValueError(f"it ends on {last}, more than a year after the record was made")
    return Leg(
        file=file,
        number=told.get("id", ""),
        role=role,
        who=who,
        name=name,
        country=told.get(country, ""),
        country_id=record.ids.get(country, ""),
        first=first,
        last=last,
        place=told.get("locale", ""),
        remarks=told.get("remarks" if is_trip else "description", ""),
        created=made[0] if made else None,
        line=record.line,
    )


def _named(number: str, line: int) -> str:
    return number[:100] or f"at line {line}"


def _clean(name: str, content: str) -> str:
    """A text in one line, as the service cleans it."""
    try:
        return text.clean_line(" ".join(content.split()))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _days(told: Mapping[str, str]) -> tuple[date, date]:
    """The first and the last day.

    :raises ValueError: one of them is none, or they are the wrong way round.
    """
    found = []
    for name in ("start-date", "end-date"):
        day = _day(told.get(name, ""))
        if day is None:
            raise ValueError(f"{name} {told.get(name, '')!r} is not a day: it has to be 2023-06-18")
        found.append(day)
    first, last = found
    if last < first:
        raise ValueError(f"it ends on {last}, before it begins on {first}")
    return first, last


def _day(written: str) -> date | None:
    if not DAY.fullmatch(written):
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None
