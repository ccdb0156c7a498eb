"""How wide a text is in the fonts that the board ships, and how to make it narrower."""

import json
import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

ELLIPSIS = "…"
# What the fonts lack, as the system's fonts have it: widths by script, in parts of the size.
SCRIPTS = (
    (0x0370, 0x03FF, 0.57),  # Greek
    (0x0400, 0x052F, 0.57),  # Cyrillic
    (0x0590, 0x05FF, 0.62),  # Hebrew
    (0x0600, 0x08FF, 0.43),  # Arabic
    (0xFB1D, 0xFB4F, 0.62),
    (0xFB50, 0xFDFF, 0.43),
    (0xFE70, 0xFEFC, 0.43),
)
FULL, USUAL = 1.0, 0.62
# Characters that join others into one: the rest of their kind shows nothing, or turns text round.
JOINERS = "\u200c\u200d"
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"


@lru_cache(maxsize=1024)
def width_of(text: str, size: float, weight: int = 400, face: str = "sans") -> float:
    """The width of a text in pixels, without kerning, at ``size`` pixels.

    ``face`` is "sans" or "serif". ``weight`` is that of a font that the board ships; the next
    heavier one is taken otherwise. What the fonts lack is reckoned by its script.
    """
    return _wide(plain(text), size, _table(face, weight))


def plain(text: str, kept: str = JOINERS) -> str:
    """The text on one line, without characters that show nothing or turn other text round.

    ``kept`` are those that stay all the same.
    """
    shown = (
        " " if one.isspace() else one
        for one in text
        if one in kept or one.isspace() or unicodedata.category(one)[0] != "C"
    )
    return re.sub(" +", " ", "".join(shown)).strip()


def isolated(text: str) -> str:
    """The text so that its direction does not reach what stands beside it."""
    text = plain(text)
    if any(unicodedata.bidirectional(one) in ("R", "AL", "AN") for one in text):
        return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}"
    return text


def shortened(text: str, room: float, size: float, weight: int = 400, face: str = "sans") -> str:
    """The text if it fits into ``room`` pixels, else its beginning with an ellipsis.

    What comes from others in it has been ``isolated``, and stays so.
    """
    text, table = plain(text, JOINERS + FIRST_STRONG_ISOLATE + POP_ISOLATE), _table(face, weight)
    if _wide(text, size, table) <= room:
        return text
    room -= _wide(ELLIPSIS, size, table)
    end = 0
    for start, stop in _clusters(text):
        room -= _wide(text[start:stop], size, table)
        if room < 0:
            break
        end = stop
    cut = text[:end].rstrip()
    is_open = cut.count(FIRST_STRONG_ISOLATE) > cut.count(POP_ISOLATE)
    return cut + ELLIPSIS + (POP_ISOLATE if is_open else "")


def _clusters(text: str) -> list[tuple[int, int]]:
    """Where each character begins and ends, with the marks that belong to it."""
    starts = [
        index
        for index, one in enumerate(text)
        if not (
            unicodedata.category(one)[0] == "M"
            or one in JOINERS
            or (index and text[index - 1] in JOINERS)
        )
    ]
    return list(zip(starts, [*starts[1:], len(text)], strict=True))


def _wide(text: str, size: float, table: dict[str, int]) -> float:
    return size * sum(table[one] / 1000 if one in table else _reckoned(one) for one in text)


def _reckoned(character: str) -> float:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return FULL
    code = ord(character)
    return next((width for first, last, width in SCRIPTS if first <= code <= last), USUAL)


@cache
def _table(face: str, weight: int) -> dict[str, int]:
    """The widths of a face's characters at a weight, in thousandths of the size."""
    found = json.loads(Path(__file__).with_name("widths.json").read_text())[face]
    weights = sorted(int(key) for key in found if key.isdigit())
    nearest = next((one for one in weights if one >= weight), weights[-1])
    return dict(zip(found["characters"], found[str(nearest)], strict=True))
