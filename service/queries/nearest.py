"""Which visits may be meant by a name that no visit has."""

from difflib import SequenceMatcher

from service.projections.words import as_id, fold
from service.store.log.reader import Reader

# How many ids are told, and how much of two names has to be the same.
TOLD = 3
ALIKE = 0.65
# The longest name for which it is tried, and the words of it that are looked up.
LONGEST = 100
WORDS = 3


def nearest_ids(reader: Reader, name: str) -> list[str]:
    """The ids of up to three visits, the nearest first.

    A name is near by its letters, also if its words come in another order.
    """
    if len(name) > LONGEST:
        return []
    asked, folded = as_id(name), fold(name)
    words = sorted(asked.split("-"), key=len)[-WORDS:]
    alike: dict[str, float] = {}
    for visit_id, spelling in reader.near(asked, folded, words):
        if spelling == visit_id:
            measured = max(_alike(asked, visit_id), _alike(_sorted(asked), _sorted(visit_id)))
        else:
            measured = _alike(folded, spelling)
        alike[visit_id] = max(measured, alike.get(visit_id, 0))
    found = sorted((-measured, visit_id) for visit_id, measured in alike.items())
    return [visit_id for measured, visit_id in found[:TOLD] if -measured >= ALIKE]


def _alike(one: str, other: str) -> float:
    """How much of two texts is the same: from 0 to 1, and 0 if it is less than asked for."""
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.real_quick_ratio() < ALIKE or matcher.quick_ratio() < ALIKE:
        return 0.0
    return matcher.ratio()


def _sorted(visit_id: str) -> str:
    return "-".join(sorted(visit_id.split("-")))
