"""Words as they are found: one folding for searches, filters and aliases alike.

A word is folded by its capitals, accents, width and the form of its digits, and letters of the
Latin script that have no accent to lose (ł, ø, æ) become plain ones. Other scripts stay as they
are; where they have capitals (Cyrillic, Greek ...), words are stored in Latin letters as well.
Scripts without blanks are found by any two neighbouring characters.

Whoever has any text folded in another way raises ``FOLDING`` in ``service.store.tables``.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from anyascii import anyascii

from domain.values import Counterpart, Principal, VisitDetails
from service.store.states.filters import WantedWord

# The most characters of a word and of a folded text. One character may become many, and the
# length of what an index takes is bounded.
LONGEST = 600

# What is written or left out within a word, or a blank is written for it, beside all dashes
# and underscores: apostrophes and what is typed for them, the minus sign, and dots at half height.
_JOINTS = frozenset(
    "'`\u00b4\u02b9\u02ba\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u055a\u05f3\u2018\u2019\u201b\u2032\u2035"
    "\ua78c\u2212\u00b7\u2022\u2027\u30fb"
)
# Letters that keyboards of two languages write in two ways; what only stretches a word.
_SAME_LETTERS = {"ی": "ي", "ى": "ي", "ک": "ك", "ـ": ""}
# Hebrew points, Arabic and Syriac vowels, and what stands on, under or across letters of Europe.
# Other marks are vowels or turn a letter into another one.
_ACCENTS = frozenset((1, *range(10, 37), *range(200, 241)))
# Thai, Lao, Burmese, Khmer, Tai; Japanese and Chinese.
_WITHOUT_BLANKS = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\ua9e0-\ua9ff\uaa60-\uaa7f"
    "\u3005-\u3007\u3040-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff]+)"
)
_NOT_BETWEEN_DIGITS = re.compile(r"(?<![0-9]) | (?![0-9])")


def fold(text: str) -> str:
    """What is the same for all ways to write a name, a label or an alias.

    Blanks and punctuation do not count unless they separate digits. A text without letters and
    digits is only cleaned of capitals.
    """
    spaced = " ".join(_marked(text).replace("-", " ").split())
    folded = _NOT_BETWEEN_DIGITS.sub("", spaced) or text.casefold()
    return folded[:LONGEST]


def as_id(text: str) -> str:
    """What the id of a visit of that name would look like: its folded words, with hyphens."""
    return "-".join(_marked(text).replace("-", " ").split())


def wanted(query: str) -> list[WantedWord]:
    """The words that a query asks for, each once."""
    found: list[WantedWord] = []
    for parts in map(_parts, _marked(query).split()):
        word = "".join(parts)
        if len(parts) > 1 and not _WITHOUT_BLANKS.search(word):
            found.append(WantedWord(word[:LONGEST], tuple(part[:LONGEST] for part in parts)))
        else:
            found += [WantedWord(piece) for part in parts for piece in _fewest_pieces(part)]
    return list(dict.fromkeys(found))


def of_visit(details: VisitDetails) -> str:
    """The words by which a visit is found, each after a space.

    They are those of its title, its purpose, the names and other names, the places and the
    aliases.
    """
    words = dict.fromkeys(word for text in _texts(details) for word in _stored(text))
    return "".join(f" {word}" for word in words)


def _texts(details: VisitDetails) -> Iterable[str]:
    yield details.title
    if details.principal is not None:
        yield from _names(details.principal)
        yield details.principal.organisation
    if details.host is not None:
        yield details.host.organisation
        for counterpart in details.host.counterparts:
            yield from _names(counterpart)
    for place in details.destinations:
        yield from (place.city, *place.other_names)
    yield from details.aliases
    yield details.purpose


def _names(person: Principal | Counterpart) -> Iterable[str]:
    return person.name, *person.other_names


def _stored(text: str) -> Iterator[str]:
    """The words of a text: each as it is, without its joints, and between them."""
    marked = _marked(text)
    if not marked.isascii():
        latin = _marked(text.translate(_IN_LATIN))
        if latin != marked:
            marked = f"{marked} {latin}"
    has_blanks = marked.isascii() or not _WITHOUT_BLANKS.search(marked)
    for word in marked.split():
        for form in _forms(word) if "-" in word else (word,):
            if has_blanks:
                yield form[:LONGEST]
            else:
                yield from _pieces(form)


def _forms(word: str) -> Iterator[str]:
    """A word joined, and its parts."""
    parts = _parts(word)
    if len(parts) > 1:
        yield "".join(parts)
    yield from parts


def _parts(word: str) -> list[str]:
    """What stands between the joints of a word."""
    return [part for part in word.split("-") if part]


def _pieces(word: str) -> Iterator[str]:
    """A word as it is stored: whole, or any two neighbouring characters and the last one."""
    for run, is_whole in _runs(word):
        if is_whole:
            yield run
        else:
            characters = _characters(run)
            for i in range(len(characters)):
                yield "".join(characters[i : i + 2])


def _fewest_pieces(word: str) -> Iterator[str]:
    """Pieces that a stored word has, so many that they cover this one."""
    for run, is_whole in _runs(word):
        characters = _characters(run)
        if is_whole or len(characters) <= 2:
            yield run
        else:
            for i in (*range(0, len(characters) - 2, 2), len(characters) - 2):
                yield "".join(characters[i : i + 2])


def _runs(word: str) -> Iterator[tuple[str, bool]]:
    """The parts of a word in scripts with blanks, which stay whole, and in scripts without."""
    for i, run in enumerate(_WITHOUT_BLANKS.split(word)):
        if run:
            yield run[:LONGEST], i % 2 == 0


def _characters(run: str) -> list[str]:
    """The characters of a word, each with the marks that belong to it."""
    found: list[str] = []
    for character in run:
        if found and unicodedata.category(character)[0] == "M":
            found[-1] += character
        else:
            found.append(character)
    return found


def _marked(text: str) -> str:
    """The text folded, with a blank between its words, and a hyphen at each joint."""
    return unicodedata.normalize("NFC", text.translate(_FOLDED))


class _Folded(dict[int, str]):
    """What each character becomes, worked out once."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if character in _JOINTS:
            folded = "-"
        else:
            folded = "".join(map(_folded, unicodedata.normalize("NFKD", character)))
        self[code] = folded
        return folded


class _InLatin(dict[int, str]):
    """What each letter that has a capital, or is one, becomes in Latin letters."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        has_case = character.lower() != character.upper()
        self[code] = latin = anyascii(character) if has_case else character
        return latin


def _folded(character: str) -> str:
    """What a character that cannot be taken apart becomes."""
    category = unicodedata.category(character)
    if character in _JOINTS or category in ("Pc", "Pd"):
        return "-"
    if category in ("Cf", "Me") or unicodedata.combining(character) in _ACCENTS:
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category[0] not in "LMN":
        return " "
    name = unicodedata.name(character, "")
    if name.startswith("VARIATION SELECTOR") or "FILLER" in name or character == "\u034f":
        return ""
    if name.startswith("LATIN"):
        return "".join(filter(str.isalnum, anyascii(character).lower()))
    return _SAME_LETTERS.get(character, character.casefold())


_FOLDED = _Folded()
_IN_LATIN = _InLatin()
