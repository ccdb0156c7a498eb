"""What is said of a visit, and what is taken back, through a server."""

from typing import Any

import grpc
import pytest
from google.protobuf.message import Message

from chancery.v1.values_pb2 import (
    ATTRIBUTION_ANONYMOUS,
    ATTRIBUTION_ON_THE_RECORD,
    SIDE_GUEST,
    SIDE_HOST,
    SIDE_PRESS,
    SIDE_THIRD,
    STATEMENT_KIND_CONFIRM,
    STATEMENT_KIND_DECLINE,
    STATEMENT_KIND_DENY,
    STATEMENT_KIND_REPORT,
    STATUS_CANCELLED,
    STATUS_POSTPONED,
    STATUS_RESCHEDULED,
    STATUS_SCHEDULED,
)
from chancery.v1.visit_pb2 import STANDING_DISPUTED, STANDING_OFFICIAL, STANDING_REPORTED
from tests.rpc.changing import FEBRUARY, GUEST_ON_RECORD, JUNE
from tests.support.messages import (
    amended,
    basis,
    cancelled,
    condition,
    deferred,
    postponed,
    rescheduled,
    retracted,
    scheduled,
    stated,
)
from tests.support.server import Client, refusal

# Statements


def test_a_statement_changes_no_status(client: Client, name: str) -> None:
    before = client.record(name, scheduled()).visit

    said = stated(STATEMENT_KIND_DECLINE, SIDE_HOST, text="No travel to announce", country="CN")
    visit = client.record(name, said).visit

    assert visit.status == before.status
    assert visit.effective_time == before.effective_time
    assert [word.statement for word in visit.words if word.side == SIDE_HOST] == [said.statement]
    assert visit.version == 2


def test_the_last_word_of_each_voice_stands(client: Client, name: str) -> None:
    """A voice is a side of one country. The first word is that of the opening's basis."""
    client.record(name, scheduled(), basis=GUEST_ON_RECORD)
    client.record(name, stated(STATEMENT_KIND_REPORT, SIDE_THIRD, country="FR", text="one"))
    client.record(name, stated(STATEMENT_KIND_REPORT, SIDE_THIRD, country="DE", text="two"))

    visit = client.record(
        name, stated(STATEMENT_KIND_DENY, SIDE_THIRD, country="FR", text="three")
    ).visit

    assert [(word.country, word.statement.text) for word in visit.words] == [
        ("US", ""),
        ("DE", "two"),
        ("FR", "three"),
    ]


def test_the_condition_of_a_statement_becomes_the_latest_of_its_side(
    client: Client, name: str
) -> None:
    client.record(name, scheduled())
    client.record(name, deferred(condition("when conditions allow", SIDE_GUEST)))

    visit = client.record(name, stated(condition=condition("when it is time", SIDE_HOST))).visit

    assert [c.condition.text for c in visit.conditions] == [
        "when conditions allow",
        "when it is time",
    ]


def test_a_statement_can_only_be_about_a_change_that_there_is(client: Client, name: str) -> None:
    client.record(name, scheduled())

    refused = refusal(client.record, name, stated(about_version=2))
    visit = client.record(name, stated(about_version=1)).visit

    assert refused.fields == ["statement_recorded.statement.about_version"]
    assert visit.words[-1].statement.about_version == 1


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
    assert [word.statement.text for word in visit.words] == ["", "We regret it"]


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
    """With it go all status changes after it; that it is retracted can be undone."""
    client.record(name, scheduled())
    client.record(name, postponed())
    client.record(name, rescheduled())
    answer = client.record(name, retracted(2))
    head = client.head

    assert list(answer.event.event.retracted.retracted_versions) == [2, 3]
    for version in (2, 3):
        refused = refusal(client.record, name, retracted(version))

        assert refused.code == grpc.StatusCode.FAILED_PRECONDITION
        assert refused.reason == "RETRACTION_NOT_ALLOWED"
        assert refused.details["PreconditionFailure"].violations[0].subject == name
    assert client.head == head


@pytest.mark.parametrize("version", [0, -1, 2, 2**31 - 1, -(2**31)])
def test_only_a_change_that_there_is_can_be_retracted(
    client: Client, name: str, version: int
) -> None:
    client.record(name, scheduled())

    refused = refusal(client.record, name, retracted(version))

    assert refused.code == grpc.StatusCode.INVALID_ARGUMENT
    assert refused.fields == ["retracted.retracted_version"]
