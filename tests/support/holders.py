"""A server that knows its callers, and holders of tokens."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chancery.client import Connection
from chancery.client.errors import NotAuthenticated
from service.access.caller import Role
from service.access.token_file import add_token, remove_tokens
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
