"""GetVisit as of a moment: retractions, and changes that are recorded out of their order."""

from typing import Any

import grpc

from chancery.v1.values_pb2 import STATUS_POSTPONED, STATUS_SCHEDULED
from tests.rpc.story_of_beijing import BEIJING, FEBRUARY, STORY
from tests.support.messages import amended, bytes_of, postponed, rescheduled, retracted, scheduled
from tests.support.server import Client, Server, refusal

# Retractions


def test_a_typing_error_was_never_known(client: Client, name: str) -> None:
    """A retraction without a known time takes that of the change that it retracts."""
    client.record(name, scheduled(FEBRUARY), effective="2023-01-17")
    wrong = client.record(name, postponed(), effective="2023-01-20")
    client.record(name, retracted(2), reason="That was another visit")

    assert client.visit(name, known_at="2023-01-21").status == STATUS_SCHEDULED
    assert client.visit(name, position=wrong.event.position).status == STATUS_POSTPONED


def test_what_misled_the_world_is_known_until_it_is_set_right(client: Client, name: str) -> None:
    """A retraction with its own known time applies from then on, whatever time is asked about."""
    client.record(name, scheduled(FEBRUARY), effective="2023-01-17")
    client.record(name, postponed(), effective="2023-01-20")
    client.record(name, retracted(2), known="2023-01-25")

    assert client.visit(name, known_at="2023-01-22").status == STATUS_POSTPONED
    assert client.visit(name, known_at="2023-01-26").status == STATUS_SCHEDULED
    before = client.visit(name, known_at="2023-01-26", valid_at="2023-01-22")
    assert before.status == STATUS_SCHEDULED


def test_a_visit_withdrawn_later_is_found_as_of_before(client: Client, name: str) -> None:
    client.record(name, scheduled(FEBRUARY), effective="2023-01-17")
    client.record(name, retracted(1), known="2023-01-25")

    assert client.visit(name, known_at="2023-01-22").status == STATUS_SCHEDULED
    assert refusal(client.visit, name, known_at="2023-01-26").reason == "VISIT_WITHDRAWN"


# Order


def test_changes_are_told_in_the_order_in_which_they_took_effect(client: Client, name: str) -> None:
    """An amendment that was found late does not undo one that took effect after it."""
    client.record(name, scheduled(FEBRUARY, title="January"), effective="2023-01-17")
    client.record(name, amended(title="March"), effective="2023-03-01")

    visit = client.record(name, amended(title="February"), effective="2023-02-01").visit

    assert visit.details.title == "March"
    assert client.visit(name, valid_at="2023-02-15").details.title == "February"


def test_a_status_change_does_not_take_effect_before_the_one_that_stands(
    client: Client, name: str
) -> None:
    """The refusal names that one. A period that reaches it may mean a later day."""
    client.record(name, scheduled(FEBRUARY), effective="2023-01-17")
    client.record(name, postponed(), effective="2023-02-03")
    head = client.head

    refused = refusal(client.record, name, rescheduled(), effective="2023-02-02")

    assert refused.code == grpc.StatusCode.FAILED_PRECONDITION
    assert refused.reason == "OUT_OF_ORDER"
    assert (refused.metadata["visit"], refused.metadata["version"]) == (name, "2")
    assert refused.metadata["effective_time"] == "2023-02-03T23:59:59.999000Z"
    assert client.head == head
    assert client.record(name, rescheduled(), effective="2023-02").visit.version == 3


def test_known_times_come_in_any_order(client: Client, name: str) -> None:
    """An earlier change may become known after a later one."""
    client.record(name, scheduled(FEBRUARY), effective="2023-01-17", known="2023-06-01")
    client.record(name, postponed(), effective="2023-02-03", known="2023-02-03")

    assert client.visit(name, known_at="2023-03-01").status == STATUS_POSTPONED


def test_the_answers_as_of_a_moment_are_the_same_after_a_restart(own_server: Server) -> None:
    client = own_server.client()
    for change, context in STORY:
        client.record(BEIJING, change, **context)
    moments: list[dict[str, Any]] = [{"position": i} for i in range(1, len(STORY) + 1)]
    moments += [{"known_at": "2023-03-01"}, {"valid_at": "2023-02-10"}, {}]
    before = bytes_of([client.visit(BEIJING, **as_of) for as_of in moments])
    own_server.stop()
    client = own_server.start().client()

    assert bytes_of([client.visit(BEIJING, **as_of) for as_of in moments]) == before
