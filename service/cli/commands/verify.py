"""The command that verifies what an auditor holds, or an operator serves. It asks no server."""

from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from service.cli.options.audit import KeyOption, Since
from service.cli.options.groups import usage_error
from service.cli.terminal import output
from service.cli.terminal.progress import progress
from service.tlog.bundle import InvalidBundle
from service.tlog.note import InvalidNote


def verify(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="The bundle.", show_default=False)
    ] = None,
    database: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="Instead of a bundle, for its operator: the event store, sqlite:///FILE.",
        ),
    ] = "",
    keys: KeyOption = None,
    since: Since = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Answer in one JSON document, also where it fails.")
    ] = False,
) -> None:
    """Verify a bundle, without a server, and tell what it proves and what not.

    Of whom a key is you have to know by another way than the bundle came: the operator has it
    from chancery info, or from the first line that the server logs. With --since it is verified
    that the log goes on from a checkpoint that was kept, which one of the keys has to have signed.
    """
    if (file is None) is not bool(database):
        raise usage_error("FILE", "give either FILE or --database URL")
    if file is not None and not keys:
        raise usage_error(
            "--key",
            "who signed? Ask the operator of the log for its public key (chancery info, or the "
            "first line that the server logs), by another way than the bundle came",
        )
    if database and bool(since) is not bool(keys):
        raise usage_error("--key", "with --database it goes with --since: it signed what was kept")
    # They need what a server needs, for which no other command is to wait.
    from service.cli.draw import verification
    from service.store.errors import LogDamaged, StartupRefused
    from service.verify import verify_bundle, verify_database

    known = list(chain.from_iterable(keys or ()))
    try:
        with progress("Verifying") as tell:
            if file is not None:
                report = verify_bundle(file, known, since, tell)
            else:
                report = verify_database(database, known, since, tell)
    except (InvalidBundle, InvalidNote, LogDamaged, StartupRefused, OSError) as error:
        output.complain(Text.assemble(("Not verified: ", "bold red"), verification.problem(error)))
        if as_json:
            output.json_facts(verification.failure(error))
        raise typer.Exit(1) from None
    if as_json:
        output.json_facts(verification.facts(report, known))
    else:
        output.say(verification.told(report, known, is_bundle=file is not None))
