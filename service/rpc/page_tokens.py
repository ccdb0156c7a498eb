"""Page tokens: opaque to clients, valid after a restart, bound to their arguments."""

import base64
import hashlib
import json
from typing import Any

from google.protobuf.message import Message

from service.errors import InvalidPageToken
from service.store.log.reader import LAST


def _digest(request: Any) -> str:
    """What the arguments but page size and token are known by."""
    arguments = type(request)()
    arguments.CopyFrom(request)
    for field in ("page_size", "page_token", "min_position"):
        arguments.ClearField(field)
    serialized = arguments.SerializeToString(deterministic=True)
    return hashlib.sha256(serialized).hexdigest()[:16]


def token(request: Message, behind: Any) -> str:
    """A token for the page behind the JSON value ``behind``, with these arguments."""
    return base64.urlsafe_b64encode(json.dumps([_digest(request), behind]).encode()).decode()


def behind(request: Any) -> Any:
    """What the request's page begins behind; None for the first page.

    :raises InvalidPageToken: none of this server's, or given with other arguments.
    """
    if not request.page_token:
        return None
    try:
        decoded = base64.b64decode(request.page_token, altchars=b"-_", validate=True)
        digest, value = json.loads(decoded)
    except (ValueError, TypeError, RecursionError):
        raise InvalidPageToken("must be a next_page_token of this service") from None
    is_plain = decoded.isascii() and b"\\" not in decoded  # as ids, days and numbers are
    if value is None or not is_plain:
        raise InvalidPageToken("must be a next_page_token of this service")
    if digest != _digest(request):
        raise InvalidPageToken(
            "was given with other arguments: all but page_size and min_position must be as "
            "they were"
        )
    return value


def of_moment(behind: Any, head: int) -> tuple[int, Any]:
    """The position that all pages are of, up to ``head``, and what this one begins behind.

    :raises InvalidPageToken: the token holds no such position.
    """
    if type(behind) is list and len(behind) == 2:
        position, key = behind
        if type(position) is int and 0 <= position <= head:
            return position, key
    raise InvalidPageToken("must be a next_page_token of this service")


def position(behind: object) -> int:
    """The position of the log that a page begins behind.

    :raises InvalidPageToken: the token holds none.
    """
    if type(behind) is not int or not 0 <= behind <= LAST:
        raise InvalidPageToken("must be a next_page_token of this service")
    return behind
