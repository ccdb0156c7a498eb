"""What the tests of a watch have in common: its frames, and logs to watch."""

from service.live.ring import Ring, Selection
from service.live.watch import FrameKind
from tests.live.changes import Change, Log

EVENTS, CAUGHT_UP, FELL_BEHIND = FrameKind.EVENTS, FrameKind.CAUGHT_UP, FrameKind.FELL_BEHIND


PROGRESS, CLOSING = FrameKind.PROGRESS, FrameKind.CLOSING


OF_A, OF_B = Selection("a"), Selection("b")


def filled(number: int, ring_from: int = 0, **bounds: int) -> tuple[Log, Ring]:
    """A log of so many changes, and a ring that started at one of them."""
    log, ring = Log(), Ring(ring_from, **bounds)
    log.commit(*[Change()] * ring_from)
    log.feed(ring, *[Change()] * (number - ring_from))
    return log, ring
