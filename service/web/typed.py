"""Times as people type them on the board, as the contract writes them.

What the command line takes, the board takes as well: ``7 Dec 2026``, ``7.12.2026``, ``Dec 2026``,
``7 Dec 2026 14:30``; beside that ``today``, ``yesterday`` and a clock alone, which is today's.
What has no time zone is meant in UTC, as all times of the record.
"""

import re
from datetime import UTC, datetime, timedelta

from service.exchange.dates import TwoReadings
from service.exchange.times import Span

_NEAR = re.compile(r"(today|yesterday)\b", re.ASCII | re.IGNORECASE)
_CLOCK = re.compile(r"\d{1,2}:\d{2}(?: ?(?:Z|UTC))?", re.ASCII | re.IGNORECASE)
_BACK = {"today": 0, "yesterday": 1}


def time(text: str) -> str:
    """A day, month, year or instant: ``2026-12-07``, ``2026-12``, ``2026-12-07T14:30:00Z``.

    :raises TwoReadings: ``text`` can be read in two ways.
    :raises ValueError: it is none, or does not exist.
    """
    text, today = " ".join(text.split()), datetime.now(UTC).date()
    if _CLOCK.fullmatch(text):
        text = f"{today} {text}"
    near = _NEAR.sub(lambda word: str(today - timedelta(_BACK[word[0].lower()])), text, count=1)
    span = Span.parse(near)
    return span.period or span.begin().isoformat().replace("+00:00", "Z")


def usual(text: str) -> str:
    """The same, and ``text`` itself if it is no time: for whoever says what is wrong with it.

    :raises TwoReadings: ``text`` can be read in two ways.
    """
    try:
        return time(text)
    except TwoReadings:
        raise
    except ValueError:
        return text
