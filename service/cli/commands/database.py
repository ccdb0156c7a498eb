"""The commands for whoever operates a database: its schema, its roles, and moving its log."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from service.cli.options.settings import setting_options, settings
from service.cli.terminal import output
from service.cli.terminal.progress import progress


@setting_options("database")
def upgrade(**given: Any) -> None:
    """Upgrade the schema to the newest version, and create the tables if there are none.

    On PostgreSQL, run this as the owner of the tables before starting servers of this version.
    If this version finds words in another way, all current states are rebuilt from the log. The
    rows of the log are not changed. A server upgrades a SQLite file by itself.
    """
    import service.main as main

    with output.exit_on(main.StartupError):
        revision = main.upgrade(settings(given).database)
    output.say(f"The schema is {revision}, the newest")


@setting_options("database")
def current(**given: Any) -> None:
    """Print the schema version of the database, and the newest that this release knows."""
    from service.store.engines import opening, schema

    with _refusals_reported():
        found = opening.schema_of(settings(given).database)
    output.say(f"The schema is {found or 'none'}; the newest is {schema.NEWEST}")


@setting_options("database")
def check(**given: Any) -> None:
    """Fail unless the schema is the newest and the tables match it."""
    from service.store.engines import opening

    with _refusals_reported():
        differences = opening.differences(settings(given).database)
    for difference in differences:
        output.complain(difference)
    if differences:
        raise typer.Exit(1)
    output.say("The tables are as they should be")


def roles() -> None:
    """Print the SQL that creates the least-privileged roles, for a superuser to run."""
    from service.store.engines import schema

    output.say(schema.ROLES.read_text())


def copy(
    source: Annotated[
        str, typer.Option("--from", metavar="URL", help="The database that holds the log.")
    ],
    target: Annotated[
        str, typer.Option("--to", metavar="URL", help="The database to move the log to.")
    ],
) -> None:
    """Move a log to another database.

    It goes from a SQLite file to PostgreSQL, or back. Positions, times, changes and proofs stay the
    same. If the move is interrupted, run it again to continue. At the end the copy is verified,
    and the old database refuses further changes: a log has one home. This does not copy the
    file with the log's key; move that yourself.
    """
    from service.operate.move import move

    with _refusals_reported(), progress("Copying and verifying") as show:
        report = move(source, target, show)
    output.say(f"Moved {report.changes} changes, verified; the old database takes no more")


@contextmanager
def _refusals_reported() -> Iterator[None]:
    """Report what the store refuses, and exit with status 1."""
    from service.store.errors import LogDamaged, StartupRefused

    with output.exit_on(LogDamaged, StartupRefused):
        yield
