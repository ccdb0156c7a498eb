"""The command that verifies an auditor's bundle or an operator's database, without a server."""

from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from service.cli.options.audit import KeyOption, Keys, Since
from service.cli.options.groups import usage_error
from service.cli.terminal import output
from service.cli.terminal.progress import progress
from service.tlog.bundle import InvalidBundle
from service.tlog.note import InvalidNote, Note


def verify(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="The bundle.", show_default=False),
    ] = None,
    database: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="For operators, instead of a bundle: the database, such as sqlite:///FILE.",
        ),
    ] = "",
    keys: KeyOption = None,
    since: Since = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document, also on failure.")
    ] = False,
) -> None:
    """Verify a bundle, without a server.

    Reports what the bundle proves and what it does not. Obtain the key separately from the
    bundle: the operator finds it in chancery info, and in the first line that the server logs.
    With --since, this also verifies that the log extends a checkpoint you kept; one of the keys
    must have signed that checkpoint. If the log had several keys, give the present one first:
    the others are good for that checkpoint alone. A witness must have cosigned one of the two.
    """
    _check_usage(file, database, keys, since)
    # These load what a server loads. Importing them here keeps the other commands fast.
    from service.cli.draw import verification
    from service.store.errors import LogDamaged, StartupRefused
    from service.verify import verify_bundle, verify_database

    known = list(chain.from_iterable(keys or ()))
    try:
        with progress("Verifying") as show:
            if file is not None:
                report = verify_bundle(file, known, since, show)
            else:
                report = verify_database(database, known, since, show)
    except (InvalidBundle, InvalidNote, LogDamaged, StartupRefused, OSError) as error:
        output.complain(Text.assemble(("Not verified: ", "bold red"), verification.problem(error)))
        if as_json:
            output.json_facts(verification.failure_json(error))
        raise typer.Exit(1) from None
    if as_json:
        output.json_facts(verification.report_json(report, known))
    else:
        output.say(verification.report_text(report, known, is_bundle=file is not None))


def _check_usage(
    file: Path | None, database: str, keys: list[Keys] | None, since: Note | None
) -> None:
    """Check the options together.

    :raises typer.BadParameter: they do not say what to verify, or with which key.
    """
    if (file is None) is not bool(database):
        raise usage_error("FILE", "give either FILE or --database URL")
    if file is not None and not keys:
        raise usage_error(
            "--key",
            "a key is required. Ask the operator of the log for its public key (chancery info, or "
            "the first line that the server logs), and obtain it separately from the bundle",
        )
    if database and bool(since) is not bool(keys):
        raise usage_error(
            "--key",
            "with --database, give both --key and --since, or neither",
        )
