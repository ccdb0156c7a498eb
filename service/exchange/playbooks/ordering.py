"""In which order the playbooks of a log have to stand, so that they can be recorded again.

A story stands on its own, unless it needs what another one did: two visits had the same alias one
after the other, or one was merged into another. The changes of such visits keep the order of the
log, so that a visit may come in several parts.
"""

import re
import unicodedata
from collections.abc import Iterator

from chancery.v1.event_pb2 import RecordedEvent, VisitEvent

_NO_WORD = re.compile(r"[\W_]+")


class Ordering:
    """The visits of a log, as far as its changes were added."""

    def __init__(self) -> None:
        self._visits: dict[str, None] = {}
        self._by_name: dict[str, set[str]] = {}
        self._merged: set[str] = set()

    def add(self, recorded: RecordedEvent) -> None:
        """Take the next change of the log."""
        event = recorded.event
        if event.visit not in self._visits:
            self._visits[event.visit] = None
            self._claim(event.visit.removeprefix("visits/"), event.visit)
        for alias in _aliases(event):
            self._claim(alias, event.visit)
        if event.retracted.merged_into:
            self._merged |= {event.visit, event.retracted.merged_into}

    def tangled(self) -> set[str]:
        """The visits whose changes have to keep the order of the log."""
        shared = (visits for visits in self._by_name.values() if len(visits) > 1)
        return self._merged.union(*shared) & self._visits.keys()

    def visits(self) -> list[str]:
        """All visits, by their first change."""
        return list(self._visits)

    def _claim(self, name: str, visit: str) -> None:
        """Note that a visit has a name, in a form that is the same for more names than are one."""
        folded = unicodedata.normalize("NFKD", name).casefold()
        self._by_name.setdefault(_NO_WORD.sub("", folded), set()).add(visit)


def _aliases(event: VisitEvent) -> Iterator[str]:
    """The aliases that a change may give its visit."""
    kind = event.WhichOneof("change")
    if kind is None:
        return
    change = getattr(event, kind)
    if hasattr(change, "details"):
        yield from change.details.aliases
    if kind == "amended":
        yield from change.added.aliases
