"""Draws a benchmark's figures: ``python plot.py speed.json speed.png``, or ``growth.json``.

It needs matplotlib, so it runs in the references' environment.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

LEAST = 0.01


def main() -> None:
    """Read the figures, and draw them."""
    figures = json.loads(Path(sys.argv[1]).read_text())
    drawing, axes = draw_parts(figures["parts"]) if "parts" in figures else draw_growth(figures)
    axes.invert_yaxis()
    axes.set_title(", ".join(f"{key} {value}" for key, value in figures["machine"].items()), size=8)
    drawing.savefig(sys.argv[2], dpi=120)


def draw_growth(figures: dict[str, Any]) -> tuple[Figure, Axes]:
    """A row for each question, with a dot for each log's ratio to the shortest log."""
    shortest, *longer = figures["sizes"]
    questions = list(figures["medians"])
    drawing, axes = pyplot.subplots(figsize=(10, 1 + 0.2 * len(questions)), layout="constrained")
    axes.axvline(figures["aim"], color="black", linewidth=2)
    for place, size in enumerate(longer, start=1):
        ratios = [medians[place] / medians[0] for medians in figures["medians"].values()]
        axes.plot(ratios, range(len(questions)), "o", label=f"{size:,} changes", alpha=0.7)
    axes.set_yticks(range(len(questions)), questions, size=7)
    axes.set_xlim(left=0)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(loc="lower left")
    axes.set_xlabel(f"Ratio to what the log of {shortest:,} changes takes; black: the aim")
    return drawing, axes


def draw_parts(parts: Sequence[dict[str, Any]]) -> tuple[Figure, Axes]:
    """A bar for each part."""
    drawing, axes = pyplot.subplots(figsize=(10, 1 + 0.6 * len(parts)), layout="constrained")
    for row, part in enumerate(parts):
        ratio, aim = part["ratio"], part["aim"]
        spread = [[ratio - part["lowest"]], [part["highest"] - ratio]]
        color = "tab:blue" if part["is_reached"] else "tab:red"
        label = f"  {ratio:.2f}"
        axes.barh(row, ratio - LEAST, left=LEAST, xerr=spread, capsize=4, color=color, height=0.6)
        if aim is not None:
            axes.plot([aim, aim], [row - 0.4, row + 0.4], color="black", linewidth=3)
            label += f" ({'≤' if part['is_time'] else '≥'} {aim})"
        axes.text(max(part["highest"], aim or 0), row, label, verticalalignment="center")
    axes.set_yticks(
        range(len(parts)), [f"{part['name']}\nto {part['reference_name']}" for part in parts]
    )
    axes.set_xscale("log")
    axes.set_xlim(LEAST, 4 * max(max(part["highest"], part["aim"] or 0) for part in parts))
    axes.set_xlabel("Ratio to the reference: median and spread of the rounds; black: the aim")
    return drawing, axes


if __name__ == "__main__":
    main()
