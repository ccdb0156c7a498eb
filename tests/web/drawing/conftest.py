"""Stories told to a real server, and how they are then."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest

from chancery.client import Connection, Event, Visit
from service.web.drawing import WIDE, plan_of, timeline
from tests.support.server import Server
from tests.web.drawing.reading import Drawing
from tests.web.drawing.stories import STORIES

Told = tuple[Visit, tuple[Event, ...]]
# Whenever the tests run, today is this day in the drawings.
TODAY = date(2099, 1, 1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that all drawings share: which engine it has cannot matter to them."""
    with Server(tmp_path_factory.mktemp("drawing") / "log.db") as server:
        yield server


@pytest.fixture(scope="session")
def connection(server: Server) -> Iterator[Connection]:
    """A connection to it. It knows all stories."""
    with Connection(server.address) as connection:
        for name, story in STORIES.items():
            story(connection, name)
        yield connection


@pytest.fixture(scope="session")
def told(connection: Connection) -> Callable[..., Told]:
    """Gives a visit and its history, now or as of a moment."""

    def tell(name: str, **then: date) -> Told:
        visit = connection.visit(name, **then)  # type: ignore[arg-type]
        return visit, tuple(connection.history(name, **then))  # type: ignore[arg-type]

    return tell


@pytest.fixture(scope="session")
def drawn(told: Callable[..., Told]) -> Callable[..., Drawing]:
    """Gives the drawing of a story, now or as of a day, in a width."""

    def draw(name: str, as_of: date | None = None, width: int = WIDE) -> Drawing:
        visit, events = told(name, **({"known_at": as_of} if as_of else {}))
        until, is_past = as_of or TODAY, as_of is not None
        return Drawing(timeline(plan_of(visit, events, until, is_past=is_past), width=width))

    return draw
