"""What a value may hold, held against the commands that take it."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from domain.checks import Context
from domain.errors import InvalidValue
from domain.status import Status
from domain.terms import Attribution, Relation, Side, StatementKind
from domain.values import (
    Basis,
    Condition,
    Counterpart,
    Host,
    Place,
    Principal,
    RelatedVisit,
    Statement,
    Window,
)
from domain.visit import Visit
from tests.domain.builders import (
    DETAILS,
    FEBRUARY,
    LEAST,
    blank_visit,
    context,
    days,
    scheduled_visit,
    word,
)

PRESS = word(Side.PRESS, attribution=Attribution.ANONYMOUS)
REPORT = Statement(StatementKind.REPORT, Side.PRESS)


def visit_for(command: str) -> Visit:
    """A visit that takes the command."""
    return blank_visit() if command in ("schedule", "disclose") else scheduled_visit()


def give(command: str, values: Mapping[str, Any]) -> Visit:
    """The visit after a command with these values; those of the context may be among them."""
    given = LEAST[command] | values
    asked = replace(context(), **{k: v for k, v in given.items() if k in Context.RULES})
    visit = visit_for(command)
    getattr(visit, command)(asked, **{k: v for k, v in given.items() if k not in Context.RULES})
    return visit


def problems(command: str, values: Mapping[str, Any]) -> dict[str, str]:
    """What a command with these values is refused for, by field; nothing is recorded."""
    with pytest.raises(InvalidValue) as refused:
        give(command, values)
    assert all(problem.text for problem in refused.value.problems)
    return {problem.field: problem.text for problem in refused.value.problems}


def details(**changed: Any) -> dict[str, Any]:
    return {"details": replace(DETAILS, **changed)}


# Text: each field that takes some, by its path in a request

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
    """4,000 characters, and names 200: just as many are taken, and one more is refused."""
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
    """A newline is no control character that could do harm."""
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
    """Composing may shorten it, and decomposing what has no composed form may lengthen it."""
    give("schedule", details(purpose="e\u0301" * 4000))
    found = problems("schedule", details(purpose="\u0958" * 2001))
    assert found == {"scheduled.details.purpose": "must have at most 4000 characters, and has 4002"}


def test_a_value_that_is_clean_is_the_same_object() -> None:
    """Checking what needs no cleaning copies nothing."""
    assert DETAILS.checked() is DETAILS


# Required


@pytest.mark.parametrize(
    ("command", "values", "fields"),
    [
        ("schedule", {"details": None}, ["scheduled.details"]),
        ("schedule", {"window": None}, ["scheduled.window"]),
        ("disclose", {"held_window": None}, ["disclosed.held_window"]),
        ("defer", {"condition": None}, ["deferred.condition"]),
        ("reschedule", {"window": None}, ["rescheduled.window"]),
        ("record_statement", {"statement": None}, ["statement_recorded.statement"]),
        ("cancel", {"actor": ""}, ["context.actor"]),
        ("cancel", {"actor": " \n"}, ["context.actor"]),
        ("cancel", {"request_id": ""}, ["context.request_id"]),
        ("schedule", details(principal=None), ["scheduled.details.principal"]),
        ("schedule", details(principal=Principal("")), ["scheduled.details.principal.name"]),
        ("schedule", details(principal=Principal("\u3000")), ["scheduled.details.principal.name"]),
        ("schedule", details(host=None), ["scheduled.details.host"]),
        ("schedule", details(host=Host()), ["scheduled.details.host.country"]),
        ("schedule", details(host=Host(organisation=" ")), ["scheduled.details.host.country"]),
        (
            "schedule",
            details(host=Host("CN", counterparts=(Counterpart("", "Minister"),))),
            ["scheduled.details.host.counterparts[0].name"],
        ),
        (
            "schedule",
            details(destinations=(Place("Beijing"), Place(" "))),
            ["scheduled.details.destinations[1].city"],
        ),
        ("schedule", details(aliases=("a", " ")), ["scheduled.details.aliases[1]"]),
        (
            "schedule",
            details(related=(RelatedVisit("another", None),)),
            ["scheduled.details.related[0].relation"],
        ),
        (
            "schedule",
            {"window": Window(None, None)},
            ["scheduled.window.start", "scheduled.window.end"],
        ),
        (
            "complete",
            {"held_window": Window(date(2023, 6, 18), None)},
            ["completed.held_window.end"],
        ),
        (
            "defer",
            {"condition": Condition("\n", None)},
            ["deferred.condition.text", "deferred.condition.side"],
        ),
        ("cancel", {"condition": Condition("", Side.GUEST)}, ["cancelled.condition.text"]),
        (
            "record_statement",
            {"statement": Statement(None, None)},
            ["statement_recorded.statement.kind", "statement_recorded.statement.side"],
        ),
        (
            "cancel",
            {"basis": (Basis(None),)},
            ["context.basis[0].attribution", "context.basis[0].side"],
        ),
        ("cancel", {"basis": (Basis(Side.HOST),)}, ["context.basis[0].attribution"]),
    ],
)
def test_what_a_change_needs_is_required(
    command: str, values: dict[str, Any], fields: list[str]
) -> None:
    """The refusal names each field that is unset or blank."""
    assert sorted(problems(command, values)) == sorted(fields)


@pytest.mark.parametrize("command", ["postpone", "complete", "cancel"])
def test_a_condition_or_a_held_window_may_be_left_out(command: str) -> None:
    """They are said only where there is one to say."""
    give(command, {})


@pytest.mark.parametrize(
    "changed",
    [
        {"title": ""},
        {"principal": Principal("Ban Ki-moon", organisation="United Nations")},
        {"principal": Principal("A traveller")},
        {"host": Host(organisation="NATO")},
        {"host": Host("BE", organisation="NATO")},
        {"destinations": ()},
        {"destinations": (Place("Panmunjom"), Place(country="KP"))},
        {"kind": None},
    ],
)
def test_a_country_or_an_organisation_is_enough(changed: dict[str, Any]) -> None:
    """Somebody travels to somewhere; all else may be unknown."""
    visit = give("schedule", details(**changed))
    assert visit.state.details == replace(DETAILS, **changed)


def test_a_principal_represents_one_country_or_organisation() -> None:
    """Both at once leave open for whom it speaks."""
    found = problems("schedule", details(principal=Principal("A", country="US", organisation="UN")))
    assert list(found) == ["scheduled.details.principal.organisation"]


def test_the_desk_needs_no_attribution() -> None:
    """It is the one that records; a change without a basis rests on its word."""
    visit = give("cancel", {"actor": "Night desk"})
    assert visit.changes[-1].basis == (Basis(Side.DESK, "Night desk"),)
    give("cancel", {"basis": (Basis(Side.DESK),)})


# Repeated values

LISTS: dict[str, tuple[str, Callable[[int], dict[str, Any]]]] = {
    "context.basis": ("cancel", lambda n: {"basis": (PRESS,) * n}),
    "scheduled.details.destinations": (
        "schedule",
        lambda n: details(destinations=(Place("Beijing"),) * n),
    ),
    "scheduled.details.aliases": (
        "schedule",
        lambda n: details(aliases=tuple(f"alias {i}" for i in range(n))),
    ),
    "scheduled.details.related": (
        "schedule",
        lambda n: details(related=(RelatedVisit("another", Relation.SUPERSEDES),) * n),
    ),
    "scheduled.details.host.counterparts": (
        "schedule",
        lambda n: details(host=Host("CN", counterparts=(Counterpart("A minister"),) * n)),
    ),
}


@pytest.mark.parametrize("path", LISTS)
def test_a_field_has_at_most_50_values(path: str) -> None:
    """50 are taken, and 51 are refused."""
    command, values = LISTS[path]
    give(command, values(50))
    assert problems(command, values(51)) == {path: "must have at most 50 values, and has 51"}


# Codes, addresses, ids, counts


@pytest.mark.parametrize("code", ["", "US", "CN", "KP", "XK", "SU", "DD", "YU", "EU"])
def test_a_country_is_a_code_of_two_capitals(code: str) -> None:
    """Codes that are no longer assigned are taken: visits go back a long way."""
    give("schedule", details(principal=Principal("A", country=code)))


@pytest.mark.parametrize(
    "code", ["us", "USA", "U", "U1", " US", "US\n", "ÜS", "\uff35\uff33", "  "]
)
@pytest.mark.parametrize(
    ("path", "command", "values"),
    [
        (
            "scheduled.details.principal.country",
            "schedule",
            lambda code: details(principal=Principal("A", country=code)),
        ),
        ("scheduled.details.host.country", "schedule", lambda code: details(host=Host(code))),
        (
            "scheduled.details.destinations[0].country",
            "schedule",
            lambda code: details(destinations=(Place("Beijing", code),)),
        ),
        (
            "statement_recorded.statement.country",
            "record_statement",
            lambda code: {"statement": replace(REPORT, country=code)},
        ),
    ],
)
def test_any_other_text_is_no_country(
    path: str, command: str, values: Callable[[str], dict[str, Any]], code: str
) -> None:
    """Names and lower case are refused, in each field that takes a country."""
    found = problems(command, values(code))
    assert found == {path: "must be an ISO 3166-1 alpha-2 code, in capitals"}


@pytest.mark.parametrize(
    "url", ["", "https://www.state.gov/", "http://example.org/a?b=c#d", "https://例え.jp/路"]
)
def test_a_basis_may_have_an_address(url: str) -> None:
    """One that a reader can open."""
    give("cancel", {"basis": (replace(PRESS, url=url),)})


@pytest.mark.parametrize(
    "url",
    [
        "www.state.gov",
        "ftp://example.org",
        "javascript:alert(1)",
        "HTTPS://example.org",
        "https://",
        "https://a b",
        "https://a\nb",
        " https://a",
        "https://a\u202eb",
        "https://a\x00b",
        "https://" + "a" * 3993,
    ],
)
def test_any_other_text_is_no_address(url: str) -> None:
    """Only http and https, without blanks and without what no text may hold."""
    found = problems("cancel", {"basis": (PRESS, replace(PRESS, url=url))})
    assert list(found) == ["context.basis[1].url"]


@pytest.mark.parametrize("name", ["a", "7", "beijing-2023", "a--b", "x" * 63])
def test_a_related_visit_is_named_by_its_id(name: str) -> None:
    """1 to 63 characters of a-z, 0-9 and "-"."""
    give("schedule", details(related=(RelatedVisit(name, Relation.RETURN_VISIT),)))


@pytest.mark.parametrize(
    "name", ["-a", "a-", "-", "x" * 64, "Beijing", "a_b", "a b", "visits/a", "é", "a\n"]
)
def test_any_other_text_is_no_id(name: str) -> None:
    """Neither as a related visit nor as the one of which a visit was a duplicate."""
    found = problems("schedule", details(related=(RelatedVisit(name, Relation.RETURN_VISIT),)))
    assert list(found) == ["scheduled.details.related[0].name"]
    assert list(problems("retract", {"merged_into": name})) == ["retracted.merged_into"]


def test_counts_are_not_negative() -> None:
    """Neither the number of sources nor the version that a statement is about."""
    give("cancel", {"basis": (replace(PRESS, source_count=0),)})
    found = problems("cancel", {"basis": (replace(PRESS, source_count=-1),)})
    assert list(found) == ["context.basis[0].source_count"]
    found = problems("record_statement", {"statement": replace(REPORT, about_version=-1)})
    assert list(found) == ["statement_recorded.statement.about_version"]


@pytest.mark.parametrize("version", [0, -1])
def test_a_retraction_names_a_version(version: int) -> None:
    """The first change has version 1."""
    assert list(problems("retract", {"retracted_version": version})) == [
        "retracted.retracted_version"
    ]


# Windows


@pytest.mark.parametrize(
    "window",
    [
        days("2023-06-18"),
        days("2023-02-28", "2023-03-01"),
        days("9999-12-31", "9999-12-31"),
        days("0001-01-01", "9999-12-31", "some day", approximate=True),
        days("2023-01-01", "2023-03-31", "early next year\n(a senior official)", approximate=True),
    ],
)
def test_a_window_keeps_the_phrase_as_it_was_said(window: Window) -> None:
    """Any days of the calendar, in order, with whatever was said about them."""
    assert give("schedule", {"window": window}).state.window == window


BACKWARDS = days("2023-02-06", "2023-02-05")


@pytest.mark.parametrize(
    ("path", "command", "values"),
    [
        ("scheduled.window.end", "schedule", {"window": BACKWARDS}),
        ("disclosed.held_window.end", "disclose", {"held_window": BACKWARDS}),
        ("rescheduled.window.end", "reschedule", {"window": BACKWARDS}),
        ("completed.held_window.end", "complete", {"held_window": BACKWARDS}),
        ("amended.window.end", "amend", {"window": BACKWARDS, "update_mask": ["window"]}),
        (
            "statement_recorded.statement.claimed_window.end",
            "record_statement",
            {"statement": replace(REPORT, claimed_window=BACKWARDS)},
        ),
    ],
)
def test_a_window_does_not_end_before_it_starts(
    path: str, command: str, values: dict[str, Any]
) -> None:
    """In each field that takes a window; the refusal names its start."""
    assert problems(command, values) == {path: "must not be before the start, 2023-02-06"}


# Several problems


def test_a_refusal_names_every_problem_at_once() -> None:
    """Context and change are checked together, each field by its full path."""
    found = problems(
        "schedule",
        {
            "actor": " ",
            "reason": "\x00",
            "basis": (PRESS, Basis(Side.HOST, "x" * 201, url="no address")),
            "window": Window(date(2023, 2, 6), date(2023, 2, 5), as_stated="\x1b"),
        }
        | details(
            title="x" * 201,
            principal=Principal("", country="usa"),
            host=Host(counterparts=(Counterpart("A"), Counterpart(""))),
            aliases=("good", "", "good", "\x00"),
            related=(RelatedVisit("Bad", None),),
        ),
    )
    assert set(found) == {
        "context.actor",
        "context.reason",
        "context.basis[1].attribution",
        "context.basis[1].speaker",
        "context.basis[1].url",
        "scheduled.window.end",
        "scheduled.window.as_stated",
        "scheduled.details.title",
        "scheduled.details.principal.name",
        "scheduled.details.principal.country",
        "scheduled.details.host.country",
        "scheduled.details.host.counterparts[1].name",
        "scheduled.details.aliases[1]",
        "scheduled.details.aliases[3]",
        "scheduled.details.related[0].name",
        "scheduled.details.related[0].relation",
    }


def test_a_statement_is_checked_to_its_depth() -> None:
    """What it claims is held against the same rules."""
    found = problems(
        "record_statement",
        {
            "statement": Statement(
                StatementKind.ANNOUNCE,
                Side.GUEST,
                claimed_status=Status.RESCHEDULED,
                claimed_window=Window(None, date(2023, 6, 30)),
                condition=Condition("", Side.HOST),
                country="Korea",
            )
        },
    )
    assert set(found) == {
        "statement_recorded.statement.claimed_window.start",
        "statement_recorded.statement.condition.text",
        "statement_recorded.statement.country",
    }


def test_the_message_of_a_refusal_holds_every_problem() -> None:
    """A person reads what a program is told field by field."""
    with pytest.raises(InvalidValue) as refused:
        give("schedule", {"actor": "", "window": None})
    assert str(refused.value) == "context.actor: is required; scheduled.window: is required"
