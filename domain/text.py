"""What cleaning makes of a text, before anything compares, stores or digests it.

Two texts that look the same become the same: composed (Unicode's form NFC), without blanks at the
ends or doubled ones, and without characters that show as nothing. What could make a text look
like another one is refused.
"""

import re
import unicodedata
from functools import cache

# The most marks on one character: what the Stream-Safe Text Format of Unicode (UAX 15) allows.
# Putting many marks into their order takes the square of their number.
MARKS_IN_A_ROW = 30

# Control characters, line and paragraph separators, what turns the direction of the text around
# it, halves of characters, and tags.
_REFUSED = (
    "\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"
    "\ud800-\udfff\U000e0000-\U000e007f"
)
# What shows as nothing wherever it stands. The letters among it are fillers.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2060-\u2065"
    "\u206a-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
)
# What shows as nothing but in its neighbours: it joins letters or keeps them apart, or selects
# how the character before it is drawn.
_JOINERS = "\u200c\u200d"
_SELECTORS = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
_BLANKS = " \u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000"

_UNUSUAL = re.compile(f"[\n{_REFUSED}{_INVISIBLE}{_JOINERS}{_SELECTORS}{_BLANKS[1:]}]|  ")
_REFUSED_ONE = re.compile(f"[{_REFUSED}]")
_INVISIBLE_ONES = re.compile(f"[{_INVISIBLE}]+")
_JOINER = re.compile(f"[{_JOINERS}]")
_SELECTOR = re.compile(f"[{_SELECTORS}]")
_SOME_BLANKS = re.compile(f"[{_BLANKS}]+")
_BLANKS_AT_NEWLINE = re.compile(r" ?\n ?")

_WRITE_INSTEAD = {
    "\t": ("a tab", "write a blank instead"),
    "\r": ("a carriage return", "end lines with a newline alone"),
    "\u2028": ("a line separator", "write a newline instead"),
    "\u2029": ("a paragraph separator", "write newlines instead"),
}


def clean(text: str) -> str:
    """The text as it is compared, stored and digested. Cleaning it again changes nothing.

    It may have newlines within. A joiner between two letters stays, and so does a variation
    selector behind a symbol or a letter without capitals: they change what is seen.

    :raises ValueError: it has a character that is refused; the message names it, and says what
        to write instead.
    """
    if text.isascii() and text.isprintable():
        is_tidy = "  " not in text and text[:1] != " " != text[-1:]
        return text if is_tidy else " ".join(text.split())
    text = _composed(text)
    if _UNUSUAL.search(text):
        if found := _REFUSED_ONE.search(text):
            raise ValueError(_refusal(found[0]))
        text = _composed(_without_invisible(text))
        text = _BLANKS_AT_NEWLINE.sub("\n", _SOME_BLANKS.sub(" ", text))
    return text.strip(" \n")


def clean_line(text: str) -> str:
    """The text cleaned, in one line: newlines are blanks.

    :raises ValueError: see ``clean``.
    """
    text = clean(text)
    return text if "\n" not in text else " ".join(text.split())


def is_letter(character: str) -> bool:
    """Whether it is a letter, or a mark that belongs to one, such as a vowel sign."""
    return unicodedata.category(character)[0] in "LM"


def _composed(text: str) -> str:
    """The text in NFC.

    :raises ValueError: a character has more marks than can be put into order quickly.
    """
    if unicodedata.is_normalized("NFC", text):
        return text
    if _pile_of_marks().search(text):
        raise ValueError(f"must not have more than {MARKS_IN_A_ROW} marks on one character")
    return unicodedata.normalize("NFC", text)


@cache
def _pile_of_marks() -> re.Pattern[str]:
    """More marks in a row than are allowed. Those of Unicode lie within this range."""
    marks = "".join(filter(unicodedata.combining, map(chr, range(0x300, 0x1F000))))
    return re.compile(f"[{marks}]{{{MARKS_IN_A_ROW + 1}}}")


def _without_invisible(text: str) -> str:
    """The text without what shows as nothing."""
    text = _SELECTOR.sub(_kept_selector, _INVISIBLE_ONES.sub("", text))
    return _JOINER.sub(_kept_joiner, text)


def _kept_selector(found: re.Match[str]) -> str:
    text, at = found.string, found.start()
    return found[0] if at and unicodedata.category(text[at - 1]) in ("Lo", "So") else ""


def _kept_joiner(found: re.Match[str]) -> str:
    text, at = found.string, found.start()
    is_between = 0 < at < len(text) - 1 and is_letter(text[at - 1]) and is_letter(text[at + 1])
    return found[0] if is_between else ""


def _refusal(character: str) -> str:
    name, instead = _WRITE_INSTEAD.get(character, ("", "leave it out"))
    name = name or unicodedata.name(character, _kind(character)).lower()
    return f"must not contain the character U+{ord(character):04X} ({name}): {instead}"


def _kind(character: str) -> str:
    """What a character without a name is."""
    return {"Cc": "a control character", "Cs": "half of a character"}.get(
        unicodedata.category(character), "a tag"
    )
