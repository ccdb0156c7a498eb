"""How `make docs` builds the site from the documents in this folder.

The documents stay plain Markdown that can be read where they are. What a site needs beside them is
here: in which order they stand, and what becomes of a link that leads out of this folder.
"""

import re
from pathlib import Path
from typing import Any, ClassVar

from pygments.lexer import RegexLexer, bygroups
from pygments.lexers.special import TextLexer
from pygments.token import Generic, Text
from sphinx.util import logging

NAVIGATION = {
    "Tutorial": ["tutorial"],
    "For the desk": ["board", "asking", "feeds", "record"],
    "For editors": ["recording", "importing"],
    "For client developers": ["python", "clients", "http"],
    "For auditors": ["auditing"],
    "For operators": ["installing", "operating", "access", "scaling"],
    "Reference": [
        "commands",
        "settings",
        "api",
        "errors",
        "client",
        "metrics",
        "log-lines",
        "log-format",
    ],
    "Explanation": [
        "times",
        "standing",
        "evidence",
        "edge-and-core",
        "architecture",
        "security",
        "reliability",
        "performance",
        "decisions/README",
    ],
    "Development": ["testing"],
}
DECISIONS = "decisions/README"

DOCS = Path(__file__).parent
# A link whose text is the name of the document that it leads to.
NAMED = re.compile(r"\[[\w/-]+\.md\](\(([\w/.-]+\.md)[)#])")
OUTSIDE = re.compile(r"(?<!!)\[([^\]]+)\]\((\.\./[^)#\s]+)(?:#[^)]*)?\)")

FONTS = '"Inter Variable", Inter, system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif'

logger = logging.getLogger(__name__)

project = "Chancery"
extensions = ["myst_parser"]
exclude_patterns = ["generate"]
smartquotes = False
nitpicky = True
# Headings have the anchors that a forge gives them.
myst_heading_anchors = 4

html_theme = "furo"
html_title = "Chancery"
html_favicon = "../service/web/static/icon.svg"
html_static_path = ["_static", "../service/web/static/fonts"]
html_css_files = ["site.css"]
templates_path = ["_templates"]
html_copy_source = False
html_domain_indices = False
html_use_index = False
html_theme_options = {
    "top_of_page_buttons": [],
    "light_css_variables": {
        "font-stack": FONTS,
        "color-brand-primary": "#184a85",
        "color-brand-content": "#184a85",
        "color-brand-visited": "#184a85",
        "color-background-primary": "#fcfbf8",
        "color-background-secondary": "#f4f1ea",
        "color-background-border": "#dcd6ca",
        "color-foreground-primary": "#1b1a18",
        "color-foreground-secondary": "#57524a",
        "color-sidebar-caption-text": "#57524a",
    },
    "dark_css_variables": {
        "color-brand-primary": "#93bff4",
        "color-brand-content": "#93bff4",
        "color-brand-visited": "#93bff4",
        "color-background-primary": "#15171a",
        "color-background-secondary": "#1d2024",
        "color-background-border": "#353940",
        "color-foreground-primary": "#ece8e0",
        "color-foreground-secondary": "#b3ada2",
        "color-sidebar-caption-text": "#b3ada2",
    },
}


class Console(RegexLexer):
    """Commands behind a prompt, and what they print.

    The lexer of Pygments takes a quotation that goes on in the next line for an error.
    """

    name = "Commands and what they print"
    command = r"""(\$ )((?:\\[\s\S]|"(?:\\.|[^"\\])*"|'[^']*'|[^\\'"\n])*\n)"""
    tokens: ClassVar = {
        "root": [
            (command, bygroups(Generic.Prompt, Text)),
            (r".*\n", Generic.Output),
        ]
    }


def add_tables_of_contents(_app: Any, name: str, source: list[str]) -> None:
    """Say which documents the sidebar lists, and below which."""
    if name == "index":
        for caption, names in NAVIGATION.items():
            source[0] += _toctree(f":caption: {caption}", *names)
    if name == DECISIONS:
        source[0] += _toctree(":glob:", "0*")


def _toctree(option: str, *names: str) -> str:
    return "\n".join(["\n```{toctree}", ":hidden:", option, "", *names, "```\n"])


def keep_links_inside(_app: Any, name: str, source: list[str]) -> None:
    """Make links to files of the repository downloads, and name what is not in the site.

    A link that is a file's name, such as [errors.md](errors.md), gets the title of the document.
    """
    folder = (DOCS / name).parent

    def kept(link: re.Match[str]) -> str:
        said, target = link[1], folder / link[2]
        is_document = target.suffix == ".md"
        if target.resolve().is_relative_to(DOCS) if is_document else target.is_file():
            return link[0]
        if not target.exists():
            logger.warning("A link leads to no file: %s", link[2], location=name)
        inside = target.resolve().relative_to(DOCS.parent).as_posix()
        return said if inside in said else f"{said} (`{inside}`)"

    def titled(link: re.Match[str]) -> str:
        first, *_ = (folder / link[2]).read_text(encoding="utf-8").splitlines()
        return f"[{first.removeprefix('# ')}]{link[1]}"

    source[0] = NAMED.sub(titled, OUTSIDE.sub(kept, source[0]))


def setup(app: Any) -> None:
    """What Sphinx calls."""
    app.add_lexer("console", Console)
    app.add_lexer("csv", TextLexer)
    app.connect("source-read", add_tables_of_contents)
    app.connect("source-read", keep_links_inside)
