"""Everybody whom a server knows, by whatever makes them known, and the calls that end with that."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from service.access.caller import Caller
from service.access.caller_file import CallerFile, certified, holders_of_tokens
from service.access.jwt import Jwts
from service.access.token_file import PREFIX
from service.config import Settings
from service.errors import NotAuthenticated


class Callers:
    """The callers that are known: by tokens, by JWTs and by certificates; on one event loop.

    ``certificate_name`` is the part of a certificate that names its holder; it is empty if nobody
    is known by a certificate.
    """

    def __init__(
        self,
        tokens: CallerFile | None = None,
        jwts: Jwts | None = None,
        certificates: CallerFile | None = None,
        certificate_name: str = "",
    ) -> None:
        self.certificate_name = certificate_name
        self._tokens = tokens
        self._jwts = jwts
        self._certificates = certificates
        # Calls that last, by whose they are: what ends each of them.
        self._lasting: dict[Caller, set[asyncio.Timeout]] = {}

    def tokens(self) -> int | None:
        """How many tokens are valid now; None without a file of them."""
        return self._tokens.number if self._tokens is not None else None

    def with_token(self, token: str) -> Caller:
        """Who holds a token, or a JWT.

        :raises NotAuthenticated: it is not valid.
        """
        caller = None
        if token.startswith(PREFIX) and self._tokens is not None:
            caller = self._tokens.find(token)
        elif token.count(".") == 2 and self._jwts is not None:
            caller = self._jwts.holder(token)
        if caller is None:
            raise NotAuthenticated("the token is not valid")
        return caller

    def certified(self, name: str) -> Caller:
        """Who has a certificate of that name.

        :raises NotAuthenticated: nobody who has a role.
        """
        caller = self._certificates.find(name) if self._certificates is not None else None
        if caller is None:
            raise NotAuthenticated("the name in the certificate has no role here")
        return caller

    @asynccontextmanager
    async def held_by(self, caller: Caller) -> AsyncIterator[None]:
        """A context that ends as soon as the caller is no longer known.

        :raises NotAuthenticated: it ended so.
        """
        end = asyncio.timeout(None)
        self._lasting.setdefault(caller, set()).add(end)
        try:
            async with end:
                yield
        except TimeoutError:
            if end.expired():
                raise NotAuthenticated("the credentials are no longer valid") from None
            raise
        finally:
            lasting = self._lasting.get(caller, set())
            lasting.discard(end)
            if not lasting:
                self._lasting.pop(caller, None)

    def refresh(self) -> None:
        """Look whether anything has changed, and end the calls of those who are not known now."""
        possible = (self._tokens, self._jwts, self._certificates)
        sources = [each for each in possible if each is not None]
        for each in sources:
            each.refresh()
        wall, now = time.time(), asyncio.get_running_loop().time()
        for caller in list(self._lasting):
            if caller.expires <= wall or not any(each.has(caller) for each in sources):
                for end in self._lasting.pop(caller):
                    end.reschedule(now)


def known_callers(settings: Settings) -> Callers | None:
    """The callers that a server with these settings knows; None if it knows nobody.

    :raises StartupRefused: a file cannot be read.
    """
    tokens = certificates = None
    if settings.token_file:
        tokens = CallerFile(holders_of_tokens, Path(settings.token_file))
    if settings.listen_mtls:
        certificates = CallerFile(certified, Path(settings.certificate_roles))
    jwts = Jwts(settings) if settings.jwks else None
    if tokens is None and jwts is None and certificates is None:
        return None
    name = settings.certificate_name if certificates else ""
    return Callers(tokens, jwts, certificates, name)
