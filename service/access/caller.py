"""Whoever calls, and what a role may."""

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

    ``digest`` is that of the token by which a server knows the caller; empty if it does not.
    """

    name: str
    role: Role
    digest: str = ""

    @property
    def is_known(self) -> bool:
        """Whether the name is one that was verified."""
        return self.name != "" and ":" not in self.name


# Whoever shows no credentials where callers are known.
ANYBODY = Caller("", Role.READER)
