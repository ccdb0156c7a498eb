"""Bad values in every field of every request: an error names the field; nothing is recorded."""

import re
import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from chancery.v1.audit_service_pb2 import ChangeFilter, ListChangesRequest
from chancery.v1.event_pb2 import ChangeType
from chancery.v1.history_service_pb2 import (
    ListEventsRequest,
    ReadEventsRequest,
    WatchEventsRequest,
)
from chancery.v1.values_pb2 import Counterpart, Date, Host, Place, Principal, Status
from chancery.v1.visit_pb2 import Standing
from chancery.v1.visit_service_pb2 import (
    CountBy,
    CountVisitsRequest,
    ListVisitsRequest,
    VisitFilter,
)
from tests.rpc.walk import (
    SERVICES,
    SPOTS,
    TEMPLATES,
    WAS_NOT_THERE,
    Spot,
    Template,
    described,
)
from tests.rpc.whole_changes import NEW, STANDING, record_visits
from tests.support.cases import each
from tests.support.messages import (
    amended,
    at,
    corrected,
    date,
    deferred,
    disclosed,
    postponed,
    rescheduled,
    retracted,
    scheduled,
    stated,
    topic_of,
)
from tests.support.server import Client, Failure, refusal


@pytest.fixture(scope="module", autouse=True)
def _standing_visits(client: Client) -> None:
    """The visits that the requests name."""
    record_visits(client)


@pytest.fixture(autouse=True)
def _nothing_is_recorded(_standing_visits: None, client: Client) -> Iterator[None]:
    """Whatever a test of this module sends, the head does not move."""
    yield
    assert client.head == 4


def refused(client: Client, spot: Spot, value: Any) -> Failure:
    """How a request with this value in that field fails."""
    told = refusal(spot.template.call(client), spot.holding(value))
    assert told.code == grpc.StatusCode.INVALID_ARGUMENT, (value, told)
    return told


SCALARS = {
    FieldDescriptor.TYPE_STRING: "string",
    FieldDescriptor.TYPE_ENUM: "enum",
    FieldDescriptor.TYPE_INT32: "int",
    FieldDescriptor.TYPE_INT64: "int",
    FieldDescriptor.TYPE_BOOL: "bool",
}


def type_of(spot: Spot) -> str:
    message = spot.field.message_type
    return message.full_name if message is not None else SCALARS[spot.field.type]


def spots_of(wanted: str) -> list[Spot]:
    """The fields of a type."""
    return [spot for spot in SPOTS if type_of(spot) == wanted]


# The walk itself


def test_the_walk_comes_to_every_field_of_every_request() -> None:
    """According to the contract's descriptors: a new field has to be set in a template."""
    assert {str(spot) for spot in SPOTS} == described()
    assert {t.method for t in TEMPLATES} == {
        method.name
        for service in SERVICES.values()
        for method in service.methods
        if not method.client_streaming
    }


@each("template", TEMPLATES)
def test_the_templates_are_right_as_they_stand(client: Client, template: Template) -> None:
    """So a refusal below is due to the one bad value."""
    answer = template.call(client)(template.message)

    assert answer is not None
    if template.method == "ReadEvents":
        assert list(answer)
    if template.method == "WatchEvents":
        assert next(answer).WhichOneof("frame")
        answer.cancel()


def test_long_ago_nothing_was_recorded(client: Client) -> None:
    told = refusal(WAS_NOT_THERE.call(client), WAS_NOT_THERE.message)

    assert told.reason == "NOT_RECORDED_BY_THEN"


# Text

CONTROL = [code for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) != "\n"]
BIDIRECTIONAL = [0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069]


@each("spot", spots_of("string"))
def test_no_text_holds_control_characters_or_bidirectional_overrides(
    client: Client, spot: Spot
) -> None:
    before = "visits/" if is_name(spot) else ""
    for text in ("a\x00b", "\x1b[31m", "a\u202e", "\u2066a"):
        assert refused(client, spot, before + text).fields == [spot.path], ascii(text)


@each("code", [*CONTROL, *BIDIRECTIONAL])
def test_each_of_these_characters_is_refused_wherever_it_stands(client: Client, code: int) -> None:
    """The error says which one it is."""
    for text in (f"{chr(code)}a", f"a{chr(code)}b", f"a{chr(code)}", chr(code)):
        told = refusal(client.record, STANDING, stated(text=text), reason=text)

        assert told.fields == ["context.reason", "statement_recorded.statement.text"]
        for violation in told.details["BadRequest"].field_violations:
            assert f"U+{code:04X}" in violation.description


@each("spot", spots_of("string"))
def test_no_text_is_longer_than_it_may_be(client: Client, spot: Spot) -> None:
    """The error stays small, however long the text is."""
    before = "visits/" if is_name(spot) else "https://x.org/" if spot.field.name == "url" else ""
    for length in (4_001, 50_000):
        assert refused(client, spot, before + "x" * length).fields == [spot.path]


def is_name(spot: Spot) -> bool:
    """Whether the field names a visit: visits/{id}."""
    return bool(
        re.search(
            r"^name$|^names\[|^(filter\.)?visit$|^changes\[0\].name$|merged_into|related_to$|related\[0\].name",
            spot.path,
        )
    )


NAMES = [spot for spot in SPOTS if is_name(spot)]
DESK_NAMES = [spot for spot in NAMES if spot.template.service == "desk"]


NO_NAMES = ["blinken", "Visits/a", "visits", "visit/a", "/visits/a", "events/1", "visits /a"]


@each("spot", NAMES)
def test_a_visit_is_named_by_its_full_name(client: Client, spot: Spot) -> None:
    for bad in NO_NAMES:
        assert refused(client, spot, bad).fields == [spot.path]


NO_IDS = ["A", "a_b", "-a", "a-", "a" * 64, "a b", "a/b", "ä", "a.b", "²", "a\nb"]


@each("spot", DESK_NAMES)
def test_an_id_has_small_letters_digits_and_hyphens(client: Client, spot: Spot) -> None:
    """1 to 63 of them; neither the first nor the last is a hyphen."""
    for bad in NO_IDS:
        assert refused(client, spot, f"visits/{bad}").fields == [spot.path]


COUNTRIES = [s for s in SPOTS if s.field.name.endswith("country")]


NO_COUNTRIES = ["us", "U", "USA", "U1", "ÜS", "XX", "UK", "EU", "China"]


@each("spot", COUNTRIES)
def test_a_country_is_the_code_of_a_state(client: Client, spot: Spot) -> None:
    for bad in NO_COUNTRIES:
        assert refused(client, spot, bad).fields == [spot.path]


NO_ADDRESSES = [
    "example.org",
    "ftp://example.org",
    "javascript:alert(1)",
    "https://",
    "https://a b",
]


@each("spot", [s for s in SPOTS if s.field.name == "url"])
def test_an_address_is_one_of_the_web(client: Client, spot: Spot) -> None:
    for bad in NO_ADDRESSES:
        assert refused(client, spot, bad).fields == [spot.path]


# Numbers

NEGATIVE = [-1, -(2**31)]


@each("spot", spots_of("int"))
def test_no_number_is_negative(client: Client, spot: Spot) -> None:
    for number in NEGATIVE:
        assert refused(client, spot, number).fields == [spot.path]


@each("spot", spots_of("enum"))
def test_no_number_that_an_enum_does_not_have_is_taken(client: Client, spot: Spot) -> None:
    for number in (99, -1, 2**31 - 1, -(2**31)):
        assert refused(client, spot, number).fields == [spot.path]


# Times


NO_TIMES = [
    Timestamp(seconds=1_675_000_000, nanos=-1000),
    Timestamp(seconds=1_675_000_000, nanos=1_000_000_000),
    Timestamp(seconds=1_675_000_000, nanos=-(2**31)),
    Timestamp(seconds=-62_135_596_801),
    Timestamp(seconds=253_402_300_800),
    Timestamp(seconds=2**63 - 1),
    Timestamp(seconds=-(2**63)),
]


@each("spot", spots_of("google.protobuf.Timestamp"))
def test_a_time_is_one_and_lies_in_the_years_1_to_9999(client: Client, spot: Spot) -> None:
    for stamp in NO_TIMES:
        assert refused(client, spot, stamp).fields == [spot.path]


IN_THE_FUTURE = [
    s
    for s in SPOTS
    if re.search(
        r"(effective|known)_time$|(as_of|before|after)\.(known_at|valid_at|recorded_at)$", s.path
    )
]


FUTURE = ["2999-01-01", "9999-12-31 23:59:59.999999"]


@each("spot", IN_THE_FUTURE)
def test_nothing_took_effect_or_became_known_in_the_future(client: Client, spot: Spot) -> None:
    for future in FUTURE:
        assert spot.path in refused(client, spot, at(future)).fields


@pytest.mark.parametrize(
    "step", [rescheduled(), amended(), stated()], ids=lambda s: s.DESCRIPTOR.name
)
@pytest.mark.parametrize(
    ("context", "field"),
    [
        ({"effective": "2999"}, "effective_period"),
        ({"known": "2999-01"}, "known_period"),
        ({"effective": "2999-01-01"}, "effective_period"),
        ({"effective": "2023-02-04", "known": "2023-02-03"}, "effective_period"),
        ({"effective": "2023-02-03 18:01", "known": "2023-02-03 18:00"}, "effective_time"),
        ({"effective": "2024", "known": "2023-12-31"}, "effective_period"),
        ({"effective": "2023-02-03", "known": "2999"}, "known_period"),
        ({"effective_period": "2023-02-30"}, "effective_period"),
        ({"effective_period": ""}, "effective_period"),
        ({"known_period": "2023-2", "effective": "2023-02-03"}, "known_period"),
        ({"known_period": "0000"}, "known_period"),
        ({"known_period": "20230203"}, "known_period"),
        ({"known_period": "2023-02-03T18:00:00Z"}, "known_period"),
    ],
    ids=str,
)
def test_times_that_cannot_be_are_refused_by_name(
    client: Client, step: Any, context: dict[str, Any], field: str
) -> None:
    """In the future, effective after known, and what is no day, month or year."""
    told = refusal(client.record, STANDING, step, **context)

    assert told.code == grpc.StatusCode.INVALID_ARGUMENT
    assert told.fields == [f"context.{field}"]


@pytest.mark.parametrize(
    "effective", ["2023-01-16", "2022-12", "2022", "2023-01-16 23:59:59.999999"]
)
def test_a_status_change_does_not_go_back(client: Client, effective: str) -> None:
    """The error says before which change it would go."""
    told = refusal(client.record, STANDING, postponed(), effective=effective)

    assert (told.code, told.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "OUT_OF_ORDER")
    assert told.metadata["version"] == "1"


# Days

IMPOSSIBLE = [
    Date(),
    Date(year=2023),
    Date(year=2023, month=2),
    Date(year=2023, month=2, day=29),
    Date(year=2023, month=2, day=30),
    Date(year=2023, month=13, day=1),
    Date(year=2023, month=4, day=31),
    Date(year=2023, month=1, day=32),
    Date(year=1900, month=2, day=29),
    Date(year=0, month=1, day=1),
    Date(year=10_000, month=1, day=1),
    Date(year=-1, month=1, day=1),
    Date(year=2023, month=-1, day=1),
    Date(year=2023, month=1, day=-1),
    Date(year=2**31 - 1, month=2**31 - 1, day=2**31 - 1),
    Date(year=-(2**31), month=-(2**31), day=-(2**31)),
]


@each("spot", spots_of("chancery.v1.Date"))
def test_a_day_that_is_not_in_the_calendar_is_refused(client: Client, spot: Spot) -> None:
    for day in IMPOSSIBLE:
        assert refused(client, spot, day).fields == [spot.path]


ENDS = [s for s in SPOTS if s.field.name == "end"]


TOO_EARLY = ["2023-01-14", "2023-01-01", "0001-01-01"]


@each("spot", ENDS)
def test_no_window_ends_before_it_starts(client: Client, spot: Spot) -> None:
    for end in TOO_EARLY:
        assert refused(client, spot, date(end)).fields == [spot.path]


# What is required, and how much


@pytest.mark.parametrize(
    ("step", "fields"),
    [
        (scheduled(), ["scheduled.details"]),
        (disclosed(), ["disclosed.details", "disclosed.held_window"]),
        (deferred(), ["deferred.condition"]),
        (rescheduled(), ["rescheduled.window"]),
        (stated(), ["statement_recorded.statement"]),
        (amended(), ["amended.update_mask"]),
        (corrected(1), ["corrected.update_mask"]),
        (retracted(), ["retracted.retracted_version"]),
    ],
    ids=lambda value: "" if isinstance(value, list) else value.DESCRIPTOR.name,
)
def test_a_change_that_says_nothing_is_refused(
    client: Client, step: Message, fields: list[str]
) -> None:
    """Everything that is missing is named at once."""
    name = NEW if "details" in fields[0] else STANDING

    assert refusal(client.record, name, type(step)()).fields == fields


REQUIRED = re.compile(
    r"details\.(title|principal)$|principal\.name$|counterparts\[0\]\.name$"
    r"|related\[0\]\.(name|relation)$|(basis|sources)\[0\]\.(side|attribution)$"
    r"|_other_names\[0\]\.(name|other_names\[0\])$"
    r"|condition\.(text|side)$|statement\.(kind|side)$|retracted_version$"
    r"|deferred\.condition$|(rescheduled|amended)\.window$"
    r"|(disclosed|amended|corrected)\.held_window$"
    r"|(GetVisit|CompleteVisit|AmendVisit|CorrectChange|RecordStatement|RetractChange): name$"
    r"|(PostponeVisit|DeferVisit|RescheduleVisit|CancelVisit|CompareVisit): name$"
)
REQUIRED_SPOTS = [s for s in SPOTS if REQUIRED.search(str(s))]


@each("spot", REQUIRED_SPOTS)
def test_a_required_field_is_not_left_out(client: Client, spot: Spot) -> None:
    told = refusal(spot.template.call(client), spot.without())

    assert told.code == grpc.StatusCode.INVALID_ARGUMENT
    assert told.fields == [spot.path.removesuffix("[0]")]


BLANK = re.compile(
    r"(principal|counterparts\[0\])\.name$|title$|condition\.text$|aliases"
    r"|(\.|principal_)other_names\[0\]$|_other_names\[0\]\.name$"
)
BLANK_SPOTS = [s for s in SPOTS if BLANK.search(s.path)]


BLANKS = ["", " ", "\n", "\u3000"]


@each("spot", BLANK_SPOTS)
def test_a_required_text_is_not_blank(client: Client, spot: Spot) -> None:
    for blank in BLANKS:
        assert refused(client, spot, blank).fields == [spot.path]


LISTS = re.compile(r"(basis|sources|counterparts|destinations|aliases|related|other_names)\[0\]$")
LIST_SPOTS = [s for s in SPOTS if LISTS.search(s.path)]


@each("spot", LIST_SPOTS)
def test_no_list_has_more_than_fifty_values(client: Client, spot: Spot) -> None:
    for count in (51, 1000):
        told = refused(client, spot, [spot.first()] * count)

        assert told.fields == [spot.path.removesuffix("[0]")]


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"host": Host()}, "host.country"),
        ({"host": Host(organisation=" ")}, "host.country"),
        ({"destinations": [Place(city="Rome"), Place()]}, "destinations[1].city"),
        (
            {"principal": Principal(name="A", country="US", organisation="United Nations")},
            "principal.organisation",
        ),
    ],
    ids=["host", "blank host", "place", "principal"],
)
def test_facts_that_do_not_go_together_are_refused(
    client: Client, facts: dict[str, Any], field: str
) -> None:
    for step in (scheduled(**facts), disclosed(**facts), amended(**facts)):
        name = STANDING if step.DESCRIPTOR.name == "Amended" else NEW

        assert refusal(client.record, name, step).fields == [f"{topic_of(step)}.details.{field}"]


@pytest.mark.parametrize(
    "mask",
    [
        ["nothing"],
        ["details"],
        ["details.principal.name"],
        ["title", "details.version"],
        ["window.start"],
        ["*"],
        [""],
        ["\u202e"],
        ["x" * 100_000],
        ["nothing"] * 50,
    ],
    ids=range(10),
)
def test_a_mask_names_facts_and_the_windows(client: Client, mask: list[str]) -> None:
    """One level deep, and nothing else; that of a correction also what a change rests on."""
    for step in (amended(*mask), corrected(1, *mask)):
        told = refusal(client.record, STANDING, step)

        assert told.fields == [f"{topic_of(step)}.update_mask"]
        (violation,) = told.details["BadRequest"].field_violations
        assert "details.initiated_by" in violation.description  # the last one that is allowed


@pytest.mark.parametrize("required", ["title", "principal", "window"])
def test_what_a_visit_requires_is_not_amended_away(client: Client, required: str) -> None:
    told = refusal(client.record, STANDING, amended(required))

    path = required if required == "window" else f"details.{required}"
    assert told.fields == [f"amended.{path}"]


def test_several_bad_fields_are_all_named(client: Client) -> None:
    """As many as fit: the details of an error are small."""
    told = refusal(
        client.record,
        NEW,
        scheduled(title="\x00", purpose="\x00", trip="\x00", aliases=["\x00", "", "a"]),
        reason="\x00",
    )

    assert told.fields == [
        "context.reason",
        "scheduled.details.title",
        "scheduled.details.purpose",
        "scheduled.details.trip",
        "scheduled.details.aliases[0]",
        "scheduled.details.aliases[1]",
    ]


SCHEDULED, POSTPONED = Status.STATUS_SCHEDULED, Status.STATUS_POSTPONED
DISPUTED, BY_STATUS = Standing.STANDING_DISPUTED, CountBy.COUNT_BY_STATUS
RETRACTED = ChangeType.CHANGE_TYPE_RETRACTED
FILTERS = [
    (
        ListVisitsRequest(filter=VisitFilter(statuses=[SCHEDULED, POSTPONED, SCHEDULED])),
        "filter.statuses",
    ),
    (ListVisitsRequest(filter=VisitFilter(statuses=[SCHEDULED] * 100_000)), "filter.statuses"),
    (ListVisitsRequest(filter=VisitFilter(standings=[DISPUTED, DISPUTED])), "filter.standings"),
    (CountVisitsRequest(count_by=[BY_STATUS, BY_STATUS]), "count_by"),
    (
        CountVisitsRequest(filter=VisitFilter(statuses=[*Status.values(), SCHEDULED])),
        "filter.statuses",
    ),
    (ListEventsRequest(change_types=[RETRACTED] * 4_000_000), "change_types"),
    (ReadEventsRequest(change_types=[RETRACTED, RETRACTED]), "change_types"),
    (WatchEventsRequest(now=Empty(), change_types=ChangeType.values()), "change_types"),
    (
        ListChangesRequest(filter=ChangeFilter(change_types=[RETRACTED, RETRACTED])),
        "filter.change_types",
    ),
]


@pytest.mark.parametrize(("request_", "field"), FILTERS, ids=range(len(FILTERS)))
def test_a_filter_names_each_value_at_most_once(
    client: Client, request_: Message, field: str
) -> None:
    """Four million members of a filter cost no more than three."""
    method = request_.DESCRIPTOR.name.removesuffix("Request")
    service = next(name for name, each in SERVICES.items() if method in each.methods_by_name)
    began = time.monotonic()

    told = refusal(getattr(getattr(client, service), method), request_)

    assert (told.code, told.fields) == (grpc.StatusCode.INVALID_ARGUMENT, [field])
    assert time.monotonic() - began < 5


def test_each_value_of_a_filter_once_is_taken(client: Client) -> None:
    """The counterpart of the test above."""
    everything = ChangeType.values()[1:]
    assert client.history.ListEvents(ListEventsRequest(change_types=everything)).events
    statuses = Status.values()[1:]
    which = VisitFilter(statuses=statuses)
    assert client.visits.ListVisits(ListVisitsRequest(filter=which)).visits


@pytest.mark.parametrize("count", [9, 50])
def test_very_many_bad_fields_still_make_a_small_error(client: Client, count: int) -> None:
    host = Host(country="C", counterparts=[Counterpart(name="\U0001f54a" * 9000)] * count)

    told = refusal(client.record, NEW, scheduled(host=host, aliases=["\x00" * 999] * count))

    assert told.fields[0] == "scheduled.details.host.country"
    assert 1 < len(told.fields) <= 2 * count + 1
