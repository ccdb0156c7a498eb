"""What a connection has beside its calls: where it leads, as whom, and until when."""

from types import TracebackType
from typing import Self

from chancery.client.shells.async_driver import AsyncDriver
from chancery.client.shells.async_messages import AsyncMessages
from chancery.client.shells.async_transport import Transport
from chancery.client.signatures import spell_out


class AsyncBase:
    """A channel to one server, to be closed."""

    messages: AsyncMessages
    """The same calls with the messages of the contract."""

    def __init_subclass__(cls) -> None:
        spell_out(cls)

    def __init__(
        self, target: str, *, actor: str = "", token: str = "", timeout: float = 30.0
    ) -> None:
        """Connect to ``target``, HOST:PORT, when the first call is made.

        ``token`` is what a server knows the caller by. ``actor`` is the caller's name, in any
        script, for a server that has no tokens; either name is recorded with each change.
        ``timeout`` is the deadline of each call, in seconds.

        :raises ValueError: the name has no form in UTF-8, the token is none, or calls would have
            no time.
        """
        if not timeout > 0:
            raise ValueError(f"timeout: give seconds, more than 0, not {timeout}")
        self._transport = Transport(target, actor, token)
        self._driver = AsyncDriver(self._transport, timeout)
        self.messages = AsyncMessages(self._driver)

    @property
    def target(self) -> str:
        """The server that is called: HOST:PORT."""
        return self._transport.target

    @property
    def timeout(self) -> float:
        """The deadline of each call, in seconds."""
        return self._driver.timeout

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.target!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._transport.close(error)

    async def close(self) -> None:
        """Close the channel. Calls that are under way fail."""
        await self._transport.close()
