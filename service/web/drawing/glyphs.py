"""The glyphs of status, standing and statements: one drawing each, used by ``<use>``."""

from markupsafe import Markup

# Each is 16 by 16, in the colour of the text: "g-l" is a line, "g-d" a dashed one, "g-f" is full.
SHAPES = {
    "scheduled": '<circle class="g-f" cx="8" cy="8" r="4.5"/>',
    "rescheduled": '<path class="g-l" d="M2 8H11M7.2 4.2 11 8 7.2 11.8M14 3V13"/>',
    "postponed": '<path class="g-l" d="M5.5 3V13M10.5 3V13"/>',
    "open": '<circle class="g-d" cx="8" cy="8" r="5" stroke-dasharray="2.2 1.73"/>',
    "completed": '<path class="g-l" d="M2.5 8.5 6.3 12.3 13.5 4"/>',
    "cancelled": '<path class="g-l" d="M3.5 3.5 12.5 12.5M12.5 3.5 3.5 12.5"/>',
    "official": '<path class="g-f" d="M8 2 14 8 8 14 2 8Z"/>',
    "reported": '<path class="g-l" d="M8 2.8 13.2 8 8 13.2 2.8 8Z"/>',
    "disputed": '<path class="g-l" d="M8 2.8 13.2 8 8 13.2 2.8 8Z"/>'
    '<path class="g-f" d="M8 2.8V13.2L2.8 8Z"/>',
    "statement": '<path class="g-f" d="M2.5 12V7.5Q2.5 4.2 6.6 3.6V5.4Q4.9 5.8 4.8 7.4H6.8V12Z'
    'M9.2 12V7.5Q9.2 4.2 13.3 3.6V5.4Q11.6 5.8 11.5 7.4H13.5V12Z"/>',
    "deny": '<circle class="g-l" cx="8" cy="8" r="5.2"/><path class="g-l" d="M4.4 11.6 11.6 4.4"/>',
    "doubt": '<path class="g-l" d="M5 5.8Q5 3 8 3T11 5.8Q11 7.5 8 8.8V10.2"/>'
    '<circle class="g-f" cx="8" cy="12.8" r="1.1"/>',
    "arrived": '<path class="g-l" d="M8 2V10.5M4.5 7 8 10.5 11.5 7M3 13.5H13"/>',
    "departed": '<path class="g-l" d="M8 10.5V2M4.5 5.5 8 2 11.5 5.5M3 13.5H13"/>',
    "disclosed": '<path class="g-l" d="M1.8 8Q8 .8 14.2 8 8 15.2 1.8 8Z"/>'
    '<circle class="g-f" cx="8" cy="8" r="2"/>',
    "amended": '<path class="g-l" d="M3 13 3.8 9.8 10.8 2.8 13.2 5.2 6.2 12.2ZM9 4.6 11.4 7"/>',
    "corrected": '<path class="g-l" d="M2.5 5.5H13.5M2.5 10.5H13.5M11.5 2.5 4.5 13.5"/>',
    "retracted": '<path class="g-l" d="M6 2.5 2.5 6 6 9.5M2.5 6H9.5Q13.5 6 13.5 9.7 '
    '13.5 13.4 9.5 13.4H7"/>',
    "onward": '<path class="g-l" d="M2 8H13.5M9.5 4 13.5 8 9.5 12"/>',
    "back": '<path class="g-l" d="M14 8H2.5M6.5 4 2.5 8 6.5 12"/>',
}
# The words that share a glyph with another.
ALIKE = {
    "when conditions allow": "open",
    "deferred": "open",
    "statement recorded": "statement",
    "report": "statement",
    "announce": "statement",
    "confirm": "statement",
    "reaffirm": "statement",
    "decline": "statement",
}

GLYPHS = Markup(
    '<svg class="glyphs" width="0" height="0" aria-hidden="true" focusable="false"><defs>{}</defs>'
    "</svg>"
).format(
    Markup("").join(
        Markup('<symbol id="g-{}" viewBox="0 0 16 16">{}</symbol>').format(name, Markup(shape))
        for name, shape in SHAPES.items()
    )
)
"""An invisible ``<svg>`` of symbols ``g-...`` for the body of a page. Each is 16 by 16."""


def glyph(word: str) -> Markup:
    """The glyph for a word of the contract, such as "when conditions allow" or "deny".

    It is decoration: the word stands beside it. "onward" and "back" are arrows. A word without a
    glyph gives nothing.
    """
    name = ALIKE.get(word, word)
    if name not in SHAPES:
        return Markup("")
    return Markup('<svg class="g" aria-hidden="true"><use href="#g-{}"/></svg>').format(name)
