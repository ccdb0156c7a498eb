"""CompareVisit: what differs in a visit between two moments, and the changes between."""

from itertools import product
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict

from chancery.v1.error_pb2 import ErrorReason
from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.history_service_pb2 import CompareVisitRequest, CompareVisitResponse
from chancery.v1.visit_pb2 import (
    SIDE_GUEST,
    SIDE_HOST,
    STATEMENT_KIND_DENY,
    STATEMENT_KIND_REPORT,
    VISIT_KIND_STATE,
    AsOf,
    Counterpart,
    Host,
    Place,
    Principal,
)
from tests.rpc.asking import changes, counts
from tests.support.messages import (
    amended,
    as_of,
    at,
    basis,
    bytes_of,
    cancelled,
    completed,
    condition,
    deferred,
    disclosed,
    much_said,
    postponed,
    rescheduled,
    retracted,
    scheduled,
    stated,
    window,
)
from tests.support.server import Client, Failure, refusal

# The fields that number and date the record itself.
OF_THE_RECORD = {"name", "version", "position", "create_time", "update_time"}


def compare(
    client: Client, name: str, before: AsOf, after: AsOf | None = None
) -> CompareVisitResponse:
    request = CompareVisitRequest(name=name, before=before, after=after)
    return client.history.CompareVisit(request)


def refused(client: Client, **request: Any) -> Failure:
    return refusal(client.history.CompareVisit, CompareVisitRequest(**request))


def differences(answer: CompareVisitResponse) -> dict[str, tuple[Any, Any]]:
    """The old and the new value of each field as JSON, by its path; None if it is not set."""
    told = {}
    for difference in answer.differences:
        values = MessageToDict(difference, preserving_proto_field_name=True)
        told[difference.path] = values.get("old_value"), values.get("new_value")
    assert len(told) == len(answer.differences)
    return told


def between(client: Client, name: str, *steps: Any) -> dict[str, tuple[Any, Any]]:
    """What differs between before and after the last of these steps."""
    for step in steps:
        last = client.record(name, step).event
    return differences(compare(client, name, AsOf(position=last.position - 1)))


# Which fields differ

FEBRUARY = {
    "start": {"year": 2023, "month": 2, "day": 5},
    "end": {"year": 2023, "month": 2, "day": 6},
}
NO_TIMES = {"effective_time", "known_time"}


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (
            amended(
                principal=Principal(name="Antony Blinken", office="Senator", country="US"),
            ),
            {"details.principal.office": ("Secretary of State", "Senator")},
        ),
        (
            amended(principal=Principal(name="Antony Blinken", country="US")),
            {"details.principal.office": ("Secretary of State", None)},
        ),
        (
            amended(principal=Principal(name="A", office="Envoy", organisation="United Nations")),
            {
                "details.principal.name": ("Antony Blinken", "A"),
                "details.principal.office": ("Secretary of State", "Envoy"),
                "details.principal.country": ("US", None),
                "details.principal.organisation": (None, "United Nations"),
            },
        ),
        (
            amended(host=Host(country="CN", counterparts=[Counterpart(name="Qin Gang")])),
            {"details.host.counterparts": (None, [{"name": "Qin Gang"}])},
        ),
        (
            amended(destinations=[Place(city="Beijing", country="CN"), Place(city="Xi'an")]),
            {
                "details.destinations": (
                    [{"city": "Beijing", "country": "CN"}],
                    [{"city": "Beijing", "country": "CN"}, {"city": "Xi'an"}],
                )
            },
        ),
        (
            amended(kind=VISIT_KIND_STATE, purpose="To talk", initiated_by=SIDE_HOST),
            {
                "details.kind": ("VISIT_KIND_OFFICIAL", "VISIT_KIND_STATE"),
                "details.purpose": (None, "To talk"),
                "details.initiated_by": (None, "SIDE_HOST"),
            },
        ),
        (
            amended("title"),
            {"details.title": ("The secretary of state to Beijing", None)},
        ),
        (
            amended(planned=window("2023-02-05", "2023-02-07", as_stated="early February")),
            {
                "window.end": (FEBRUARY["end"], {"year": 2023, "month": 2, "day": 7}),
                "window.as_stated": (None, "early February"),
            },
        ),
        (
            amended(planned=window("2023-02-05", "2023-02-06", approximate=True)),
            {"window.approximate": (None, True)},
        ),
        (
            postponed(condition("if calm")),
            {
                "status": ("STATUS_SCHEDULED", "STATUS_POSTPONED"),
                "window": (FEBRUARY, None),
                "previous_windows": (None, [FEBRUARY]),
                "conditions": (None, [{"text": "if calm", "side": "SIDE_GUEST"}]),
            },
        ),
        (
            rescheduled(window("2023-02-05", "2023-02-06", approximate=True)),
            {
                "status": ("STATUS_SCHEDULED", "STATUS_RESCHEDULED"),
                "window.approximate": (None, True),
                "previous_windows": (None, [FEBRUARY]),
            },
        ),
        (
            rescheduled(window("2023-06-05", "2023-06-06")),
            {
                "status": ("STATUS_SCHEDULED", "STATUS_RESCHEDULED"),
                "window.start": (FEBRUARY["start"], {"year": 2023, "month": 6, "day": 5}),
                "window.end": (FEBRUARY["end"], {"year": 2023, "month": 6, "day": 6}),
                "previous_windows": (None, [FEBRUARY]),
            },
        ),
        (
            completed(),
            {
                "status": ("STATUS_SCHEDULED", "STATUS_COMPLETED"),
                "held_window": (None, FEBRUARY),
            },
        ),
        (cancelled(), {"status": ("STATUS_SCHEDULED", "STATUS_CANCELLED")}),
        (
            stated(STATEMENT_KIND_REPORT, SIDE_HOST, text="It is so", about_version=1),
            {
                "statements": (
                    None,
                    [
                        {
                            "kind": "STATEMENT_KIND_REPORT",
                            "side": "SIDE_HOST",
                            "text": "It is so",
                            "about_version": "1",
                        }
                    ],
                )
            },
        ),
    ],
    ids=range(15),
)
def test_a_change_is_told_field_by_field(
    client: Client, name: str, step: Any, expected: dict[str, tuple[Any, Any]]
) -> None:
    """In the order of Visit's fields, with values in protobuf's JSON mapping.

    A repeated field, a day, and a message that only one of them has are reported as a whole.
    """
    client.record(name, scheduled())

    told = between(client, name, step)

    if step.DESCRIPTOR.name not in ("Amended", "StatementRecorded"):
        assert told.keys() >= NO_TIMES
    assert {path: values for path, values in told.items() if path not in NO_TIMES} == expected
    assert [path for path in told if path not in NO_TIMES] == list(expected)


def test_a_window_that_is_set_is_told_as_a_whole(client: Client, name: str) -> None:
    client.record(name, scheduled())
    client.record(name, postponed())

    told = between(client, name, rescheduled(window("2023-02-05", "2023-02-06")))

    assert told["window"] == (None, FEBRUARY)
    assert told["status"] == ("STATUS_POSTPONED", "STATUS_RESCHEDULED")
    assert not {path for path in told if path.startswith("window.")}


def test_standing_reason_and_times_are_told(client: Client, name: str) -> None:
    """Times as RFC 3339 in UTC."""
    client.record(name, scheduled(), effective="2023-01-17", reason="As agreed")
    client.record(
        name,
        deferred(),
        effective="2023-02-03 12:00",
        known="2023-02-03 15:30",
        reason="A balloon",
        basis=[basis(SIDE_GUEST)],
    )
    denial = stated(STATEMENT_KIND_DENY, SIDE_HOST)
    client.record(name, denial, effective="2023-02-04", basis=[basis(SIDE_HOST)])

    first = compare(client, name, as_of(known_at="2023-01-18"), as_of(known_at="2023-02-03 16:00"))
    second = compare(client, name, as_of(known_at="2023-02-03 16:00"))

    assert list(differences(first).items()) == [
        ("status", ("STATUS_SCHEDULED", "STATUS_WHEN_CONDITIONS_ALLOW")),
        ("standing", ("STANDING_REPORTED", "STANDING_OFFICIAL")),
        ("window", (FEBRUARY, None)),
        ("previous_windows", (None, [FEBRUARY])),
        ("conditions", (None, [{"text": "when conditions allow", "side": "SIDE_GUEST"}])),
        ("reason", ("As agreed", "A balloon")),
        ("effective_time", ("2023-01-17T23:59:59.999999Z", "2023-02-03T12:00:00Z")),
        ("known_time", ("2023-01-17T23:59:59.999999Z", "2023-02-03T15:30:00Z")),
    ]
    assert list(differences(second)) == ["standing", "statements"]
    assert differences(second)["standing"] == ("STANDING_OFFICIAL", "STANDING_DISPUTED")


# Any two moments

STORY: list[tuple[Any, dict[str, Any]]] = [
    (scheduled(), {"effective": "2023-01-17"}),
    (postponed(), {"effective": "2023-01-25"}),
    (retracted(2), {"known": "2023-03-01", "reason": "It was another visit"}),
    (deferred(), {"effective": "2023-02-03", "known": "2023-02-04", "basis": [basis()]}),
    (amended(title="Another", trip="Asia"), {"effective": "2023-01-17", "known": "2023-05-01"}),
    (stated(STATEMENT_KIND_DENY, SIDE_HOST), {"effective": "2023-02-05"}),
    (retracted(6), {}),
    (rescheduled(), {"effective": "2023-06-14"}),
    (amended(purpose="To talk", correction=True), {}),
    (completed(), {"effective": "2023-06-19", "known": "2023-06-20"}),
]
DAYS = ["2023-01-18", "2023-02-10", "2023-03-02", "2023-06-15", ""]
MOMENTS: list[dict[str, Any]] = [
    *({"known_at": day, "valid_at": "", "position": None} for day in DAYS),
    *({"known_at": "", "valid_at": day, "position": None} for day in DAYS[:-1]),
    *({"known_at": "", "valid_at": "", "position": position} for position in (1, 2, 3, 6, 9)),
    {"known_at": "2023-02-10", "valid_at": "2023-01-20", "position": None},
    {"known_at": "2023-03-02", "valid_at": "2023-02-10", "position": 8},
    {"known_at": "2023-01-10", "valid_at": "", "position": None},
]


@pytest.fixture(scope="module")
def story(client: Client) -> list[RecordedEvent]:
    """The changes of a visit whose postponement misled the world until March."""
    name = "visits/compared"
    return [client.record(name, step, **context).event for step, context in STORY]


@pytest.fixture(scope="module")
def answers(client: Client, story: list[RecordedEvent]) -> dict[tuple[int, int], Any]:
    """What CompareVisit answers for every two moments, unless the visit exists in neither."""
    first = story[0].position - 1
    moments = [
        as_of(**times | {"position": first + times["position"] if times["position"] else None})
        for times in MOMENTS
    ]
    return {
        (i, j): compare(client, "visits/compared", moments[i], moments[j])
        for i, j in product(range(len(moments)), repeat=2)
        if (i, j) != (len(moments) - 1,) * 2
    }


def as_json(visit: Any) -> dict[str, Any]:
    """The fields of a visit that can differ; none if the visit does not exist."""
    fields = MessageToDict(visit, preserving_proto_field_name=True)
    return {field: value for field, value in fields.items() if field not in OF_THE_RECORD}


def put(fields: dict[str, Any], path: str, value: Any) -> None:
    """Set or clear the field at a path."""
    *within, last = path.split(".")
    holders = [fields]
    for step in within:
        holders.append(holders[-1].setdefault(step, {}))
    holders[-1].pop(last, None)
    if value is not None:
        holders[-1][last] = value
    if not fields.get("details", True):
        del fields["details"]


def test_the_differences_lead_from_one_moment_to_the_other(
    answers: dict[tuple[int, int], Any],
) -> None:
    """Replace the old values by the new ones, and you have the visit as of the other moment."""
    for pair, answer in answers.items():
        fields = as_json(answer.before)
        for path, (old, new) in differences(answer).items():
            put(fields, path, new)
            assert old != new
        assert fields == as_json(answer.after), pair


def test_the_visits_are_those_of_each_moment(
    client: Client, answers: dict[tuple[int, int], Any], story: list[RecordedEvent]
) -> None:
    """Byte for byte as GetVisit answers them."""
    first = story[0].position - 1
    visits = []
    for times in MOMENTS[:-1]:
        position = first + times["position"] if times["position"] else None
        visits.append(client.visit("visits/compared", **times | {"position": position}))
    expected = [*bytes_of(visits), b""]
    for (i, j), answer in answers.items():
        assert bytes_of([answer.before, answer.after]) == [expected[i], expected[j]]
        assert answer.HasField("before") == (i < len(visits))
        assert answer.HasField("after") == (j < len(visits))
        assert answer.view_position == client.head


def test_the_changes_are_those_that_count_for_one_of_the_moments_alone(
    answers: dict[tuple[int, int], Any], story: list[RecordedEvent]
) -> None:
    """Retractions included, the oldest first."""
    first = story[0].position - 1
    retractions = 0
    for (i, j), answer in answers.items():
        counted = []
        for times in (MOMENTS[i], MOMENTS[j]):
            position = first + (times["position"] or len(STORY))
            days = times["known_at"], times["valid_at"]
            counted.append({e.position for e in story if counts(e, position, *days)})
        expected = [e for e in story if e.position in counted[0] ^ counted[1]]
        assert bytes_of(answer.changes) == bytes_of(expected), (i, j)
        assert not answer.more_changes
        retractions += sum(e.event.HasField("retracted") for e in expected)
    assert retractions > 20


def test_the_other_way_round_old_and_new_are_swapped(
    answers: dict[tuple[int, int], Any],
) -> None:
    for (i, j), answer in answers.items():
        back = answers[j, i]
        assert differences(back) == {
            path: (new, old) for path, (old, new) in differences(answer).items()
        }
        assert (back.before, back.after) == (answer.after, answer.before)
        assert back.before_missing == answer.after_missing
        assert back.after_missing == answer.before_missing
        assert back.changes == answer.changes


def test_between_a_moment_and_itself_nothing_differs(
    answers: dict[tuple[int, int], Any],
) -> None:
    for i in range(len(MOMENTS) - 1):
        answer = answers[i, i]
        assert answer.before == answer.after
        assert not answer.differences
        assert not answer.changes


def test_the_version_and_the_times_of_the_record_are_never_told(
    client: Client, answers: dict[tuple[int, int], Any]
) -> None:
    """They differ whenever something was recorded; a person's name does not."""
    paths = {path for answer in answers.values() for path in differences(answer)}

    assert not paths & OF_THE_RECORD
    assert "details.principal" in paths
    assert {"status", "window", "previous_windows", "details.title", "details.trip"} <= paths


def test_a_change_that_was_taken_back_leaves_no_difference(client: Client, name: str) -> None:
    """The changes in between show that something happened."""
    client.record(name, scheduled())
    before = client.record(name, stated()).event
    client.record(name, amended(title="Another"))
    last = client.record(name, retracted(3)).event

    answer = compare(client, name, AsOf(position=before.position))

    assert not answer.differences
    assert [event.event.version for event in answer.changes] == [3, 4]
    assert answer.after.version == 4
    assert bytes_of(answer.changes[1:]) == bytes_of([last])


def test_the_other_moment_is_now_if_nothing_is_said(client: Client, name: str) -> None:
    first = client.record(name, scheduled())
    last = client.record(name, postponed())

    answer = compare(client, name, AsOf(position=first.event.position))

    assert answer.before == first.visit
    assert answer.after == last.visit
    assert answer == compare(client, name, AsOf(position=first.event.position), AsOf())
    assert list(compare(client, name, AsOf()).differences) == []


# A visit that was not there


@pytest.fixture(scope="module")
def secret(client: Client) -> RecordedEvent:
    """A trip that took place in May and became known in June."""
    context = {"effective": "2023-05-11", "known": "2023-06-06"}
    event: RecordedEvent = client.record("visits/secret", disclosed(), **context).event
    return event


@pytest.mark.parametrize(
    ("times", "reason"),
    [
        ({"position": 0}, "NOT_RECORDED_BY_THEN"),
        ({"recorded_at": at("2023-07-01")}, "NOT_RECORDED_BY_THEN"),
        ({"known_at": "2023-06-05"}, "NOT_KNOWN_BY_THEN"),
        ({"known_at": "2023-06-05", "valid_at": "2023-05-01"}, "NOT_KNOWN_BY_THEN"),
        ({"valid_at": "2023-05-10"}, "NOT_IN_FORCE_BY_THEN"),
    ],
    ids=str,
)
def test_a_visit_that_was_not_there_in_one_moment_is_unset_and_it_is_said_why(
    client: Client, secret: RecordedEvent, times: dict[str, Any], reason: str
) -> None:
    """In both directions; all fields of the other moment differ."""
    now = client.visit("visits/secret")
    answer = compare(client, "visits/secret", as_of(**times))
    back = compare(client, "visits/secret", AsOf(), as_of(**times))

    assert not answer.HasField("before")
    assert ErrorReason.Name(answer.before_missing) == f"ERROR_REASON_{reason}"
    assert answer.after == back.before == now
    assert answer.after_missing == back.before_missing == 0
    assert not back.HasField("after")
    assert back.after_missing == answer.before_missing
    assert bytes_of(answer.changes) == bytes_of(back.changes) == bytes_of([secret])
    fields = as_json(now)
    whole = {f"details.{field}": value for field, value in fields.pop("details").items()} | fields
    assert differences(answer) == {path: (None, value) for path, value in whole.items()}
    assert differences(back) == {path: (value, None) for path, value in whole.items()}


def test_a_visit_that_was_withdrawn_in_between_is_unset(client: Client, name: str) -> None:
    """The retraction is among the changes; if the visit is opened again, it exists again."""
    first = client.record(name, scheduled(), effective="2023-01-17")
    retraction = client.record(name, retracted(1)).event

    answer = compare(client, name, AsOf(position=first.event.position))

    assert answer.before == first.visit
    assert not answer.HasField("after")
    assert ErrorReason.Name(answer.after_missing) == "ERROR_REASON_VISIT_WITHDRAWN"
    assert bytes_of(answer.changes) == bytes_of([retraction])

    again = client.record(name, scheduled(title="Again"))
    reopened = compare(client, name, AsOf(position=retraction.position))

    assert ErrorReason.Name(reopened.before_missing) == "ERROR_REASON_VISIT_WITHDRAWN"
    assert reopened.after == again.visit


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ({"position": 0}, {"known_at": "2023-06-05"}, "NOT_KNOWN_BY_THEN"),
        ({"known_at": "2023-06-05"}, {"valid_at": "2023-05-10"}, "NOT_IN_FORCE_BY_THEN"),
        ({"valid_at": "2023-05-10"}, {"position": 0}, "NOT_RECORDED_BY_THEN"),
    ],
    ids=str,
)
def test_a_visit_that_was_there_in_neither_moment_is_not_found(
    client: Client, secret: RecordedEvent, before: Any, after: Any, reason: str
) -> None:
    """The reason is the second moment's."""
    told = refused(client, name="visits/secret", before=as_of(**before), after=as_of(**after))

    assert told.code == grpc.StatusCode.NOT_FOUND
    assert told.reason == reason
    assert told.details["ResourceInfo"].resource_name == "visits/secret"


def test_a_withdrawn_visit_and_an_unknown_one_are_not_found(client: Client, name: str) -> None:
    client.record(name, scheduled())
    client.record(name, retracted(1))

    told = refused(client, name=name, before=AsOf())
    assert (told.code, told.reason) == (grpc.StatusCode.NOT_FOUND, "VISIT_WITHDRAWN")
    told = refused(client, name="visits/nobody-at-all", before=AsOf())
    assert (told.code, told.reason) == (grpc.StatusCode.NOT_FOUND, "VISIT_NOT_FOUND")


# Names


def test_a_visit_is_compared_by_its_alias(client: Client, name: str) -> None:
    first = client.record(name, scheduled(aliases=[f"Alias of {name}"])).event
    client.record(name, postponed())
    before = AsOf(position=first.position)

    answer = compare(client, f"visits/ALIAS OF {name}", before)

    assert answer == compare(client, name, before)
    assert answer.before.name == answer.after.name == name


def test_an_alias_of_several_visits_is_not_compared(
    client: Client, name: str, other_name: str
) -> None:
    for each in (name, other_name):
        client.record(each, scheduled(aliases=[f"both {name}"]))

    assert refused(client, name=f"visits/both {name}", before=AsOf()).reason == "ALIAS_AMBIGUOUS"


# Bad requests


@pytest.mark.parametrize("after", [None, AsOf(), AsOf(position=1)], ids=range(3))
def test_the_one_moment_is_required(
    client: Client, secret: RecordedEvent, after: AsOf | None
) -> None:
    told = refused(client, name="visits/secret", after=after)

    assert told.code == grpc.StatusCode.INVALID_ARGUMENT
    assert told.fields == ["before"]


@pytest.mark.parametrize("which", ["before", "after"])
@pytest.mark.parametrize(
    ("field", "times"),
    [
        ("recorded_at", {"recorded_at": at("2999")}),
        ("known_at", {"known_at": "2999"}),
        ("valid_at", {"valid_at": "2999"}),
        ("position", {"position": -1}),
    ],
)
def test_a_moment_that_cannot_be_is_named(
    client: Client, secret: RecordedEvent, which: str, field: str, times: dict[str, Any]
) -> None:
    moments = {"before": AsOf(), "after": AsOf()} | {which: as_of(**times)}

    told = refused(client, name="visits/secret", **moments)

    assert told.code == grpc.StatusCode.INVALID_ARGUMENT
    assert told.fields == [f"{which}.{field}"]


@pytest.mark.parametrize("which", ["before", "after"])
def test_a_position_beyond_the_head_is_out_of_range_and_named(
    client: Client, secret: RecordedEvent, which: str
) -> None:
    head = client.head
    moments = {"before": AsOf(), "after": AsOf()} | {which: as_of(position=head + 1)}

    told = refused(client, name="visits/secret", **moments)

    assert told.code == grpc.StatusCode.OUT_OF_RANGE
    assert told.reason == "POSITION_BEYOND_HEAD"
    assert f"{which}.position" in told.message
    assert told.metadata == {"head_position": str(head)}


# Much between


def test_many_changes_are_cut_and_it_is_said_so(client: Client, name: str) -> None:
    """The first ones are given, up to a mebibyte; ListEvents gives them all."""
    before = AsOf(position=client.record(name, scheduled()).event.position)
    for i in range(4):
        client.record(name, stated(text=f"{i}"))
    answer = compare(client, name, before)
    assert [event.event.version for event in answer.changes] == [2, 3, 4, 5]
    assert not answer.more_changes
    for _ in range(2):
        client.record(name, stated(), basis=much_said())
    client.record(name, postponed())

    answer = compare(client, name, before)

    events = changes(client, AsOf(), visit=name)[1:]
    assert len(events) == 7
    assert answer.more_changes
    assert bytes_of(answer.changes) == bytes_of(events[:5])
    assert sum(event.ByteSize() for event in answer.changes) < 1 << 20
    assert "status" in differences(answer)
    assert answer.after == client.visit(name)
