"""Servers that know their callers: by tokens alone, or by JWTs and certificates as well."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc

from chancery.client import Connection
from chancery.client.errors import NotAuthenticated
from service.access.caller import Role
from service.access.token_file import add_token, remove_tokens
from tests.support.certificates import LOCAL, Authority, Pair, server_options
from tests.support.issuer import Issuer
from tests.support.place import Place
from tests.support.server import Client, Server

# Who holds a token of each role.
NAMES = {"reader": "Rita", "editor": "Édith", "auditor": "Aude", "operator": "Otto"}

# A token that nobody has, of the form of one.
UNKNOWN = "chancery_" + "A" * 43


class Holders:
    """A file with a token for each role, and more as they are asked for."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.tokens = {role: self.new(role, name) for role, name in NAMES.items()}

    def new(self, role: str, name: str) -> str:
        """A new token."""
        return add_token(self.file, name, Role(role))

    def revoke(self, name: str) -> None:
        """Take back all tokens of a holder."""
        assert remove_tokens(self.file, name=name)


class GuardedServer(Server):
    """A server that knows its callers by the tokens of some holders."""

    def __init__(self, place: Place, holders: Holders, *options: str) -> None:
        super().__init__(place, "--token-file", str(holders.file), *options)
        self.holders = holders

    def held(self, role: str) -> Client:
        """A client with the token of that role."""
        return self.client(token=self.holders.tokens[role])


class EncryptedServer(GuardedServer):
    """A server with TLS that knows its callers by tokens, JWTs and certificates.

    Of each kind there is one for each role, all of the same names. Clients trust its certificate.
    """

    def __init__(self, place: Place, folder: Path, *options: str) -> None:
        self.authority = Authority(folder)
        self.clients = Authority(folder, "clients")
        self.issuer = Issuer(folder / "jwks.json")
        self.pair = self.authority.certify("server", *LOCAL)
        self.roles = folder / "roles"
        self.roles.touch(0o600)
        self.roles.write_text("".join(f"{role} {name}\n" for role, name in NAMES.items()))
        mtls = ("--listen-mtls", "127.0.0.1:0", "--client-ca", str(self.clients.file))
        super().__init__(
            place,
            Holders(folder / "tokens"),
            *(*server_options(self.pair), *mtls, "--certificate-roles", str(self.roles)),
            *(*self.issuer.options(), *options),
        )

    def client(self, *options: tuple[str, Any], mtls: bool = False, **shown: Any) -> Client:
        """A new client, which trusts the server; see ``Server.client``."""
        shown.setdefault("credentials", self.trusting())
        return super().client(*options, mtls=mtls, **shown)

    def trusting(self, pair: Pair | None = None) -> grpc.ChannelCredentials:
        """What a client has that trusts the server, and may show a certificate."""
        trusted = self.authority.file.read_bytes()
        if pair is None:
            return grpc.ssl_channel_credentials(trusted)
        certificate, key = pair
        return grpc.ssl_channel_credentials(trusted, key.read_bytes(), certificate.read_bytes())

    def certified(self, name: str, authority: Authority | None = None, **shown: Any) -> Client:
        """A client with a certificate of that name, which the clients' authority gave it."""
        pair = (authority or self.clients).certify(name, file=f"client-{name}")
        return self.client(mtls=True, credentials=self.trusting(pair), **shown)


@contextmanager
def guarded(place: Place, folder: Path, *options: str) -> Iterator[GuardedServer]:
    """Such a server, running, on a log."""
    with place, GuardedServer(place, Holders(folder / "tokens"), *options) as server:
        yield server


def is_known(connection: Connection) -> bool:
    """Whether the server takes the connection's token."""
    try:
        connection.info()
    except NotAuthenticated:
        return False
    return True
