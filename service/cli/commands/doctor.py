"""``chancery doctor``: what is to be mended of a server, here and as it answers."""

import inspect
import os
from collections.abc import Callable, Iterator
from typing import Any

import typer
from rich.table import Table
from rich.text import Text

from chancery.client import ChanceryError
from chancery.client.version import __version__
from chancery.v1.info_service_pb2 import GetServerInfoResponse
from service.cli.commands.health import SERVING, health_of
from service.cli.options.client import ClientOptions
from service.cli.options.settings import InForce, in_force, setting_options, unknown_variables
from service.cli.terminal import output
from service.config import Settings
from service.operate.findings import Finding, LogFacts, Severity

WORDS = {
    Severity.LOSS: "At stake",
    Severity.DOWN: "Out of order",
    Severity.SOON: "Soon",
    Severity.NOTE: "To know",
}


# The options of a client, and those of them that are settings of a server as well.
_OPTIONS = inspect.signature(ClientOptions).parameters
_CLIENT = {name: each for name, each in _OPTIONS.items() if name not in Settings.model_fields}
_SHARED = _OPTIONS.keys() - _CLIENT.keys()


def _with_client_options(command: Callable[..., None]) -> Callable[..., None]:
    own = inspect.signature(command).parameters.values()
    options = (each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in _CLIENT.values())
    command.__signature__ = inspect.Signature([*options, *own])  # type: ignore[attr-defined]
    return command


@setting_options(*Settings.model_fields)
@_with_client_options
def doctor(**given: Any) -> None:
    """Say what to mend of the settings, the database, the key, and the server if one answers.

    The worst comes first: what can lose changes or opens secrets, what keeps a server from
    serving, what will come to that, and what is good to know. Nothing is written or created.

    Exit status: 0 if there is nothing to mend, but perhaps something to know; else 1.
    """
    from service.operate.doctor import examine  # the database's part takes a while to load

    unknown = list(unknown_variables(given["context"]))
    client = {name: given.pop(name) for name in _CLIENT}
    chosen = in_force(given)
    client |= {name: getattr(chosen.settings, name) for name in _SHARED}
    found, log = examine(chosen.settings)
    found += _settings(chosen, unknown)
    found += _server(ClientOptions(**client), chosen.settings, log)
    found.sort()
    if client["as_json"]:
        facts = [
            {"severity": each.severity.name.lower(), "part": each.part}
            | {"what": each.what, "do": each.do}
            for each in found
        ]
        output.json_facts({"findings": facts})
    else:
        output.say(_table(found) if found else "There is nothing to mend")
    if any(each.severity is not Severity.NOTE for each in found):
        raise typer.Exit(1)


def _table(found: list[Finding]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("How bad", "Part", "What", "What to do"):
        table.add_column(title, overflow="fold")
    for each in found:
        table.add_row(*map(Text, (WORDS[each.severity], each.part, each.what, each.do)))
    return table


def _settings(chosen: InForce, unknown: list[tuple[str, str]]) -> Iterator[Finding]:
    import service.main as main

    for name, problem in unknown:
        do = "correct its name, or remove it: no server starts with it"
        yield Finding(Severity.DOWN, "settings", f"{name}: {problem}", do)
    has_password = chosen.sources["database"] == "file" and "@" in chosen.settings.database
    if has_password and os.stat(chosen.file).st_mode & 0o077:
        what = f"others may read {chosen.file}, which says who opens the database"
        yield Finding(Severity.LOSS, "settings", what, f"chmod 600 {chosen.file}")
    try:
        if warning := main.reach(chosen.settings):
            do = "see that something else protects them"
            yield Finding(Severity.NOTE, "settings", warning, do)
    except main.StartupError as error:
        yield Finding(Severity.DOWN, "settings", str(error), "mend that: no server starts so")


def _server(client: ClientOptions, settings: Settings, log: LogFacts | None) -> Iterator[Finding]:
    """What is to be mended of the server that answers, if one does."""
    part = "server"
    with client.connection() as connection:
        try:
            status = health_of(connection, "", client.timeout)
            info = connection.messages.get_server_info()
        except ChanceryError as error:
            do = "start it, or name the right one by --target"
            yield Finding(Severity.NOTE, part, str(error), do)
            return
    if status != SERVING:
        what = f"the health of the server at {client.target} is {status}"
        yield Finding(Severity.DOWN, part, what, "read its log for the reason")
    for warning in info.warnings:
        yield Finding(Severity.SOON, part, warning, "mend that: the server warns of it")
    if info.version != __version__:
        what = f"the server is version {info.version}, and this is {__version__}"
        yield Finding(Severity.NOTE, part, what, "restart it to take this version")
    if log is not None:
        yield from _compared(info, settings, log)


def _compared(info: GetServerInfoResponse, settings: Settings, log: LogFacts) -> Iterator[Finding]:
    """Whether the server that answers serves the log of this database."""
    from service.operate.doctor import read_log

    part = "server"
    if info.log_origin != log.origin:
        what = "the server serves another log than that of the database"
        do = "name its own settings and --target; if the file was replaced, put it back"
        yield Finding(Severity.DOWN, part, what, do)
        return
    if log.public_key and info.public_key != log.public_key:
        what = "the server has another key than the database says"
        yield Finding(Severity.DOWN, part, what, "restart the server")
    if info.head_position < log.size:
        what = f"the server is at position {info.head_position}, the database at {log.size}"
        yield Finding(Severity.DOWN, part, what, "restart the server: it has missed changes")
    size = read_log(settings).size
    if size < info.head_position:
        what = f"the server has recorded {info.head_position} changes, the database has {size}"
        do = "keep the server running, and copy its log: chancery export --bundle FILE"
        yield Finding(Severity.LOSS, part, what, do)
