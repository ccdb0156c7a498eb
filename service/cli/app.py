"""The ``chancery`` command: its list of commands, and what all of them share."""

import functools
import sys
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from chancery.client.version import __version__
from service.cli.commands import (
    amend,
    ask,
    audit,
    changes,
    health,
    record,
    record_file,
    replay,
    retract,
    verify,
)
from service.cli.terminal import output

HELP = """Follow diplomatic visits: their status, what was known when, and who said so.

A TIME is an instant, such as 2023-06-07T14:30:00Z or '7 June 2023 14:30', or a date, month or
year: 2023-06-07, '7 June 2023', 7.6.2023, 2023-06, 2023. As the time of a change, a date, month or
year is a period and is kept with that precision. In a question it means the end of that period.
What has no time zone is meant in UTC, or in that of --tz.
"""
SERVER_COMMANDS = (
    "serve",
    "web",
    "settings",
    "doctor",
    "token",
    "rebuild",
    "rotate-key",
    "backup",
    "restore",
    "copy",
    "database",
)
EXCHANGE_COMMANDS = ("stats", "import", "export")
EPILOG = "Exit status: 0 on success, 1 if something was refused or failed, 2 for a usage error."


def main() -> None:
    """Run the command line. Exit status: 0, 1 (refused or failed), 2 (usage)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        build()(prog_name="chancery")
    except UnicodeEncodeError:
        output.complain("The command line is not valid UTF-8")
        sys.exit(2)
    except OSError as error:
        output.complain(f"Failed: {error.strerror}")
        sys.exit(1)


def build() -> typer.Typer:
    """The command line with all its commands."""
    app = _typer(cls=Commands, help=HELP, epilog=EPILOG, no_args_is_help=True)
    app.callback()(_global_options)
    app.command("show", rich_help_panel="Ask")(ask.show)
    app.command("list", rich_help_panel="Ask")(ask.list_visits)
    for command in (replay.history, ask.compare, replay.watch, ask.info, health.health):
        app.command(rich_help_panel="Ask")(command)
    for command in (changes.changes, audit.checkpoint, verify.verify):
        app.command(rich_help_panel="Audit")(command)
    for command in (
        record.schedule,
        record.disclose,
        record.postpone,
        record.defer,
        record.reschedule,
        record.complete,
        record.cancel,
        amend.amend,
        amend.correct,
        record.state,
        retract.retract,
        record_file.apply,
    ):
        app.command(rich_help_panel="Record a change")(command)
    return app


class Commands(TyperGroup):
    """The commands.

    Those of the server, and those of other people's formats, are loaded on demand: the others
    start faster without.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        return [*SERVER_COMMANDS, *super().list_commands(ctx), *EXCHANGE_COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in EXCHANGE_COMMANDS:
            return _exchange_commands().get_command(ctx, cmd_name)
        if cmd_name in SERVER_COMMANDS:
            return _server_commands().get_command(ctx, cmd_name)
        return super().get_command(ctx, cmd_name)


@functools.cache
def _exchange_commands() -> TyperGroup:
    from service.cli.commands import exporting, importing, stats

    app = _typer()
    app.command(rich_help_panel="Ask")(stats.stats)
    app.command("import", rich_help_panel="Record a change")(importing.import_changes)
    app.command("export", rich_help_panel="Audit")(exporting.export)
    return typer.main.get_group(app)


@functools.cache
def _server_commands() -> TyperGroup:
    from service.cli.commands import database, doctor, server, settings, token, web

    app = _typer()
    for command in (server.serve, web.web, server.rebuild, server.rotate_key):
        app.command(rich_help_panel="Serve")(command)
    for command in (server.backup, server.restore):
        app.command(rich_help_panel="Serve")(command)
    app.command(rich_help_panel="Serve")(database.copy)
    for command in (settings.settings, doctor.doctor):
        app.command(rich_help_panel="Serve")(command)
    tokens = _typer(help="Make, list and revoke the tokens by which a server knows its callers.")
    tokens.command()(token.new)
    tokens.command("list")(token.list_tokens)
    tokens.command()(token.revoke)
    app.add_typer(tokens, name="token", rich_help_panel="Serve", no_args_is_help=True)
    schema = _typer(help="Inspect and upgrade the schema of a database.")
    for command in (database.upgrade, database.current, database.check, database.roles):
        schema.command()(command)
    app.add_typer(schema, name="database", rich_help_panel="Serve", no_args_is_help=True)
    return typer.main.get_group(app)


def _typer(**settings: Any) -> typer.Typer:
    """A Typer whose help and usage errors are formatted on a terminal, and plain elsewhere."""
    return typer.Typer(
        rich_markup_mode="rich" if sys.stdout.isatty() else None,
        pretty_exceptions_enable=False,
        **settings,
    )


def _print_version(is_asked: bool) -> None:
    if is_asked:
        output.say(f"chancery {__version__}")
        raise typer.Exit


def _global_options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """The options of ``chancery`` itself."""
