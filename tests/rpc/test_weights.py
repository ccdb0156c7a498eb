"""What the answer to a statement says of its weight, and which changes a visit allows."""

from typing import Any

import pytest

from chancery.v1.event_pb2 import (
    CHANGE_TYPE_CANCELLED,
    CHANGE_TYPE_COMPLETED,
    CHANGE_TYPE_DEFERRED,
    CHANGE_TYPE_POSTPONED,
    CHANGE_TYPE_RESCHEDULED,
    StatementRecorded,
)
from chancery.v1.history_service_pb2 import CompareVisitRequest
from chancery.v1.values_pb2 import (
    ATTRIBUTION_ANONYMOUS,
    SIDE_GUEST,
    SIDE_HOST,
    SIDE_PRESS,
    STATEMENT_KIND_CONFIRM,
    STATEMENT_KIND_DECLINE,
    STATEMENT_KIND_DENY,
    STATUS_CANCELLED,
    STATUS_SCHEDULED,
    STATUS_UNSPECIFIED,
    Basis,
    Status,
)
from chancery.v1.visit_pb2 import AsOf
from chancery.v1.visit_service_pb2 import BatchGetVisitsRequest, ListVisitsRequest
from tests.support.messages import (
    apply,
    basis,
    cancelled,
    change,
    completed,
    retracted,
    scheduled,
    stated,
)
from tests.support.server import Client

CONFIRMED, DENIED = STATEMENT_KIND_CONFIRM, STATEMENT_KIND_DENY

# Statements


@pytest.mark.parametrize(
    ("said", "bases", "counts_for", "firm"),
    [
        (stated(CONFIRMED, SIDE_HOST), [basis(SIDE_HOST)], STATUS_SCHEDULED, True),
        (stated(DENIED, SIDE_HOST, speaker="Wang Wenbin"), [], STATUS_SCHEDULED, True),
        (stated(DENIED, SIDE_HOST), [], STATUS_UNSPECIFIED, False),
        (
            stated(CONFIRMED, SIDE_HOST),
            [basis(SIDE_HOST, ATTRIBUTION_ANONYMOUS)],
            STATUS_UNSPECIFIED,
            False,
        ),
        (stated(CONFIRMED, SIDE_HOST), [basis(SIDE_GUEST)], STATUS_UNSPECIFIED, False),
        (stated(CONFIRMED, SIDE_HOST), [basis(SIDE_HOST, country="US")], STATUS_UNSPECIFIED, False),
        (stated(CONFIRMED, SIDE_PRESS), [basis(SIDE_PRESS)], STATUS_UNSPECIFIED, True),
        (
            stated(STATEMENT_KIND_DECLINE, SIDE_HOST),
            [basis(SIDE_HOST)],
            STATUS_UNSPECIFIED,
            True,
        ),
    ],
    ids=range(8),
)
def test_a_statement_is_answered_with_the_status_for_which_it_counts_and_whether_it_is_firm(
    client: Client,
    name: str,
    said: StatementRecorded,
    bases: list[Basis],
    counts_for: Status.ValueType,
    firm: bool,
) -> None:
    """Validating it first and asking again tell the same."""
    client.record(name, scheduled())
    context: dict[str, Any] = {"basis": bases, "request_id": name}

    validated = client.record(name, said, validate_only=True, **context)
    recorded = client.record(name, said, **context)
    again = client.record(name, said, **context)

    assert again.replayed
    for answer in (validated, recorded, again):
        assert (answer.counts_for, answer.firm) == (counts_for, firm)


def test_a_word_about_an_earlier_status_counts_for_none_now(client: Client, name: str) -> None:
    client.record(name, scheduled())
    client.record(name, cancelled())
    firm: dict[str, Any] = {"basis": [basis(SIDE_HOST)]}

    earlier = client.record(name, stated(CONFIRMED, SIDE_HOST, about_version=1), **firm)
    current = client.record(name, stated(CONFIRMED, SIDE_HOST, about_version=2), **firm)

    assert (earlier.counts_for, earlier.firm) == (STATUS_UNSPECIFIED, True)
    assert (current.counts_for, current.firm) == (STATUS_CANCELLED, True)


def test_a_firm_word_that_is_found_late_is_told_to_be_firm(client: Client, name: str) -> None:
    """It was said before the visit was planned, or before what its speaker says now."""
    client.record(name, scheduled(), known="2023-01-17")
    firm: dict[str, Any] = {"basis": [basis(SIDE_HOST)]}
    client.record(name, stated(DENIED, SIDE_HOST), known="2023-03-01", **firm)

    for known in ("2023-01-10", "2023-02-01"):
        late = client.record(name, stated(CONFIRMED, SIDE_HOST), known=known, **firm)
        assert (late.counts_for, late.firm) == (STATUS_UNSPECIFIED, True)


# What is allowed

FROM_SCHEDULED = [
    CHANGE_TYPE_POSTPONED,
    CHANGE_TYPE_DEFERRED,
    CHANGE_TYPE_RESCHEDULED,
    CHANGE_TYPE_COMPLETED,
    CHANGE_TYPE_CANCELLED,
]


def test_a_visit_tells_which_changes_its_status_allows(client: Client, name: str) -> None:
    """In the answers to changes, and to whoever asks for it as it is."""
    answer = client.record(name, scheduled())
    (applied,) = client.desk.ApplyChanges(apply(change(name, stated()))).changes
    several = client.visits.BatchGetVisits(BatchGetVisitsRequest(names=[name]))

    for visit in (answer.visit, applied.visit, client.visit(name), *several.visits):
        assert list(visit.allowed_changes) == FROM_SCHEDULED
    assert list(client.record(name, cancelled()).visit.allowed_changes) == [
        CHANGE_TYPE_DEFERRED,
        CHANGE_TYPE_RESCHEDULED,
        CHANGE_TYPE_COMPLETED,
    ]
    assert not client.record(name, completed()).visit.allowed_changes


def test_a_withdrawn_visit_says_nothing_of_what_it_allows(client: Client, name: str) -> None:
    client.record(name, scheduled())

    assert not client.record(name, retracted(1)).visit.allowed_changes


def test_lists_and_the_past_do_not_tell_what_is_allowed(client: Client, name: str) -> None:
    client.record(name, scheduled())
    now = AsOf(position=client.head)

    listed = client.visits.ListVisits(ListVisitsRequest(page_size=1000))
    several = client.visits.BatchGetVisits(BatchGetVisitsRequest(names=[name], as_of=now))
    compared = client.history.CompareVisit(CompareVisitRequest(name=name, before=now))

    past = [client.visit(name, position=client.head), compared.before, compared.after]
    for visit in (*listed.visits, *several.visits, *past):
        assert not visit.allowed_changes
