"""What the remarks of a record say of the kind of a visit, and of where a journey begins."""

import re
from collections.abc import Sequence

from chancery.client.words import KindWord

# How the remarks begin, or what they say anywhere. The first that fits decides.
_KINDS: tuple[tuple[KindWord, str], ...] = (
    ("official working", r"official working visit"),
    ("state", r"state visit"),
    ("official", r"official visit"),
    ("working", r"working visit"),
    ("private", r"vacation|honeymoon|unofficial visit|personal and private|private visit"),
    ("transit", r"stopped|overnight stop|disembarked en route"),
    ("summit", r"attended\b.*\bsummit"),
    ("private", r".*\bprivate visit"),
    ("transit", r".*\brefueling stop"),
)
_MARGIN = re.compile(r"met with president\b.*\bgeneral assembly", re.IGNORECASE)

LEFT = re.compile(r"left u\.s\.", re.IGNORECASE)
RETURNED = re.compile(
    r"returned (?:to (?:the )?(?:u\.s\.|united states)"
    r"|(?:january|february|march|april|may|june|july|august|september|october|november|december)"
    r" \d)",
    re.IGNORECASE,
)


def kind(remarks: Sequence[str], *, by_visitor: bool = False) -> KindWord | None:
    """The kind of a visit by what its records say; transit only if all of them do."""
    kinds = [_kind(each, by_visitor=by_visitor) for each in remarks]
    found = next((each for each in kinds if each and each != "transit"), None)
    return found or ("transit" if set(kinds) == {"transit"} else None)


def _kind(remarks: str, *, by_visitor: bool) -> KindWord | None:
    if by_visitor and _MARGIN.match(remarks):
        return "summit margin"
    return next((kind for kind, says in _KINDS if re.match(says, remarks, re.IGNORECASE)), None)
