"""The commands for the tokens by which a server knows its callers."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from service.access import token_file
from service.access.caller import Role
from service.cli.options.groups import option_parser, usage_error
from service.cli.options.settings import setting_options, settings
from service.cli.terminal import output
from service.store.errors import StartupRefused

_a_holder = option_parser(token_file.a_holder)


@setting_options("token_file")
def new(
    role: Annotated[Role, typer.Option(help="What its holder may do.")],
    name: Annotated[
        str,
        typer.Option(
            metavar="NAME", parser=_a_holder, help="Its holder: the actor of their changes."
        ),
    ],
    **given: Any,
) -> None:
    """Make a token, and print it. It is shown only now: the file has a digest of it.

    A server on the file takes it within a second. Its holder sets CHANCERY_TOKEN to it.
    """
    with _refusals_reported():
        token = token_file.add_token(_file(given), name, role)
    output.complain(f"A token for {name}, {role.value}. It is not shown again:")
    output.say(token)


@setting_options("token_file")
def list_tokens(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False, **given: Any
) -> None:
    """List the tokens: which there are, who holds them, what they may, and since when."""
    with _refusals_reported():
        tokens = token_file.read_tokens(_file(given))
    if as_json:
        facts = [
            {
                "id": token.id,
                "name": token.caller.name,
                "role": token.caller.role.value,
                "made": token.made.isoformat(),
            }
            for token in tokens
        ]
        output.json_facts({"tokens": facts})
        return
    table = Table("Token", "Holder", "Role", "Made", box=None, pad_edge=False)
    for token in tokens:
        caller = token.caller
        table.add_row(token.id, Text(caller.name), caller.role.value, token.made.isoformat())
    output.say(table)


@setting_options("token_file")
def revoke(
    token: Annotated[
        str,
        typer.Argument(metavar="[TOKEN]", help="As list shows it.", show_default=False),
    ] = "",
    name: Annotated[
        str, typer.Option(metavar="NAME", help="All tokens of this holder.", show_default=False)
    ] = "",
    **given: Any,
) -> None:
    """Take tokens back. Servers refuse them within a second, and end the watches of their holders.

    Changes that were recorded keep their actor.
    """
    if bool(token) == bool(name):
        raise usage_error("TOKEN", "name a token, or a holder by --name")
    file = _file(given)
    with _refusals_reported():
        revoked = token_file.remove_tokens(file, token, name)
    if not revoked:
        output.fail(
            f"Failed: {file} has no token of {name}" if name else f"Failed: no token {token}"
        )
    for each in revoked:
        output.say(f"Revoked {each.id}, {each.caller.role.value}, of {each.caller.name}")


def _file(given: dict[str, Any]) -> Path:
    """The file of tokens."""
    chosen = settings(given).token_file
    if not chosen:
        raise usage_error("--token-file", "name the file of tokens, here or by CHANCERY_TOKEN_FILE")
    return Path(chosen)


@contextmanager
def _refusals_reported() -> Iterator[None]:
    """Report that the file cannot be read or written, and exit with status 1."""
    with output.exit_on(StartupRefused):
        yield
