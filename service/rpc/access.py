"""Who may call a method, as the contract says it, and whether a caller may."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import lru_cache
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor

from chancery.v1 import access_pb2
from service.access.caller import ANYBODY, Caller, Role
from service.access.callers import Callers
from service.errors import NotAuthenticated
from service.rpc.actor import actor_of

AUTHORIZATION = "authorization"
SCHEME = "bearer"

# What gRPC says of a client that has shown a certificate, and by which of it names the client.
CERTIFICATE = "x509_pem_cert"
NAMES = {
    "common_name": "x509_common_name",
    "dns": "peer_dns",
    "uri": "peer_uri",
    "email": "peer_email",
    "spiffe_id": "peer_spiffe_id",
}

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
    """Who comes in: the callers who are known, by a token or by the certificate of a client.

    If none are, everybody does, under a name that is not verified, and may do everything.
    """

    def __init__(self, callers: Callers | None = None) -> None:
        self._callers = callers

    def who(self, context: "ServicerContext[Any, Any]", roles: frozenset[Role]) -> Caller:
        """Who calls a method that takes one of these roles, or none.

        What the metadata says of the caller beside the token is not read.

        :raises NotAuthenticated: it has no credentials where they are needed, or bad ones.
        :raises InvalidValue: nobody is known, and the caller's name is not valid.
        """
        if self._callers is None:
            return _unverified(actor_of(context))
        caller = _known(self._callers, context)
        if caller is None and roles:
            raise NotAuthenticated("the call has no credentials")
        return caller or ANYBODY

    def while_admitted(self, caller: Caller) -> AbstractAsyncContextManager[None]:
        """A context that ends as soon as the caller's credentials are no longer valid.

        :raises NotAuthenticated: it ended so.
        """
        if self._callers is None or not caller.digest:
            return nullcontext()
        return self._callers.held_by(caller)


def _known(callers: Callers, context: "ServicerContext[Any, Any]") -> Caller | None:
    """Who calls; None if the call has no credentials.

    :raises NotAuthenticated: it has bad ones, or several.
    """
    token = _token(context)
    if callers.certificate_name:
        # Asked anew for each call: a port, and so `peer()`, may be another's the next moment.
        shown = context.auth_context()
        if CERTIFICATE in shown:
            if token is not None:
                raise NotAuthenticated("the credentials must come once")
            return callers.certified(_name(shown, NAMES[callers.certificate_name]))
    return None if token is None else callers.with_token(token)


def _name(shown: Mapping[str, Iterable[bytes]], part: str) -> str:
    """The name in the certificate that a client has shown.

    :raises NotAuthenticated: it has none, or several.
    """
    names = list(shown.get(part, ()))
    if len(names) != 1:
        raise NotAuthenticated("the certificate must have one name")
    # What is not UTF-8 is a name that nobody has.
    return names[0].decode(errors="replace")


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
