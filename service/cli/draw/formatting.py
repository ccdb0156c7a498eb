"""Values of the contract as text: days, times, windows, people, on whose word."""

import json
from calendar import month_name
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from google.protobuf.json_format import MessageToJson
from google.protobuf.struct_pb2 import Value
from google.protobuf.timestamp_pb2 import Timestamp

from chancery.v1.visit_pb2 import (
    PRECISION_DAY,
    PRECISION_MONTH,
    PRECISION_YEAR,
    AsOf,
    Basis,
    Condition,
    Counterpart,
    Date,
    Host,
    Place,
    Precision,
    Principal,
    RelatedVisit,
    Statement,
    StatementKind,
    Visit,
    VisitDetails,
    Window,
)
from service.cli.notation.enums import (
    ATTRIBUTION,
    RELATION,
    SIDE,
    STANDING,
    STATEMENT_KIND,
    STATUS,
    VISIT_KIND,
)


def day(date: Date) -> str:
    """``18 June 2023``."""
    return f"{date.day} {_month(date.month)} {date.year}"


def window(value: Window) -> str:
    """``18 to 19 June 2023``; ``about 1 January to 31 March 2023, "early next year"``."""
    start, end = value.start, value.end
    if start == end:
        days = day(end)
    elif (start.year, start.month) == (end.year, end.month):
        days = f"{start.day} to {day(end)}"
    elif start.year == end.year:
        days = f"{start.day} {_month(start.month)} to {day(end)}"
    else:
        days = f"{day(start)} to {day(end)}"
    about = "about " if value.approximate else ""
    stated = f', "{value.as_stated}"' if value.as_stated else ""
    return f"{about}{days}{stated}"


def moment(value: Timestamp) -> str:
    """``7 June 2023, 14:30:00 UTC``, or ``the end of 7 June 2023 (UTC)``."""
    time = _datetime(value)
    date = _day(time)
    if (time.hour, time.minute, time.second, time.microsecond) == (23, 59, 59, 999_999):
        return f"the end of {date} (UTC)"
    return f"{date}, {time:%H:%M:%S} UTC"


def when(value: Timestamp, precision: Precision.ValueType) -> str:
    """A time with the precision that is known: ``7 June 2023``, ``June 2023``, ``2023``."""
    time = _datetime(value)
    if precision == PRECISION_YEAR:
        return f"{time.year}"
    if precision == PRECISION_MONTH:
        return f"{_month(time.month)} {time.year}"
    if precision == PRECISION_DAY:
        return _day(time)
    return f"{_day(time)}, {time:%H:%M} UTC"


def as_of(value: AsOf) -> str:
    """``known by the end of 1 March 2023 (UTC)``, and the other times that were given."""
    parts = []
    if value.HasField("position"):
        parts.append(f"recorded up to position {value.position}")
    if value.HasField("recorded_at"):
        parts.append(f"recorded by {moment(value.recorded_at)}")
    if value.HasField("known_at"):
        parts.append(f"known by {moment(value.known_at)}")
    if value.HasField("valid_at"):
        parts.append(f"in force at {moment(value.valid_at)}")
    return ", ".join(parts)


def principal(value: Principal) -> str:
    """``Antony Blinken, Secretary of State (US)``."""
    represented = value.country or value.organisation
    return _listed(value.name, value.office) + (f" ({represented})" if represented else "")


def host(value: Host) -> str:
    """``CN: Qin Gang, Foreign Minister; Wang Yi``."""
    visited = _listed(value.organisation, value.country)
    people = "; ".join(map(counterpart, value.counterparts))
    return f"{visited}: {people}" if people else visited


def counterpart(value: Counterpart) -> str:
    """``Qin Gang, Foreign Minister``."""
    return _listed(value.name, value.office)


def place(value: Place) -> str:
    """``Beijing, CN``."""
    return _listed(value.city, value.country)


def related(value: RelatedVisit) -> str:
    """``substitute for visits/sullivan-beijing-2023``."""
    return f"{RELATION.of(value.relation)} {value.name}"


def condition(value: Condition) -> str:
    """``"when conditions allow" (guest, Antony Blinken)``."""
    return f'"{value.text}" ({_listed(SIDE.of(value.side), value.speaker)})'


def basis(value: Basis) -> str:
    """``guest, on the record, Ned Price: "when conditions allow"; CBS News, 6 February 2023``."""
    attribution = ATTRIBUTION.of(value.attribution) if value.attribution else ""
    sources = f"{value.source_count} sources" if value.source_count else ""
    word = _listed(SIDE.of(value.side), attribution, sources, value.speaker)
    quote = f': "{value.quote}"' if value.quote else ""
    published = day(value.published) if value.HasField("published") else ""
    printed = _listed(value.outlet, published, value.url)
    return word + quote + (f"; {printed}" if printed else "")


VERBS = {
    StatementKind.STATEMENT_KIND_REPORT: "reports",
    StatementKind.STATEMENT_KIND_ANNOUNCE: "announces",
    StatementKind.STATEMENT_KIND_CONFIRM: "confirms",
    StatementKind.STATEMENT_KIND_REAFFIRM: "reaffirms",
    StatementKind.STATEMENT_KIND_DECLINE: "neither confirms nor denies",
    StatementKind.STATEMENT_KIND_DENY: "denies",
    StatementKind.STATEMENT_KIND_ARRIVED: "reports the arrival",
    StatementKind.STATEMENT_KIND_DEPARTED: "reports the departure",
}


def statement(value: Statement) -> str:
    """``guest (Vedant Patel) neither confirms nor denies: no travel to announce``."""
    speaker = _listed(value.speaker, value.country)
    who = SIDE.of(value.side) + (f" ({speaker})" if speaker else "")
    verb = VERBS.get(value.kind, STATEMENT_KIND.of(value.kind))
    about = f" change {value.about_version}" if value.about_version else ""
    said = [value.text] if value.text else []
    if value.claimed_status:
        said.append(f"status {STATUS.of(value.claimed_status)}")
    if value.HasField("claimed_window"):
        said.append(f"window {window(value.claimed_window)}")
    if value.HasField("condition"):
        said.append(f'condition "{value.condition.text}"')
    return f"{who} {verb}{about}" + (f": {'; '.join(said)}" if said else "")


FORMATTERS: dict[str, Callable[[Any], str]] = {
    "principal": principal,
    "host": host,
    "destinations": place,
    "kind": VISIT_KIND.of,
    "related": related,
    "initiated_by": SIDE.of,
    "status": STATUS.of,
    "standing": STANDING.of,
    "window": window,
    "previous_windows": window,
    "held_window": window,
    "conditions": condition,
    "statements": statement,
    "effective_time": moment,
    "known_time": moment,
}


def facts(value: Visit | VisitDetails) -> Iterator[tuple[str, str]]:
    """The name and text of each field that is set, including those of a visit's details."""
    for field, content in value.ListFields():
        if isinstance(content, VisitDetails):
            yield from facts(content)
            continue
        format_value = FORMATTERS.get(field.name, str)
        for item in content if field.is_repeated else [content]:
            yield field.name, format_value(item)


def plain(value: Value) -> str:
    """A string unchanged, any other value as JSON, and an empty string if it is not set."""
    kind = value.WhichOneof("kind")
    if kind is None or kind == "string_value":
        return value.string_value
    # A Value writes numbers with a fraction, but those of the contract are whole.
    content = json.loads(MessageToJson(value), parse_float=_number)
    return json.dumps(content, ensure_ascii=False, sort_keys=True)


def _number(text: str) -> float:
    number = float(text)
    return int(number) if number.is_integer() else number


def _listed(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _month(number: int) -> str:
    return month_name[number] if 1 <= number <= 12 else f"month {number}"


def _day(time: datetime) -> str:
    return f"{time.day} {month_name[time.month]} {time.year}"


def _datetime(value: Timestamp) -> datetime:
    return value.ToDatetime(tzinfo=UTC)
