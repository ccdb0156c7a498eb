"""A page of the board: what it is asked, the server behind it, and how it is drawn."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from chancery.client import AsyncConnection
from chancery.client.proofs import ServerInfo
from service.web import signs, terms, wording
from service.web.board import board_of, public_address
from service.web.drawing import GLYPHS, glyph
from service.web.look_back import TIMES, LookBack

templates = Environment(
    loader=PackageLoader("service.web"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
    auto_reload=False,
)
templates.globals.update(
    say=wording,
    GLYPHS=GLYPHS,
    glyph=glyph,
    sign=signs.sign,
    status_sign=signs.status_sign,
    is_firm=terms.is_firm,
    makes_status=signs.makes_status,
)

# What an address says only once, of a form that was sent.
_ONCE = ("done", "again")


@dataclass(frozen=True)
class Page:
    """A page that was asked for. ``info`` says who asks, and is None if the server is silent."""

    request: Request
    connection: AsyncConnection
    look: LookBack
    info: ServerInfo | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

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
        if info is None or info.read_only or self.look:
            return False
        return info.caller_role in ("editor", "operator")

    @property
    def at(self) -> datetime:
        """The moment that the page is about, as an instant."""
        return self.look.at(self.now)

    @property
    def path(self) -> str:
        """The address of the page, without what stands behind the question mark."""
        return self.request.url.path

    @property
    def others(self) -> list[tuple[str, str]]:
        """What the address says beside the moment."""
        pairs = self.request.query_params.multi_items()
        return [(name, value) for name, value in pairs if name not in (*TIMES, *_ONCE)]

    @property
    def address(self) -> str:
        """The whole address, which says all that the page shows."""
        return _address(self.path, [*self.others, *self.look.given.items()])

    @property
    def now_address(self) -> str:
        """The address of the same page as things stand now."""
        return _address(self.path, self.others)

    def public(self, path: str) -> str:
        """A path of the board with the address in front under which people know it."""
        return public_address(self.request, path)

    def draw(self, template: str, status: int = 200, /, **context: Any) -> HTMLResponse:
        """The page, as a template draws it. ``context`` is what only this template needs.

        A page whose moment is not understood is no success.
        """
        if self.look.errors and status == HTTPStatus.OK:
            status = HTTPStatus.BAD_REQUEST
        shown = templates.get_template(template).render(page=self, look=self.look, **context)
        return HTMLResponse(shown, status)


def read_templates() -> None:
    """Read and compile all templates, so that nobody waits for it."""
    for name in templates.list_templates():
        templates.get_template(name)


def _address(path: str, pairs: list[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(pairs)}" if pairs else path
