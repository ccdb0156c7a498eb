"""What each change does to a visit, apart from its status."""

from typing import Any

import grpc
import pytest
from google.protobuf.message import Message

from chancery.v1 import event_pb2
from chancery.v1.history_service_pb2 import ListEventsRequest
from chancery.v1.visit_pb2 import (
    ATTRIBUTION_ANONYMOUS,
    ATTRIBUTION_ON_THE_RECORD,
    SIDE_DESK,
    SIDE_GUEST,
    SIDE_HOST,
    SIDE_PRESS,
    SIDE_THIRD,
    STANDING_DISPUTED,
    STANDING_OFFICIAL,
    STANDING_REPORTED,
    STANDING_UNSPECIFIED,
    STATEMENT_KIND_CONFIRM,
    STATEMENT_KIND_DECLINE,
    STATEMENT_KIND_DENY,
    STATEMENT_KIND_REPORT,
    STATUS_CANCELLED,
    STATUS_COMPLETED,
    STATUS_POSTPONED,
    STATUS_RESCHEDULED,
    STATUS_SCHEDULED,
    STATUS_UNSPECIFIED,
    Place,
    Principal,
    Visit,
)
from tests.support.messages import (
    amended,
    basis,
    bytes_of,
    cancelled,
    completed,
    condition,
    deferred,
    details,
    disclosed,
    postponed,
    rescheduled,
    retracted,
    scheduled,
    stated,
    window,
)
from tests.support.server import Client, refusal

FEBRUARY = window("2023-02-05", "2023-02-06", as_stated="early February")
JUNE = window("2023-06-18", "2023-06-19")

GUEST_ON_RECORD = [basis(SIDE_GUEST, ATTRIBUTION_ON_THE_RECORD, speaker="Ned Price")]


def history(client: Client, name: str) -> list[event_pb2.VisitEvent]:
    return [e.event for e in client.history.ListEvents(ListEventsRequest(visit=name)).events]


# Windows and conditions


def test_the_window_of_a_postponed_visit_joins_the_previous_ones(client: Client, name: str) -> None:
    client.record(name, scheduled(FEBRUARY))

    visit = client.record(name, postponed(condition("at a better time", SIDE_HOST))).visit

    assert not visit.HasField("window")
    assert list(visit.previous_windows) == [FEBRUARY]
    assert list(visit.conditions) == [condition("at a better time", SIDE_HOST)]


def test_a_visit_deferred_again_keeps_the_latest_condition_of_each_side(
    client: Client, name: str
) -> None:
    client.record(name, scheduled(FEBRUARY))
    client.record(name, deferred(condition("when conditions allow", SIDE_GUEST)))
    client.record(name, deferred(condition("when the facts are known", SIDE_HOST)))

    visit = client.record(name, deferred(condition("after the talks", SIDE_GUEST))).visit

    assert list(visit.previous_windows) == [FEBRUARY]
    assert {c.side: c.text for c in visit.conditions} == {
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
    assert list(visit.previous_windows) == [FEBRUARY, july]
    assert not visit.conditions


def test_a_cancelled_visit_keeps_its_window(client: Client, name: str) -> None:
    client.record(name, scheduled(FEBRUARY))

    visit = client.record(name, cancelled(condition("unless he apologises"))).visit

    assert visit.window == FEBRUARY
    assert not visit.previous_windows
    assert list(visit.conditions) == [condition("unless he apologises")]


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
    event = client.record(name, scheduled(), actor="anna").event.event

    (word,) = event.basis
    assert (word.side, word.speaker) == (SIDE_DESK, "unverified:anna")


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
    assert not visit.previous_windows


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


def test_a_correction_holds_from_the_opening_of_the_visit(client: Client, name: str) -> None:
    """As of a day long before it was entered, the answer has the corrected fact."""
    client.record(name, scheduled(title="To Pekin"), effective="2023-01-17")
    client.record(name, amended(title="To Beijing", correction=True))

    assert client.visit(name, known_at="2023-01-18").details.title == "To Beijing"


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


# Statements


def test_a_statement_changes_no_status(client: Client, name: str) -> None:
    before = client.record(name, scheduled()).visit

    said = stated(STATEMENT_KIND_DECLINE, SIDE_HOST, text="No travel to announce", country="CN")
    visit = client.record(name, said).visit

    assert visit.status == before.status
    assert visit.effective_time == before.effective_time
    assert list(visit.statements) == [said.statement]
    assert visit.version == 2


def test_the_last_word_of_each_side_and_country_stands(client: Client, name: str) -> None:
    client.record(name, scheduled())
    client.record(name, stated(STATEMENT_KIND_REPORT, SIDE_THIRD, country="FR", text="one"))
    client.record(name, stated(STATEMENT_KIND_REPORT, SIDE_THIRD, country="DE", text="two"))

    visit = client.record(
        name, stated(STATEMENT_KIND_DENY, SIDE_THIRD, country="FR", text="three")
    ).visit

    assert [said.text for said in visit.statements] == ["two", "three"]


def test_the_condition_of_a_statement_becomes_the_latest_of_its_side(
    client: Client, name: str
) -> None:
    client.record(name, scheduled())
    client.record(name, deferred(condition("when conditions allow", SIDE_GUEST)))

    visit = client.record(name, stated(condition=condition("when it is time", SIDE_HOST))).visit

    assert [c.text for c in visit.conditions] == ["when conditions allow", "when it is time"]


def test_a_statement_can_only_be_about_a_change_that_there_is(client: Client, name: str) -> None:
    client.record(name, scheduled())

    refused = refusal(client.record, name, stated(about_version=2))
    visit = client.record(name, stated(about_version=1)).visit

    assert refused.fields == ["statement_recorded.statement.about_version"]
    assert visit.statements[0].about_version == 1


def test_the_standing_follows_the_firm_words_of_both_sides(client: Client, name: str) -> None:
    """Reported, then official by the guest's word, then disputed by the host's, then afresh."""
    anonymous = [basis(SIDE_PRESS, ATTRIBUTION_ANONYMOUS, source_count=3)]
    firm_host = [basis(SIDE_HOST, ATTRIBUTION_ON_THE_RECORD)]

    def standing(change: Message, **context: Any) -> int:
        return int(client.record(name, change, **context).visit.standing)

    assert standing(scheduled(), basis=anonymous) == STANDING_REPORTED
    said = stated(STATEMENT_KIND_CONFIRM, SIDE_GUEST)
    assert standing(said, basis=GUEST_ON_RECORD) == STANDING_OFFICIAL
    denied = stated(STATEMENT_KIND_DENY, SIDE_HOST)
    assert standing(denied, basis=firm_host) == STANDING_DISPUTED
    claimed = stated(STATEMENT_KIND_DENY, SIDE_HOST, claimed_status=STATUS_RESCHEDULED)
    assert standing(claimed, basis=firm_host) == STANDING_OFFICIAL
    assert standing(postponed(), basis=anonymous) == STANDING_REPORTED


# Retractions


def test_a_retracted_amendment_is_undone_alone(client: Client, name: str) -> None:
    client.record(name, scheduled(title="First"))
    client.record(name, amended(title="Second"))
    client.record(name, postponed())

    visit = client.record(name, retracted(2), reason="A slip").visit

    assert visit.details.title == "First"
    assert visit.status == STATUS_POSTPONED
    assert visit.version == 4
    assert client.visit(name) == visit


def test_a_retracted_status_change_takes_all_later_ones_with_it(client: Client, name: str) -> None:
    """Anything that is not a status change stays, such as the statement."""
    first = client.record(name, scheduled(FEBRUARY)).visit
    client.record(name, postponed())
    client.record(name, stated(text="We regret it"))
    client.record(name, rescheduled(JUNE))

    visit = client.record(name, retracted(2), reason="It was never put off").visit

    assert visit.status == STATUS_SCHEDULED
    assert visit.window == FEBRUARY
    assert not visit.previous_windows
    assert visit.effective_time == first.effective_time
    assert [said.text for said in visit.statements] == ["We regret it"]


def test_what_was_retracted_can_be_entered_again(client: Client, name: str) -> None:
    """To insert an earlier change that was found late, retract back to it."""
    client.record(name, scheduled(), effective="2023-01-17")
    client.record(name, cancelled(), effective="2023-02-10")
    client.record(name, retracted(2))
    client.record(name, postponed(), effective="2023-02-03")

    visit = client.record(name, cancelled(), effective="2023-02-10").visit

    assert visit.status == STATUS_CANCELLED
    assert visit.version == 5


def test_a_change_is_retracted_once(client: Client, name: str) -> None:
    client.record(name, scheduled())
    client.record(name, postponed())
    client.record(name, rescheduled())
    client.record(name, retracted(2))
    head = client.head

    for version in (2, 3, 4):
        refused = refusal(client.record, name, retracted(version))

        assert refused.code == grpc.StatusCode.FAILED_PRECONDITION
        assert refused.reason == "RETRACTION_REFUSED"
        assert refused.details["PreconditionFailure"].violations[0].subject == name
    assert client.head == head


@pytest.mark.parametrize("version", [0, -1, 2, 2**63 - 1, -(2**63)])
def test_only_a_change_that_there_is_can_be_retracted(
    client: Client, name: str, version: int
) -> None:
    client.record(name, scheduled())

    refused = refusal(client.record, name, retracted(version))

    assert refused.code == grpc.StatusCode.INVALID_ARGUMENT
    assert refused.fields == ["retracted.retracted_version"]


# Withdrawal


@pytest.fixture
def withdrawn(client: Client, name: str) -> str:
    """A visit whose first change was retracted."""
    client.record(name, scheduled(aliases=[f"alias of {name}"]))
    client.record(name, postponed())
    client.record(name, retracted(1), reason="Nobody ever planned it")
    return name


def test_a_withdrawn_visit_has_no_status_and_no_facts(client: Client, name: str) -> None:
    client.record(name, scheduled())

    answer = client.record(name, retracted(1))

    assert answer.visit == Visit(
        name=name,
        status=STATUS_UNSPECIFIED,
        standing=STANDING_UNSPECIFIED,
        version=2,
        position=answer.event.position,
        create_time=answer.visit.create_time,
        update_time=answer.event.record_time,
    )


def test_a_withdrawn_visit_is_found_in_the_past_and_the_history_alone(
    client: Client, withdrawn: str
) -> None:
    last = client.head

    refused = refusal(client.visit, withdrawn)
    by_alias = refusal(client.visit, f"visits/alias of {withdrawn}")

    assert refused.code == by_alias.code == grpc.StatusCode.NOT_FOUND
    assert refused.reason == "VISIT_WITHDRAWN"
    assert refused.details["ResourceInfo"].resource_name == withdrawn
    assert "merged_into" not in refused.metadata
    assert by_alias.reason == "VISIT_NOT_FOUND"
    assert refusal(client.visit, withdrawn, position=last).reason == "VISIT_WITHDRAWN"
    assert client.visit(withdrawn, position=last - 1).status == STATUS_POSTPONED
    assert [e.WhichOneof("change") for e in history(client, withdrawn)] == [
        "scheduled",
        "postponed",
        "retracted",
    ]


@pytest.mark.parametrize(
    "change",
    [
        postponed(),
        deferred(),
        rescheduled(),
        completed(),
        cancelled(),
        amended(),
        stated(),
        retracted(2),
    ],
    ids=lambda change: change.DESCRIPTOR.name,
)
def test_a_withdrawn_visit_takes_no_change_but_an_opening(
    client: Client, withdrawn: str, change: Message
) -> None:
    refused = refusal(client.record, withdrawn, change)

    assert refused.code == grpc.StatusCode.NOT_FOUND
    assert refused.reason == "VISIT_WITHDRAWN"


@pytest.mark.parametrize(
    ("opening", "status"), [(scheduled(), STATUS_SCHEDULED), (disclosed(), STATUS_COMPLETED)]
)
def test_a_withdrawn_visit_can_be_opened_again(
    client: Client, withdrawn: str, opening: Message, status: int
) -> None:
    answer = client.record(withdrawn, opening)

    assert answer.visit.status == status
    assert answer.visit.version == 4
    assert not answer.visit.previous_windows
    assert client.visit(withdrawn) == answer.visit
    assert len(history(client, withdrawn)) == 4


def test_a_duplicate_names_the_visit_that_stays(client: Client, name: str, other_name: str) -> None:
    client.record(name, scheduled())
    client.record(other_name, scheduled())

    answer = client.record(name, retracted(1, merged_into=other_name))
    refused = refusal(client.visit, name)

    assert answer.visit.merged_into == other_name
    assert answer.event.event.retracted.merged_into == other_name
    assert refused.reason == "VISIT_WITHDRAWN"
    assert refused.metadata["merged_into"] == other_name


def test_a_duplicate_is_of_another_visit_that_stands(
    client: Client, withdrawn: str, other_name: str
) -> None:
    """An unknown visit, a withdrawn one and the visit itself are all refused."""
    client.record(other_name, scheduled())
    client.record(other_name, postponed())

    for merged_into in ("visits/nobody-knows", withdrawn, other_name):
        refused = refusal(client.record, other_name, retracted(1, merged_into))
        assert refused.fields == ["retracted.merged_into"]
    refused = refusal(client.record, other_name, retracted(2, "visits/nobody-knows"))
    assert refused.fields == ["retracted.merged_into"]


def test_every_event_carries_what_its_request_said(client: Client, name: str) -> None:
    """Reason, basis, times, actor, request id and exactly the change's message."""
    change = scheduled(FEBRUARY, purpose="Talks\nin private")

    event = client.record(
        name,
        change,
        actor="anna",
        request_id="first entry",
        reason="It was announced",
        effective="2023-01-17",
        known="2023-01-18 09:30:00.000001",
        basis=GUEST_ON_RECORD,
    ).event.event

    assert event.scheduled == change
    assert event.scheduled.details == details(purpose="Talks\nin private")
    assert list(event.basis) == GUEST_ON_RECORD
    assert (event.actor, event.request_id) == ("unverified:anna", "first entry")
    assert event.reason == "It was announced"
    assert event.effective_time.ToJsonString() == "2023-01-17T23:59:59.999999Z"
    assert event.known_time.ToJsonString() == "2023-01-18T09:30:00.000001Z"
    assert bytes_of(history(client, name)) == bytes_of([event])


def test_a_change_without_times_is_stored_without_them(client: Client, name: str) -> None:
    """The visit then shows the record time."""
    answer = client.record(name, scheduled())

    assert not answer.event.event.HasField("effective_time")
    assert not answer.event.event.HasField("known_time")
    assert answer.visit.effective_time == answer.visit.known_time == answer.event.record_time
