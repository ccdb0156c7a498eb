"""The commands that run a server on this machine, or work on its database.

They import the server only when they run, so that their help comes fast.
"""

from typing import Annotated, Any

import typer

from service.cli.options.groups import usage_error
from service.cli.options.settings import refuse_unknown_variables, setting_options, settings
from service.cli.terminal import output
from service.cli.terminal.progress import progress
from service.config import Settings

Backup = Annotated[str, typer.Argument(metavar="FILE", help="The backup file.")]


@setting_options(*Settings.model_fields)
def serve(**given: Any) -> None:
    """Serve until SIGTERM.

    Each option can also be set by an environment variable, or in the file of --settings; the
    option wins, then the variable.
    """
    import service.main as main
    import service.serve as serving

    refuse_unknown_variables(given["context"])
    with output.exit_on(main.StartupError):
        serving.serve(settings(given))


@setting_options("database")
def rebuild(**given: Any) -> None:
    """Rebuild the current states from the log.

    No server may be running on the database.
    """
    import service.main as main

    with output.exit_on(main.StartupError):
        visits = main.rebuild(settings(given).database)
    output.say(f"Rebuilt {visits} visits")


@setting_options("database", "key_file")
def rotate_key(**given: Any) -> None:
    """Make a new key for the log, and print its public half.

    No server may be running on the database. The file keeps the public half of the old key, even
    if the old file was lost, so that checkpoints it signed can still be verified. Comparing a new
    signature with an old checkpoint takes both public keys.
    """
    import service.main as main

    with output.exit_on(main.StartupError):
        public_key = main.rotate(settings(given))
    output.say(public_key)


@setting_options("database")
def backup(file: Backup, **given: Any) -> None:
    """Copy the database to a new file, and verify the copy.

    A server may be running on it. The copy holds the log as of one moment. It does not include
    the key of the log, which is in a file of its own: keep a copy of that elsewhere.
    """
    import service.main as main

    with output.exit_on(main.StartupError), progress("Verifying") as show:
        report = main.copy(settings(given).database, file, show)
    output.say(f"Wrote {file}: {report.changes} changes, verified")


@setting_options("database", "key_file")
def restore(
    file: Annotated[
        str, typer.Argument(metavar="[FILE]", help="The backup file.", show_default=False)
    ] = "",
    new_origin: Annotated[
        bool,
        typer.Option(
            "--new-origin",
            help="Make it another log, with a key of its own. Without FILE: the database that is "
            "there.",
        ),
    ] = False,
    **given: Any,
) -> None:
    """Create the database from a backup, and verify it.

    The database must not exist yet. Put the key of the log, unchanged, beside the database
    before you start a server on it. Changes recorded after the backup are lost, and checkpoints
    that include them will not verify.

    If a checkpoint was signed that the backup does not reach, no server serves it under the same
    key: give --new-origin. Followers and auditors are then told that it is another log. Calendars
    and newsreaders go on as they were.
    """
    import service.main as main

    if not file and not new_origin:
        raise usage_error("FILE", "name the backup file")
    chosen = settings(given)
    with output.exit_on(main.StartupError):
        if file:
            target = main.file_of(chosen.database)
            with progress("Verifying") as show:
                report = main.copy(f"sqlite:///{file}", target, show)
            output.say(f"Restored {target}: {report.changes} changes, verified")
        if new_origin:
            key = main.begin_anew(chosen)
            output.say(f"It is another log now, {key.name}, with the key {key}")
