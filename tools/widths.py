"""Write the table of widths of the fonts that the board ships, for its drawings.

``python -m tools.widths`` reads the files in ``service/web/static/fonts`` and writes
``service/web/drawing/widths.json``: for each face its characters in order, and for each of its
weights how wide they are, in thousandths of the size. Figures of the sans are the tabular ones.
"""

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont

WEB = Path(__file__).parents[1] / "service" / "web"
FONTS, TABLE = WEB / "static" / "fonts", WEB / "drawing" / "widths.json"
SUBSETS = ("latin", "latin-ext", "vietnamese")
# The weights of a face, and the name of the file that has each in a subset.
FACES = {
    "sans": dict.fromkeys((400, 500, 550, 600, 650), "inter-{}-wght-normal.woff2"),
    "serif": {weight: f"source-serif-4-{{}}-{weight}-normal.woff2" for weight in (400, 600)},
}
# What a label never has: it shows as nothing.
INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


def main() -> None:
    """Write the table."""
    TABLE.write_text(table())


def table() -> str:
    """The table as JSON, a line for each weight."""
    faces = {}
    for face, files in FACES.items():
        by_weight = {weight: _widths(name, weight) for weight, name in files.items()}
        characters = sorted(set.union(*(set(widths) for widths in by_weight.values())))
        faces[face] = {"characters": "".join(characters)} | {
            str(weight): [widths[one] for one in characters] for weight, widths in by_weight.items()
        }
    lines = [
        f'"{face}": {{\n'
        + ",\n".join(f'"{key}": {json.dumps(value, separators=(",", ":"))}' for key, value in rows)
        + "\n}"
        for face, rows in ((face, content.items()) for face, content in faces.items())
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _widths(name: str, weight: int) -> dict[str, int]:
    """The width of every visible character; the first subset that has it counts."""
    found: dict[str, int] = {}
    for subset in SUBSETS:
        with TTFont(FONTS / name.format(subset), lazy=True) as font:
            for character, width in _of(font, weight):
                found.setdefault(character, width)
    return found


def _of(font: TTFont, weight: int) -> Iterator[tuple[str, int]]:
    """Each character of a file, and its width in thousandths of the size."""
    is_variable = "fvar" in font
    glyphs = font.getGlyphSet(location={"wght": weight} if is_variable else None)
    figures = _tabular(font) if is_variable else {}
    for code, name in font.getBestCmap().items():
        if unicodedata.category(chr(code)) not in INVISIBLE:
            width = glyphs[figures.get(name, name)].width
            yield chr(code), round(width * 1000 / font["head"].unitsPerEm)


def _tabular(font: TTFont) -> dict[str, str]:
    """The glyphs that stand for others where figures are tabular."""
    rules: Any = font["GSUB"].table
    chosen = {
        index
        for record in rules.FeatureList.FeatureRecord
        if record.FeatureTag == "tnum"
        for index in record.Feature.LookupListIndex
    }
    found: dict[str, str] = {}
    for index in chosen:
        for one in rules.LookupList.Lookup[index].SubTable:
            found.update(getattr(getattr(one, "ExtSubTable", one), "mapping", {}))
    return found


if __name__ == "__main__":
    main()
