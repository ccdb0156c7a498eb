"""Who may call a method, as the contract says it, and whether a caller may."""

from contextlib import AbstractAsyncContextManager, nullcontext
from functools import lru_cache
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor

from chancery.v1 import access_pb2
from service.access.caller import ANYBODY, Caller, Role
from service.access.valid import ValidTokens
from service.errors import NotAuthenticated, NotPermitted
from service.rpc.actor import actor_of

AUTHORIZATION = "authorization"
SCHEME = "bearer"

ServicerContext = grpc.aio.ServicerContext


def roles_of(method: MethodDescriptor) -> frozenset[Role]:
    """The roles of which a caller needs one; empty if everybody may call.

    :raises ValueError: the contract does not say who may call the method.
    """
    options = method.GetOptions()
    if not options.HasExtension(access_pb2.access):
        raise ValueError(f"the contract does not say who may call {method.full_name}")
    names = map(access_pb2.Role.Name, options.Extensions[access_pb2.access].roles)
    return frozenset(Role(name.removeprefix("ROLE_").lower()) for name in names)


class Doors:
    """Who comes in: the holders of valid tokens.

    Without tokens everybody does, under a name that is not verified, and may do everything.
    """

    def __init__(self, tokens: ValidTokens | None = None) -> None:
        self._tokens = tokens

    def admit(self, context: "ServicerContext[Any, Any]", roles: frozenset[Role]) -> Caller:
        """Who calls, if they have one of these roles or there are none.

        What the metadata says of the caller beside the token is not read.

        :raises NotAuthenticated: it has no token where one is needed, or one that is not valid.
        :raises NotPermitted: the caller has none of the roles.
        :raises InvalidValue: there are no tokens, and the caller's name is not valid.
        """
        if self._tokens is None:
            return _unverified(actor_of(context))
        token = _token(context)
        if token is None and roles:
            raise NotAuthenticated("the call has no credentials")
        caller = ANYBODY if token is None else self._tokens.holder(token)
        if not caller.role.may(roles):
            raise NotPermitted(role.value for role in roles)
        return caller

    def while_admitted(self, caller: Caller) -> AbstractAsyncContextManager[None]:
        """A context that ends as soon as the caller's token is no longer valid.

        :raises NotAuthenticated: it was taken back.
        """
        if self._tokens is None or not caller.digest:
            return nullcontext()
        return self._tokens.held_by(caller)


@lru_cache(4096)
def _unverified(name: str) -> Caller:
    return Caller(name, Role.OPERATOR)


def _token(context: "ServicerContext[Any, Any]") -> str | None:
    """The bearer token in the metadata of a call; None if it has no credentials.

    :raises NotAuthenticated: it has others, or several.
    """
    given = [value for key, value in context.invocation_metadata() or () if key == AUTHORIZATION]
    if not given:
        return None
    if len(given) > 1:
        raise NotAuthenticated("the credentials must come once")
    scheme, _, token = str(given[0]).partition(" ")
    if scheme.lower() != SCHEME or not token:
        raise NotAuthenticated("the credentials must be a bearer token")
    return token
