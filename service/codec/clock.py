"""Times of the domain <-> microseconds, as the store and the wire have them."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_microseconds(instant: datetime) -> int:
    """The instant in microseconds since 1970, UTC."""
    since = instant - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


@lru_cache(4096)
def from_microseconds(microseconds: int) -> datetime:
    """The instant, in UTC, of microseconds since 1970. Cached: the changes of a batch share it.

    :raises OverflowError: it is not in the years 1 to 9999.
    """
    return EPOCH + timedelta(microseconds=microseconds)
