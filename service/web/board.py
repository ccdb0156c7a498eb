"""What every page needs: the server behind the board, asked with the caller's own credentials."""

from dataclasses import dataclass
from ipaddress import ip_address

import grpc.aio
from starlette.exceptions import HTTPException
from starlette.requests import Request

from chancery.client import AsyncConnection
from service.web.caller import caller_of
from service.web.lanes import LONG, lane_of
from service.web.lines import Lines
from service.web.sessions import Attempts, Sessions


@dataclass(frozen=True)
class BoardSettings:
    """How the board is run.

    ``public`` is the address by which people reach it, such as ``https://board.example``; empty
    if that is the one it listens on. ``cors`` are the origins whose pages may call the contract
    over HTTP. ``key`` is the log's verifier key as its operator gives it, if it is known.
    ``proxies`` are the addresses in front that are believed who calls and by which scheme.
    """

    public: str = ""
    cors: tuple[str, ...] = ()
    key: str = ""
    proxies: str = ""


class Board:
    """The server behind the board, how the board is run, and the live lines that are open."""

    def __init__(
        self,
        server: AsyncConnection,
        settings: BoardSettings,
        aside: AsyncConnection | None = None,
    ) -> None:
        """``aside`` is another connection to the server, for what takes long and for calls of the
        contract. Where callers are not known, a server lets connections take turns: so pages do
        not wait for those."""
        self.settings = settings
        self.lines = Lines()
        self.sessions = Sessions()
        self.attempts = Attempts()
        self._server = server
        self._aside = aside or server

    @property
    def channel(self) -> grpc.aio.Channel:
        """The channel to the server that calls of the contract share. It carries no credentials."""
        return self._aside.channel

    def connection(self, request: Request, *, actor: str = "") -> AsyncConnection:
        """The server, for calls by whoever sent the request.

        ``actor`` is the name under which to record, for a server that does not know its callers.

        :raises HTTPException: the credentials cannot be sent.
        """
        server = self._aside if lane_of(request) is LONG else self._server
        return _lent(server, caller_of(request).token, actor)

    def for_token(self, token: str, actor: str = "") -> AsyncConnection:
        """The server, for calls with a token; without one they carry no credentials.

        :raises HTTPException: the token cannot be sent.
        """
        return _lent(self._server, token, actor)


def _lent(server: AsyncConnection, token: str, actor: str) -> AsyncConnection:
    try:
        return server.for_caller(actor=actor, token=token)
    except ValueError as error:
        raise HTTPException(502, f"The board cannot pass on who you are: {error}.") from None


def board_of(request: Request) -> Board:
    """The board that a request came to."""
    board: Board = request.app.state.board
    return board


def public_address(request: Request, path: str = "") -> str:
    """A path of the board with the address in front under which people know it."""
    base = board_of(request).settings.public or str(request.base_url)
    return base.rstrip("/") + path


def with_query(request: Request, path: str) -> str:
    """A path, with all that the address of the request says behind its question mark."""
    query = request.url.query
    return f"{path}?{query}" if query else path


def is_loopback(host: str) -> bool:
    """Whether a host is always this machine."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
