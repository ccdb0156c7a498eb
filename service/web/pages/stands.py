"""Where each side stands: the last word of each voice."""

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from chancery.client import Event, Visit, Word
from service.web import wording

_ORDER = ("guest", "host", "third", "press", "desk")


@dataclass(frozen=True)
class Stand:
    """The word of one voice, and what it amounts to."""

    word: Word
    text: Markup

    @property
    def side(self) -> str:
        """The side, as the head of a row."""
        return self.word.side.capitalize()

    @property
    def by(self) -> str:
        """Who spoke, and where."""
        word = self.word
        represented = word.organisation or wording.country(word.country)
        third = represented if word.side == "third" else ""
        return ", ".join(part for part in (word.speaker, third, word.outlet) if part)

    @property
    def known(self) -> str:
        """When it became known."""
        word = self.word
        return wording.when(word.known_time, word.known_period) if word.known_time else ""

    @property
    def stance(self) -> str:
        """How it stands to the visit, if it is of weight and contradicts it."""
        is_against = self.word.counts and self.word.stance not in (None, "agrees")
        return wording.stance(self.word.stance) if is_against else ""


def stands(visit: Visit, events: Iterable[Event]) -> list[Stand]:
    """The words of all voices: the guest's first, and of one side the latest first."""
    by_version = {event.version: event for event in events}
    found = [Stand(word, _text(word, by_version.get(word.version))) for word in visit.words]
    found.reverse()
    return sorted(found, key=lambda stand: _ORDER.index(stand.word.side))


def _text(word: Word, event: Event | None) -> Markup:
    if statement := word.statement:
        told = wording.verb(statement.kind)
        told = told[:1].upper() + told[1:]
        if not statement.text:
            return Markup("{}").format(told)
        quoted = wording.quoted(statement.text, wording.QUOTED)
        return Markup('{}: <span class="own">{}</span>').format(told, quoted)
    if event is None or event.corrected_by:  # what it said at first would mislead
        return Markup("Stands by the status")
    return wording.headline(event)
