"""What goes side by side for one address, by what it costs the server behind the board."""

from dataclasses import dataclass

from starlette.requests import Request

from service.limits import WEB_ADDRESS_LINES, WEB_CALLS, WEB_LONG, WEB_PAGES, WEB_WATCHES
from service.web.look_back import TIMES

# Where the contract and the log are over HTTP.
CONTRACT = ("/chancery.v1.", "/grpc.", "/tile/", "/checkpoint")
# What is the same for everybody. All else depends on who asks, and is not kept unless it says so.
STATIC = "/static/"


@dataclass(frozen=True)
class Lane:
    """What goes side by side: so many of an address at a time, and whether others wait."""

    name: str
    places: int
    waits: bool = True


PAGES = Lane("pages", WEB_PAGES)
LONG = Lane("what takes long", WEB_LONG)
CALLS = Lane("calls", WEB_CALLS)
WATCHES = Lane("watches", WEB_WATCHES, waits=False)
LINES = Lane("lines", WEB_ADDRESS_LINES, waits=False)

# What is made of many visits or changes, beside what is about another moment.
_LISTS = (".ics", ".csv", ".json", ".atom", ".bundle")
_LONG = ("/calendar", "/changes/verify")
_WATCH = "/WatchEvents"


def lane_of(request: Request) -> Lane | None:
    """The lane of a request; None if it costs nearly nothing."""
    path = request.scope["path"]
    if path.startswith(STATIC):
        return None
    if path.startswith(CONTRACT):
        return WATCHES if path.endswith(_WATCH) else CALLS
    if path == "/live":
        return LINES
    is_past = any(name in request.query_params for name in TIMES)
    return LONG if is_past or path in _LONG or path.endswith(_LISTS) else PAGES
