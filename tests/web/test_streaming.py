"""Long answers, page by page."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from service.web.feeds.streaming import Frame, streamed


async def test_others_have_a_turn_while_a_long_answer_is_written() -> None:
    async def pages() -> Any:
        for _ in range(3):
            yield list(range(100))

    turns, is_done = 0, False

    async def other() -> None:
        nonlocal turns
        while not is_done:
            turns += 1
            await asyncio.sleep(0)

    def write(numbers: Sequence[int]) -> list[str]:
        return list(map(str, numbers))

    task = asyncio.create_task(other())
    body = await streamed(pages(), write, Frame("[", ",", "]"))
    text = b"".join([part async for part in body])
    is_done = True
    await task
    assert json.loads(text) == [*range(100)] * 3
    assert turns >= 15
