"""Some of the visits that meet a question, and how many there are: never all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chancery.client import AsyncConnection, Count, Visit
from service.web.wording import number

# How far the contract counts.
COUNTED = 1000


@dataclass(frozen=True)
class Number:
    """How many there are; ``more`` says that there are more than ``least``."""

    least: int = 0
    more: bool = False

    @classmethod
    def of(cls, count: Count) -> "Number":
        """How many the server counted."""
        return cls(count.visit_count, count.more)

    def __bool__(self) -> bool:
        return self.least > 0

    def __add__(self, other: "Number") -> "Number":
        both = self.least + other.least
        return Number(min(both, COUNTED), self.more or other.more or both > COUNTED)

    def __sub__(self, other: "Number") -> "Number":
        """What is left, at least; exact only if both are."""
        return Number(max(0, self.least - other.least), self.more)

    @property
    def is_one(self) -> bool:
        """Whether a verb behind it stands in the singular."""
        return self.least == 1 and not self.more

    def __str__(self) -> str:
        """``four``, ``no``, ``13``, ``more than 1,000``."""
        return f"more than {self.least:,}" if self.more else number(self.least)

    def of_things(self, noun: str) -> str:
        """``four visits``, ``one visit``, ``no visits``."""
        return f"{self} {noun if self.is_one else noun + 's'}"


@dataclass(frozen=True)
class Some:
    """The first visits of those that meet a question, and how many meet it."""

    visits: Sequence[Visit] = ()
    number: Number = Number()

    @classmethod
    def first(cls, limit: int, visits: Sequence[Visit], *, more: bool = False) -> "Some":
        """The first of all those that are there; ``more`` says that others may be."""
        return cls(visits[:limit], Number(len(visits), more))

    @property
    def hidden(self) -> Number:
        """How many are not among the first."""
        return self.number - Number(len(self.visits))


async def some(connection: AsyncConnection, limit: int, *, order_by: str, **which: Any) -> Some:
    """The first visits that meet a question now. They are counted only if there are more."""
    found = await connection.visits(order_by=order_by, limit=limit + 1, **which)
    if len(found) <= limit:
        return Some.first(limit, found[:])
    return Some(found[:limit], Number.of(await connection.count(**which)))
