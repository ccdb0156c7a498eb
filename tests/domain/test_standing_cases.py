"""How firm a status is: cases of real visits, and each rule by itself."""

from collections.abc import Callable

import pytest

from domain.history import fold
from domain.standing import Standing, standing
from domain.status import Status
from domain.terms import Attribution, Side, StatementKind
from domain.values import Basis, Statement
from domain.visit import Visit
from tests.domain import stories
from tests.domain.builders import (
    FEBRUARY,
    NOW,
    blank_visit,
    enter,
    postponed_visit,
    say,
    scheduled_visit,
    word,
)

GUEST, HOST = Side.GUEST, Side.HOST
ANNOUNCE, CONFIRM, REAFFIRM = StatementKind.ANNOUNCE, StatementKind.CONFIRM, StatementKind.REAFFIRM
DENY, DECLINE, REPORT = StatementKind.DENY, StatementKind.DECLINE, StatementKind.REPORT
FIRM = [
    Attribution.ON_THE_RECORD,
    Attribution.DOCUMENT,
    Attribution.READOUT,
    Attribution.OFFICIAL_RECORD,
]


def visit_on_the_word_of(*sides: Side) -> Visit:
    """A visit scheduled in January on the record of these sides."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05 12:00", basis=[word(side) for side in sides])
    return visit


def stands(visit: Visit) -> Standing:
    return standing(visit.state)


# Real visits, after each of their changes

Story = Callable[[], Visit]


@pytest.mark.parametrize(
    ("story", "version", "status", "expected"),
    [
        pytest.param(story, version, status, expected, id=f"{name}, {version}: {what}")
        for name, story, rows in [
            (
                "Beijing 2023",
                stories.beijing_2023,
                [
                    (1, "scheduled", "official", "the guest announces it"),
                    (2, "scheduled", "official", "the press has dates"),
                    (3, "scheduled", "official", "the host welcomes it"),
                    (4, "scheduled", "official", "the guest expects to go"),
                    (5, "when conditions allow", "official", "the guest leaves it open"),
                    (6, "when conditions allow", "disputed", "the host: it was never announced"),
                    (7, "when conditions allow", "disputed", "the guest says again: put off"),
                    (8, "when conditions allow", "disputed", "the press: planned again"),
                    (9, "when conditions allow", "disputed", "the guest: nothing to announce"),
                    (10, "when conditions allow", "disputed", "the host: nothing to share"),
                    (11, "rescheduled", "official", "the guest announces new dates"),
                    (12, "rescheduled", "official", "the press sees the arrival"),
                    (13, "completed", "reported", "the press sees the end"),
                    (14, "completed", "official", "the guest's record confirms it"),
                ],
            ),
            (
                "Burns 2023",
                stories.burns_2023,
                [
                    (1, "completed", "reported", "five people tell a paper"),
                    (2, "completed", "reported", "an official confirms it without a name"),
                ],
            ),
            (
                "Singapore 2018",
                stories.singapore_2018,
                [
                    (1, "scheduled", "official", "the guest names day and place"),
                    (2, "cancelled", "official", "the guest writes a letter"),
                    (3, "cancelled", "official", "the guest is still open to it"),
                    (4, "rescheduled", "official", "the guest: it is on again"),
                    (5, "completed", "official", "the guest's record has it"),
                ],
            ),
            (
                "Denmark 2019, by statement",
                lambda: stories.denmark_2019(is_cancelled=False),
                [
                    (2, "postponed", "official", "the guest: postponing"),
                    (3, "postponed", "disputed", "his office the same day: cancelled"),
                    (4, "postponed", "disputed", "the host is surprised"),
                ],
            ),
            (
                "Denmark 2019, by change",
                lambda: stories.denmark_2019(is_cancelled=True),
                [
                    (2, "postponed", "official", "the guest: postponing"),
                    (3, "cancelled", "official", "his office the same day: cancelled"),
                    (4, "cancelled", "official", "the host is surprised"),
                ],
            ),
            (
                "Washington 2013",
                stories.washington_2013,
                [
                    (1, "scheduled", "official", "the host announces it"),
                    (2, "when conditions allow", "official", "both sides leave it open"),
                    (3, "rescheduled", "official", "both presidents announce it"),
                    (4, "completed", "official", "the host's record has it"),
                ],
            ),
            (
                "France 2023, by both sides",
                lambda: stories.france_2023(GUEST, HOST),
                [
                    (2, "scheduled", "official", "a minister of the host: ready"),
                    (3, "postponed", "official", "both put it off, hours later"),
                ],
            ),
            (
                "France 2023, by the guest alone",
                lambda: stories.france_2023(GUEST),
                [(3, "postponed", "disputed", "the minister's word of that day still stands")],
            ),
            (
                "France 2023, by the press alone",
                lambda: stories.france_2023(Side.PRESS),
                [(3, "postponed", "disputed", "the minister's word of that day still stands")],
            ),
            (
                "Japan 2020",
                stories.japan_2020,
                [
                    (1, "scheduled", "reported", "an agency reports it"),
                    (2, "scheduled", "official", "the host prepares for it"),
                    (3, "scheduled", "official", "a paper: it will be put off"),
                    (4, "when conditions allow", "official", "the host leaves it open"),
                    (5, "when conditions allow", "official", "the guest leaves it open"),
                ],
            ),
            (
                "Borrell 2023",
                stories.borrell_2023,
                [
                    (1, "scheduled", "reported", "agencies have dates"),
                    (2, "postponed", "official", "the guest is ill"),
                    (3, "rescheduled", "official", "the guest's ambassador names a day"),
                    (4, "postponed", "official", "the guest: no longer possible"),
                    (5, "postponed", "official", "the host has no information"),
                    (6, "postponed", "official", "the press: cancelled"),
                ],
            ),
        ]
        for version, status, expected, what in rows
    ],
)
def test_a_real_visit_had_this_standing(
    story: Story, version: int, status: str, expected: str
) -> None:
    """After each change, with what was known by then."""
    state = fold(story().changes[:version])
    assert (state.status, standing(state)) == (status, expected)


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
    """It is about facts that are no status."""
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
        (StatementKind.ARRIVED, "official"),
        (StatementKind.DEPARTED, "official"),
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


@pytest.mark.parametrize("kind", [ANNOUNCE, CONFIRM, REAFFIRM, DENY, *list(StatementKind)[-2:]])
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
    """Whatever they claim, they neither count nor clear."""
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
    """An anonymous denial is a report that somebody denies."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, DENY, HOST, attribution=attribution)
    assert stands(visit) == ("disputed" if attribution in FIRM else "official")


@pytest.mark.parametrize(
    "basis", [(), (word(HOST),), (word(Side.PRESS),), (Basis(Side.DESK),)], ids=str
)
def test_a_statement_is_as_firm_as_what_it_rests_on(basis: tuple[Basis, ...]) -> None:
    """What the guest is said to have said is not the guest's word."""
    visit = scheduled_visit()
    enter(visit, "record_statement", basis=basis, statement=Statement(ANNOUNCE, GUEST))
    assert stands(visit) == "reported"


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
    """Whatever the order in which the two were entered."""
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


def test_all_speakers_of_a_side_are_one_side() -> None:
    """The latest word counts, whichever of the side's states gave it."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, DENY, HOST, country="KP")
    say(visit, CONFIRM, HOST, country="SG")
    assert stands(visit) == "official"


# Statements and the time of the change


def test_what_was_said_before_the_change_does_not_count() -> None:
    """It was about another status."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, DENY, HOST, effective="2023-01-05 11:59")
    assert stands(visit) == "official"


@pytest.mark.parametrize("is_entered_first", [True, False])
def test_what_was_said_at_the_time_of_the_change_counts(is_entered_first: bool) -> None:
    """Entered before the change or after it, where its basis has no word of that side."""
    visit = visit_on_the_word_of(GUEST)
    if is_entered_first:
        say(visit, DENY, HOST, effective="2023-02-03")
    enter(visit, "postpone", effective="2023-02-03", basis=[word(GUEST)])
    if not is_entered_first:
        say(visit, DENY, HOST, effective="2023-02-03")
    assert stands(visit) == "disputed"


def test_the_change_counts_over_what_its_side_said_before_at_the_same_time() -> None:
    """The basis ties with the statement, and has the later version."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, DENY, HOST, effective="2023-02-03")
    enter(visit, "postpone", effective="2023-02-03", basis=[word(HOST)])
    assert stands(visit) == "official"


def test_a_statement_entered_before_the_change_counts_if_it_was_said_after() -> None:
    """The order of the times decides, not that of the entries."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, DENY, HOST, effective="2023-02-04")
    enter(visit, "postpone", effective="2023-02-03", basis=[word(GUEST)])
    assert stands(visit) == "disputed"


@pytest.mark.parametrize(("basis", "expected"), [((GUEST,), "official"), ((), "reported")])
def test_a_change_of_status_starts_afresh(basis: tuple[Side, ...], expected: str) -> None:
    """Words about the status before are no words about this one."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, DENY, HOST)
    enter(visit, "postpone", basis=[word(side) for side in basis])
    assert stands(visit) == "disputed", "said at the very time of the change"

    visit = visit_on_the_word_of(GUEST)
    say(visit, DENY, HOST, effective="2023-02-03")
    enter(visit, "postpone", basis=[word(side) for side in basis])
    assert stands(visit) == expected


# Retraction


def test_a_retracted_denial_disputes_nothing() -> None:
    """The word before it is that side's latest again."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, CONFIRM, HOST)
    say(visit, DENY, HOST)
    enter(visit, "retract", retracted_version=3)
    assert stands(visit) == "official"


def test_a_retracted_confirmation_leaves_the_denial() -> None:
    """What it cleared is disputed again."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, DENY, HOST)
    say(visit, CONFIRM, HOST)
    enter(visit, "retract", retracted_version=3)
    assert stands(visit) == "disputed"


def test_a_retracted_change_of_status_brings_the_standing_before_it_back() -> None:
    """With what was said about the status that now stands again."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, DENY, HOST, effective="2023-02-03")
    enter(visit, "postpone", basis=[word(GUEST)])
    assert stands(visit) == "official"
    enter(visit, "retract", retracted_version=3)
    assert stands(visit) == "disputed"


def test_what_was_said_about_a_retracted_status_is_held_against_the_one_before() -> None:
    """The statement stays; its claim decides anew."""
    visit = visit_on_the_word_of(GUEST)
    enter(visit, "postpone")
    say(visit, ANNOUNCE, HOST, claimed_status=Status.POSTPONED)
    assert stands(visit) == "official"
    enter(visit, "retract", retracted_version=2)
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
    """Whoever says "postponed" does not contradict "when conditions allow"."""
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
