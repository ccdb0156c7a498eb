"""What a text may hold, in each field that takes text."""

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from domain.terms import Side
from domain.values import Condition, Counterpart, Host, Place, Principal
from domain.visit import Visit
from tests.domain.builders import DETAILS, FEBRUARY
from tests.domain.giving import PRESS, REPORT, details, give, problems

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
@pytest.mark.parametrize("character", ["\x00", "\t", "\x1b", "\x7f", "\u0085", "\u202e", "\u2066"])
def test_every_text_is_searched_for_what_it_must_not_hold(path: str, character: str) -> None:
    """The refusal names the field and the character."""
    found = text_problems(path, f"before{character}after")
    assert list(found) == [path]
    assert f"U+{ord(character):04X}" in found[path]


@ANY_FIELD
def test_text_may_have_several_lines(path: str) -> None:
    """A newline is a harmless control character."""
    give_text(path, "one\ntwo")


def test_every_control_character_but_the_newline_is_refused() -> None:
    """All of Unicode's category Cc, and the overrides and isolates of direction."""
    controls = {chr(n) for n in range(0x110000) if unicodedata.category(chr(n)) == "Cc"} - {"\n"}
    overrides = {
        chr(n)
        for n in range(0x110000)
        if unicodedata.bidirectional(chr(n))
        in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    }
    assert len(controls) == 64
    assert len(overrides) == 9
    for character in controls | overrides:
        assert text_problems("context.reason", f"a{character}b"), hex(ord(character))


@pytest.mark.parametrize(
    "text",
    [
        "习近平",
        "عباس عراقچی",
        "שלום",
        "\u200eHebrew marks\u200f",
        "क्\u200dष",
        "👩\u200d💼",
        "Zelens\u2019kyy",
        "\ufeffafter a byte order mark",
        "\u00a0\u2028",
    ],
)
def test_every_script_may_be_written(text: str) -> None:
    """Marks and joiners that scripts need are kept as they are."""
    visit = give("schedule", details(purpose=text))
    assert visit.state.details.purpose == text


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Duque Ma\u0301rquez", "Duque M\u00e1rquez"),
        ("\u212bngstro\u0308m", "\u00c5ngstr\u00f6m"),
        ("\u1112\u1161\u11ab", "\ud55c"),
        ("\ufb01x", "\ufb01x"),
        ("plain", "plain"),
    ],
)
def test_text_is_kept_in_one_form(given: str, kept: str) -> None:
    """Canonically equal texts are the same text, and compatible ones are not."""
    visit = give(
        "schedule",
        {"reason": given, "basis": (replace(PRESS, quote=given),)}
        | details(purpose=given, principal=Principal(given), aliases=(given,)),
    )
    facts = visit.state.details
    (event,) = visit.changes
    assert facts.principal is not None
    assert (facts.purpose, facts.principal.name, facts.aliases) == (kept, kept, (kept,))
    assert (event.reason, event.basis[0].quote) == (kept, kept)


def test_text_is_measured_in_the_form_in_which_it_is_kept() -> None:
    """Composing may shorten a text, and decomposing what has no composed form may lengthen it."""
    give("schedule", details(purpose="e\u0301" * 4000))
    found = problems("schedule", details(purpose="\u0958" * 2001))
    assert found == {"scheduled.details.purpose": "must have at most 4000 characters, and has 4002"}


def test_a_value_that_is_clean_is_the_same_object() -> None:
    """Checking what needs no cleaning copies nothing."""
    assert DETAILS.checked() is DETAILS
