"""Values of the contract as text: people, words, on whose word, and all facts of a visit."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Value
from google.protobuf.timestamp_pb2 import Timestamp

from chancery.client.words import (
    ATTRIBUTION,
    RELATION,
    SIDE,
    STANDING,
    STATEMENT_KIND,
    STATUS,
    VISIT_KIND,
    WINDOW_ENDING,
)
from chancery.v1.values_pb2 import (
    Basis,
    Condition,
    Counterpart,
    Host,
    Place,
    Principal,
    RelatedVisit,
    Statement,
    StatementKind,
    VisitDetails,
)
from chancery.v1.visit_pb2 import ClaimedWindow, CurrentCondition, PreviousWindow, Stance, Word
from service.cli.draw.moments import date_of, day, when, window


def principal(value: Principal) -> str:
    """``Volodymyr Zelenskyy, President (UA), also Zelensky``."""
    represented = value.country or value.organisation
    person = _listed(value.name, value.office) + (f" ({represented})" if represented else "")
    return _listed(person, _also(value.other_names))


def host(value: Host) -> str:
    """``CN: Qin Gang, Foreign Minister; Wang Yi``."""
    visited = _listed(value.organisation, value.country)
    people = "; ".join(map(counterpart, value.counterparts))
    return f"{visited}: {people}" if people else visited


def counterpart(value: Counterpart) -> str:
    """``Sergei Lavrov, Foreign Minister (RU)``; without the country if it is the host's."""
    person = _listed(value.name, value.office) + (f" ({value.country})" if value.country else "")
    return _listed(person, _also(value.other_names))


def place(value: Place) -> str:
    """``Kyiv, UA, also Kiev``."""
    return _listed(value.city, value.country, _also(value.other_names))


def _also(other_names: Iterable[str]) -> str:
    names = "; ".join(other_names)
    return f"also {names}" if names else ""


def related(value: RelatedVisit) -> str:
    """``substitute for visits/sullivan-beijing-2023``."""
    return f"{RELATION.of(value.relation)} {value.name}"


def voice(value: Basis | Condition | Statement | Word | ClaimedWindow) -> str:
    """``guest``, or ``guest, US`` if the country or organisation is said."""
    return _listed(SIDE.of(value.side), value.organisation, value.country)


def condition(value: Condition) -> str:
    """``"when conditions allow" (guest, Antony Blinken)``."""
    return f'"{value.text}" ({_listed(voice(value), value.speaker)})'


def basis(value: Basis) -> str:
    """``guest, on the record, Ned Price: "when conditions allow"; CBS News, 6 February 2023``."""
    attribution = ATTRIBUTION.of(value.attribution) if value.attribution else ""
    sources = f"{value.source_count} sources" if value.source_count else ""
    word = _listed(voice(value), attribution, sources, value.speaker)
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
    StatementKind.STATEMENT_KIND_DOUBT: "leaves in doubt",
    StatementKind.STATEMENT_KIND_ARRIVED: "reports the arrival",
    StatementKind.STATEMENT_KIND_DEPARTED: "reports the departure",
}


def statement(value: Statement) -> str:
    """``guest (Vedant Patel) neither confirms nor denies: no travel to announce``."""
    speaker = _listed(value.speaker, value.organisation, value.country)
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


def previous_window(value: PreviousWindow) -> str:
    """``18 to 19 June 2023, put off by change 5``."""
    ending = f"{WINDOW_ENDING.of(value.ending)} by change {value.version}" if value.ending else ""
    return _listed(window(value.window), ending)


def current_condition(value: CurrentCondition) -> str:
    """``"when conditions allow" (guest, Antony Blinken), known 3 February 2023``."""
    return _listed(condition(value.condition), _known("known ", value))


STANCES = {
    Stance.STANCE_AGREES: "agrees",
    Stance.STANCE_CONTRADICTS_STATUS: "contradicts the status",
    Stance.STANCE_CONTRADICTS_DAYS: "contradicts the days",
    Stance.STANCE_NEITHER: "neither agrees nor contradicts",
}


def word(value: Word) -> str:
    """``host, CN, readout (3 February 2023, agrees)``: a statement, or a basis of the status.

    The stance is that to the visit as it is; a word that does not count has none.
    """
    if value.HasField("statement"):
        said = statement(value.statement)
    else:
        attribution = ATTRIBUTION.of(value.attribution) if value.attribution else ""
        said = _listed(voice(value), attribution, value.speaker, value.outlet)
    stance = STANCES.get(value.stance, "counts") if value.counts else "does not count"
    return f"{said} ({_listed(_known('', value), stance)})"


def claimed_window(value: ClaimedWindow) -> str:
    """``host, FR: "next spring", known 24 March 2023``."""
    claimed = f"{_listed(voice(value), value.outlet)}: {window(value.window)}"
    return _listed(claimed, _known("known ", value))


def _known(before: str, value: CurrentCondition | Word | ClaimedWindow) -> str:
    """When it became known; nothing if that is not said."""
    if not value.HasField("known_time"):
        return ""
    return before + date_of(value.known_time, value.known_period)


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
    "previous_windows": previous_window,
    "held_window": window,
    "window_given_up": window,
    "condition": condition,
    "basis": basis,
    "conditions": current_condition,
    "words": word,
    "claimed_windows": claimed_window,
    "under_way": lambda _: "yes",
}


TIME, PERIOD = "_time", "_period"


def period_of(time: str) -> str:
    """The field that has the period as which a time was told."""
    return time.removesuffix(TIME) + PERIOD


def facts(value: Message) -> Iterator[tuple[str, str]]:
    """The name and text of each field that is set, including those of the details in it.

    A time is told as exactly as it was told, so that its period is no field of its own.
    """
    for field, content in value.ListFields():
        if isinstance(content, VisitDetails):
            yield from facts(content)
            continue
        if field.name.endswith(PERIOD):
            continue
        if isinstance(content, Timestamp):
            period = getattr(value, period_of(field.name), "")
            yield field.name, when(content, period)
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
