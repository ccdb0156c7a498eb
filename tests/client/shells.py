"""The two clients alike: what either answers, once it has answered in full."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from itertools import islice
from typing import Any

from chancery.client import AsyncConnection, Connection

Use = Callable[[Any], Any]


def synchronous(address: str, use: Use, first: int | None = None, **options: Any) -> Any:
    """What a call answers on a synchronous connection of its own.

    Of what has no end, it takes only the ``first`` so many.
    """
    with Connection(address, **options) as connection:
        answer = use(connection)
        return list(islice(answer, first)) if isinstance(answer, Iterator) else answer


def asynchronous(address: str, use: Use, first: int | None = None, **options: Any) -> Any:
    """The same on an asynchronous connection and loop of its own."""

    async def answered() -> Any:
        async with AsyncConnection(address, **options) as connection:
            answer = use(connection)
            if isinstance(answer, AsyncIterator):
                return await _all(answer, first)
            return await answer if isinstance(answer, Awaitable) else answer

    return asyncio.run(answered())


async def _all(things: AsyncIterator[Any], first: int | None) -> list[Any]:
    found: list[Any] = []
    async for each in things:
        found.append(each)
        if len(found) == first:
            break
    return found


SHELLS = {"sync": synchronous, "async": asynchronous}
