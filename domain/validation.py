"""The rules for single values, as small functions.

A rule takes a field's value and returns it clean. Otherwise it raises ValueError, which says
what is allowed, or ``InvalidValue`` if the value has fields of its own.
"""

import re
from collections.abc import Callable, Mapping, Sized
from typing import Any, Protocol, Self

from domain.countries import CODES, why_no_code
from domain.errors import InvalidValue, Problem
from domain.text import clean, clean_line

TEXT_LENGTH = 4000
NAME_LENGTH = 200
REPEATED_VALUES = 50

_VISIT_ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_URL = re.compile(r"https?://[^\s]+")

Rule = Callable[[Any], Any]


class Checkable(Protocol):
    """A value with rules of its own."""

    def checked(self) -> Self:
        """The value with its text clean. Raises InvalidValue."""


def a_visit_id(value: str) -> str:
    """The id of a visit: 1 to 63 characters of a-z, 0-9 and "-", with no "-" at either end."""
    if not _VISIT_ID.fullmatch(value):
        raise ValueError(
            "an id has 1 to 63 characters of a-z, 0-9 and '-', and neither begins nor ends with '-'"
        )
    return value


def _string(limit: int, cleaned: Callable[[str], str]) -> Rule:
    def rule(value: str) -> str:
        if not value:  # as most texts are
            return value
        value = cleaned(value)
        if len(value) > limit:
            raise ValueError(f"must have at most {limit} characters, and has {len(value)}")
        return value

    return rule


a_text = _string(TEXT_LENGTH, clean)
a_name = _string(NAME_LENGTH, clean_line)


def an_actor(value: str) -> str:
    """The name of whoever asks. It must be clean as it is: cleaning would merge two people."""
    cleaned = str(a_name(value))
    if cleaned != value:
        raise ValueError(
            "must not have blanks at its ends or in a row, invisible characters, or letters in "
            f"decomposed form: write {repr(cleaned) if cleaned else 'a name'}"
        )
    return value


def a_country(value: str) -> str:
    """Empty, or the code of a state, also of one that is gone. See ``domain.countries``."""
    if not value or value in CODES:
        return value
    value = str(a_name(value))
    if value and value not in CODES:
        raise ValueError(why_no_code(value))
    return value


def a_url(value: str) -> str:
    """Empty, or a URL that begins with http:// or https://."""
    value = str(a_text(value))
    if value and not _URL.fullmatch(value):
        raise ValueError("must be an address that begins with http:// or https://")
    return value


def a_count(value: int) -> int:
    """Zero or more."""
    if value < 0:
        raise ValueError("must not be negative")
    return value


def required(rule: Rule) -> Rule:
    """Neither unset nor empty once it is clean, and what ``rule`` allows."""

    def checked(value: Any) -> Any:
        if value is not None and value != 0:
            value = rule(value)
        if value is None or value == 0 or value == "":
            raise ValueError("is required")
        return value

    return checked


def own_rules(value: "Checkable | None") -> "Checkable | None":
    """Unset, or a value that follows its own rules."""
    return value if value is None else value.checked()


def anything(value: Any) -> Any:
    """Any value."""
    return value


def too_many(values: Sized) -> str:
    """What is wrong with a field of so many values; empty if nothing is."""
    number = len(values)
    if number <= REPEATED_VALUES:
        return ""
    return f"must have at most {REPEATED_VALUES} values, and has {number}"


def each(rule: Rule) -> Rule:
    """At most 50 values, each as ``rule`` allows."""

    def checked(values: tuple[Any, ...]) -> tuple[Any, ...]:
        if not values:
            return values
        if problem := too_many(values):
            raise ValueError(problem)
        problems: list[Problem] = []
        cleaned = []
        for i, value in enumerate(values):
            try:
                cleaned.append(rule(value))
            except (ValueError, InvalidValue) as error:
                problems += _problems(f"[{i}]", error)
        if problems:
            raise InvalidValue(problems)
        return values if (found := tuple(cleaned)) == values else found

    return checked


def checked_fields(rules: Mapping[str, Rule], given: Mapping[str, Any]) -> dict[str, Any]:
    """The given values, each as the rule for its field returns it.

    :raises InvalidValue: names each field that breaks its rule.
    """
    other, problems = other_values(rules, given)
    if problems:
        raise InvalidValue(problems)
    return {**given, **other}


def other_values(
    rules: Mapping[str, Rule], given: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Problem]]:
    """The values for which the rule of their field returns another one, and what breaks a rule."""
    other: dict[str, Any] = {}
    problems: list[Problem] = []
    for field, rule in rules.items():
        if field in given:
            value = given[field]
            try:
                cleaned = rule(value)
            except (ValueError, InvalidValue) as error:
                problems += _problems(field, error)
            else:
                if cleaned is not value:
                    other[field] = cleaned
    return other, problems


def _problems(field: str, error: ValueError | InvalidValue) -> list[Problem]:
    """Why the rule for a field refuses its value, with the paths of the fields within it."""
    if isinstance(error, ValueError):
        return [Problem(field, str(error))]
    return [
        Problem(f"{field}{p.field}" if p.field[0] == "[" else f"{field}.{p.field}", p.text)
        for p in error.problems
    ]
