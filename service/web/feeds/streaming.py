"""Long answers in parts: one page of the server after the other, and turns for others between."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item")
Pages = AsyncGenerator[Sequence[Item], None]

# Items on a page of the server, and those that are written before others have a turn: some
# milliseconds.
PAGE = 200
TOGETHER = 10


@dataclass(frozen=True)
class Frame:
    """What stands before all items, between any two, and behind all."""

    head: str = ""
    between: str = ""
    tail: str = ""


async def streamed(
    pages: Pages[Item], write: Callable[[Sequence[Item]], list[str]], frame: Frame
) -> AsyncIterator[bytes]:
    """The bytes of an answer, page by page. ``write`` gives the texts of some items.

    The first page is there when this returns, so that a failure is still told as one.
    """
    first = await anext(pages, ())
    return _parts(first, pages, write, frame)


async def _parts(
    first: Sequence[Item],
    pages: Pages[Item],
    write: Callable[[Sequence[Item]], list[str]],
    frame: Frame,
) -> AsyncGenerator[bytes, None]:
    yield frame.head.encode()
    between = ""
    async with aclosing(_all(first, pages)) as following:
        async for page in following:
            for few in together(page):
                if texts := write(few):
                    yield (between + frame.between.join(texts)).encode()
                    between = frame.between
                await asyncio.sleep(0)
    yield frame.tail.encode()


def together(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """A few items at a time, after which others should have a turn."""
    return (items[begin : begin + TOGETHER] for begin in range(0, len(items), TOGETHER))


async def _all(first: Sequence[Item], pages: Pages[Item]) -> Pages[Item]:
    async with aclosing(pages):
        yield first
        async for page in pages:
            yield page
