"""The commands that run a server, or repair its tables, on this machine.

They load the server itself only when they run: help about them needs no database.
"""

import inspect
from collections.abc import Callable
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError

from service.cli.terminal import output
from service.cli.terminal.progress import progress
from service.config import Settings

Command = Callable[..., None]


def _option(name: str) -> inspect.Parameter:
    setting = Settings.model_fields[name]
    option = typer.Option(envvar=f"CHANCERY_{name.upper()}", help=setting.description)
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=setting.default,
        annotation=Annotated[setting.annotation, option],
    )


def options(*names: str) -> Callable[[Command], Command]:
    """Gives a command an option for each setting, with what the setting says about itself.

    They come behind the parameters that it names itself.
    """

    def decorate(command: Command) -> Command:
        own = list(inspect.signature(command).parameters.values())[:-1]
        command.__signature__ = inspect.Signature([*own, *map(_option, names)])  # type: ignore[attr-defined]
        return command

    return decorate


def settings(given: dict[str, Any]) -> Settings:
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        option = "--" + str(first["loc"][0]).replace("_", "-")
        raise typer.BadParameter(first["msg"], param_hint=f"'{option}'") from None


def fail(error: Exception) -> NoReturn:
    output.complain(f"Failed: {error}")
    raise typer.Exit(1) from None


@options(*Settings.model_fields)
def serve(**given: Any) -> None:
    """Serve until SIGTERM.

    Each option is also an environment variable; an option wins.
    """
    import service.main as main

    try:
        main.serve(settings(given))
    except main.StartupError as error:
        fail(error)


@options("database")
def rebuild(**given: Any) -> None:
    """Make the current states anew from the log.

    No server may run on the database meanwhile.
    """
    import service.main as main

    try:
        visits = main.rebuild(settings(given).database)
    except main.StartupError as error:
        fail(error)
    output.say(f"Rebuilt {visits} visits")


@options("database", "key_file")
def rotate_key(**given: Any) -> None:
    """Make another key for the log, and print its public half.

    No server may run on the database meanwhile. The public half of the key before is kept in
    the file, also where that was lost: with it, checkpoints that it signed can be verified as
    before. Who holds what is signed from now on against one of them needs both.
    """
    import service.main as main

    try:
        public_key = main.rotate(settings(given))
    except main.StartupError as error:
        fail(error)
    output.say(public_key)


Backup = Annotated[str, typer.Argument(metavar="FILE", help="The file of the backup.")]


@options("database")
def backup(file: Backup, **given: Any) -> None:
    """Copy the database to a new file, also while a server runs on it, and verify the copy.

    It has the log as it is at one moment. The key of the log is in a file of its own, which this
    does not copy: keep it elsewhere.
    """
    import service.main as main

    try:
        with progress("Verifying") as tell:
            report = main.copy(settings(given).database, file, tell)
    except main.StartupError as error:
        fail(error)
    output.say(f"Wrote {file}: {report.changes} changes, verified")


@options("database")
def restore(file: Backup, **given: Any) -> None:
    """Make the database anew from a backup, and verify it. It must not be there.

    The server that is then started on it needs the key of the log beside it, as it was. Changes
    that were recorded after the backup are lost, and checkpoints that have them will not verify.
    """
    import service.main as main

    try:
        target = main.file_of(settings(given).database)
        with progress("Verifying") as tell:
            report = main.copy(f"sqlite:///{file}", target, tell)
    except main.StartupError as error:
        fail(error)
    output.say(f"Restored {target}: {report.changes} changes, verified")
