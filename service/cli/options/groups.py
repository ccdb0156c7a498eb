"""Option groups, so that commands share options and state only their own.

A group is a dataclass with a field for each option. Decorate a command that has a parameter of
such a type with :func:`expand_groups`, and it takes the group's options as its own.
"""

import functools
import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from itertools import chain
from typing import Any, TypeVar

import typer

from service.cli.terminal import output

T = TypeVar("T")


def expand_groups(command: Callable[..., None], **more: type[Any]) -> Callable[..., None]:
    """``command`` with each parameter that is a group replaced by the group's options.

    ``more`` are groups that the command takes although its signature does not show them; their
    options come last.
    """
    parameters = inspect.signature(command).parameters
    groups: dict[str, Any] = {
        p.name: p.annotation for p in parameters.values() if is_dataclass(p.annotation)
    } | more
    own = [p for p in parameters.values() if p.name not in groups]
    shared = chain.from_iterable(
        inspect.signature(group).parameters.values() for group in groups.values()
    )

    @functools.wraps(command)
    def with_options(**given: Any) -> None:
        built = {
            name: group(**{field.name: given.pop(field.name) for field in fields(group)})
            for name, group in groups.items()
        }
        command(**given, **built)

    with_options.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in [*own, *shared]]
    )
    return with_options


def option_parser(parse: Callable[[str], T]) -> Callable[[str], T]:
    """``parse`` for use in an option: its ValueError becomes a usage error."""

    @functools.wraps(parse)
    def parse_option(text: str) -> T:
        try:
            return parse(text)
        except ValueError as error:
            raise typer.BadParameter(output.visible(str(error))) from None

    return parse_option


def usage_error(option: str, message: str) -> typer.BadParameter:
    """A usage error about ``option``, for checks that involve more than its own value."""
    return typer.BadParameter(message, param_hint=f"'{option}'")
