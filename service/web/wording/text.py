"""Somebody's own words within ours."""

import re
from calendar import month_name
from unicodedata import bidirectional

from markupsafe import Markup, escape

# As much of a quotation as one sentence bears; the list of changes has all of it.
QUOTED = 280
_MONTH = f"(?:{'|'.join(month_name[1:])})"
_DAY = re.compile(rf"(?:\b\d{{1,2}} (?:to \d{{1,2}} )?)?\b{_MONTH}(?: \d{{4}})?\b")
# Letters written from the right, and what sets the direction of others.
_FROM_THE_RIGHT = frozenset(("R", "AL", "AN", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "FSI"))


def own(text: str) -> Markup:
    """Somebody's own words, escaped, with their direction of writing kept to themselves."""
    if text.isascii() or _FROM_THE_RIGHT.isdisjoint(map(bidirectional, text)):
        return escape(text)
    return Markup("<bdi>{}</bdi>").format(text)


def quoted(text: str, limit: int = 0) -> Markup:
    """The same between quotation marks, without a full stop at the end.

    ``limit`` is the number of letters after which it is cut; 0 is none.
    """
    text = text.strip()
    if limit and len(text) > limit:
        text = text[:limit].rstrip() + "…"
    return Markup("“{}”").format(own(text.removesuffix(".")))


def bold(text: str) -> Markup:
    """What the eye is to find first."""
    return Markup("<b>{}</b>").format(text)


def warning(text: str) -> Markup:
    """What somebody has to look at."""
    return Markup('<b class="warn">{}</b>').format(text)


def unbroken(text: str) -> Markup:
    """The same with its days held together, so that no line ends within one."""
    return Markup(_DAY.sub(lambda day: day[0].replace(" ", "\xa0"), escape(text)))


def plain(text: str) -> str:
    """The same without markup, for titles, labels and alternatives to drawings."""
    return text.striptags() if isinstance(text, Markup) else text


def capital(text: Markup) -> Markup:
    """The same with a capital at its beginning."""
    return Markup(text[:1].upper() + text[1:]) if text[:1].isalpha() else text
