"""The option to print an answer for a spreadsheet."""

from typing import Annotated

import typer

from service.cli.options.client import ClientOptions
from service.cli.options.groups import usage_error

AsCsv = Annotated[
    bool,
    typer.Option(
        "--csv", help="Print comma-separated values for a spreadsheet, with words for people."
    ),
]


def refuse_both(as_csv: bool, client: ClientOptions) -> None:
    """Refuse ``--csv`` together with ``--json``.

    :raises typer.BadParameter: both are given.
    """
    if as_csv and client.as_json:
        raise usage_error("--csv", "cannot be combined with --json")
