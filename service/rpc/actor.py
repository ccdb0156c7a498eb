"""Who calls. Nothing is verified yet: the name is what the caller says."""

from functools import lru_cache
from typing import Any

import grpc

from domain.errors import InvalidValue
from domain.validation import NAME_LENGTH, a_name

ACTOR = "chancery-actor"
UNVERIFIED = "unverified:"


def actor_of(context: "grpc.aio.ServicerContext[Any, Any]") -> str:
    """The name in the call's metadata, marked as unverified.

    :raises InvalidValue: it is not a valid name.
    """
    for key, value in context.invocation_metadata() or ():
        if key == ACTOR and value:
            try:
                return _unverified(value if isinstance(value, str) else value.decode())
            except ValueError:
                text = f"must be a name of at most {NAME_LENGTH - len(UNVERIFIED)} characters"
                raise InvalidValue.of(f"metadata {ACTOR}", text) from None
    return f"{UNVERIFIED}unknown"


@lru_cache(4096)
def _unverified(name: str) -> str:
    return str(a_name(UNVERIFIED + name))
