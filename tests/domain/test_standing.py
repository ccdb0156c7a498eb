"""How firm a status is, by what the two sides say."""

from dataclasses import replace

import pytest

from domain.status import Status
from domain.terms import Attribution, Side, StatementKind
from domain.values import Basis, Statement
from tests.domain.builders import (
    FEBRUARY,
    LEAST,
    NOW,
    blank_visit,
    context,
    enter,
    postponed_visit,
    say,
    scheduled_visit,
    word,
)
from tests.domain.speaking import (
    ANNOUNCE,
    ARRIVED,
    CONFIRM,
    DECLINE,
    DENY,
    DEPARTED,
    DOUBT,
    FIRM,
    GUEST,
    HOST,
    REAFFIRM,
    REPORT,
    stands,
    visit_on_the_word_of,
)

# The basis of the change that made the status


@pytest.mark.parametrize("side", [GUEST, HOST])
@pytest.mark.parametrize("attribution", list(Attribution))
def test_a_firm_word_of_a_side_makes_a_status_official(
    side: Side, attribution: Attribution
) -> None:
    """On the record, document, readout, official record; any other is a report."""
    visit = blank_visit()
    enter(visit, "schedule", basis=[word(side, attribution=attribution)])
    assert stands(visit) == ("official" if attribution in FIRM else "reported")


@pytest.mark.parametrize("side", [Side.THIRD, Side.PRESS, Side.DESK])
def test_no_other_side_makes_a_status_official(side: Side) -> None:
    """Third parties, press and desk never count, in however firm a form."""
    assert stands(visit_on_the_word_of(side)) == "reported"


def test_a_restricted_source_makes_no_status_official() -> None:
    """It is not for every reader."""
    visit = blank_visit()
    asked = replace(context(), sources=(word(GUEST), word(HOST)), note="Ask again")
    visit.schedule(asked, **LEAST["schedule"])
    assert stands(visit) == "reported"
    asked = replace(asked, request_id="another")
    visit.record_statement(asked, statement=Statement(CONFIRM, GUEST))
    assert stands(visit) == "reported"
    assert visit.changes[0].sources == (word(GUEST), word(HOST))
    assert visit.changes[0].note == "Ask again"


def test_one_firm_word_among_several_is_enough() -> None:
    """A change may rest on many."""
    visit = blank_visit()
    basis = [word(Side.PRESS), word(GUEST, attribution=Attribution.BACKGROUND), word(HOST)]
    enter(visit, "schedule", basis=basis)
    assert stands(visit) == "official"


def test_a_change_without_a_basis_is_reported() -> None:
    """The desk's own judgement."""
    assert stands(scheduled_visit()) == "reported"


def test_the_basis_of_an_amendment_does_not_count() -> None:
    """It is about facts other than the status."""
    visit = scheduled_visit()
    enter(visit, "amend", basis=[word(GUEST)])
    assert stands(visit) == "reported"


# Statements


@pytest.mark.parametrize("side", [GUEST, HOST])
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (ANNOUNCE, "official"),
        (CONFIRM, "official"),
        (REAFFIRM, "official"),
        (ARRIVED, "official"),
        (DEPARTED, "official"),
        (DOUBT, "reported"),
        (DENY, "disputed"),
        (DECLINE, "reported"),
        (REPORT, "reported"),
    ],
)
def test_a_statement_without_a_claim_agrees_or_denies(
    kind: StatementKind, side: Side, expected: str
) -> None:
    """Declining and reporting do neither."""
    visit = scheduled_visit()
    say(visit, kind, side)
    assert stands(visit) == expected


@pytest.mark.parametrize("kind", [ANNOUNCE, CONFIRM, REAFFIRM, DENY])
@pytest.mark.parametrize(
    ("claimed", "expected"),
    [
        ("scheduled", "official"),
        ("rescheduled", "official"),
        ("postponed", "disputed"),
        ("when conditions allow", "disputed"),
        ("cancelled", "disputed"),
        ("completed", "disputed"),
    ],
)
def test_with_a_claim_the_claim_decides(kind: StatementKind, claimed: str, expected: str) -> None:
    """Also in a denial: "we never cancelled it, it is scheduled" agrees that it is planned."""
    visit = scheduled_visit()
    say(visit, kind, GUEST, claimed_status=Status(claimed))
    assert stands(visit) == expected


@pytest.mark.parametrize("kind", [DECLINE, REPORT])
@pytest.mark.parametrize("claimed", [None, *Status])
def test_declining_and_reporting_never_count(kind: StatementKind, claimed: Status | None) -> None:
    """Whatever they claim, they neither confirm nor clear a denial."""
    for visit in visit_on_the_word_of(), visit_on_the_word_of(GUEST):
        before = stands(visit)
        say(visit, kind, GUEST, claimed_status=claimed)
        assert stands(visit) == before

    say(visit, DENY, GUEST)
    say(visit, kind, GUEST, claimed_status=claimed)
    assert stands(visit) == "disputed"


@pytest.mark.parametrize("side", [Side.THIRD, Side.PRESS, Side.DESK])
@pytest.mark.parametrize("kind", [ANNOUNCE, DENY])
def test_statements_of_others_never_count(side: Side, kind: StatementKind) -> None:
    """Neither for the status nor against it."""
    for visit, expected in [
        (visit_on_the_word_of(), "reported"),
        (visit_on_the_word_of(GUEST), "official"),
    ]:
        say(visit, kind, side, claimed_status=Status.SCHEDULED if kind is ANNOUNCE else None)
        assert stands(visit) == expected


@pytest.mark.parametrize("attribution", list(Attribution))
def test_only_firm_statements_count(attribution: Attribution) -> None:
    """An anonymous denial is only a report of a denial."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, DENY, HOST, attribution=attribution)
    assert stands(visit) == ("disputed" if attribution in FIRM else "official")


@pytest.mark.parametrize(
    "basis",
    [(), (word(HOST),), (word(Side.PRESS),), (Basis(Side.DESK),), (word(GUEST, country="FR"),)],
    ids=str,
)
def test_a_statement_is_as_firm_as_what_it_rests_on(basis: tuple[Basis, ...]) -> None:
    """Hearsay about the guest is not the guest's word; the basis is taken all the same."""
    visit = scheduled_visit()
    enter(visit, "record_statement", basis=basis, statement=Statement(ANNOUNCE, GUEST))
    assert stands(visit) == "reported"
    assert visit.changes[-1].basis == (basis or (word(GUEST, attribution=Attribution.ANONYMOUS),))


def test_one_denial_is_enough() -> None:
    """The other side's word does not outweigh it."""
    visit = visit_on_the_word_of(GUEST, HOST)
    say(visit, CONFIRM, GUEST)
    say(visit, DENY, HOST)
    assert stands(visit) == "disputed"


def test_a_side_may_contradict_its_own_change() -> None:
    """Its latest word counts."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, DENY, GUEST)
    assert stands(visit) == "disputed"


def test_a_side_clears_its_denial_itself() -> None:
    """By a later firm word that agrees; the other side cannot."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, DENY, HOST)
    say(visit, CONFIRM, GUEST)
    assert stands(visit) == "disputed"
    say(visit, CONFIRM, HOST)
    assert stands(visit) == "official"


def test_the_latest_word_is_the_one_said_last() -> None:
    """In whichever order the two were entered."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, CONFIRM, HOST, effective="2023-02-04")
    say(visit, DENY, HOST, effective="2023-02-03")
    assert stands(visit) == "official"


def test_of_two_words_said_at_one_time_the_one_entered_last_counts() -> None:
    """Ties go by version."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, CONFIRM, HOST, effective="2023-02-04")
    say(visit, DENY, HOST, effective="2023-02-04")
    assert stands(visit) == "disputed"


# Groups


@pytest.mark.parametrize(
    ("command", "agreeing"),
    [
        ("postpone", ["postponed", "when conditions allow"]),
        ("defer", ["postponed", "when conditions allow"]),
        ("reschedule", ["scheduled", "rescheduled"]),
        ("complete", ["completed"]),
        ("cancel", ["cancelled"]),
    ],
)
def test_statuses_of_one_group_agree(command: str, agreeing: list[str]) -> None:
    """Saying "postponed" does not contradict "when conditions allow"."""
    for claimed in Status:
        visit = scheduled_visit()
        enter(visit, command)
        say(visit, ANNOUNCE, GUEST, claimed_status=claimed)
        assert stands(visit) == ("official" if claimed in agreeing else "disputed"), claimed


def test_a_claimed_window_is_no_claimed_status() -> None:
    """A side that hopes for other days agrees that the visit is put off."""
    visit = postponed_visit()
    say(visit, REAFFIRM, HOST, NOW, claimed_window=FEBRUARY)
    assert stands(visit) == "official"
