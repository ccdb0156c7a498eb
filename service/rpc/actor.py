"""What callers say of themselves. Nothing of it is verified."""

from functools import lru_cache
from typing import Any

import grpc

from domain.errors import InvalidValue
from domain.validation import NAME_LENGTH, an_actor
from service.access.caller import UNVERIFIED

ACTOR = "chancery-actor"
# Holds the UTF-8 bytes of a name that is not ASCII: other headers cannot.
ACTOR_BIN = "chancery-actor-bin"


def actor_of(context: "grpc.aio.ServicerContext[Any, Any]") -> str:
    """The name in the call's metadata, marked as unverified.

    :raises InvalidValue: it is not a valid name, or there are several.
    """
    metadata = context.invocation_metadata() or ()
    given = [(key, value) for key, value in metadata if key in (ACTOR, ACTOR_BIN) and value]
    if not given:
        return f"{UNVERIFIED}unknown"
    key, value = given[0]
    if len(given) > 1:
        raise InvalidValue.of(
            f"metadata {key}", f"must come once: as {ACTOR}, or as {ACTOR_BIN} if it is not ASCII"
        )
    try:
        return _unverified(value if isinstance(value, bytes) else value.encode())
    except ValueError as error:
        raise InvalidValue.of(f"metadata {key}", str(error)) from None


@lru_cache(4096)
def _unverified(name: bytes) -> str:
    try:
        text = name.decode()
    except UnicodeDecodeError:
        raise ValueError("must be the name in UTF-8") from None
    longest = NAME_LENGTH - len(UNVERIFIED)
    if len(text) > longest:
        raise ValueError(f"must have at most {longest} characters, and has {len(text)}")
    return f"{UNVERIFIED}{an_actor(text)}"
