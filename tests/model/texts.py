"""Texts are cleaned before anything compares or stores them."""

import re
import unicodedata
from typing import Any

from tests.model.refusal import invalid

# Zero-width space, soft hyphen, byte order mark, direction marks.
GONE = dict.fromkeys([0x200B, 0x00AD, 0xFEFF, 0x200E, 0x200F, 0x061C, 0x2060])
JOINERS = "\u200c\u200d"
# Bidirectional overrides and isolates, line separators.
REFUSED = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")


def cleaned(text: str) -> str:
    """NFC, blanks at the ends and doubled blanks gone, invisible characters gone (a joiner
    between two letters stays), control characters, bidirectional overrides, tag characters and
    line separators refused."""
    for character in text:
        control = unicodedata.category(character) == "Cc" and character != "\n"
        tag = 0xE0000 <= ord(character) <= 0xE007F
        if control or tag or character in REFUSED:
            raise invalid(f"a character that is refused: U+{ord(character):04X}")
    text = unicodedata.normalize("NFC", text.translate(GONE))
    text = "".join(
        character
        for index, character in enumerate(text)
        if character not in JOINERS or is_joining(text, index)
    )
    lines = [re.sub(r"[^\S\n]+", " ", line).strip() for line in text.split("\n")]
    return "\n".join(lines).strip()


def is_joining(text: str, index: int) -> bool:
    around = text[index - 1 : index] + text[index + 1 : index + 2]
    return len(around) == 2 and all(unicodedata.category(c)[0] in "LM" for c in around)


def clean(value: Any) -> Any:
    """Clean every string, and leave out what is empty or not said."""
    if isinstance(value, str):
        return cleaned(value)
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, dict):
        members = {key: clean(member) for key, member in value.items()}
        return {key: member for key, member in members.items() if not is_unset(member)}
    return value


def is_unset(value: Any) -> bool:
    """A message without fields is set; all else that has its default is not."""
    if isinstance(value, str):
        return value == "" or value.endswith("_UNSPECIFIED")
    return value is None or value is False or value == 0 or value == []


def alias_key(text: str) -> str:
    """Aliases are compared without case and accents."""
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return bare.casefold()
