"""Windows, conditions and amendments, through a server."""

import grpc
import pytest
from google.protobuf.message import Message

from chancery.v1.values_pb2 import (
    SIDE_DESK,
    SIDE_GUEST,
    SIDE_HOST,
    STATUS_COMPLETED,
    STATUS_SCHEDULED,
    Basis,
    Place,
    Principal,
)
from chancery.v1.visit_pb2 import WINDOW_ENDING_MADE_EXACT, Visit
from tests.rpc.changing import FEBRUARY, JUNE
from tests.support.messages import (
    amended,
    cancelled,
    completed,
    condition,
    deferred,
    disclosed,
    postponed,
    rescheduled,
    scheduled,
    window,
)
from tests.support.server import Client, refusal

# Windows and conditions


def test_the_window_of_a_postponed_visit_joins_the_previous_ones(client: Client, name: str) -> None:
    client.record(name, scheduled(FEBRUARY))

    visit = client.record(name, postponed(condition("at a better time", SIDE_HOST))).visit

    assert not visit.HasField("window")
    assert [before.window for before in visit.previous_windows] == [FEBRUARY]
    assert [held.condition for held in visit.conditions] == [
        condition("at a better time", SIDE_HOST)
    ]


def test_a_visit_deferred_again_keeps_the_latest_condition_of_each_side(
    client: Client, name: str
) -> None:
    client.record(name, scheduled(FEBRUARY))
    client.record(name, deferred(condition("when conditions allow", SIDE_GUEST)))
    client.record(name, deferred(condition("when the facts are known", SIDE_HOST)))

    visit = client.record(name, deferred(condition("after the talks", SIDE_GUEST))).visit

    assert [before.window for before in visit.previous_windows] == [FEBRUARY]
    assert {c.condition.side: c.condition.text for c in visit.conditions} == {
        SIDE_GUEST: "after the talks",
        SIDE_HOST: "when the facts are known",
    }


def test_a_visit_rescheduled_twice_has_a_window_and_two_previous_ones(
    client: Client, name: str
) -> None:
    july = window("2023-07-01", approximate=True, as_stated="this summer")
    client.record(name, scheduled(FEBRUARY))
    client.record(name, rescheduled(july))

    visit = client.record(name, rescheduled(JUNE)).visit

    assert visit.window == JUNE
    assert [before.window for before in visit.previous_windows] == [FEBRUARY, july]
    assert not visit.conditions


def test_a_cancelled_visit_keeps_its_window(client: Client, name: str) -> None:
    client.record(name, scheduled(FEBRUARY))

    visit = client.record(name, cancelled(condition("unless he apologises"))).visit

    assert visit.window == FEBRUARY
    assert not visit.previous_windows
    assert [held.condition for held in visit.conditions] == [condition("unless he apologises")]


def test_a_completed_visit_was_held_in_the_planned_window_if_none_is_given(
    client: Client, name: str, other_name: str
) -> None:
    client.record(name, scheduled(FEBRUARY))
    client.record(other_name, scheduled(FEBRUARY))

    assert client.record(name, completed()).visit.held_window == FEBRUARY
    assert client.record(other_name, completed(JUNE)).visit.held_window == JUNE


def test_a_disclosed_visit_was_held_and_never_planned(client: Client, name: str) -> None:
    visit = client.record(name, disclosed(FEBRUARY)).visit

    assert visit.held_window == FEBRUARY
    assert not visit.HasField("window")


def test_a_visit_without_a_name_gets_one_from_the_server(client: Client) -> None:
    first = client.record("", scheduled()).visit
    second = client.record("", disclosed()).visit

    assert first.name.startswith("visits/")
    assert first.name != second.name
    assert client.visit(first.name) == first


def test_a_change_without_a_basis_rests_on_the_word_of_the_desk(client: Client, name: str) -> None:
    """Who recorded it is not said there: that is not for every reader."""
    event = client.record(name, scheduled(), actor="anna").event.event

    assert list(event.basis) == [Basis(side=SIDE_DESK)]
    assert event.actor == "unverified:anna"


# Amendments


def test_an_amendment_changes_what_its_mask_names_and_nothing_else(
    client: Client, name: str
) -> None:
    before = client.record(name, scheduled(FEBRUARY, purpose="Talks", trip="Asia")).visit

    answer = client.record(name, amended("purpose", "details.trip", purpose="To talk", title="No"))

    expected = Visit()
    expected.CopyFrom(before)
    expected.details.purpose = "To talk"
    expected.details.trip = ""
    expected.version = 2
    expected.position = answer.event.position
    expected.update_time.CopyFrom(answer.event.record_time)
    expected.last_heard_time.CopyFrom(answer.event.record_time)
    assert answer.visit == expected == client.visit(name)


def test_an_amendment_is_recorded_with_its_mask_in_full(client: Client, name: str) -> None:
    client.record(name, scheduled())

    event = client.record(name, amended("purpose", "window", planned=JUNE, purpose="Talks")).event

    assert list(event.event.amended.update_mask.paths) == ["details.purpose", "window"]
    assert event.event.amended.details.purpose == "Talks"
    assert event.event.amended.window == JUNE


def test_a_more_exact_window_for_the_same_plan_is_an_amendment(client: Client, name: str) -> None:
    client.record(name, scheduled(window("2023-02-01", "2023-02-28", approximate=True)))

    visit = client.record(name, amended(planned=FEBRUARY)).visit

    assert visit.status == STATUS_SCHEDULED
    assert visit.window == FEBRUARY
    assert [(p.ending, p.version) for p in visit.previous_windows] == [
        (WINDOW_ENDING_MADE_EXACT, 2)
    ]


@pytest.mark.parametrize("opened", [deferred(), postponed()], ids=["deferred", "postponed"])
def test_a_visit_that_is_left_open_has_no_window_to_amend(
    client: Client, name: str, opened: Message
) -> None:
    client.record(name, scheduled())
    client.record(name, opened)
    head = client.head

    refused = refusal(client.record, name, amended(planned=JUNE))

    assert refused.code == grpc.StatusCode.FAILED_PRECONDITION
    assert refused.reason == "NO_WINDOW"
    assert refused.details["PreconditionFailure"].violations[0].subject == name
    assert client.head == head


def test_an_amendment_holds_from_its_own_time(client: Client, name: str) -> None:
    client.record(name, scheduled(title="To Pekin"), effective="2023-01-17")
    client.record(name, amended(title="To Beijing"), effective="2023-02-01")

    assert client.visit(name, known_at="2023-01-31").details.title == "To Pekin"
    assert client.visit(name, known_at="2023-02-02").details.title == "To Beijing"


def test_a_visit_that_has_taken_place_can_still_be_amended(client: Client, name: str) -> None:
    client.record(name, disclosed())

    visit = client.record(
        name,
        amended(
            principal=Principal(name="Bill Burns", office="Director", country="US"),
            destinations=[Place(city="Beijing"), Place(country="MN")],
            aliases=["burns-beijing"],
        ),
    ).visit

    assert visit.status == STATUS_COMPLETED
    assert visit.details.principal.name == "Bill Burns"
    assert [place.country for place in visit.details.destinations] == ["", "MN"]
