"""The settings of a server as options of a command."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from service.config import Settings

Command = Callable[..., None]


def setting_options(*names: str) -> Callable[[Command], Command]:
    """Give a command an option for each of these settings, after its own parameters.

    The help of an option is the description of its setting.
    """

    def decorate(command: Command) -> Command:
        own = list(inspect.signature(command).parameters.values())[:-1]
        command.__signature__ = inspect.Signature([*own, *map(_option, names)])  # type: ignore[attr-defined]
        return command

    return decorate


def settings(given: dict[str, Any]) -> Settings:
    """The settings with these values; a value out of bounds is a usage error."""
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        option = "--" + str(first["loc"][0]).replace("_", "-")
        raise typer.BadParameter(first["msg"], param_hint=f"'{option}'") from None


def _option(name: str) -> inspect.Parameter:
    setting = Settings.model_fields[name]
    option = typer.Option(envvar=f"CHANCERY_{name.upper()}", help=setting.description)
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=setting.default,
        annotation=Annotated[setting.annotation, option],
    )
