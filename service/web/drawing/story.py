"""What the timeline draws of a visit: its status, its days, and who spoke when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from chancery.client import Event, Visit
from chancery.client.event import Corrected, Retracted
from chancery.client.words import SideWord, StatusWord
from service.web.drawing.days import Span, in_words, span
from service.web.terms import COLOUR, FIRM, OVER, STATUS_OF, is_firm, statement_of
from service.web.wording import label

TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True)
class Band:
    """A status, and since when it held in the world."""

    status: StatusWord
    since: Span


@dataclass(frozen=True)
class Spoken:
    """A change in the lanes: who spoke, when it became known, and since when it held.

    ``sides`` says of each whether its word is firm. ``look`` is the class of its mark.
    ``versions`` are several only where changes of one voice share a mark, ``is_again`` because they
    say the same; the last of them became known on ``last_known``.
    """

    event: Event
    versions: tuple[int, ...]
    known: Span
    last_known: int
    effective: Span
    sides: dict[SideWord, bool]
    look: str
    is_statement: bool
    is_taken_back: bool
    is_again: bool = False

    @property
    def number(self) -> str:
        """What is written in the mark: the version, and how many changes share it."""
        several = f" {TIMES}{len(self.versions)}" if len(self.versions) > 1 else ""
        return f"{self.versions[0]}{several}"

    @property
    def label(self) -> str:
        """What the mark is, for who cannot see it: "3: the host confirms, known 4 Nov 2026"."""
        text = f"{self.number}: {label(self.event)}, known {in_words(self.known)}"
        if again := self.versions[1:]:
            said = "said again" if self.is_again else "more of this voice"
            until = in_words(Span(self.last_known, self.last_known))
            text += f"; {len(again)} {said} until {until}: {', '.join(map(str, again))}"
        return f"{text}, taken back" if self.is_taken_back else text

    @property
    def looks(self) -> dict[SideWord, str]:
        """The class of the mark in each lane: without a colour, a firm word is filled."""
        return {
            side: self.look or ("firm" if binds else "soft") for side, binds in self.sides.items()
        }


@dataclass(frozen=True)
class Story:
    """A visit's history as it is drawn.

    ``end`` is the last day of the drawing. ``disputed`` is the day of the first word that
    contradicts the status, if one does.
    """

    bands: tuple[Band, ...]
    spoken: tuple[Spoken, ...]
    end: int
    is_over: bool
    disputed: int | None


def story_of(visit: Visit | None, events: Iterable[Event], until: date) -> Story:
    """What is drawn of a history, see ``timeline``."""
    end = until.toordinal()
    spoken = tuple(_spoken(event, end) for event in sorted(events, key=_version))
    bands = tuple(
        Band(STATUS_OF[one.event.change_type], one.effective)
        for one in spoken
        if one.event.change_type in STATUS_OF and not one.is_taken_back
    )
    is_over = bool(bands) and bands[-1].status in OVER
    return Story(bands, spoken, end, is_over, _disputed(visit, end))


def known_day(event: Event, end: int) -> int:
    """The day on which a change became known, none after ``end``."""
    return _known(event, end).last


def _version(event: Event) -> int:
    return event.version


def _known(event: Event, end: int) -> Span:
    """When it became known. What was recorded later than the moment asked counts from then on."""
    found = span(event.known_time, event.known_period) or span(event.record_time, "")
    if found is None:
        return Span(end, end)
    return Span(min(found.first, end), min(found.last, end), found.precision)


def _spoken(event: Event, end: int) -> Spoken:
    known = _known(event, end)
    effective = span(event.effective_time, event.effective_period)
    if effective is None or isinstance(event.change, Corrected | Retracted):
        effective = known
    effective = Span(
        min(effective.first, known.last), min(effective.last, known.last), effective.precision
    )
    return Spoken(
        event,
        (event.version,),
        known,
        known.last,
        effective,
        _sides(event),
        _look(event),
        event.change_type == "statement recorded",
        bool(event.retracted_by),
    )


def _sides(event: Event) -> dict[SideWord, bool]:
    """Who spoke, and whether firmly: the sides of the basis, else the desk."""
    if statement := statement_of(event):
        return {statement.side: is_firm(event)}
    sides: dict[SideWord, bool] = {}
    for basis in event.basis:
        sides[basis.side] = sides.get(basis.side, False) or basis.attribution in FIRM
    return sides or {"desk": False}


def _look(event: Event) -> str:
    """The class of a mark that has a colour of its own; else its word decides, see ``looks``."""
    if event.retracted_by:
        return "taken"
    if status := STATUS_OF.get(event.change_type):
        return COLOUR[status]
    statement = statement_of(event)
    return "deny" if statement and statement.kind == "deny" else ""


def _disputed(visit: Visit | None, end: int) -> int | None:
    """Since when the status is disputed: the first of the words that contradict it now."""
    if visit is None or visit.standing != "disputed":
        return None
    days = [
        min(known.last, end)
        for word in visit.words
        if word.counts and word.stance == "contradicts status"
        if (known := span(word.known_time, word.known_period))
    ]
    return min(days, default=None)
