"""The rules for single values, as small functions.

A rule takes a field's value and returns it clean. Otherwise it raises ValueError, which says
what is allowed, or ``InvalidValue`` if the value has fields of its own.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, Self

from domain.errors import InvalidValue, Problem

TEXT_LENGTH = 4000
NAME_LENGTH = 200
REPEATED_VALUES = 50

_FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_VISIT_ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_COUNTRY = re.compile(r"[A-Z]{2}")
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


def _string(limit: int) -> Rule:
    def rule(value: str) -> str:
        if not (value.isascii() and value.isprintable()):
            value = unicodedata.normalize("NFC", value)
            if found := _FORBIDDEN.search(value):
                raise ValueError(
                    f"must not contain the character U+{ord(found[0]):04X}: control characters "
                    "other than newlines, and bidirectional overrides, are not allowed"
                )
        if len(value) > limit:
            raise ValueError(f"must have at most {limit} characters, and has {len(value)}")
        return value

    return rule


a_text = _string(TEXT_LENGTH)
a_name = _string(NAME_LENGTH)


def a_country(value: str) -> str:
    """Empty, or two capital letters. Codes that are no longer assigned are allowed."""
    if value and not _COUNTRY.fullmatch(value):
        raise ValueError("must be an ISO 3166-1 alpha-2 code, in capitals")
    return value


def a_url(value: str) -> str:
    """Empty, or a URL that begins with http:// or https://."""
    if value and not _URL.fullmatch(value):
        raise ValueError("must be an address that begins with http:// or https://")
    return str(a_text(value))


def a_count(value: int) -> int:
    """Zero or more."""
    if value < 0:
        raise ValueError("must not be negative")
    return value


def required(rule: Rule) -> Rule:
    """Neither unset nor blank, and what ``rule`` allows."""

    def checked(value: Any) -> Any:
        if value is None or value == 0 or (isinstance(value, str) and not value.strip()):
            raise ValueError("is required")
        return rule(value)

    return checked


def own_rules(value: "Checkable | None") -> "Checkable | None":
    """Unset, or a value that follows its own rules."""
    return value if value is None else value.checked()


def anything(value: Any) -> Any:
    """Any value."""
    return value


def each(rule: Rule) -> Rule:
    """At most 50 values, each as ``rule`` allows."""

    def checked(values: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(values) > REPEATED_VALUES:
            raise ValueError(f"must have at most {REPEATED_VALUES} values, and has {len(values)}")
        problems: list[Problem] = []
        cleaned = [_clean(f"[{i}]", rule, value, problems) for i, value in enumerate(values)]
        if problems:
            raise InvalidValue(problems)
        return tuple(cleaned)

    return checked


def checked_fields(
    rules: Mapping[str, Rule], given: Mapping[str, Any], problems: Sequence[Problem] = ()
) -> dict[str, Any]:
    """The given values, each as the rule for its field returns it.

    :raises InvalidValue: names each field that breaks its rule, after the ``problems`` that
        were found before.
    """
    found = list(problems)
    cleaned = {
        field: _clean(field, rules[field], value, found) if field in rules else value
        for field, value in given.items()
    }
    if found:
        raise InvalidValue(found)
    return cleaned


def _clean(field: str, rule: Rule, value: Any, problems: list[Problem]) -> Any:
    """The field's value as ``rule`` returns it. If the rule refuses it, add to ``problems``."""
    try:
        return rule(value)
    except ValueError as error:
        problems.append(Problem(field, str(error)))
    except InvalidValue as error:
        problems.extend(
            Problem(f"{field}{p.field}" if p.field[0] == "[" else f"{field}.{p.field}", p.text)
            for p in error.problems
        )
    return value
