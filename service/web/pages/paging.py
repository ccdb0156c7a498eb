"""A page of a list of ours, from as many pages of the server as it takes to fill it."""

from collections.abc import AsyncIterator
from typing import Any, TypeVar

from google.protobuf.message import Message

Answer = TypeVar("Answer", bound=Message)


async def filled(answers: AsyncIterator[Answer], items: str, size: int, most: int) -> Answer:
    """Pages of a list as one: with ``size`` of its ``items``, or so many as ``most`` pages have.

    As of another moment, or where little meets a filter, pages may be short or empty. The token is
    that of what follows.
    """
    whole: Any = await anext(answers)
    read = 1
    while len(getattr(whole, items)) < size and read < most:
        answer: Any = await anext(answers, None)
        if answer is None:
            break
        getattr(whole, items).extend(getattr(answer, items))
        whole.next_page_token = answer.next_page_token
        read += 1
    return whole  # type: ignore[no-any-return]
