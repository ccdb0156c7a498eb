"""Codes, addresses, ids, counts and windows."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from domain.countries import why_no_code
from domain.terms import Relation
from domain.values import Host, Place, Principal, RelatedVisit, Window
from tests.domain.builders import days
from tests.domain.giving import PRESS, REPORT, details, give, problems

# Codes, addresses, ids, counts


@pytest.mark.parametrize("code", ["", "US", "CN", "KP", "XK", "SU", "DD", "YU", " US\n"])
def test_a_country_is_the_code_of_a_state(code: str) -> None:
    """Codes that are no longer assigned are allowed: visits go back a long way."""
    give("schedule", details(principal=Principal("A", country=code)))


@pytest.mark.parametrize(
    "code", ["us", "USA", "U", "U1", "ÜS", "\uff35\uff33", "XX", "UK", "EU", "China"]
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
    assert found == {path: why_no_code(code)}


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
    """Neither for a related visit nor for the visit that another one duplicates."""
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
    """Any days of the calendar, in order, with any words about them."""
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
