"""How to import files."""

from dataclasses import dataclass
from typing import Annotated

import typer

from service.cli.options.groups import option_parser
from service.exchange.recognising import FORMATS


def _format(text: str) -> str:
    if text and text not in FORMATS:
        raise ValueError(f"unknown format {text!r}; choose from {', '.join(FORMATS)}")
    return text


@dataclass(frozen=True)
class ImportOptions:
    """How to read files, and what to do with what they hold."""

    format: Annotated[
        str,
        typer.Option(
            metavar="FORMAT",
            parser=option_parser(_format),
            help=f"The format of all files: {', '.join(FORMATS)}. By default each file tells it.",
            show_default=False,
        ),
    ] = ""
    report: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help="Write what is not recorded into this CSV file: where it stands, and why.",
            show_default=False,
        ),
    ] = ""
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Check everything, record nothing, and print no JSON."),
    ] = False
    retract_missing: Annotated[
        bool,
        typer.Option(
            "--retract-missing",
            help="Retract what an earlier edition of the official record had and this one lacks.",
        ),
    ] = False
    template: Annotated[
        bool,
        typer.Option(
            "--template",
            help="Print an empty table for rows, or the table of a calendar's events (.ics), to be "
            "completed, and exit.",
        ),
    ] = False
