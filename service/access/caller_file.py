"""The callers that a file names: the holders of tokens, and the names in certificates."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import structlog

from domain.validation import an_actor
from service.access.caller import UNVERIFIED, Caller, Role
from service.access.followed import Followed
from service.access.lines import read_lines
from service.access.token_file import digest_of, read_tokens
from service.store.errors import StartupRefused

logger = structlog.get_logger()


class CallerFile:
    """The callers that a file names, as it is now.

    While the file cannot be read, there are none.
    """

    def __init__(self, read: Callable[[Path], Mapping[str, Caller]], file: Path) -> None:
        """Read the file.

        :raises StartupRefused: that is not possible.
        """
        self._file = Followed(partial(read, file), file)
        self._callers = self._file.content

    @property
    def number(self) -> int:
        """How many callers it names now."""
        return len(self._callers)

    def find(self, secret: str) -> Caller | None:
        """Whoever the file names by the digest of this.

        It is looked up by the digest, so how long that takes says nothing about what is there.
        """
        return self._callers.get(digest_of(secret))

    def has(self, caller: Caller) -> bool:
        """Whether the file still names this caller, with the same role."""
        return self._callers.get(caller.digest) == caller

    def refresh(self) -> None:
        """Read the file if it has changed."""
        if not self._file.refresh():
            return
        problem = self._file.problem
        self._callers = {} if problem else self._file.content
        if problem:
            logger.error("these callers are not known", reason=problem)
        else:
            logger.info("callers read", callers=len(self._callers))


def holders_of_tokens(file: Path) -> Mapping[str, Caller]:
    """The holders of the tokens in a file, by the digests of these.

    :raises StartupRefused: it cannot be read, or has something else in it.
    """
    return {token.caller.digest: token.caller for token in read_tokens(file)}


def certified(file: Path) -> Mapping[str, Caller]:
    """The callers whom a file gives roles by the names in their certificates, by these' digests.

    :raises StartupRefused: it cannot be read, others may read or write it, or it has something
        else in it.
    """
    callers = read_lines(file, "the roles of certificates", "a role and a name", _parse)
    found = {caller.digest: caller for caller in callers}
    if len(found) < len(callers):
        raise StartupRefused(f"{file} names somebody twice")
    return found


def _parse(line: str) -> Caller:
    role, _, name = line.partition(" ")
    # It may be a URI, so it may have colons.
    if not an_actor(name) or name.startswith(UNVERIFIED):
        raise ValueError("this is no name")
    return Caller(name, Role(role), digest_of(name))
