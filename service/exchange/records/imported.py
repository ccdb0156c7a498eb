"""What earlier imports of the record said of a visit, as its history tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chancery.client import Basis, Event, Visit, VisitDetails
from chancery.client.event import Amended, Completed, Corrected, Disclosed, StatementRecorded
from chancery.client.keywords import When
from service.exchange.records.visits import SITE, SPEAKER

# What an import says of a visit, and compares.
DETAILS = ("title", "principal", "host", "destinations", "kind", "purpose", "trip")
HELD = "held_window"
FIELDS = (*DETAILS, HELD)
# How the reason of an import's correction begins, and that of its retraction.
REASON = "Edition of "
GONE = "Gone from the edition of "


@dataclass(frozen=True)
class Said:
    """What the last import said of a visit, field by field."""

    fields: dict[str, Any]
    basis: tuple[Basis, ...]
    """On whose word: that of the record."""
    version: int
    """The version of the change with which an import recorded, completed or confirmed it."""
    is_confirmed: bool
    """Whether it only confirmed what a desk had recorded."""
    is_untouched: bool
    """Whether nobody but an import has changed the visit since."""
    linked: frozenset[str]
    """The visits that an import said it accompanies, even if that was taken out since."""
    relinked: int
    """How often an import changed them."""

    @property
    def url(self) -> str:
        """The page of the record on which it stood."""
        return self.basis[0].url


def said(history: Sequence[Event]) -> Said | None:
    """What the last import said; None if none had to do with the visit."""
    fields: dict[str, Any] = {}
    basis: tuple[Basis, ...] = ()
    version, is_confirmed, others = 0, False, False
    linked: set[str] = set()
    relinked = 0
    for event in history:
        change = event.change
        if isinstance(change, Amended) and by_import(event):
            _relink(linked, change)
            relinked += 1
        elif event.retracted_by:
            continue
        elif not by_import(event):
            others = others or bool(version)
        elif isinstance(change, Corrected):
            fields.update(_corrected(change))
        elif isinstance(change, Disclosed | Completed):
            fields, version, is_confirmed = _opened(change), event.version, False
            basis = event.basis
        elif isinstance(change, StatementRecorded):
            fields = {HELD: change.statement.claimed_window}
            version, is_confirmed = event.version, True
            basis = event.basis
    if not version:
        return None
    return Said(fields, basis, version, is_confirmed, not others, frozenset(linked), relinked)


def by_import(event: Event) -> bool:
    """Whether an import made this change: its word is the record's.

    Request ids would tell it as well, but are not for everybody.
    """
    is_record = bool(event.basis) and all(
        each.speaker == SPEAKER and each.url.startswith(SITE) for each in event.basis
    )
    is_own_reason = event.change_type != "corrected" or event.reason.startswith(REASON)
    return is_record and is_own_reason


def withdrawn(history: Sequence[Event]) -> Event | None:
    """The retraction that took out the opening of a visit; None if the opening stands."""
    version = history[0].retracted_by
    return next((each for each in history if each.version == version), None)


def known_behind(visit: Visit | None, last: date) -> When:
    """When what the record says of a visit became known: not before the visit was, as recorded."""
    if visit and visit.known_time and visit.known_time.date() > last:
        return visit.known_period or visit.known_time
    return last


def value(visit: Visit, field: str) -> Any:
    """What a visit says in one of the fields."""
    return visit.held_window if field == HELD else getattr(visit.details, field)


def _relink(linked: set[str], change: Amended) -> None:
    """Note which visits an import linked, and which it took out again."""
    for items, note in ((change.added, linked.add), (change.removed, linked.discard)):
        for each in items.related if items else ():
            note(each.name.removeprefix("visits/"))


def _opened(change: Disclosed | Completed) -> dict[str, Any]:
    """What the change says that recorded the visit, or its completion."""
    details = _details(change.details, DETAILS) if isinstance(change, Disclosed) else {}
    return {**details, HELD: change.held_window}


def _corrected(change: Corrected) -> dict[str, Any]:
    """What a correction says instead."""
    names = [path.removeprefix("details.") for path in change.update_mask]
    held = {HELD: change.held_window} if HELD in names else {}
    details = change.details or VisitDetails()
    return {**_details(details, [name for name in names if name in DETAILS]), **held}


def _details(details: VisitDetails, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(details, name) for name in names}
