"""Words as they are searched: without capitals and accents."""

import re
import unicodedata
from collections.abc import Iterable
from itertools import islice

from domain.values import VisitDetails

# The most characters of a folded text. One character may become many, and the length of what an
# index takes is bounded.
LONGEST = 600

_WORD = re.compile(r"\w+")


def fold(text: str) -> str:
    """The text without capitals and accents, cut off after ``LONGEST`` characters."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    kept = (character for character in decomposed if not unicodedata.combining(character))
    return "".join(islice(kept, LONGEST))


def split(text: str) -> list[str]:
    """The folded words of a text."""
    return _WORD.findall(fold(text))


def of_visit(details: VisitDetails) -> str:
    """The words of the title, the names, the places and the aliases, each after a space."""
    words = dict.fromkeys(word for text in _texts(details) for word in split(text))
    return "".join(f" {word}" for word in words)


def _texts(details: VisitDetails) -> Iterable[str]:
    yield details.title
    if details.principal is not None:
        yield details.principal.name
        yield details.principal.organisation
    if details.host is not None:
        yield details.host.organisation
        yield from (counterpart.name for counterpart in details.host.counterparts)
    yield from (place.city for place in details.destinations)
    yield from details.aliases
