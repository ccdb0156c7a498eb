"""Draws the figures of a benchmark as SVG, for light and dark pages.

``python -m benchmarks.plot`` draws those of ``results/`` again.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import chain
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
# The figures that are drawn.
DRAWN = ("speed", "growth")

WIDTH, EDGE, TOP = 560, 16, 64
# What is drawn of the ratios of speed, and the lines across it.
LEAST, MOST = 0.02, 20.0
DECADES = (0.1, 1.0, 10.0)
# Where the questions of growth end and their dots begin.
MIDDLE = 320
# The colours of the dots.
KINDS = ("first", "second")
LIGHT = {
    "paper": "#fcfbf8",
    "text": "#1b1a18",
    "quiet": "#57524a",
    "line": "#dcd6ca",
    "first": "#184a85",
    "second": "#a8501f",
}
DARK = {
    "paper": "#15171a",
    "text": "#ece8e0",
    "quiet": "#b3ada2",
    "line": "#353940",
    "first": "#93bff4",
    "second": "#f0a878",
}


def draw(figures: Mapping[str, Any]) -> str:
    """The picture of what ``speed`` or ``growth`` has found."""
    machine = figures["machine"]
    made = f"{machine['cores']} cores, {machine['CPU']}, Python {machine['Python']}, "
    made += f"SQLite {machine['SQLite']}, {machine['syncs a second']} syncs a second, "
    made += str(machine["date"])
    if "parts" in figures:
        says = "Ratio to the reference: median, spread and (|) aim. Bold: missed"
        rows, height = _parts(figures["parts"])
    else:
        says = f"Ratio to a log of {figures['sizes'][0]:,} changes, and (|) aim. Bold: missed"
        rows, height = _growth(figures)
    head = [_text(EDGE, 24, says), _text(EDGE, 42, made, "quiet")]
    return _picture(says, [*head, *rows], height)


def _picture(says: str, drawn: Iterable[str], height: int) -> str:
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'width="{WIDTH}" height="{height}" role="img" aria-label="{escape(says)}">',
            "<style>",
            "text{font:12px Inter,system-ui,sans-serif}.b{font-weight:bold}",
            _colours(LIGHT),
            f"@media (prefers-color-scheme:dark){{{_colours(DARK)}}}",
            "</style>",
            f'<rect width="{WIDTH}" height="{height}" class="paper"/>',
            *drawn,
            "</svg>\n",
        ]
    )


def _colours(colours: Mapping[str, str]) -> str:
    fills = "".join(f".{name}{{fill:{colour}}}" for name, colour in colours.items())
    lines = "".join(f".l-{name}{{stroke:{colour}}}" for name, colour in colours.items())
    return fills + lines


def _parts(parts: Sequence[Mapping[str, Any]]) -> tuple[list[str], int]:
    """Two lines for each part: what it is, and where its ratio lies. And the height of all."""
    bottom = TOP + 38 * len(parts) + 8
    drawn = []
    for value in DECADES:
        drawn += [
            _line(_at(value), TOP, _at(value), bottom, "line"),
            _text(_at(value), bottom + 16, f"{value:g}", "quiet", "middle"),
        ]
    for row, part in enumerate(parts):
        drawn += _part(part, TOP + 38 * row)
    return drawn, bottom + 28


def _part(part: Mapping[str, Any], top: int) -> list[str]:
    ratio, aim = part["ratio"], part["aim"]
    says, line = f"{ratio:.2f}", top + 27
    if aim is not None:
        says += f" ({'≤' if part['is_time'] else '≥'} {aim:g})"
    kind = "text" if part["is_reached"] else "text b"
    drawn = [
        _text(EDGE, top + 16, f"{part['name']}, to {part['reference_name']}", kind),
        _text(WIDTH - EDGE, top + 16, says, kind, "end"),
        _line(_at(part["lowest"]), line, _at(part["highest"]), line, "first", 2),
        _dot(_at(ratio), line, "first"),
    ]
    return drawn if aim is None else [*drawn, _line(_at(aim), line - 7, _at(aim), line + 7, wide=2)]


def _at(ratio: float) -> float:
    """Where a ratio lies across the picture: equal factors are equally far apart."""
    share = math.log(min(max(ratio, LEAST), MOST) / LEAST) / math.log(MOST / LEAST)
    return EDGE + share * (WIDTH - 2 * EDGE)


def _growth(figures: Mapping[str, Any]) -> tuple[list[str], int]:
    """A line for each question, with a dot for each longer log. And the height of all."""
    ratios = {
        name: [each / shortest for each in longer]
        for name, (shortest, *longer) in figures["medians"].items()
    }
    all_of_them = [figures["aim"], *chain.from_iterable(ratios.values())]
    least, most = math.floor(min(all_of_them) * 5), math.ceil(max(all_of_them) * 5)
    scale = 5 * (WIDTH - EDGE - MIDDLE) / (most - least)
    top = TOP + 20
    bottom = top + 18 * len(ratios)
    drawn = []
    for fifth in range(least, most + 1):
        across = MIDDLE + (fifth - least) / 5 * scale
        drawn += [
            _line(across, top, across, bottom, "line"),
            _text(across, bottom + 16, f"{fifth / 5:g}", "quiet", "middle"),
        ]
    aim = MIDDLE + (figures["aim"] - least / 5) * scale
    drawn.append(_line(aim, top, aim, bottom, wide=2))
    for place, (size, kind) in enumerate(zip(figures["sizes"][1:], KINDS, strict=True)):
        left = EDGE + 160 * place
        drawn += [_dot(left + 4, TOP - 4, kind), _text(left + 14, TOP, f"{size:,} changes")]
    for row, (name, of_name) in enumerate(ratios.items()):
        line = top + 18 * row + 9
        drawn += [
            _text(EDGE, line + 4, name, "text b" if name in figures["missed"] else "text"),
            _line(MIDDLE, line, WIDTH - EDGE, line, "line", 0.5),
        ]
        for ratio, kind in zip(of_name, KINDS, strict=True):
            drawn.append(_dot(MIDDLE + (ratio - least / 5) * scale, line, kind))
    return drawn, bottom + 28


def _text(left: float, top: float, says: str, kind: str = "text", anchor: str = "start") -> str:
    place = f'x="{left:g}" y="{top:g}" class="{kind}" text-anchor="{anchor}"'
    return f"<text {place}>{escape(says, quote=False)}</text>"


def _line(x: float, y: float, to_x: float, to_y: float, kind: str = "text", wide: float = 1) -> str:
    place = f'x1="{x:.1f}" y1="{y:g}" x2="{to_x:.1f}" y2="{to_y:g}"'
    return f'<line {place} class="l-{kind}" stroke-width="{wide:g}"/>'


def _dot(left: float, top: float, kind: str) -> str:
    return f'<circle cx="{left:.1f}" cy="{top:g}" r="4.5" class="{kind}"/>'


def main() -> None:
    """Draw all that is drawn."""
    for name in DRAWN:
        figures = json.loads((RESULTS / f"{name}.json").read_text())
        (RESULTS / f"{name}.svg").write_text(draw(figures))


if __name__ == "__main__":
    main()
