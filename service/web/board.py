"""What every page needs: the server behind the board, asked with the caller's own credentials."""

from dataclasses import dataclass

import grpc.aio
from starlette.requests import Request

from chancery.client import AsyncConnection
from service.web.caller import caller_of


@dataclass(frozen=True)
class BoardSettings:
    """How the board is run.

    ``public`` is the address by which people reach it, such as ``https://board.example``; empty
    if that is the one it listens on. ``cors`` are the origins whose pages may call the contract
    over HTTP. ``key`` is the log's verifier key as its operator gives it, if it is known.
    ``behind_proxy`` says that a proxy in front tells who calls and by which scheme.
    """

    public: str = ""
    cors: tuple[str, ...] = ()
    key: str = ""
    behind_proxy: bool = False


class Board:
    """The server behind the board, and how the board is run."""

    def __init__(self, server: AsyncConnection, settings: BoardSettings) -> None:
        self.settings = settings
        self._server = server

    @property
    def channel(self) -> grpc.aio.Channel:
        """The one channel to the server, which all requests share. It carries no credentials."""
        return self._server.channel

    def connection(self, request: Request) -> AsyncConnection:
        """The server, for calls by whoever sent the request.

        :raises ValueError: the credentials cannot be sent.
        """
        caller = caller_of(request)
        return self._server.for_caller(actor=caller.actor, token=caller.token)


def board_of(request: Request) -> Board:
    """The board that a request came to."""
    board: Board = request.app.state.board
    return board
