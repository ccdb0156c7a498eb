"""The event loop of an edge."""

import asyncio
from collections.abc import Callable, Mapping

import uvloop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run tests on the loop that edges run on."""
    return {"uvloop": uvloop.new_event_loop}
