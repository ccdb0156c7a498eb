"""The board as an application: its addresses, and what becomes of failures."""

from collections.abc import Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from chancery.client.errors import ChanceryError
from service.web import feeds, forms, gateway, live, pages, problems
from service.web.board import Board
from service.web.policy import Policy
from service.web.turns import Turns

STATIC = Path(__file__).with_name("static")
ROUTES: Sequence[BaseRoute] = (
    *feeds.ROUTES,
    *gateway.ROUTES,
    *forms.ROUTES,
    *pages.ROUTES,
    *live.ROUTES,
    Mount("/static", StaticFiles(directory=STATIC)),
)


def make_app(board: Board) -> Starlette:
    """The board, to be run by a server of ASGI applications."""
    app = Starlette(
        routes=ROUTES,
        middleware=[Middleware(Policy), Middleware(Turns)],
        exception_handlers={
            ChanceryError: problems.failed,
            HTTPException: problems.refused,
            Exception: problems.broken,
        },
    )
    app.state.board = board
    return app
