# Made by `make shells` from async_base.py: change that file.
"""What a connection has beside its calls: where it leads, as whom, and until when."""

from copy import copy
from types import TracebackType
from typing import Self

import grpc

from chancery.client.shells.channel import Destination, File
from chancery.client.shells.sync_driver import Driver
from chancery.client.shells.sync_messages import Messages
from chancery.client.shells.sync_transport import Transport
from chancery.client.signatures import spell_out


class Base:
    """A channel to one server, to be closed."""

    messages: Messages
    """The same calls with the messages of the contract."""

    def __init_subclass__(cls) -> None:
        spell_out(cls)

    def __init__(
        self,
        target: str,
        *,
        actor: str = "",
        token: str = "",
        ca: File = "",
        certificate: tuple[File, File] | None = None,
        insecure: bool = False,
        timeout: float = 30.0,
    ) -> None:
        """Connect to ``target``, HOST:PORT, when the first call is made.

        The connection is encrypted if the target begins with ``https://``, or ``ca`` or
        ``certificate`` is given. ``ca`` is a file with the certificates of the authorities to
        trust as to who the server is, instead of those known everywhere. ``certificate`` is a file
        with a certificate of the caller's own and one with its key. All of them are PEM files.

        ``token`` is what a server knows the caller by. Unencrypted it is only sent to this machine,
        unless ``insecure`` allows more. ``actor`` is the caller's name, in any script, for a server
        that does not know its callers. The name that the server has is recorded with each change.
        ``timeout`` is the deadline of each call, in seconds.

        :raises ValueError: a file cannot be used, the token is none or would be sent unencrypted,
            the name has no form in UTF-8, or calls would have no time.
        """
        if not timeout > 0:
            raise ValueError(f"timeout: give seconds, more than 0, not {timeout}")
        destination = Destination(target, actor, token, ca, certificate, insecure)
        self._transport = Transport(destination)
        self._driver = Driver(self._transport, timeout)
        self.messages = Messages(self._driver)

    def for_caller(self, *, actor: str = "", token: str = "") -> Self:
        """The same channel, for calls by another caller.

        So a process that calls for many people needs no channel for each. Nothing of this caller's
        is sent but its certificate. Closing the result leaves the channel open.

        :raises ValueError: the token is none or would be sent unencrypted, or the name has no form
            in UTF-8.
        """
        other = copy(self)
        other._transport = self._transport.for_caller(actor, token)
        other._driver = Driver(other._transport, self.timeout)
        other.messages = Messages(other._driver)
        return other

    @property
    def target(self) -> str:
        """The server that is called, as it was given."""
        return self._transport.target

    @property
    def timeout(self) -> float:
        """The deadline of each call, in seconds."""
        return self._driver.timeout

    @property
    def channel(self) -> grpc.Channel:
        """The channel of gRPC, for calls that are not here. They carry no credentials of theirs."""
        return self._transport.channel

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.target!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._transport.close(error)

    def close(self) -> None:
        """Close the channel. Calls that are under way fail."""
        self._transport.close()
