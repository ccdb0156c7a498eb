"""By which names, statuses and days the formats of others know a visit or a change."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from chancery.client import Event, Place, Visit, Window
from chancery.client.words import StatusWord

# What no reader of XML or of calendars takes: control characters, halves of surrogates, and what
# is no character. Line breaks and tabs stay.
UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# The namespace of the terms that are ours.
NAMESPACE = "https://chancery.invalid/terms#"

# The address of a visit's page, by its id.
Page = Callable[[str], str]
Which = Literal["held", "window", "previous"]

PLANNED: tuple[StatusWord, ...] = ("scheduled", "rescheduled")


def log_id(origin: str) -> str:
    """The UUID of a log, which is the end of its origin."""
    return origin.rpartition("/")[2]


def uid(visit: Visit, origin: str) -> str:
    """The name of a visit anywhere, of the first origin of its log: no other log has it."""
    return f"{visit.id}@{log_id(origin)}"


def urn(origin: str, name: str = "") -> str:
    """A UUID as a URN: that of the log of this first origin, or of something in it."""
    try:
        log = UUID(log_id(origin))
    except ValueError:  # an origin that somebody chose
        log = uuid5(NAMESPACE_URL, origin)
    return (uuid5(log, name) if name else log).urn


def change_urn(change: Event, origin: str) -> str:
    """The name of a change anywhere, as a URN; ``origin`` is the first one of its log.

    Once the log has gone on from a backup, another change may have its position, and be of its
    visit and version, but not of its record time.
    """
    return urn(origin, f"{change.visit}/{change.version}/{as_told(change.record_time)}")


def days_of(visit: Visit) -> tuple[Which, Window] | None:
    """Which window stands for a visit, and the window.

    It is the held one, or else the planned one. Of a visit that has none since it was put off, left
    open or called off, it is the one that was planned last.
    """
    if visit.held_window:
        return "held", visit.held_window
    if visit.window:
        return "window", visit.window
    if visit.status not in PLANNED and visit.previous_windows:
        return "previous", visit.previous_windows[-1].window
    return None


def phrase_of(window: Window) -> str:
    """What the days of a window do not say: that they are rough, or that an end is open.

    Empty if the days say all.
    """
    is_closed = window.start and window.end
    if is_closed and not window.approximate:
        return ""
    return window.as_stated or ("roughly" if is_closed else str(window))


def as_told(moment: datetime | None, period: str = "") -> str:
    """A time as it was told: "2023-06", or an instant of RFC 3339; empty if there is none."""
    if period or moment is None:
        return period
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def place(where: Place) -> str:
    """``Beijing, CN``."""
    return ", ".join(part for part in (where.city, where.country) if part)


def readable(text: str) -> str:
    """A text without the characters that no reader takes."""
    return UNREADABLE.sub("", text)
