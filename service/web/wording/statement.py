"""What somebody said, and how it stands to the visit."""

from collections.abc import Iterable, Iterator

from markupsafe import Markup

from chancery.client import Basis, ClaimedWindow, Condition, Statement, Word
from chancery.client.words import StanceWord, StatementWord
from service.web.wording.countries import in_prose
from service.web.wording.text import QUOTED, capital, own, quoted
from service.web.wording.windows import window

_VERBS: dict[StatementWord, str] = {
    "report": "reports",
    "announce": "announces",
    "confirm": "confirms",
    "reaffirm": "says again",
    "decline": "neither confirms nor denies",
    "deny": "denies",
    "doubt": "leaves in doubt",
    "arrived": "says that the guest has arrived",
    "departed": "says that the guest has left",
}
_STANCES: dict[StanceWord, str] = {
    "agrees": "agrees",
    "contradicts status": "contradicts the status",
    "contradicts days": "names other days",
    "neither": "leaves it open",
}


def verb(word: StatementWord) -> str:
    """What a statement does: ``confirms``, ``neither confirms nor denies``."""
    return _VERBS.get(word, f"states ({word})")


def stance(word: StanceWord | None) -> str:
    """How a word stands to the visit: ``agrees``, ``contradicts the status``."""
    return _STANCES.get(word, word) if word else ""


def voice(said: Basis | Condition | Statement | Word | ClaimedWindow) -> Markup:
    """Who speaks, within a sentence: ``the guest``, ``the press``, ``China`` as a third party."""
    if said.side == "third":
        named = said.organisation or in_prose(said.country)
        return own(named) if named else Markup("a third party")
    if said.side == "press":
        outlet = getattr(said, "outlet", "") or getattr(said, "speaker", "")
        return own(outlet) if outlet else Markup("the press")
    return Markup("the {}").format(said.side)


def said(statement: Statement, limit: int = QUOTED, basis: Iterable[Basis] = ()) -> Markup:
    """A statement as a sentence without its full stop: ``The host denies: “There is none”``.

    Without a text it says which status is claimed. The press goes by the name of its outlet, if
    the ``basis`` says one.
    """
    told = Markup("{} {}").format(teller(statement, basis), verb(statement.kind))
    if statement.text:
        return Markup("{}: {}").format(told, quoted(statement.text, limit))
    if statement.claimed_status:
        return Markup("{}: {}").format(told, statement.claimed_status)
    return told


def teller(statement: Statement, basis: Iterable[Basis]) -> Markup:
    """Who makes a statement, at the beginning of a sentence."""
    outlets = (each for each in basis if each.side == "press" and each.outlet)
    outlet = next(outlets, None) if statement.side == "press" else None
    return capital(voice(outlet or statement))


def notes(statement: Statement) -> Iterator[Markup]:
    """What a statement names beside its words: days, a condition, a status, a change."""
    if statement.claimed_status and statement.text:
        yield Markup("Says that the visit is: {}").format(statement.claimed_status)
    if statement.claimed_window:
        yield Markup("Names days: {}").format(window(statement.claimed_window))
    if statement.condition:
        yield Markup("Names a condition: {}").format(quoted(statement.condition.text))
    if statement.about_version:
        version = statement.about_version
        yield Markup('About <a href="#v{}">change {}</a>').format(version, version)
