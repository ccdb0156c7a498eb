"""A linear scale of days, with long quiet stretches cut out."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

# The least days that are worth a cut, and the part of the width that cuts must leave.
SHORTEST, LEFT = 9, 0.35
# How far a scale of few days is drawn out: pixels a day, and pixels of a cut.
WIDEST_DAY, WIDEST_CUT = 60.0, 150.0


@dataclass(frozen=True)
class Stretch:
    """Some days, from ``first`` up to ``end``, and where they are drawn. Cut: nothing is within."""

    first: int
    end: int
    left: float
    right: float
    is_cut: bool

    @property
    def days(self) -> int:
        """How many days it has."""
        return self.end - self.first


class Scale:
    """Where each day is drawn between two places.

    ``keys`` are the days on which something is drawn. Between them as few stretches are cut, the
    longest first, as leave ``wanted`` pixels for a day; each is ``cut`` pixels wide then.
    """

    def __init__(
        self, keys: Iterable[int], left: float, right: float, wanted: float, cut: float
    ) -> None:
        days = sorted(set(keys))
        days = [days[0] - 1, *days, days[-1] + 2]
        gaps = [end - first for first, end in pairwise(days)]
        chosen = _chosen(gaps, right - left, wanted, cut)
        whole = sum(gap for index, gap in enumerate(gaps) if index not in chosen)
        room = right - left
        day = min((room - len(chosen) * cut) / whole, WIDEST_DAY)
        if chosen:
            cut = min((room - whole * day) / len(chosen), WIDEST_CUT)
        self.stretches: list[Stretch] = []
        place = left
        for index, (first, end) in enumerate(pairwise(days)):
            width = cut if index in chosen else (end - first) * day
            self.stretches.append(Stretch(first, end, place, place + width, index in chosen))
            place += width
        self._firsts = [one.first for one in self.stretches]
        self.right = place

    def __call__(self, day: float) -> float:
        """Where a day begins; one beyond the ends is drawn at the end."""
        one = self.stretches[max(bisect_right(self._firsts, day) - 1, 0)]
        part = (min(max(day, one.first), one.end) - one.first) / one.days
        return one.left + part * (one.right - one.left)

    @property
    def cuts(self) -> Iterator[Stretch]:
        """The stretches that are cut out."""
        return (one for one in self.stretches if one.is_cut)

    def shows(self, day: int) -> bool:
        """Whether the day lies where the scale is not cut."""
        return any(one.first <= day <= one.end and not one.is_cut for one in self.stretches)


def _chosen(gaps: list[int], room: float, wanted: float, cut: float) -> set[int]:
    """Which gaps to cut: the fewest that give a day its width, else those that give it most."""
    longest = sorted(range(len(gaps)), key=lambda index: -gaps[index])
    longest = [index for index in longest if gaps[index] > SHORTEST]
    best, chosen = room / sum(gaps), 0
    for number in range(1, len(longest) + 1):
        left = room - number * cut
        whole = sum(gaps) - sum(gaps[index] for index in longest[:number])
        if best >= wanted or left < room * LEFT:
            break
        if left / whole > best:
            best, chosen = left / whole, number
    return set(longest[:chosen])
