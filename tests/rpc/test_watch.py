"""WatchEvents: where a watch starts, what it delivers, and what its frames are."""

from typing import Any

import grpc
import pytest

from chancery.v1.event_pb2 import (
    CHANGE_TYPE_CANCELLED,
    CHANGE_TYPE_POSTPONED,
    CHANGE_TYPE_SCHEDULED,
    CHANGE_TYPE_UNSPECIFIED,
    ChangeType,
)
from chancery.v1.history_service_pb2 import WatchEventsRequest
from tests.rpc.steps import STEPS, TYPES
from tests.rpc.watching import BEGINNING, NOW, Watch, caught_up, kind_of, log, position_of
from tests.support.messages import (
    bytes_of,
    cancelled,
    postponed,
    rescheduled,
    retracted,
    scheduled,
    stated,
)
from tests.support.server import Client, Failure, refusal


@pytest.fixture(scope="module", autouse=True)
def story(client: Client) -> list[Any]:
    """The changes in the log before a test; some tests add changes to visits of their own."""
    return [client.record(visit, step).event for visit, step in STEPS]


def refused(client: Client, **request: Any) -> Failure:
    return refusal(client.history.WatchEvents, WatchEventsRequest(**request))


# Where it starts


def test_a_watch_from_the_beginning_gives_the_very_bytes_of_the_log(client: Client) -> None:
    """Each change once, in order; then a frame says that it has caught up, and where."""
    watch = caught_up(client, **BEGINNING)

    assert bytes_of(watch.events) == bytes_of(log(client))
    assert watch.kinds == ["events", "caught_up"]
    assert watch.position == client.head


@pytest.mark.parametrize("after", range(len(STEPS) + 1))
def test_a_watch_after_a_position_gives_what_stands_behind_it(client: Client, after: int) -> None:
    """After 0 that is everything, and after the head nothing."""
    watch = caught_up(client, after_position=after)

    assert bytes_of(watch.events) == bytes_of(log(client, after_position=after))
    assert watch.position == client.head


def test_a_watch_that_starts_now_gets_no_old_change(client: Client, name: str) -> None:
    """It says at once after which position it delivers everything."""
    head = client.head
    watch = Watch(client, **NOW)

    assert kind_of(watch.next()) == "caught_up"
    assert watch.position == head
    first = client.record(name, scheduled())
    second = client.record(name, postponed())
    watch.to(second.event.position)
    assert bytes_of(watch.events) == bytes_of([first.event, second.event])


@pytest.mark.parametrize("start", [BEGINNING, NOW, {"after_position": 3}], ids=str)
def test_a_watch_goes_on_with_what_is_committed(
    client: Client, name: str, start: dict[str, Any]
) -> None:
    """Each change as soon as it is answered, without waiting for another."""
    watch = caught_up(client, **start)
    for step in (scheduled(), postponed(), rescheduled(), stated(), cancelled()):
        answer = client.record(name, step)

        frame = watch.next()

        assert bytes_of(frame.events.events) == bytes_of([answer.event])
        assert position_of(frame) == answer.event.position


@pytest.mark.parametrize(
    "asked",
    [{}, {"visit": "visits/a"}, {"change_types": [CHANGE_TYPE_SCHEDULED]}, {"min_position": 1}],
    ids=str,
)
def test_a_watch_has_to_say_where_it_starts(client: Client, asked: dict[str, Any]) -> None:
    """Starting at either end would be a guess."""
    told = refused(client, **asked)

    assert told.code == grpc.StatusCode.INVALID_ARGUMENT
    assert told.fields == ["start"]


@pytest.mark.parametrize("beyond", [1, 1000, 2**62])
@pytest.mark.parametrize("visit", ["", "visits/a", "visits/nobody-yet"])
def test_a_watch_from_beyond_the_head_is_out_of_range(
    client: Client, beyond: int, visit: str
) -> None:
    head = client.head

    told = refused(client, after_position=head + beyond, visit=visit)

    assert told.code == grpc.StatusCode.OUT_OF_RANGE
    assert told.reason == "POSITION_BEYOND_HEAD"
    assert told.metadata["head_position"] == str(head)


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("after_position", {"after_position": -1}),
        ("after_position", {"after_position": -(2**63)}),
        ("visit", {"visit": "blinken"}),
        ("visit", {"visit": "visits/"}),
        ("change_types[0]", {"change_types": [CHANGE_TYPE_UNSPECIFIED]}),
        ("change_types[1]", {"change_types": [CHANGE_TYPE_SCHEDULED, 99]}),
    ],
    ids=str,
)
def test_a_bad_field_of_a_watch_is_named(client: Client, field: str, asked: dict[str, Any]) -> None:
    told = refused(client, **({} if "after_position" in asked else BEGINNING), **asked)

    assert told.code == grpc.StatusCode.INVALID_ARGUMENT
    assert told.fields == [field]


# Which changes it delivers


@pytest.mark.parametrize("start", [BEGINNING, {"after_position": 4}], ids=str)
@pytest.mark.parametrize("visit", ["visits/a", "visits/b", "visits/c"])
def test_a_watch_of_a_visit_gives_its_changes_alone(
    client: Client, name: str, visit: str, start: dict[str, Any]
) -> None:
    """Past ones and new ones; there is no sign of any others."""
    after = start.get("after_position", 0)
    watch = caught_up(client, visit=visit, **start)
    assert watch.position == client.head
    client.record(name, scheduled())
    step = scheduled() if visit == "visits/c" else stated()

    last = client.record(visit, step).event
    watch.to(last.position)

    assert bytes_of(watch.events) == bytes_of(log(client, visit=visit, after_position=after))
    assert watch.kinds == ["events", "caught_up", "events"]
    if visit == "visits/c":  # withdrawn again, as before
        client.record(visit, retracted(last.event.version))


def test_a_withdrawn_visit_can_be_watched(client: Client, name: str) -> None:
    """It has a history, and may be opened again."""
    client.record(name, scheduled())
    client.record(name, retracted(1))
    watch = caught_up(client, visit=name, **BEGINNING)

    again = client.record(name, scheduled()).event

    assert [event.event.version for event in watch.to(again.position).events] == [1, 2, 3]


def test_a_visit_can_be_watched_by_an_alias(client: Client, name: str) -> None:
    """In capitals or not; the changes have the visit's real name."""
    client.record(name, scheduled(aliases=[f"Alias of {name}"]))
    watch = caught_up(client, visit=f"visits/ALIAS OF {name}", **BEGINNING)

    last = client.record(name, postponed()).event
    watch.to(last.position)

    assert bytes_of(watch.events) == bytes_of(log(client, visit=name))
    assert {event.event.visit for event in watch.events} == {name}


@pytest.mark.parametrize("start", [BEGINNING, NOW, {"after_position": 2}], ids=str)
def test_a_visit_that_is_not_recorded_yet_is_waited_for(
    client: Client, name: str, other_name: str, start: dict[str, Any]
) -> None:
    """Its first change is delivered, and those after it; other visits' changes are not."""
    watch = caught_up(client, visit=name, **start)
    assert watch.position == client.head
    client.record(other_name, scheduled())
    told = refusal(client.record, name, postponed())
    assert told.reason == "VISIT_NOT_FOUND"

    client.record(name, scheduled())
    last = client.record(name, postponed()).event
    watch.to(last.position)

    assert bytes_of(watch.events) == bytes_of(log(client, visit=name))
    assert [event.event.version for event in watch.events] == [1, 2]


@pytest.mark.parametrize(
    "visit_id", ["Nobody", "some_body", "-anybody", "no-one-", "every one", "n" * 64, "nemö", "a/b"]
)
def test_a_name_that_no_visit_can_get_is_not_waited_for(
    client: Client, name: str, visit_id: str
) -> None:
    """Unless it is an alias; otherwise the watch would wait in vain."""
    told = refused(client, visit=f"visits/{visit_id}", **NOW)

    assert told.code == grpc.StatusCode.INVALID_ARGUMENT
    assert told.reason == "INVALID_FIELD"
    assert told.fields == ["visit"]

    client.record(name, scheduled(aliases=[visit_id]))

    caught_up(client, visit=f"visits/{visit_id}", **NOW).cancel()


@pytest.mark.parametrize("types", TYPES, ids=lambda types: "-".join(map(str, types)))
@pytest.mark.parametrize("visit", ["", "visits/a"])
def test_only_changes_of_the_types_asked_for_are_given(
    client: Client, types: list[ChangeType], visit: str
) -> None:
    watch = caught_up(client, change_types=types, visit=visit, **BEGINNING)

    assert bytes_of(watch.events) == bytes_of(log(client, change_types=types, visit=visit))
    assert watch.position == client.head


def test_only_changes_of_the_types_asked_for_come_later(client: Client, name: str) -> None:
    """Even if they are committed together with others of the visit."""
    types = [CHANGE_TYPE_POSTPONED, CHANGE_TYPE_CANCELLED]
    of_all = caught_up(client, change_types=types, **NOW)
    of_one = caught_up(client, change_types=types, visit=name, **NOW)
    steps = (scheduled(), postponed(), stated(), rescheduled(), postponed(), cancelled())

    changes = [client.record(name, step).event for step in steps]

    expected = bytes_of([changes[1], changes[4], changes[5]])
    for watch in (of_all, of_one):
        assert bytes_of(watch.to(changes[5].position).events) == expected
