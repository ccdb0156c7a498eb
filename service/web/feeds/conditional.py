"""Conditional requests: RFC 9110, section 13. Who has the answer already does not get it again."""

import hashlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from email.utils import format_datetime, parsedate_to_datetime

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from chancery.client.version import __version__
from service.web.feeds.asked import Asked
from service.web.terms import EVERYWHERE

# A time of HTTP has no fraction. Within the second of a change another one may come.
SECOND = timedelta(seconds=1)
TAG = re.compile(r'(?:W/)?("[^"]*")')


@dataclass(frozen=True)
class Edition:
    """Which edition of an answer this is: another one has another tag."""

    tag: str
    modified: datetime | None

    @classmethod
    def of(
        cls, asked: Asked, position: int, changed: datetime | None, *, ages: bool = False
    ) -> "Edition":
        """The edition that reflects the log up to a position, whose change is of that time.

        Of an answer that ``ages``, each day has another one, without any change.
        """
        now = datetime.now(UTC)
        day = (now - EVERYWHERE).date() if ages else None
        if day is not None:
            aged = datetime.combine(day, time.min, UTC) + EVERYWHERE
            changed = max(changed or aged, aged)
        info = asked.info
        who = (info.caller, info.caller_role) if info.callers_known else ()
        parts = (__version__, info.log_origin, position, asked.address, day, *who)
        digest = hashlib.sha256(repr(parts).encode()).hexdigest()
        is_settled = changed is not None and now - changed > SECOND
        return cls(f'"{digest[:32]}"', changed if is_settled else None)

    def is_had(self, request: Request) -> bool:
        """Whether whoever asks has this edition already."""
        tags = request.headers.getlist("if-none-match")
        if tags:
            return any(each.strip() == "*" or self.tag in TAG.findall(each) for each in tags)
        since = _date(request.headers.get("if-modified-since", ""))
        if since is None or self.modified is None:
            return False
        return self.modified.replace(microsecond=0) <= since

    def headers(self, asked: Asked) -> dict[str, str]:
        """What an answer says of its edition, and who may keep it."""
        headers = {"ETag": self.tag, "Cache-Control": "no-cache"}
        if self.modified is not None:
            headers["Last-Modified"] = format_datetime(self.modified, usegmt=True)
        if asked.info.callers_known:
            headers["Cache-Control"] = "private, no-cache"
        return headers


@dataclass(frozen=True)
class File:
    """What is answered: under which name it is kept, and of which type it is."""

    name: str
    media_type: str
    is_kept: bool
    """Whether a browser keeps it, rather than showing it."""

    @property
    def headers(self) -> dict[str, str]:
        """What an answer says of its body."""
        how = "attachment" if self.is_kept else "inline"
        return {
            "Content-Type": self.media_type,
            "Content-Disposition": f'{how}; filename="{self.name}"',
        }


def unchanged(asked: Asked, edition: Edition) -> Response:
    """Says that whoever asks has it already."""
    return Response(status_code=304, headers=edition.headers(asked))


def answered(
    asked: Asked, edition: Edition, file: File, body: str | AsyncIterator[bytes]
) -> Response:
    """The answer; without its body if only the head was asked for."""
    headers = edition.headers(asked) | file.headers
    if asked.request.method == "HEAD":
        return StreamingResponse(_nothing(), headers=headers)
    if isinstance(body, str):
        return Response(body.encode(), headers=headers)
    return StreamingResponse(body, headers=headers)


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


def _date(text: str) -> datetime | None:
    """A date of HTTP; None if it is none, which counts as not given."""
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
