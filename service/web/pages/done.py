"""What the page of a visit says of the change that a form has just recorded."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from chancery.client import Event, Visit
from service.web import wording

_VERSION = re.compile(r"\d{1,6}", re.ASCII)


@dataclass(frozen=True)
class Done:
    """A change that was just recorded. ``again`` if its form was sent twice."""

    version: int
    again: bool
    headline: Markup
    counts: str
    """What a statement counts for; empty for all other changes."""

    @classmethod
    def of(cls, said: str, again: bool, visit: Visit, events: Iterable[Event]) -> "Done | None":
        """The change that an address names; None if it names none of the visit."""
        found = _VERSION.fullmatch(said)
        event = next((each for each in events if found and each.version == int(said)), None)
        if event is None:
            return None
        return cls(event.version, again, wording.brief(event), counts(visit, event.version))


def counts(visit: Visit, version: int) -> str:
    """What the statement of a change counts for, as long as it is the last word of its voice."""
    word = next((each for each in visit.words if each.version == version), None)
    if word is None or word.statement is None:
        return ""
    if not word.counts:
        return (
            "It does not count for the standing: only what the guest or the host says firmly does, "
            "such as on the record."
        )
    stance = "agrees with the record" if word.stance == "agrees" else wording.stance(word.stance)
    return f"It counts: it {stance}. The standing is {visit.standing} now."
