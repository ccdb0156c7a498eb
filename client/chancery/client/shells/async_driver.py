"""Carrying out plans: each step in turn, up to a result, or to the next thing for the caller."""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable
from typing import Any, TypeVar

from chancery.client.errors import ChanceryError
from chancery.client.methods import Answer, Method, Request
from chancery.client.parts import gathered, paged
from chancery.client.retry import asked
from chancery.client.shells.async_transport import Exchange, Transport
from chancery.client.steps import Give, Plan

Result = TypeVar("Result")


class AsyncDriver:
    """Carries out the plans of one connection. ``timeout`` is that of each call, in seconds."""

    def __init__(self, transport: Transport, timeout: float) -> None:
        self.transport = transport
        self.timeout = timeout

    async def done(self, plan: Plan[Result]) -> Result:
        """The result of a plan that gives nothing on the way.

        :raises ChanceryError: a step failed, and the plan could not go on.
        """
        return await _done(plan, Exchange(self.transport))

    async def ask(self, method: Method[Request, Answer], request: Request) -> Answer:
        """The answer to one call."""
        return await self.done(asked(method, request, self.timeout))

    def pages(self, method: Method[Request, Answer], request: Request) -> AsyncIterator[Answer]:
        """The pages of a list, beginning with the one requested."""
        return self.given(paged(method, request, self.timeout))

    async def gather(
        self, method: Method[Request, Answer], request: Request, items: str, limit: int
    ) -> Answer:
        """All pages of a list as one answer with up to ``limit`` items; 0 is all."""
        return await self.done(gathered(method, request, items, limit, self.timeout))

    def given(
        self, plan: Plan[None], taken: Iterable[Any] | AsyncIterable[Any] = ()
    ) -> AsyncIterator[Any]:
        """What a plan gives, and takes from the caller."""
        return given(plan, Exchange(self.transport, taken))


async def _done(plan: Plan[Result], exchange: Exchange) -> Result:
    """The result of a plan that gives nothing on the way.

    :raises ChanceryError: a step failed, and the plan could not go on.
    """
    try:
        step = next(plan)
        while True:
            try:
                done = await exchange.perform(step)
            except ChanceryError as error:
                step = plan.throw(error)
            else:
                step = plan.send(done)
    except StopIteration as end:
        result: Result = end.value
        return result
    finally:
        exchange.close()


async def given(plan: Plan[None], exchange: Exchange) -> AsyncGenerator[Any, None]:
    """What a plan gives, until it ends or the exchange is closed.

    :raises ChanceryError: a step failed, and the plan could not go on.
    """
    try:
        step = next(plan)
        while not exchange.is_closed:
            if isinstance(step, Give):
                yield step.item
                step = next(plan)
                continue
            try:
                done = await exchange.perform(step)
            except ChanceryError as error:
                if exchange.is_closed:
                    return
                step = plan.throw(error)
            else:
                step = plan.send(done)
    except StopIteration:
        return
    finally:
        exchange.close()
