"""What is shipped beside the drawings: glyphs, fonts with their licences, styles."""

import ast
import re
import sys
from typing import get_args
from xml.etree import ElementTree

import pytest
from fontTools.ttLib import TTFont

from chancery.client.words import StandingWord, StatusWord
from service.web.drawing import GLYPHS, glyph
from service.web.drawing.form import NARROW, WIDE, form_of
from service.web.drawing.svg import Type
from tools.widths import FONTS, WEB

STATIC = WEB / "static"
COPYRIGHT, LARGEST = 0, 300_000


def test_the_room_needs_the_client_and_nothing_of_a_server() -> None:
    """Its functions are pure: values in, text out."""
    files = sorted((WEB / "drawing").glob("*.py"))
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text()))]
    taken = {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    rooms = ("service.web.drawing", "service.web.wording", "service.web.terms")  # as pure
    ours = {name for name in taken if name.startswith(rooms)}
    plain = {name for name in taken if name.split(".")[0] in sys.stdlib_module_names}
    others = {"markupsafe", "chancery.client", "chancery.client.event", "chancery.client.words"}
    assert taken - ours - plain == others


@pytest.mark.parametrize(
    "word", [*get_args(StatusWord), *get_args(StandingWord), "deny", "confirm"]
)
def test_each_status_and_standing_has_a_glyph(word: str) -> None:
    """It is one of the symbols that a page has once."""
    (used,) = re.findall(r'href="#(g-[a-z]+)"', glyph(word))
    assert f'<symbol id="{used}"' in GLYPHS


def test_glyphs_are_shapes_and_nothing_else() -> None:
    """No style, no script, and no glyph for a word that has none."""
    shapes = {one.tag for one in ElementTree.fromstring(GLYPHS).iter()}
    assert shapes <= {"svg", "defs", "symbol", "path", "circle"}
    assert glyph("unheard of") == ""


@pytest.mark.parametrize("font", sorted(FONTS.glob("*.woff2")), ids=lambda font: font.name)
def test_each_font_has_its_licence_with_its_own_copyright_line(font: object) -> None:
    """The line of the font itself, with the names that it reserves."""
    name = str(getattr(font, "name", ""))
    licence = FONTS / f"{'inter' if name.startswith('inter') else 'source-serif-4'}-OFL.txt"
    with TTFont(FONTS / name, lazy=True) as opened:
        line = str(opened["name"].getDebugName(COPYRIGHT))
    said = licence.read_text(encoding="utf-8")
    assert said.startswith(line)
    assert "SIL OPEN FONT LICENSE Version 1.1" in said


def test_every_font_that_is_shipped_is_used_and_no_other() -> None:
    """From this host alone, and together no more than a page with every script can bear."""
    sheet = (STATIC / "fonts.css").read_text()
    addresses = re.findall(r'url\("([^"]+)"\)', sheet)
    assert sorted(addresses) == sorted(f"fonts/{font.name}" for font in FONTS.glob("*.woff2"))
    assert sheet.count("unicode-range:") == sheet.count("font-display: swap") == len(addresses)
    assert sum(font.stat().st_size for font in FONTS.glob("*.woff2")) < LARGEST


@pytest.mark.parametrize("name", ["tokens.css", "fonts.css", "drawing.css"])
def test_no_style_has_an_address_of_another_host(name: str) -> None:
    """Nor takes in another sheet."""
    sheet = (STATIC / name).read_text()
    assert "//" not in sheet
    assert "@import" not in sheet


def test_every_colour_of_the_drawings_is_a_token() -> None:
    """So that dark, printed and forced colours hold for all of them."""
    sheet = (STATIC / "drawing.css").read_text()
    tokens = set(re.findall(r"(--[a-z0-9-]+):", (STATIC / "tokens.css").read_text()))
    assert set(re.findall(r"var\((--[a-z0-9-]+)\)", sheet)) <= tokens
    assert not re.search(r"#[0-9a-f]{3}", sheet)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_sizes_by_which_labels_are_placed_are_those_of_the_style(width: int) -> None:
    """Each class is set as large as it is reckoned."""
    sheet = (STATIC / "drawing.css").read_text()
    for type_ in vars(form_of(width)).values():
        if isinstance(type_, Type) and type_.size not in (11.0, 12.0):
            name = type_.name.split()[-1]
            assert re.search(rf"\.{name} {{[^}}]*font-size: {type_.size:g}px", sheet), type_
