"""Keywords by their names: in the signatures that people see, and when a call is made."""

import inspect
from collections.abc import Callable
from difflib import get_close_matches
from functools import wraps
from inspect import Parameter, Signature
from typing import Any, TypeVar, get_args, get_type_hints

Function = TypeVar("Function", bound=Callable[..., Any])


def spelled_out(function: Callable[..., Any]) -> Signature:
    """The signature of a function, with each keyword of an ``Unpack`` by its name."""
    signature = inspect.signature(function)
    parameters = list(signature.parameters.values())
    if not parameters or parameters[-1].kind is not Parameter.VAR_KEYWORD:
        return signature
    (keywords,) = get_args(parameters.pop().annotation)
    for name, meaning in get_type_hints(keywords).items():
        parameters.append(Parameter(name, Parameter.KEYWORD_ONLY, default=..., annotation=meaning))
    return signature.replace(parameters=parameters)


def spell_out(kind: type) -> None:
    """Give the methods of a class signatures that say all their keywords."""
    for member in vars(kind).values():
        if inspect.isfunction(member):
            vars(member)["__signature__"] = spelled_out(member)


def checked(function: Function) -> Function:
    """The same function, which raises TypeError for a keyword that it does not have.

    A keyword that is None is left out.
    """
    signature = spelled_out(function)

    @wraps(function)
    def call(*args: Any, **given: Any) -> Any:
        for name in given:
            if name not in signature.parameters:
                near = get_close_matches(name, signature.parameters, 1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise TypeError(f"unexpected keyword {name!r}{hint}")
        return function(*args, **{name: it for name, it in given.items() if it is not None})

    vars(call)["__signature__"] = signature
    same: Any = call
    return same  # type: ignore[no-any-return]
