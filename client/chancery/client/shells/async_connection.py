"""A connection to a server."""

from chancery.client.shells.async_asking import AsyncAsking
from chancery.client.shells.async_auditing import AsyncAuditing
from chancery.client.shells.async_recording import AsyncRecording


class AsyncConnection(AsyncRecording, AsyncAsking, AsyncAuditing):
    """A channel to one server. Close it, or use it as a context manager.

    Unless its method says otherwise, a call has a deadline of ``timeout`` seconds. A call that
    ends as ``UNAVAILABLE`` or ``CANCELLED`` is repeated up to six times within its deadline, over
    some five seconds. That is harmless: a change without a request id gets one, under which it is
    recorded once.

    Every method raises :class:`ChanceryError` if the call fails all the same. A change may then
    have been recorded or not. To repeat it safely after that, give it a request id of your own.
    """
