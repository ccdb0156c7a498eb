"""What to export, and where to."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from service.cli.options.audit import Since
from service.cli.options.filter import First, Last
from service.cli.options.groups import option_parser
from service.exchange.exporting import BOARD, FORMATS

_of_bundle = partial(typer.Option, rich_help_panel="A bundle")


def _format(text: str) -> str:
    if text and text not in FORMATS:
        raise ValueError(f"unknown format {text!r}; choose from {', '.join(FORMATS)}")
    return text


@dataclass(frozen=True)
class ExportOptions:
    """In which format visits or changes are exported."""

    format: Annotated[
        str,
        typer.Option(
            metavar="FORMAT",
            parser=option_parser(_format),
            autocompletion=lambda: list(FORMATS),
            help=f"{', '.join(FORMATS)}.",
            show_default=False,
        ),
    ] = ""
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="FILE",
            help="The file to write, instead of standard output. An existing file is replaced once "
            "the new one is complete.",
            show_default=False,
        ),
    ] = None
    query: Annotated[
        str,
        typer.Option(
            metavar="WORDS",
            help="Only visits with all these words in the title, purpose, names, places or "
            "aliases.",
            rich_help_panel="Which visits",
        ),
    ] = ""
    board: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="The address of the board, to whose pages calendars, JSON-LD and Atom point.",
        ),
    ] = BOARD


@dataclass(frozen=True)
class BundleOptions:
    """What a bundle is made of."""

    file: Annotated[
        Path | None,
        _of_bundle(
            "--bundle",
            metavar="FILE",
            help="Write a bundle into this file. An existing file is replaced once the new one is "
            "complete.",
            show_default=False,
        ),
    ] = None
    first: First = None
    last: Last = None
    since: Since = None
    without_restricted: Annotated[
        bool,
        _of_bundle(
            "--without-restricted",
            help="Leave out who entered each change, confidential sources and remarks. The bundle "
            "verifies without them, and nobody can guess them from it.",
        ),
    ] = False
