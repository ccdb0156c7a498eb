"""The commands for whoever operates a database: its schema, its roles, and moving its log."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from service.cli.commands.server import fail, options, settings
from service.cli.terminal import output
from service.cli.terminal.progress import progress


@options("database")
def upgrade(**given: Any) -> None:
    """Bring the schema up to date; make the tables if there are none.

    With PostgreSQL as the owner of the tables, and before servers of this version start. The
    rows of the log stay as they are. A server does this of itself with a SQLite file.
    """
    from service.store.engines import opening

    with told():
        revision = opening.upgrade(settings(given).database)
    output.say(f"The schema is {revision}, the newest")


@options("database")
def current(**given: Any) -> None:
    """Print the schema that the database has, and the newest that this version knows."""
    from service.store.engines import opening, schema

    with told():
        found = opening.schema_of(settings(given).database)
    output.say(f"The schema is {found or 'none'}; the newest is {schema.NEWEST}")


@options("database")
def check(**given: Any) -> None:
    """Fail unless the schema is the newest and the tables are as this version makes them."""
    from service.store.engines import opening

    with told():
        differences = opening.differences(settings(given).database)
    for difference in differences:
        output.complain(difference)
    if differences:
        raise typer.Exit(1)
    output.say("The tables are as they should be")


def roles() -> None:
    """Print the SQL that makes the roles with the least privileges, for a superuser to run."""
    from service.store.engines import schema

    output.say(schema.ROLES.read_text())


def copy(
    source: Annotated[
        str, typer.Option("--from", metavar="URL", help="The database that has the log.")
    ],
    target: Annotated[
        str, typer.Option("--to", metavar="URL", help="The database that is to have it.")
    ],
) -> None:
    """Move a log to another database: from a SQLite file to PostgreSQL, or back.

    All stays as it was: positions, times, changes, proofs. Run again after a cut, it goes on.
    At the end the copy is verified, and the old database takes no more changes: a log has one
    home. Bring the file of the log's key along, which this does not copy.
    """
    from service.operate.move import move

    with told(), progress("Copying and verifying") as tell:
        report = move(source, target, tell)
    output.say(f"Moved {report.changes} changes, verified; the old database takes no more")


@contextmanager
def told() -> Iterator[None]:
    """Tell a person of what the store refuses, and end."""
    from service.store.errors import LogDamaged, StartupRefused

    try:
        yield
    except (LogDamaged, StartupRefused) as error:
        fail(error)
