"""A page of the board: what it is asked, the server behind it, and how it is drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from chancery.client import AsyncConnection
from chancery.client.proofs import ServerInfo
from service.web.board import board_of
from service.web.look_back import LookBack

templates = Environment(
    loader=PackageLoader("service.web"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)


@dataclass(frozen=True)
class Page:
    """A page that was asked for. ``info`` says who asks, and is None if the server is silent."""

    request: Request
    connection: AsyncConnection
    look: LookBack
    info: ServerInfo | None = None

    @classmethod
    async def of(cls, request: Request) -> "Page":
        """The page that a request asks for.

        :raises ChanceryError: the server does not answer, or refuses the credentials.
        """
        connection = board_of(request).connection(request)
        look = LookBack.read(request.query_params)
        return cls(request, connection, look, await connection.info())

    @property
    def may_record(self) -> bool:
        """Whether whoever asks may record changes, as the case stands now."""
        info = self.info
        is_editor = info is not None and info.caller_role in ("editor", "operator")
        return is_editor and not self.look and info is not None and not info.read_only

    @property
    def others(self) -> list[tuple[str, str]]:
        """What the address says beside the moment."""
        pairs = self.request.query_params.multi_items()
        return [
            (name, value) for name, value in pairs if name not in ("known", "valid", "recorded")
        ]

    def draw(self, template: str, status: int = 200, /, **context: Any) -> HTMLResponse:
        """The page, as a template draws it. ``context`` is what only this template needs."""
        return draw(self, template, status, context)


def draw(page: Page, template: str, status: int, context: Mapping[str, Any]) -> HTMLResponse:
    """A page as a template draws it."""
    shown = templates.get_template(template).render(page=page, look=page.look, **context)
    return HTMLResponse(shown, status, headers={"Cache-Control": "no-store"})
