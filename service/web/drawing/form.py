"""The two forms of a drawing, wide and narrow, and how texts are set in each.

The sizes are those of ``drawing.css``: a test in a browser compares what both make of a text.
"""

from dataclasses import dataclass

from service.web.drawing.svg import Type

WIDE, NARROW = 1216, 328


@dataclass(frozen=True)
class Form:
    """The measures of a drawing, in pixels.

    The scale lies between ``left`` and ``right``; ``day`` is what a day should have at least, and
    ``cut`` what a stretch that is cut out takes. ``phrase`` is the longest label.
    """

    width: int
    left: float
    right: float
    day: float
    cut: float
    radius: float
    phrase: float
    is_narrow: bool
    month: Type
    figure: Type
    lane: Type
    band: Type
    label: Type
    warning: Type
    small: Type
    until: Type
    mark: Type


def form_of(width: int) -> Form:
    """The form of a drawing so many pixels wide."""
    is_narrow = width < WIDE / 2
    size = 11.0 if is_narrow else 12.0
    return Form(
        width=width,
        left=56.0 if is_narrow else 104.0,
        right=width - (8.0 if is_narrow else 14.0),
        day=4.0 if is_narrow else 13.0,
        cut=26.0 if is_narrow else 50.0,
        radius=8.0 if is_narrow else 9.5,
        phrase=190.0 if is_narrow else 420.0,
        is_narrow=is_narrow,
        month=Type("ax-m", size, 600),
        figure=Type("ax-d", size),
        lane=Type("lane", size, 600),
        band=Type("bt", size, 600),
        label=Type("wl", size),
        warning=Type("wl warn", size, 600),
        small=Type("ct", 10.5),
        until=Type("un", 11.0, 600),
        mark=Type("mn", 10.5, 650),
    )
