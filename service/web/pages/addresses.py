"""Addresses of a page that differ from its own in a few parameters."""

from collections.abc import Iterable
from urllib.parse import urlencode

from starlette.datastructures import URL

Pairs = list[tuple[str, str]]


class Address:
    """The address of a page, as pairs of parameters. What is empty is left out."""

    def __init__(self, path: str, pairs: Iterable[tuple[str, str]]) -> None:
        self.path = path
        self.pairs: Pairs = [(name, value) for name, value in pairs if value.strip()]

    @classmethod
    def of(cls, url: URL, pairs: Iterable[tuple[str, str]]) -> "Address":
        """The address of a page that was asked for with these parameters."""
        return cls(url.path, pairs)

    def __str__(self) -> str:
        return f"{self.path}?{urlencode(self.pairs)}" if self.pairs else self.path

    def given(self, name: str) -> list[str]:
        """The values of a parameter."""
        return [value for key, value in self.pairs if key == name]

    def without(self, *names: str) -> "Address":
        """The address without some parameters."""
        return Address(self.path, [pair for pair in self.pairs if pair[0] not in names])

    def set(self, **values: object) -> "Address":
        """The address with other values of some parameters; those that are None are left out."""
        kept = self.without(*values).pairs
        new = [(name, str(value)) for name, value in values.items() if value is not None]
        return Address(self.path, kept + new)

    def toggled(self, name: str, value: str) -> "Address":
        """The address with a value of a parameter that it did not have, or without it."""
        pair = (name, value)
        kept = [each for each in self.pairs if each != pair]
        return Address(self.path, kept if pair in self.pairs else [*kept, pair])

    def at(self, path: str) -> "Address":
        """The same parameters at another path."""
        return Address(path, self.pairs)
