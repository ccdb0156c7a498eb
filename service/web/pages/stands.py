"""Where each side stands: the last word of each voice, and of sides that have been silent since."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from chancery.client import Basis, Event, Statement, StatementRecorded, Visit, Word
from chancery.client.words import SideWord
from service.web import wording
from service.web.signs import makes_status

_ORDER: tuple[SideWord, ...] = ("guest", "host", "third", "press", "desk")
# Of these, the page also tells what they last said before the present status.
_LASTING: tuple[SideWord, ...] = ("guest", "host", "press")


@dataclass(frozen=True)
class Stand:
    """A word of one voice, and what it amounts to."""

    of: SideWord
    version: int
    text: Markup
    by: str = ""
    """Who spoke, and where."""
    known: str = ""
    """When it became known."""
    stance: str = ""
    """How it stands to the visit, if it is of weight and contradicts it."""
    is_earlier: bool = False
    """Whether it was said before the present status, of which this side has said nothing."""

    @property
    def side(self) -> str:
        """The side, as the head of a row."""
        return self.of.capitalize()


def stands(visit: Visit, events: Iterable[Event]) -> list[Stand]:
    """The words of all voices: the guest's first, and of one side the latest first."""
    by_version = {event.version: event for event in events}
    found = [_stand(word, by_version.get(word.version)) for word in visit.words]
    found.reverse()
    heard = {stand.of for stand in found}
    found += _earlier([side for side in _LASTING if side not in heard], by_version.values())
    return sorted(found, key=lambda stand: _ORDER.index(stand.of))


def _stand(word: Word, event: Event | None) -> Stand:
    is_against = word.counts and word.stance not in (None, "agrees")
    return Stand(
        word.side,
        word.version,
        _said(word.statement) if word.statement else _behind(event),
        _by(word),
        wording.when(word.known_time, word.known_period) if word.known_time else "",
        wording.stance(word.stance) if is_against else "",
    )


def _earlier(sides: list[SideWord], events: Iterable[Event]) -> Iterator[Stand]:
    """What sides last said, of which the visit has no word."""
    spoken = [event for event in events if not event.retracted_by and event.known_time]
    for side in sides:
        own = [(event, basis) for event in spoken if (basis := _basis(event, side))]
        if own:
            event, basis = max(own, key=lambda each: (_known(each[0]), each[0].version))
            is_said = isinstance(event.change, StatementRecorded)
            text = _said(event.change.statement) if is_said else _behind(event)  # type: ignore[union-attr]
            known = wording.when(_known(event), event.known_period)
            yield Stand(side, event.version, text, _by(basis), known, is_earlier=True)


def _basis(event: Event, side: SideWord) -> Basis | None:
    """Who of a side makes a statement, or is behind a change of status; None if nobody."""
    if isinstance(event.change, StatementRecorded) and event.change.statement.side != side:
        return None
    if not isinstance(event.change, StatementRecorded) and not makes_status(event):
        return None
    return next((basis for basis in event.basis if basis.side == side), None)


def _known(event: Event) -> datetime:
    assert event.known_time is not None
    return event.known_time


def _by(who: Word | Basis) -> str:
    represented = who.organisation or wording.country(who.country)
    third = represented if who.side == "third" else ""
    return ", ".join(part for part in (who.speaker, third, who.outlet) if part)


def _said(statement: Statement) -> Markup:
    told = wording.verb(statement.kind)
    told = told[:1].upper() + told[1:]
    if not statement.text:
        return Markup("{}").format(told)
    quoted = wording.quoted(statement.text, wording.QUOTED)
    return Markup('{}: <span class="own">{}</span>').format(told, quoted)


def _behind(event: Event | None) -> Markup:
    if event is None or event.corrected_by:  # what it said at first would mislead
        return Markup("Stood by the status")
    return wording.headline(event)
