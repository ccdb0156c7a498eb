"""``chancery settings``: what is in force, and whence."""

import re
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from service.cli.options.settings import InForce, in_force, setting_options
from service.cli.terminal import output
from service.config import Settings

# The password in an address, and what is before it.
_PASSWORD = re.compile(r"(://[^/@:]*:)[^/]*@")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@setting_options(*Settings.model_fields)
def settings(as_json: AsJson = False, **given: Any) -> None:
    """Show the settings that a server would have if it started now, and where each comes from.

    That is an option, a variable, the file of --settings, or the default. Passwords are not shown.
    """
    found = in_force(given)
    values = _shown(found)
    if as_json:
        facts = {
            name: {"value": value, "from": found.sources[name]} for name, value in values.items()
        }
        output.json_facts({"file": found.file or None, "settings": facts})
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("Setting", "Value", "From"):
        table.add_column(title, overflow="fold")
    for name, value in values.items():
        source = found.sources[name]
        where = f"file {found.file}" if source == "file" else source
        table.add_row(*map(Text, (name, _text(value), where)))
    output.say(table)


def _shown(found: InForce) -> dict[str, Any]:
    """The values of the settings, as anybody may see them."""
    import service.main as main

    values = {
        name: _PASSWORD.sub(r"\1***@", value) if isinstance(value, str) else value
        for name, value in found.settings.model_dump(mode="json").items()
    }
    try:
        values["database"] = main.shown(found.settings.database)
    except main.StartupError as error:
        values["database"] = f"({error})"
    return values


def _text(value: Any) -> str:
    """A value, as it is written in a variable."""
    return str(value).lower() if isinstance(value, bool) else str(value)
