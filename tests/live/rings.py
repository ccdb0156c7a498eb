"""What tests of the ring ask it for, and until when."""

from service.live.ring import Selection

ALL = Selection()
# A time of the event loop that is never reached.
FAR = 1e12
