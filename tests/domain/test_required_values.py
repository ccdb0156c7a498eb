"""What a change needs, how many values a field may have, and every problem at once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from domain.errors import InvalidValue
from domain.status import Status
from domain.terms import Relation, Side, StatementKind
from domain.values import (
    Basis,
    Condition,
    Counterpart,
    DetailItems,
    Host,
    OtherNames,
    Place,
    Principal,
    RelatedVisit,
    Statement,
    Window,
)
from tests.domain.builders import DETAILS, scheduled_visit
from tests.domain.correcting import correct
from tests.domain.giving import PRESS, REPORT, details, give, problems

# Required


@pytest.mark.parametrize(
    ("command", "values", "fields"),
    [
        ("schedule", {"details": None}, ["scheduled.details"]),
        (
            "disclose",
            {"details": None, "held_window": None},
            ["disclosed.details", "disclosed.held_window"],
        ),
        ("defer", {"condition": None}, ["deferred.condition"]),
        ("reschedule", {"window": None}, ["rescheduled.window"]),
        ("record_statement", {"statement": None}, ["statement_recorded.statement"]),
        ("amend", {"update_mask": []}, ["amended.update_mask"]),
        ("amend", {"update_mask": [], "added": DetailItems()}, ["amended.update_mask"]),
        (
            "amend",
            {"added": DetailItems(city_other_names=(OtherNames("Beijing", ()),))},
            ["amended.added.city_other_names[0].other_names"],
        ),
        ("correct", {"update_mask": []}, ["corrected.update_mask"]),
        ("cancel", {"actor": ""}, ["context.actor"]),
        ("cancel", {"actor": " \n"}, ["context.actor"]),
        ("cancel", {"request_id": ""}, ["context.request_id"]),
        ("schedule", details(title="\u3000"), ["scheduled.details.title"]),
        ("schedule", details(principal=None), ["scheduled.details.principal"]),
        ("schedule", details(principal=Principal("")), ["scheduled.details.principal.name"]),
        ("schedule", details(principal=Principal("\u3000")), ["scheduled.details.principal.name"]),
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
        ("schedule", {"window": Window(approximate=True)}, ["scheduled.window.start"]),
        ("complete", {"held_window": Window()}, ["completed.held_window.start"]),
        (
            "record_statement",
            {"statement": replace(REPORT, claimed_window=Window())},
            ["statement_recorded.statement.claimed_window.start"],
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


@pytest.mark.parametrize("command", ["postpone", "cancel"])
def test_a_condition_may_be_left_out(command: str) -> None:
    """It is given only if there is one."""
    give(command, {})


@pytest.mark.parametrize(
    "changed",
    [
        {"principal": Principal("Ban Ki-moon", organisation="United Nations")},
        {"principal": Principal("A traveller")},
        {"host": None},
        {"host": Host(organisation="NATO")},
        {"host": Host("BE", organisation="NATO")},
        {"destinations": ()},
        {"destinations": (Place("Panmunjom"), Place(country="KP"))},
        {"kind": None},
    ],
)
def test_a_country_or_an_organisation_is_enough(changed: dict[str, Any]) -> None:
    """Someone travels; everything else may be unknown."""
    visit = give("schedule", details(**changed))
    assert visit.state.details == replace(DETAILS, **changed)


def test_a_principal_represents_one_country_or_organisation() -> None:
    """With both it would be unclear whom the principal represents."""
    found = problems("schedule", details(principal=Principal("A", country="US", organisation="UN")))
    assert list(found) == ["scheduled.details.principal.organisation"]


def test_the_desk_needs_no_attribution() -> None:
    """It records; a change without a basis rests on its word."""
    visit = give("cancel", {"actor": "Night desk"})
    assert visit.changes[-1].basis == (Basis(Side.DESK),)
    give("cancel", {"basis": (Basis(Side.DESK),)})


@pytest.mark.parametrize("field", ["basis", "sources"])
def test_a_basis_is_not_published_in_the_future(field: str) -> None:
    """Up to the day that it is anywhere on Earth; sources are held to the same."""
    for day in date(2023, 10, 19), date(1971, 7, 11):
        give("cancel", {field: (replace(PRESS, published=day),)})
    for day in date(2023, 10, 20), date(2035, 1, 1):
        found = problems("cancel", {field: (PRESS, replace(PRESS, published=day))})
        assert found == {f"context.{field}[1].published": "must not be in the future"}


def test_a_corrected_basis_is_not_published_in_the_future() -> None:
    """What lies in the future was not said."""
    later = replace(PRESS, published=date(2023, 10, 20))
    with pytest.raises(InvalidValue) as refused:
        correct(scheduled_visit(), "basis", basis=(PRESS, later))
    assert [p.field for p in refused.value.problems] == ["corrected.basis[1].published"]


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
    """50 are accepted, and 51 are refused."""
    command, values = LISTS[path]
    give(command, values(50))
    assert problems(command, values(51)) == {path: "must have at most 50 values, and has 51"}


# Several problems


def test_a_refusal_names_every_problem_at_once() -> None:
    """Context and change are checked together, each field by its full path."""
    found = problems(
        "schedule",
        {
            "actor": " ",
            "reason": "\x00",
            "basis": (PRESS, Basis(Side.HOST, speaker="x" * 201, url="no address")),
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
    """The same rules hold for what it claims."""
    found = problems(
        "record_statement",
        {
            "statement": Statement(
                StatementKind.ANNOUNCE,
                Side.GUEST,
                claimed_status=Status.RESCHEDULED,
                claimed_window=Window(date(2023, 6, 30), date(2023, 6, 1)),
                condition=Condition("", Side.HOST),
                country="Korea",
            )
        },
    )
    assert set(found) == {
        "statement_recorded.statement.claimed_window.end",
        "statement_recorded.statement.condition.text",
        "statement_recorded.statement.country",
    }


def test_the_message_of_a_refusal_holds_every_problem() -> None:
    """A person can read what a program gets field by field."""
    with pytest.raises(InvalidValue) as refused:
        give("defer", {"actor": "", "condition": None})
    assert str(refused.value) == "context.actor: is required; deferred.condition: is required"
