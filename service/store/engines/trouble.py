"""What went wrong lately with writing to a database."""

import time
from typing import Any

import structlog

from service.limits import REPEAT_SECONDS, TROUBLE_SECONDS

logger = structlog.get_logger()


def named(error: BaseException) -> str:
    """What the driver calls an error, such as SQLITE_FULL or 53100, without what it was about."""
    driver: Any = getattr(error, "orig", None) or error
    name = getattr(driver, "sqlite_errorname", "") or getattr(driver, "sqlstate", "")
    return name or type(driver).__name__


class Trouble:
    """Failures, in the log and as what an operator should know of.

    The log has the first of a kind at once, and then only how many there were, at times.
    ``reason`` lasts until nothing has failed for a while: a small change may succeed at once
    after a large one did not, and nobody is helped if the health of a server swings with that.
    """

    def __init__(self) -> None:
        self._reason = ""
        self._until = 0.0
        # When the next line of a kind is due, and how often it failed since the last one.
        self._told: dict[tuple[str, str], tuple[float, int]] = {}

    @property
    def reason(self) -> str:
        """What fails, for a person; empty if nothing does."""
        return self._reason if time.monotonic() < self._until else ""

    def lasts(self, reason: str) -> None:
        """Take note that this fails now."""
        self._reason = reason
        self._until = time.monotonic() + TROUBLE_SECONDS

    def log(self, event: str, reason: str) -> None:
        """Log a failure, unless one of its kind was logged lately: then it is counted."""
        due, count = self._told.get((event, reason), (0.0, 0))
        if time.monotonic() >= due:
            self._tell(event, reason, count + 1)
        else:
            self._told[event, reason] = due, count + 1

    def log_counts(self) -> None:
        """Log how often what was only counted has failed, where that is due."""
        for (event, reason), (due, count) in tuple(self._told.items()):
            if time.monotonic() < due:
                continue
            if count:
                self._tell(event, reason, count)
            else:
                del self._told[event, reason]

    def _tell(self, event: str, reason: str, times: int) -> None:
        logger.error(event, reason=reason, times=times)
        self._told[event, reason] = time.monotonic() + REPEAT_SECONDS, 0
