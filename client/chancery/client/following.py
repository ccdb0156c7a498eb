"""Following the log over cuts: each change once, in order, without a gap."""

import random
from collections.abc import Callable

import grpc

from chancery.client.errors import ChanceryError
from chancery.client.methods import WATCH_EVENTS
from chancery.client.retry import passes
from chancery.client.steps import Give, Open, Pause, Plan, Read
from chancery.v1.history_service_pb2 import WatchEventsRequest, WatchEventsResponse

# How long one watch lasts, in seconds. It is then requested again, so that a server that fell
# silent is noticed, whatever the cause. A broken network is noticed sooner.
WATCH_SECONDS = 300.0
# The pause after a cut, in seconds: at first, and after repeated failures. Each is shortened at
# random by up to half.
FIRST_WAIT = 0.1
LONGEST_WAIT = 5.0

OnCut = Callable[[ChanceryError | None], None]
OnResumed = Callable[[], None]


class Following:
    """Where somebody who follows the log is, and how to go on from there.

    ``position`` and ``log_origin`` are what to resume with; see ``Connection.follow``.
    """

    def __init__(
        self,
        request: WatchEventsRequest,
        on_cut: OnCut | None = None,
        on_resumed: OnResumed | None = None,
    ) -> None:
        self.position = None if request.HasField("now") else request.after_position
        self.log_origin = request.log_origin
        self._request = WatchEventsRequest()
        self._request.CopyFrom(request)
        self._on_cut = on_cut or (lambda error: None)
        self._on_resumed = on_resumed or (lambda: None)

    def plan(self) -> Plan[None]:
        """Give each change. It ends only if a call fails otherwise than by a cut.

        :raises ChanceryError: that failure.
        """
        wait, is_cut = FIRST_WAIT, False
        while True:
            cut: ChanceryError | None = None
            try:
                yield Open(WATCH_EVENTS, self._resuming(), WATCH_SECONDS)
                while (frame := (yield Read())) is not None:
                    if is_cut:
                        wait, is_cut = FIRST_WAIT, False
                        self._on_resumed()
                    yield from self._given(frame)
            except ChanceryError as error:
                if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
                    continue
                if not passes(error):
                    raise
                cut = error
            is_cut = True
            self._on_cut(cut)
            yield Pause(wait * random.uniform(0.5, 1))
            wait = min(2 * wait, LONGEST_WAIT)

    def _resuming(self) -> WatchEventsRequest:
        if self.position is not None:
            self._request.after_position = self.position
        self._request.log_origin = self.log_origin
        return self._request

    def _given(self, frame: WatchEventsResponse) -> Plan[None]:
        """Give the changes of a frame. ``position`` advances as they are given."""
        self.log_origin = self.log_origin or frame.log_origin
        for event in frame.events.events:
            self.position = event.position
            if self._request.visit:  # an alias may belong to another visit after a cut
                self._request.visit = event.event.visit
            yield Give(event)
        self.position = frame.position
