"""The drawings of the board: pure functions from values of the contract to SVG.

A page puts ``GLYPHS`` into its body once, links ``drawing.css``, and places what the functions
give. No drawing has a style or a script of its own, so that a strict policy holds.
"""

from service.web.drawing.agenda import agenda
from service.web.drawing.form import NARROW, WIDE
from service.web.drawing.glyphs import GLYPHS, glyph
from service.web.drawing.key import agenda_key, timeline_key
from service.web.drawing.plan import plan_of
from service.web.drawing.timeline import timeline

__all__ = [
    "GLYPHS",
    "NARROW",
    "WIDE",
    "agenda",
    "agenda_key",
    "glyph",
    "plan_of",
    "timeline",
    "timeline_key",
]
