"""The plots and the table of docs/performance.md are those of the committed results."""

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from benchmarks.plot import DRAWN, RESULTS, draw

DOCUMENT = Path(__file__).parents[2] / "docs" / "performance.md"


def figures(name: str) -> Any:
    """What a benchmark has found."""
    return json.loads((RESULTS / f"{name}.json").read_text())


@pytest.mark.parametrize("name", DRAWN)
def test_a_plot_is_drawn_from_the_results(name: str) -> None:
    drawn = draw(figures(name))
    assert drawn == (RESULTS / f"{name}.svg").read_text(), "run python -m benchmarks.plot"
    assert f"results/{name}.svg)" in DOCUMENT.read_text()


@pytest.mark.parametrize("name", DRAWN)
def test_a_plot_is_whole_xml_that_loads_nothing(name: str) -> None:
    picture = ElementTree.fromstring((RESULTS / f"{name}.svg").read_text())
    tags = {each.tag.partition("}")[2] for each in picture.iter()}
    assert tags == {"svg", "style", "rect", "line", "text", "circle"}


def test_the_table_has_each_ratio_and_says_which_misses_its_aim() -> None:
    rows = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("|")]
    for part in figures("speed")["parts"]:
        ratio = f"{part['ratio']:.2f} ({part['lowest']:.2f} to {part['highest']:.2f})"
        said = ratio if part["is_reached"] else f"**{ratio}**"
        begin = f"| {part['name']} | {part['reference_name']} |"
        assert [row for row in rows if row.startswith(begin) and f"| {said} |" in row], begin
