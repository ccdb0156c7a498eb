"""The event loop of an edge, and supervisors."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import uvloop

from tests.link.running import Running


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run tests on the loop that edges run on."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
def run() -> Iterator[Callable[..., Running]]:
    """Runs a supervisor; whatever is left of it is killed at the end."""
    started: list[Running] = []

    def start(*options: str, **how: Any) -> Running:
        started.append(Running(*options, **how))
        return started[-1]

    yield start
    for each in started:
        each.close()
