"""ListChanges: who changed what, when, why and on whose word, for auditors."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import grpc
import pytest

from chancery.v1.audit_service_pb2 import (
    ChangeFilter,
    ListChangesRequest,
    ListChangesResponse,
    RecordedChange,
)
from chancery.v1.event_pb2 import (
    CHANGE_TYPE_AMENDED,
    CHANGE_TYPE_POSTPONED,
    CHANGE_TYPE_SCHEDULED,
    ChangeType,
)
from chancery.v1.history_service_pb2 import CompareVisitRequest
from chancery.v1.values_pb2 import SIDE_GUEST
from chancery.v1.visit_pb2 import AsOf
from domain.countries import CODES
from tests.rpc.asking import changes as events
from tests.support.messages import (
    amended,
    at,
    basis,
    cancelled,
    deferred,
    much_said,
    postponed,
    rescheduled,
    retracted,
    scheduled,
    stated,
)
from tests.support.server import Client, Failure, Server, refusal


def pages(client: Client, size: int = 50, **wanted: Any) -> Iterator[ListChangesResponse]:
    """All pages, one after the other; each is fetched when it is needed."""
    request = ListChangesRequest(filter=ChangeFilter(**wanted), page_size=size)
    for _ in range(1000):
        yield (page := client.audit.ListChanges(request))
        request.page_token = page.next_page_token
        if not request.page_token:
            return
    raise AssertionError("the pages have no end")


def listed(client: Client, size: int = 50, **wanted: Any) -> list[RecordedChange]:
    """All changes on all pages."""
    return [change for page in pages(client, size, **wanted) for change in page.changes]


def positions(client: Client, size: int = 50, **wanted: Any) -> list[int]:
    return [change.event.position for change in listed(client, size, **wanted)]


def refused(client: Client, **wanted: Any) -> Failure:
    request = ListChangesRequest(filter=ChangeFilter(**wanted))
    return refusal(client.audit.ListChanges, request)


STEPS: list[tuple[Any, dict[str, Any]]] = [
    (scheduled(aliases=["the balloon"]), {"effective": "2023-01", "known": "2023-01-16"}),
    (amended(purpose="To talk", trip="Asia"), {}),
    (postponed(), {"effective": "2023-02-03", "known": "2023-02-04", "reason": "A balloon"}),
    (amended("kind"), {"effective": "2023-01-20", "known": "2023-02-05"}),
    (stated(text="Not now"), {"basis": [basis(SIDE_GUEST, speaker="Ned Price")]}),
    (rescheduled(), {}),
    (retracted(6), {}),
    (deferred(), {}),
    (amended(purpose="To listen"), {}),
    (cancelled(), {}),
    (retracted(1), {}),
    (scheduled(), {}),
]


@pytest.fixture(scope="module")
def story(client: Client) -> str:
    """The name of a visit that was opened, withdrawn, and opened again."""
    name = "visits/story"
    client.record("visits/before", scheduled())
    for number, (step, context) in enumerate(STEPS):
        client.record(name, step, **context)
        client.record("visits/before", amended(purpose=f"Before {number}"))
    return name


# What is listed of a change


def test_a_change_is_told_as_it_stands_in_the_log(client: Client, story: str) -> None:
    told = listed(client, visit=story)

    assert [change.event for change in told] == events(client, None, visit=story)
    for change in told:
        name = f"CHANGE_TYPE_{str(change.event.event.WhichOneof('change')).upper()}"
        assert ChangeType.Name(change.event.event.change_type) == name


def test_a_change_took_effect_and_became_known_when_it_says_or_when_it_was_recorded(
    client: Client, story: str
) -> None:
    for change in listed(client, visit=story):
        event = change.event.event
        has_times = event.HasField("effective_time")
        assert change.effective_time == (
            event.effective_time if has_times else change.event.record_time
        )
        assert change.known_time == (event.known_time if has_times else change.event.record_time)


def test_what_a_change_changed_is_what_differs_between_before_and_behind_it(
    client: Client, story: str
) -> None:
    """As CompareVisit reports it, which folds the visit anew."""
    for before, change in pairwise(listed(client, visit=story)):
        moments = [AsOf(position=each.event.position) for each in (before, change)]
        request = CompareVisitRequest(name=story, before=moments[0], after=moments[1])
        compared = client.history.CompareVisit(request)
        assert list(change.field_changes) == list(compared.field_changes)


def test_the_first_change_sets_every_field_that_it_gives(client: Client, story: str) -> None:
    first = listed(client, visit=story)[0]
    paths = {field.path for field in first.field_changes}

    assert {"status", "standing", "window", "details.title", "effective_time"} <= paths
    assert not {"name", "version", "position", "create_time", "update_time"} & paths
    assert not any(field.HasField("old_value") for field in first.field_changes)


def test_the_retraction_that_withdraws_a_visit_clears_all_its_fields(
    client: Client, name: str
) -> None:
    client.record(name, scheduled())
    client.record(name, retracted(1))

    opening, withdrawal = listed(client, visit=name)

    cleared = {field.path: field.old_value for field in withdrawal.field_changes}
    assert cleared == {field.path: field.new_value for field in opening.field_changes}
    assert not any(field.HasField("new_value") for field in withdrawal.field_changes)


def test_a_change_that_alters_no_field_is_listed_without_any(client: Client, name: str) -> None:
    """Such as an amendment that another one has overtaken."""
    client.record(name, scheduled(), known="2023-01-17")
    client.record(name, amended(purpose="Talks"), known="2023-03-01")
    client.record(name, amended(purpose="To listen"), known="2023-02-01")

    assert not listed(client, visit=name)[-1].field_changes


# Which changes


def test_filters_let_through_what_meets_all_of_them(own_server: Server) -> None:
    """Times and positions include both ends; checked against all changes of a log."""
    client = own_server.client()
    for number in range(4):
        for visit in ("visits/a", "visits/b"):
            actor = f"actor-{number % 3}"
            step = [scheduled(), amended(), postponed(), amended(purpose="More")][number]
            client.record(visit, step, actor=actor)
    log = [change.event for change in listed(client)]
    times = {event.position: event.record_time for event in log}
    assert list(times) == list(range(1, 9))
    for visit in ("", "visits/a"):
        for actor in ("", "unverified:actor-0", "unverified:actor-2", "unverified:nobody"):
            for types in (
                [],
                [CHANGE_TYPE_AMENDED],
                [CHANGE_TYPE_SCHEDULED, CHANGE_TYPE_POSTPONED],
            ):
                for first, last in ((0, 0), (3, 0), (0, 6), (4, 4), (8, 8)):
                    expected = [
                        event.position
                        for event in log
                        if visit in ("", event.event.visit)
                        and actor in ("", event.event.actor)
                        and (not types or type_of(event) in types)
                        and first <= event.position <= (last or 8)
                    ]
                    part: dict[str, Any] = {"visit": visit, "actor": actor, "change_types": types}
                    by_position: dict[str, Any] = {"first_position": first, "last_position": last}
                    assert positions(client, **part, **by_position) == expected
                    by_time: dict[str, Any] = {
                        "recorded_from": times[first] if first else None,
                        "recorded_until": times[last] if last else None,
                    }
                    assert positions(client, **part, **by_time) == expected


def type_of(event: Any) -> int:
    return int(ChangeType.Value(f"CHANGE_TYPE_{event.event.WhichOneof('change').upper()}"))


def test_a_time_between_two_changes_parts_them(client: Client, name: str) -> None:
    """A microsecond after the first, and before the second."""
    first = client.record(name, scheduled()).event
    last = client.record(name, postponed()).event
    behind, before = type(first.record_time)(), type(first.record_time)()
    behind.FromMicroseconds(first.record_time.ToMicroseconds() + 1)
    before.FromMicroseconds(last.record_time.ToMicroseconds() - 1)

    assert positions(client, visit=name, recorded_from=behind) == [last.position]
    assert positions(client, visit=name, recorded_until=before) == [first.position]


def test_a_range_of_the_future_has_no_changes_yet_and_one_up_to_there_has_all(
    client: Client, name: str
) -> None:
    position = client.record(name, scheduled()).event.position
    future = at("2999-01-01")

    assert positions(client, visit=name, recorded_from=future) == []
    assert positions(client, visit=name, recorded_until=future) == [position]
    assert positions(client, first_position=client.head + 1) == []


def test_the_changes_of_a_withdrawn_visit_are_listed(client: Client, name: str) -> None:
    client.record(name, scheduled())
    client.record(name, retracted(1))

    assert len(listed(client, visit=name)) == 2


def test_an_alias_names_a_visit(client: Client, name: str) -> None:
    client.record(name, scheduled(aliases=[f"alias of {name}"]))

    assert [c.event.event.visit for c in listed(client, visit=f"visits/alias of {name}")] == [name]


def test_an_unknown_visit_is_not_found(client: Client) -> None:
    told = refused(client, visit="visits/nobody-knows")

    assert told.code == grpc.StatusCode.NOT_FOUND
    assert told.reason == "VISIT_NOT_FOUND"


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"recorded_from": at("2023-02-02"), "recorded_until": at("2023-02-01")}, "recorded_from"),
        ({"first_position": 2, "last_position": 1}, "first_position"),
        ({"first_position": -1}, "first_position"),
        ({"last_position": -1}, "last_position"),
        ({"change_types": [1, 0]}, "change_types[1]"),
        ({"actor": "an\x07na"}, "actor"),
        ({"actor": "a" * 201}, "actor"),
        ({"visit": "blinken"}, "visit"),
    ],
    ids=range(8),
)
def test_a_filter_without_a_meaning_is_refused_by_its_field(
    client: Client, wanted: dict[str, Any], field: str
) -> None:
    told = refused(client, **wanted)

    assert told.code == grpc.StatusCode.INVALID_ARGUMENT
    assert told.fields == [f"filter.{field}"]


def test_a_last_position_beyond_the_head_is_out_of_range(client: Client, story: str) -> None:
    told = refused(client, last_position=client.head + 1)

    assert told.code == grpc.StatusCode.OUT_OF_RANGE
    assert told.reason == "POSITION_BEYOND_HEAD"
    assert told.metadata["head_position"] == str(client.head)


# Pages


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_the_pages_together_are_the_whole_list(client: Client, story: str, size: int) -> None:
    whole = listed(client, visit=story)

    assert listed(client, size, visit=story) == whole
    assert len(whole) == len(STEPS)


def test_all_pages_are_of_the_position_of_the_first(client: Client, story: str) -> None:
    asked = pages(client, 4)
    first = next(asked)
    head = client.head
    client.record("visits/before", amended(purpose="Meanwhile"))

    rest = list(asked)

    assert {page.view_position for page in (first, *rest)} == {head}
    assert rest[-1].changes[-1].event.position == head


def test_a_log_without_changes_has_one_page(own_server: Server) -> None:
    assert list(pages(own_server.client())) == [ListChangesResponse()]


def test_an_answer_has_about_a_mebibyte_unless_it_is_one_change(own_server: Server) -> None:
    """With large changes, and with small changes to large fields."""
    client = own_server.client()
    client.record("visits/a", scheduled())
    for _ in range(3):
        client.record("visits/a", stated(), basis=much_said())
    for number, country in enumerate(sorted(CODES)[:30]):
        client.record("visits/a", stated(text=f"{number}" + "x" * 3900, country=country))

    asked = list(pages(client, 1000))

    sizes = [page.ByteSize() for page in asked]
    assert max(sizes) < (1 << 20) + 10_000
    assert len(asked) > 4
    told = [change.event.position for page in asked for change in page.changes]
    assert told == list(range(1, client.head + 1))
