"""What a request for a file asks: of which server, for which moment, and under which address."""

import asyncio
import re
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request

from chancery.client import AsyncConnection, Event, ServerInfo
from service.web.board import board_of, public_address, with_query
from service.web.filters import BadAddress
from service.web.look_back import TIMES, LookBack


@dataclass(frozen=True)
class Asked:
    """A request, the server behind the board as whoever sent it sees it, and the moment."""

    request: Request
    connection: AsyncConnection
    info: ServerInfo
    look: LookBack
    last: Event | None
    """The last change of the log; None if there is none."""

    @classmethod
    async def of(cls, request: Request) -> "Asked":
        """What a request asks.

        :raises BadAddress: the moment is none.
        :raises ChanceryError: the server does not answer, or refuses the credentials.
        """
        look = LookBack.read(request.query_params)
        twice = {name for name in TIMES if len(request.query_params.getlist(name)) > 1}
        if look.errors or twice:
            raise BadAddress(dict.fromkeys(twice, "may be given only once") | look.errors)
        connection = board_of(request).connection(request)
        info, last = await asyncio.gather(connection.info(), _last(connection))
        return cls(request, connection, info, look, last)

    @property
    def position(self) -> int:
        """The position that answers reflect at least."""
        return max(self.info.head_position, self.last.position if self.last else 0)

    @property
    def origin(self) -> str:
        """The first origin of the log, of which ids are made."""
        return self.info.first_log_origin

    @property
    def address(self) -> str:
        """The whole address, under which the board is known."""
        path = public_address(self.request, quote(self.request.url.path))
        return with_query(self.request, path)

    def page(self, visit_id: str) -> str:
        """The address of a visit's page, as of the same moment."""
        path = f"/visits/{quote(visit_id, safe='')}{self.look.query()}"
        return public_address(self.request, path)

    @property
    def changes_page(self) -> str:
        """The address of the page of these changes."""
        return with_query(self.request, public_address(self.request, "/changes"))

    def titled(self, what: str) -> str:
        """``Visits (host FR, known 2023-03)``: what it is, and which."""
        which = ", ".join(f"{name} {value}" for name, value in self._said)
        return f"{what} ({which})" if which else what

    def file_name(self, stem: str, ending: str) -> str:
        """The name under which it is kept: ``visits-known-2023-03.csv``."""
        moment = "".join(f"-{name}-{said}" for name, said in self.look.given.items())
        return re.sub(r"[^\w.-]+", "-", stem + moment, flags=re.ASCII) + f".{ending}"

    @property
    def query(self) -> str:
        """What the address selects, whatever the order of its parameters."""
        return "&".join(sorted(f"{quote(name)}={quote(value)}" for name, value in self._said))

    @property
    def _said(self) -> list[tuple[str, str]]:
        pairs = self.request.query_params.multi_items()
        return [(name, value) for name, value in pairs if value.strip()]


async def _last(connection: AsyncConnection) -> Event | None:
    """The last change of the log."""
    async for event in connection.events(backwards=True, limit=1):
        return event
    return None
