"""Bars of days: full where they are known, hatched where only roughly, hollow where not firm."""

from markupsafe import Markup

from service.web.drawing.svg import Sheet, element, rect

# Over how many pixels a rough end fades: its day is an estimate itself.
FADE = 9.0
STRIPES = {"h": "2.6", "s": "1.2"}


class Hatching:
    """The patterns of one drawing: only those that it uses are written into it."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._used: set[tuple[str, str]] = set()

    def bar(
        self,
        sheet: Sheet,
        sides: tuple[float, float],
        heights: tuple[float, float],
        colour: str,
        *,
        is_thin: bool = False,
        fades: tuple[bool, bool] = (True, True),
        names: str = "hat",
    ) -> None:
        """Hatch what lies between two sides. ``fades`` says which of its ends do.

        The same all along: within bounds no day is likelier than another.
        """
        left, right = sides
        top, bottom = heights
        kind = "s" if is_thin else "h"
        self._used.add((kind, colour))
        fill = f"url(#{self._prefix}-{kind}-{colour})"
        sheet.add(rect(left, top, right, bottom, names, fill=fill))
        width = min(FADE, (right - left) / 3)
        for is_fading, start, name in (
            (fades[0], left, "in"),
            (fades[1], right - width, "out"),
        ):
            if is_fading:
                self._used.add((name, ""))
                fade = f"url(#{self._prefix}-{name})"
                sheet.add(
                    rect(start - 0.5, top - 0.5, start + width + 0.5, bottom + 0.5, "fd", fill=fade)
                )

    def definitions(self) -> Markup:
        """What the drawing has to define."""
        return (
            element("defs", {}, *map(self._defined, sorted(self._used))) if self._used else Markup()
        )

    def _defined(self, used: tuple[str, str]) -> Markup:
        kind, colour = used
        if not colour:
            name = {"id": f"{self._prefix}-{kind}"}
            ends = ("p0", "p1") if kind == "out" else ("p1", "p0")
            stops = (element("stop", {"offset": n, "class": end}) for n, end in enumerate(ends))
            return element("linearGradient", name, *stops)
        pattern = {
            "id": f"{self._prefix}-{kind}-{colour}",
            "width": 6,
            "height": 6,
            "patternUnits": "userSpaceOnUse",
            "patternTransform": "rotate(45)",
        }
        ground = element("rect", {"width": 6, "height": 6, "class": "ground"})
        stripe = {"width": STRIPES[kind], "height": 6, "class": f"f-{colour}"}
        return element("pattern", pattern, ground, element("rect", stripe))
