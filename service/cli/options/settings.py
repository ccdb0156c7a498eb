"""The settings of a server as options of a command, and where those in force come from."""

import difflib
import inspect
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from service.cli.options.client import TOKEN
from service.cli.options.groups import usage_error
from service.cli.terminal import output
from service.config import Settings

Command = Callable[..., None]

PREFIX = "CHANCERY_"
FILE = "CHANCERY_SETTINGS"
# What the project's own tests read.
OF_TESTS = (
    *("CALL_FAULTS", "DATA", "ENDS", "EXAMPLES", "FAULTS", "HISTORIES", "HOSTILE", "KILLS"),
    *("MUTATED", "SERVER_KILLS", "SOAK_POSITIONS", "SOAK_SEED"),
)
# What Kubernetes sets in every container beside a service whose name begins with ours.
OF_KUBERNETES = re.compile(
    r"CHANCERY_(\w+_)?(SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?)?)"
)
# A setting's source, by what the command line says of an option's.
_SOURCES = {"COMMANDLINE": "option", "ENVIRONMENT": "variable"}


@dataclass(frozen=True)
class InForce:
    """The settings in force, and for each its source: option, variable, file or default."""

    settings: Settings
    sources: Mapping[str, str]
    file: str


def setting_options(*names: str) -> Callable[[Command], Command]:
    """Give a command an option for each of these settings, after its own parameters.

    The help of an option is the description of its setting. The last option is that of the
    settings file.
    """

    def decorate(command: Command) -> Command:
        own = list(inspect.signature(command).parameters.values())[:-1]
        command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [*own, *map(_option, names), *_BESIDE]
        )
        return command

    return decorate


def settings(given: dict[str, Any]) -> Settings:
    """The settings in force; see ``in_force``."""
    return in_force(given).settings


def in_force(given: dict[str, Any]) -> InForce:
    """The settings that a command was given by options, variables and a file, in this order.

    A value out of bounds, and a key of the file that is not a setting, are usage errors.
    """
    context, file = given.pop("context"), given.pop("settings_file")
    in_file = _read(Path(file)) if file else {}
    values, sources = {}, dict.fromkeys(Settings.model_fields, "default")
    for name in Settings.model_fields:
        how = _SOURCES.get(context.get_parameter_source(name).name) if name in given else None
        if how is None and os.environ.get(variable_of(name)):
            sources[name] = "variable"  # of a setting that the command has no option for
        elif how is not None:
            values[name], sources[name] = given[name], how
        elif name in in_file:
            values[name], sources[name] = in_file[name], "file"
    try:
        return InForce(Settings(**values), sources, file)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        where = {"file": f"{name} in {file}", "variable": variable_of(name)}
        raise usage_error(
            where.get(sources.get(name, ""), "--" + name.replace("_", "-")), first["msg"]
        ) from None


def refuse_unknown_variables(context: typer.Context) -> None:
    """Refuse misspelt variables: they would leave the defaults in force without a word."""
    for name, problem in unknown_variables(context):
        raise usage_error(name, problem)


def unknown_variables(context: typer.Context) -> Iterator[tuple[str, str]]:
    """The variables that begin like ours and that no command reads, each with what to say of it.

    The context is that of any command.
    """
    of_kubernetes = filter(OF_KUBERNETES.fullmatch, os.environ)
    ours = {name for name in os.environ if name.startswith(PREFIX)}.difference(of_kubernetes)
    known = {TOKEN, FILE, *map(variable_of, [*OF_TESTS, *Settings.model_fields])}
    if not ours <= known:  # the server starts faster without loading all commands
        root = context.find_root()
        known.update(_variables(root.command, root))
    for name in sorted(ours - known):
        yield output.visible(name), f"unknown variable{_nearest(name, known)}"


def _variables(command: Any, context: Any) -> Iterator[str]:
    """The variables that a command, or one of those of a group, reads as options."""
    for parameter in command.params:
        if isinstance(parameter.envvar, str):
            yield parameter.envvar
    if isinstance(command, TyperGroup):
        for name in command.list_commands(context):
            yield from _variables(command.get_command(context, name), context)


def variable_of(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def _read(file: Path) -> dict[str, Any]:
    """What a settings file says."""
    try:
        with file.open("rb") as opened:
            found = tomllib.load(opened)
    except OSError as error:
        raise usage_error("--settings", f"cannot read {file}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise usage_error("--settings", f"{file} is not TOML: {error}") from None
    for key in found:
        if key not in Settings.model_fields:
            near = _nearest(key, Settings.model_fields)
            raise usage_error(output.visible(key), f"unknown setting, in {file}{near}")
    return found


def _nearest(name: str, known: Iterable[str]) -> str:
    """What may have been meant, in a clause; empty if nothing is near."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _option(name: str) -> inspect.Parameter:
    setting = Settings.model_fields[name]
    option = typer.Option(envvar=variable_of(name), help=setting.description)
    annotation: Any = Annotated[setting.annotation, option]
    return _parameter(name, annotation, setting.default)


def _parameter(
    name: str, annotation: Any, default: Any = inspect.Parameter.empty
) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


_BESIDE = (
    _parameter(
        "settings_file",
        Annotated[
            str,
            typer.Option(
                "--settings",
                envvar=FILE,
                metavar="FILE",
                help="A file with settings, in TOML. Its keys are the names of the options, with "
                "underscores. Options and variables win.",
            ),
        ],
        "",
    ),
    _parameter("context", typer.Context),
)
