"""A voice is a side with its country or organisation; the press has one for each outlet."""

from typing import Any

import pytest

from domain.events import StatementRecorded
from domain.standing import claimed_windows, weight, words
from domain.terms import Attribution, Side, StatementKind
from domain.values import Basis, Host, Principal, Statement
from domain.visit import Visit
from tests.domain.builders import (
    JUNE,
    blank_visit,
    enter,
    say,
    scheduled_visit,
    word,
)
from tests.domain.giving import details
from tests.domain.speaking import (
    CONFIRM,
    DENY,
    DOUBT,
    GUEST,
    HOST,
    REPORT,
    counting,
    said,
    stands,
    visit_on_the_word_of,
)

# Whose word it is


def test_two_host_states_are_two_voices() -> None:
    """Neither's word replaces the other's."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, DENY, HOST, country="KP")
    say(visit, CONFIRM, HOST, country="SG")
    assert stands(visit) == "disputed"
    say(visit, CONFIRM, HOST, country="KP")
    assert stands(visit) == "official"
    assert [w.voice.country for w in words(visit.state)] == ["US", "SG", "KP"]


def test_two_organisations_of_a_side_are_two_voices() -> None:
    """As two states are."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, DENY, HOST, organisation="NATO")
    say(visit, CONFIRM, HOST)
    assert counting(visit)[HOST, "NATO"] == "contradicts the status"


@pytest.mark.parametrize(("side", "country"), [(GUEST, "US"), (HOST, "CN")])
def test_a_side_speaks_for_its_country_by_default(side: Side, country: str) -> None:
    """The principal's or the host's: with and without it, it is one voice."""
    visit = scheduled_visit()
    say(visit, DENY, side)
    say(visit, CONFIRM, side, country=country)
    assert counting(visit) == {(side, country): "agrees"}


def test_a_side_speaks_for_its_organisation_by_default() -> None:
    """The principal may represent one, and the host may be one."""
    visit = blank_visit()
    facts = details(
        principal=Principal("Josep Borrell", organisation="European Union"),
        host=Host(organisation="NATO"),
    )
    enter(visit, "schedule", **facts, basis=[word(GUEST)])
    say(visit, CONFIRM, HOST)
    assert counting(visit) == {(GUEST, "European Union"): "agrees", (HOST, "NATO"): "agrees"}


@pytest.mark.parametrize("side", [Side.THIRD, Side.PRESS, Side.DESK])
def test_other_sides_have_no_country_by_default(side: Side) -> None:
    """It is said where it matters."""
    visit = visit_on_the_word_of(side)
    assert [(w.voice.side, w.voice.country) for w in words(visit.state)] == [(side, "")]


def test_the_press_has_a_voice_for_each_outlet() -> None:
    """The second report does not replace the first."""
    visit = scheduled_visit()
    for outlet, text in [
        ("Morning Post", "in May"),
        ("Evening Post", "never"),
        ("morning post", "in June"),
    ]:
        say(visit, REPORT, Side.PRESS, outlet=outlet, text=text)
    assert said(visit.state) == ["never", "in June"]


def test_the_country_of_an_outlet_is_told() -> None:
    """Though it is one voice with and without it."""
    visit = scheduled_visit()
    say(visit, REPORT, Side.PRESS, outlet="Post", claimed_window=JUNE)
    say(visit, REPORT, Side.PRESS, outlet="Post", country="GB", claimed_window=JUNE)
    last = words(visit.state)[-1]
    assert (last.voice.country, last.voice.outlet, len(words(visit.state))) == ("GB", "post", 2)
    assert [voice.country for voice, _ in claimed_windows(visit.state)] == ["GB"]


def test_the_desk_has_one_voice() -> None:
    """Whatever it says of itself."""
    visit = scheduled_visit()
    say(visit, REPORT, Side.DESK, text="one")
    say(visit, REPORT, Side.DESK, country="FR", text="two")
    assert said(visit.state) == ["two"]


def test_an_amended_host_does_not_change_who_spoke_before() -> None:
    """What France said is still what France said."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05", **details(host=Host("FR")))
    say(visit, DENY, HOST, effective="2023-01-10")
    enter(visit, "amend", effective="2023-02-01", update_mask=["host"], **details(host=Host("BE")))
    say(visit, CONFIRM, HOST, effective="2023-02-02")
    assert counting(visit) == {(HOST, "FR"): "contradicts the status", (HOST, "BE"): "agrees"}


def test_a_host_that_was_not_known_yet_is_the_one_that_became_known() -> None:
    """It speaks with one voice, before and after."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05", **details(host=None))
    say(visit, DENY, HOST, effective="2023-01-10")
    enter(visit, "amend", effective="2023-02-01", update_mask=["host"], **details(host=Host("BE")))
    assert counting(visit) == {(HOST, "BE"): "contradicts the status"}
    say(visit, CONFIRM, HOST, effective="2023-02-02")
    assert counting(visit) == {(HOST, "BE"): "agrees"}


# What a statement rests on


@pytest.mark.parametrize(
    ("given", "attribution", "expected"),
    [
        ({"speaker": "Wang Wenbin"}, Attribution.ON_THE_RECORD, "disputed"),
        ({}, Attribution.ANONYMOUS, "official"),
        ({"speaker": "Wang Wenbin", "country": "KP"}, Attribution.ON_THE_RECORD, "disputed"),
    ],
)
def test_a_statement_without_a_basis_is_its_speakers_own_word(
    given: dict[str, Any], attribution: Attribution, expected: str
) -> None:
    """On the record where a speaker is named, and the basis is recorded with it."""
    visit = visit_on_the_word_of(GUEST)
    event = enter(visit, "record_statement", statement=Statement(DENY, HOST, **given))
    assert event.basis == (Basis(HOST, attribution=attribution, **given),)
    assert stands(visit) == expected


def test_a_statement_is_its_speakers_word_whoever_carried_it() -> None:
    """A wire quotes the spokesman on the record."""
    visit = scheduled_visit()
    carried = word(HOST, outlet="Reuters")
    enter(visit, "record_statement", basis=[carried], statement=Statement(CONFIRM, HOST))
    assert stands(visit) == "official"
    last = words(visit.state)[-1]
    assert (last.voice.side, last.voice.outlet, last.said.outlet) == (HOST, "", "Reuters")


@pytest.mark.parametrize(
    "basis",
    [
        [word(Side.PRESS, outlet="Reuters"), word(HOST)],
        [word(HOST, attribution=Attribution.BACKGROUND), word(HOST, country="CN")],
    ],
)
def test_one_firm_basis_of_its_own_voice_makes_a_statement_firm(basis: list[Basis]) -> None:
    """Whatever else it rests on."""
    visit = scheduled_visit()
    enter(visit, "record_statement", basis=basis, statement=Statement(CONFIRM, HOST))
    assert stands(visit) == "official"


def weighed(visit: Visit) -> tuple[str | None, bool]:
    """The weight of the statement that was recorded last."""
    said = visit.changes[-1]
    assert isinstance(said, StatementRecorded)
    return weight(visit.state, said)


@pytest.mark.parametrize(
    ("kind", "basis", "effective", "expected"),
    [
        (CONFIRM, [word(HOST)], "2023-02-04", ("scheduled", True)),
        (CONFIRM, [word(Side.PRESS)], "2023-02-04", (None, False)),
        (REPORT, [word(HOST)], "2023-02-04", (None, True)),
        (CONFIRM, [word(HOST)], "2023-01-04", (None, True)),
        (CONFIRM, [word(Side.PRESS)], "2023-01-04", (None, False)),
    ],
)
def test_a_statement_is_weighed_when_it_is_recorded(
    kind: StatementKind, basis: list[Basis], effective: str, expected: tuple[str | None, bool]
) -> None:
    """For which status it counts, if for any, and whether it is firm."""
    visit = visit_on_the_word_of(GUEST)
    said = Statement(kind, HOST)
    enter(visit, "record_statement", basis=basis, effective=effective, statement=said)
    assert weighed(visit) == expected


def test_a_firm_word_is_firm_although_its_speaker_has_said_something_since() -> None:
    """It was found late: the later word counts."""
    visit = scheduled_visit()
    for effective in ("2023-02-10", "2023-02-04"):
        said = Statement(CONFIRM, HOST)
        enter(visit, "record_statement", basis=[word(HOST)], effective=effective, statement=said)
    assert weighed(visit) == (None, True)


# The words of a visit


def facts(visit: Visit) -> list[tuple[str, str, int, bool]]:
    return [
        (w.voice.side or "", w.voice.outlet, w.said.event.originator_version, w.counts)
        for w in words(visit.state)
    ]


def test_the_last_word_of_every_voice_is_kept() -> None:
    """Of any side and however firm, of statements and of the basis of the change."""
    visit = blank_visit()
    enter(visit, "schedule", basis=[word(GUEST), word(Side.PRESS, outlet="Post")])
    say(visit, REPORT, Side.THIRD)
    say(visit, CONFIRM, HOST)
    say(visit, REPORT, Side.PRESS, outlet="Post")
    assert facts(visit) == [
        ("guest", "", 1, True),
        ("third", "", 2, False),
        ("host", "", 3, True),
        ("press", "post", 4, False),
    ]


def test_words_are_listed_in_the_order_in_which_they_were_said() -> None:
    """And not in that in which they were entered."""
    visit = blank_visit()
    enter(visit, "schedule", effective="2023-01-05")
    say(visit, CONFIRM, GUEST, effective="2023-02-04", text="later")
    say(visit, CONFIRM, HOST, effective="2023-01-17", text="earlier")
    assert said(visit.state) == ["earlier", "later"]


def test_words_of_one_change_are_listed_in_the_order_of_its_basis() -> None:
    """Also where one of them is no longer the last of its voice."""
    visit = visit_on_the_word_of(GUEST, HOST)
    say(visit, REPORT, HOST)
    assert facts(visit) == [("guest", "", 1, True), ("host", "", 1, True), ("host", "", 2, False)]


def test_the_word_that_counts_is_kept_beside_a_later_one_that_does_not() -> None:
    """A side that has nothing to announce has not taken its word back."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, StatementKind.DECLINE, GUEST)
    assert facts(visit) == [("guest", "", 1, True), ("guest", "", 2, False)]


def test_a_voice_without_a_word_that_counts_has_its_last_one() -> None:
    """A firm doubt left none."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, DOUBT, GUEST)
    assert facts(visit) == [("guest", "", 2, False)]


def test_words_from_before_the_change_are_not_listed() -> None:
    """But the arrival that counts for a completion."""
    visit = visit_on_the_word_of(GUEST)
    say(visit, CONFIRM, HOST, effective="2023-01-10")
    say(visit, StatementKind.ARRIVED, HOST, effective="2023-02-05")
    enter(visit, "complete", effective="2023-02-06", basis=[word(Side.PRESS)])
    assert facts(visit) == [("host", "", 3, True), ("press", "", 4, False)]
    assert said(visit.state) == [""]


def test_a_change_without_a_basis_rests_on_the_word_of_the_desk() -> None:
    """It is listed, and does not count."""
    assert facts(scheduled_visit()) == [("desk", "", 1, False)]
