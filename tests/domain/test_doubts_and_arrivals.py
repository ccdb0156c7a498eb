"""What doubts, arrivals and departures say of a status."""

import pytest

from domain.status import Status
from domain.terms import Attribution, StatementKind
from tests.domain.builders import (
    enter,
    say,
    scheduled_visit,
)
from tests.domain.speaking import (
    ARRIVED,
    CONFIRM,
    DENY,
    DEPARTED,
    DOUBT,
    GUEST,
    HOST,
    stands,
    visit_on_the_word_of,
)


@pytest.mark.parametrize("claimed", [None, *Status])
def test_a_doubt_ends_the_word_of_its_voice(claimed: Status | None) -> None:
    """Under review: what it said before does not hold, whatever is claimed, and nothing else."""
    visit = visit_on_the_word_of(GUEST, HOST)
    say(visit, DOUBT, HOST, claimed_status=claimed)
    assert stands(visit) == "official"
    say(visit, DOUBT, GUEST, claimed_status=claimed)
    assert stands(visit) == "reported"
    say(visit, CONFIRM, GUEST)
    assert stands(visit) == "official"


def test_a_doubt_takes_back_a_denial() -> None:
    """It is no longer sure that the visit will not take place."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, DENY, HOST)
    say(visit, DOUBT, HOST)
    assert stands(visit) == "official"


def test_a_doubt_that_is_not_firm_takes_nothing_back() -> None:
    """Unnamed officials who doubt are a report."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, DOUBT, GUEST, attribution=Attribution.ANONYMOUS)
    assert stands(visit) == "official"


@pytest.mark.parametrize("kind", [ARRIVED, DEPARTED])
@pytest.mark.parametrize("claimed", [None, *Status])
@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("reschedule", "official"),
        ("complete", "official"),
        ("postpone", "disputed"),
        ("defer", "disputed"),
        ("cancel", "disputed"),
    ],
)
def test_who_has_arrived_travels(
    command: str, kind: StatementKind, claimed: Status | None, expected: str
) -> None:
    """It agrees with what is planned or took place, and with no other status."""
    visit = scheduled_visit()
    enter(visit, command)
    say(visit, kind, HOST, claimed_status=claimed)
    assert stands(visit) == expected
