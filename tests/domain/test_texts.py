"""What a text may hold, in each field that takes text."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from domain.terms import Side
from domain.values import Condition, Counterpart, Host, Place, Principal
from domain.visit import Visit
from tests.domain.builders import DETAILS, FEBRUARY
from tests.domain.giving import PRESS, REPORT, details, give, problems
from tests.support.cases import each

# Fields that take text, by their path in a request

TEXTS: dict[str, tuple[str, Callable[[str], dict[str, Any]]]] = {
    "context.reason": ("cancel", lambda t: {"reason": t}),
    "context.basis[0].quote": ("cancel", lambda t: {"basis": (replace(PRESS, quote=t),)}),
    "scheduled.details.purpose": ("schedule", lambda t: details(purpose=t)),
    "scheduled.window.as_stated": (
        "schedule",
        lambda t: {"window": replace(FEBRUARY, as_stated=t)},
    ),
    "disclosed.held_window.as_stated": (
        "disclose",
        lambda t: {"held_window": replace(FEBRUARY, as_stated=t)},
    ),
    "deferred.condition.text": ("defer", lambda t: {"condition": Condition(t, Side.GUEST)}),
    "statement_recorded.statement.text": (
        "record_statement",
        lambda t: {"statement": replace(REPORT, text=t)},
    ),
}
NAMES: dict[str, tuple[str, Callable[[str], dict[str, Any]]]] = {
    "context.actor": ("cancel", lambda t: {"actor": t}),
    "context.request_id": ("cancel", lambda t: {"request_id": t}),
    "context.basis[0].speaker": ("cancel", lambda t: {"basis": (replace(PRESS, speaker=t),)}),
    "context.basis[1].outlet": ("cancel", lambda t: {"basis": (PRESS, replace(PRESS, outlet=t))}),
    "scheduled.details.title": ("schedule", lambda t: details(title=t)),
    "scheduled.details.trip": ("schedule", lambda t: details(trip=t)),
    "scheduled.details.aliases[1]": ("schedule", lambda t: details(aliases=("first", t))),
    "scheduled.details.principal.name": ("schedule", lambda t: details(principal=Principal(t))),
    "scheduled.details.principal.office": (
        "schedule",
        lambda t: details(principal=Principal("A", office=t)),
    ),
    "scheduled.details.principal.organisation": (
        "schedule",
        lambda t: details(principal=Principal("A", organisation=t)),
    ),
    "scheduled.details.host.organisation": (
        "schedule",
        lambda t: details(host=Host(organisation=t)),
    ),
    "scheduled.details.host.counterparts[0].name": (
        "schedule",
        lambda t: details(host=Host("CN", counterparts=(Counterpart(t),))),
    ),
    "scheduled.details.host.counterparts[0].office": (
        "schedule",
        lambda t: details(host=Host("CN", counterparts=(Counterpart("A", t),))),
    ),
    "disclosed.details.destinations[0].city": (
        "disclose",
        lambda t: details(destinations=(Place(t),)),
    ),
    "postponed.condition.speaker": (
        "postpone",
        lambda t: {"condition": Condition("if calm", Side.HOST, speaker=t)},
    ),
    "statement_recorded.statement.speaker": (
        "record_statement",
        lambda t: {"statement": replace(REPORT, speaker=t)},
    ),
    "statement_recorded.statement.condition.speaker": (
        "record_statement",
        lambda t: {
            "statement": replace(REPORT, condition=Condition("if calm", Side.HOST, speaker=t))
        },
    ),
}
FIELDS = TEXTS | NAMES
ACTOR = "context.actor"
ANY_FIELD = pytest.mark.parametrize("path", FIELDS)


def give_text(path: str, text: str) -> Visit:
    command, values = FIELDS[path]
    return give(command, values(text))


def text_problems(path: str, text: str) -> dict[str, str]:
    command, values = FIELDS[path]
    return problems(command, values(text))


@ANY_FIELD
def test_text_has_a_greatest_length(path: str) -> None:
    """4,000 characters, and 200 for names: just as many are accepted, and one more is refused."""
    limit = 4000 if path in TEXTS else 200
    give_text(path, "x" * limit)
    found = text_problems(path, "x" * (limit + 1))
    assert found == {path: f"must have at most {limit} characters, and has {limit + 1}"}


@ANY_FIELD
@each("character", ["\x00", "\t", "\u0085", "\u2028", "\u202e", "\U000e0041"])
def test_every_text_is_searched_for_what_it_must_not_hold(path: str, character: str) -> None:
    """The refusal names the field and the character."""
    found = text_problems(path, f"before{character}after")
    assert list(found) == [path]
    assert f"U+{ord(character):04X}" in found[path]


@pytest.mark.parametrize("path", sorted(FIELDS.keys() - {ACTOR}))
def test_every_text_but_the_actor_is_cleaned(path: str) -> None:
    """What is recorded is the clean text, of whose characters there are not too many."""
    limit = 4000 if path in TEXTS else 200
    unclean = f" \u200bone  two{'e' * (limit - 7)}\u0301 "
    clean = f"one two{'e' * (limit - 8)}\u00e9"
    assert give_text(path, unclean).changes == give_text(path, clean).changes


@pytest.mark.parametrize("path", TEXTS)
def test_text_may_have_several_lines(path: str) -> None:
    """A newline is a harmless control character."""
    assert give_text(path, "one\ntwo").changes != give_text(path, "one two").changes


@pytest.mark.parametrize("path", sorted(NAMES.keys() - {ACTOR}))
def test_a_name_has_one_line(path: str) -> None:
    """A newline in a name is a blank."""
    assert give_text(path, "one\ntwo").changes == give_text(path, "one two").changes


@pytest.mark.parametrize("name", ["Jose\u0301", " ann", "ann  lee", "ann\u200b", "ann\nlee"])
def test_the_name_of_an_actor_must_be_clean(name: str) -> None:
    """Cleaning it would merge two people."""
    found = text_problems(ACTOR, name)
    assert list(found) == [ACTOR]
    assert found[ACTOR].startswith("must not have blanks at its ends")


@pytest.mark.parametrize("blank", ["", " ", "\n", "\u200b", "\u3164\u2800", "\u00a0\ufeff"])
def test_what_is_blank_once_it_is_clean_counts_as_empty(blank: str) -> None:
    """A name of invisible characters is no name, and none that is in the way of another."""
    for path, required in {
        "scheduled.details.principal.name": details(principal=Principal(blank)),
        "scheduled.details.host.country": details(host=Host(organisation=blank)),
        "scheduled.details.destinations[0].city": details(destinations=(Place(blank),)),
        "scheduled.details.aliases[0]": details(aliases=(blank,)),
        "context.request_id": {"request_id": blank},
    }.items():
        assert list(problems("schedule", required)) == [path]
    give("schedule", details(principal=Principal("A", country="US", organisation=blank)))


def test_a_value_that_is_clean_is_the_same_object() -> None:
    """Checking what needs no cleaning copies nothing."""
    assert DETAILS.checked() is DETAILS
