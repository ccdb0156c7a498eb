"""Whoever calls, and what a role may."""

import math
from dataclasses import dataclass
from enum import Enum


class Role(Enum):
    """What a caller is allowed; see ``chancery.v1.Role``."""

    READER = "reader"
    EDITOR = "editor"
    AUDITOR = "auditor"
    OPERATOR = "operator"

    def may(self, roles: frozenset["Role"]) -> bool:
        """Whether this is one of the roles, or includes one; everybody may if there are none."""
        return not roles or not roles.isdisjoint(_INCLUDED[self])

    @property
    def sees_restricted(self) -> bool:
        """Whether it sees who entered a change, and the confidential sources and remarks."""
        return self is not Role.READER


_INCLUDED = {
    Role.READER: {Role.READER},
    Role.EDITOR: {Role.READER, Role.EDITOR},
    Role.AUDITOR: {Role.READER, Role.AUDITOR},
    Role.OPERATOR: set(Role),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever calls. The name is what events have as their actor.

    ``digest`` is the SHA-256 of that by which a server knows the caller: a token, the key that
    signed a JWT, or the name in a certificate. It is empty if the server does not. ``expires`` is
    when the credentials do, in seconds since 1970.
    """

    name: str
    role: Role
    digest: str = ""
    expires: float = math.inf

    @property
    def is_known(self) -> bool:
        """Whether the server knows who it is."""
        return self.digest != ""


# What the name of a caller that the server does not know begins with.
UNVERIFIED = "unverified:"
# Whoever shows no credentials where callers are known.
ANYBODY = Caller("", Role.READER)
