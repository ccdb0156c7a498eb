"""How many visits there are, in all and by what they have in common."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.limits import COUNTED_EXACTLY, COUNTED_VALUES
from service.store.states.rows import Facets


@dataclass(frozen=True)
class Counted:
    """A number of visits, which may be followed by more."""

    number: int
    more: bool

    @classmethod
    def of(cls, number: int) -> "Counted":
        """A number that is exact up to a bound."""
        return cls(min(number, COUNTED_EXACTLY), number > COUNTED_EXACTLY)


@dataclass(frozen=True)
class Group:
    """How many visits have a value, for the values that most have, and whether there are more."""

    values: Sequence[tuple[str, Counted]]
    more: bool

    @classmethod
    def of(cls, counts: Iterable[tuple[str, int]]) -> "Group":
        """The group of sorted counts, of which there may be one more than it holds."""
        values = [(value, Counted.of(number)) for value, number in counts]
        return cls(values[:COUNTED_VALUES], len(values) > COUNTED_VALUES)


@dataclass(frozen=True)
class Counts:
    """How many visits there are, and one group for each facet that they are counted by."""

    total: Counted
    groups: Sequence[Group]


class Tally:
    """Counts visits one by one, by some of their facets.

    A principal is counted by the folded name, and shown by a name that one of the visits has.
    """

    def __init__(self, by: Sequence[str]) -> None:
        self._total = 0
        self._numbers: dict[str, Counter[str]] = {facet: Counter() for facet in by}
        self._names: dict[str, str] = {}

    def add(self, facets: Facets, principal: str) -> None:
        """Count a visit; ``principal`` is the name as it is written."""
        self._total += 1
        self._names.setdefault(facets.principal, principal)
        for facet, numbers in self._numbers.items():
            numbers[getattr(facets, facet)] += 1

    def counts(self) -> Counts:
        """What was counted."""
        groups = []
        for facet, numbers in self._numbers.items():
            names = self._names if facet == "principal" else {}
            largest = sorted(numbers.items(), key=lambda count: (-count[1], count[0]))
            groups.append(Group.of((names.get(value, value), n) for value, n in largest))
        return Counts(Counted.of(self._total), groups)
