"""CompareVisit between any two moments, near and far."""

from itertools import product
from typing import Any

import pytest

from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.values_pb2 import SIDE_HOST, STATEMENT_KIND_DENY
from chancery.v1.visit_pb2 import AsOf
from tests.rpc.asking import changes, counts
from tests.rpc.comparing import OF_THE_RECORD, as_json, compare, differences
from tests.support.messages import (
    amended,
    as_of,
    as_of_then,
    basis,
    bytes_of,
    completed,
    deferred,
    much_said,
    postponed,
    rescheduled,
    retracted,
    scheduled,
    stated,
)
from tests.support.server import Client

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
    (amended(purpose="To talk"), {}),
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
        assert bytes_of(answer.events) == bytes_of(expected), (i, j)
        assert not answer.more_events
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
        assert back.events == answer.events


def test_between_a_moment_and_itself_nothing_differs(
    answers: dict[tuple[int, int], Any],
) -> None:
    for i in range(len(MOMENTS) - 1):
        answer = answers[i, i]
        assert answer.before == answer.after
        assert not answer.field_changes
        assert not answer.events


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

    assert not answer.field_changes
    assert [event.event.version for event in answer.events] == [3, 4]
    assert answer.after.version == 4
    assert bytes_of(answer.events[1:]) == bytes_of([last])


def test_the_other_moment_is_now_if_nothing_is_said(client: Client, name: str) -> None:
    first = client.record(name, scheduled())
    last = client.record(name, postponed())

    answer = compare(client, name, AsOf(position=first.event.position))

    assert answer.before == as_of_then(first.visit)
    assert answer.after == as_of_then(last.visit)
    assert answer == compare(client, name, AsOf(position=first.event.position), AsOf())
    assert list(compare(client, name, AsOf()).field_changes) == []


# Much between


def test_many_changes_are_cut_and_it_is_said_so(client: Client, name: str) -> None:
    """The first ones are given, up to 3 MiB with the rest; ListEvents gives them all."""
    before = AsOf(position=client.record(name, scheduled()).event.position)
    for i in range(4):
        client.record(name, stated(text=f"{i}"))
    answer = compare(client, name, before)
    assert [event.event.version for event in answer.events] == [2, 3, 4, 5]
    assert not answer.more_events
    for _ in range(4):
        client.record(name, stated(), basis=much_said())
    client.record(name, postponed())

    answer = compare(client, name, before)

    events = changes(client, AsOf(), visit=name)[1:]
    assert len(events) == 9
    assert answer.more_events
    assert bytes_of(answer.events) == bytes_of(events[:7])
    assert not answer.more_field_changes
    assert answer.ByteSize() <= 3 << 20
    assert "status" in differences(answer)
    assert answer.after == as_of_then(client.visit(name))
