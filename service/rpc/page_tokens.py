"""Page tokens: opaque to clients, valid after a restart, bound to the log and to the arguments.

A token holds where the page before it ended, as a JSON value in base64url without padding, so that
it can stand in an address. With another log, which took the place of this one, it is refused: where
its page ended means nothing there.
"""

import base64
import hashlib
import json
from typing import Any

from google.protobuf.message import Message

from service.errors import InvalidPageToken
from service.store.log.reader import HIGHEST

FOREIGN = "must be a next_page_token of this service"


def token(request: Message, last: Any, origin: str) -> str:
    """The token of the page after ``last``, for this log and the arguments of the request."""
    held = json.dumps([_digest(request, origin), last]).encode()
    return base64.urlsafe_b64encode(held).rstrip(b"=").decode()


def after(request: Any, origin: str) -> Any:
    """Where the page before the requested one ended; None for the first page.

    :raises InvalidPageToken: the token is not one of this server's, or the log or the other
        arguments differ from those that it was made for.
    """
    if not request.page_token:
        return None
    try:
        padding = "=" * (-len(request.page_token) % 4)
        decoded = base64.b64decode(request.page_token + padding, altchars=b"-_", validate=True)
        digest, last = json.loads(decoded)
    except (ValueError, TypeError, RecursionError):
        raise InvalidPageToken(FOREIGN) from None
    is_plain = decoded.isascii() and b"\\" not in decoded  # as ids, days and numbers are
    if last is None or not is_plain:
        raise InvalidPageToken(FOREIGN)
    if digest != _digest(request, origin):
        raise InvalidPageToken(
            "was given with other arguments, of which only page_size and min_position may change, "
            "or is of another log"
        )
    return last


def position_and_last(last: Any, head: int) -> tuple[int, Any]:
    """The position that all pages are read at, at most ``head``, and where the last page ended.

    :raises InvalidPageToken: the token does not hold both.
    """
    if type(last) is list and len(last) == 2:
        at, key = last
        if type(at) is int and 0 <= at <= head:
            return at, key
    raise InvalidPageToken(FOREIGN)


def position(last: object) -> int:
    """The position of the log at which the last page ended.

    :raises InvalidPageToken: the token does not hold one.
    """
    if type(last) is not int or not 0 <= last <= HIGHEST:
        raise InvalidPageToken(FOREIGN)
    return last


def _digest(request: Any, origin: str) -> str:
    """A digest of the log, and of the arguments that must be the same for all pages."""
    arguments = type(request)()
    arguments.CopyFrom(request)
    for field in ("page_size", "page_token", "min_position"):
        arguments.ClearField(field)
    serialized = arguments.SerializeToString(deterministic=True)
    return hashlib.sha256(f"{origin}\n".encode() + serialized).hexdigest()[:16]
