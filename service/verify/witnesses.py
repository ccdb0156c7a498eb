"""What the times of cosignatures say about record times.

A witness that cosigned a checkpoint saw the log at that size and that time. So no change up to
that size was recorded later, and no change after it earlier.
"""

from collections.abc import Iterable
from typing import NamedTuple

from domain.errors import rfc3339
from service.codec.clock import EPOCH, from_microseconds
from service.tlog.note import COSIGNATURE, InvalidNote, Signers, VerifierKey

SECOND = 1_000_000  # in microseconds
# Clocks differ, and a witness needs a moment.
TOLERANCE = 5 * SECOND


class Cosigned(NamedTuple):
    """The size of a checkpoint, and when a witness cosigned it, in seconds."""

    size: int
    time: int

    def contradiction(self, position: int, record_time: int) -> str | None:
        """Why a change cannot have been recorded then, in microseconds; None if it can."""
        if position <= self.size and record_time > (self.time + 1) * SECOND + TOLERANCE:
            return (
                f"the change was recorded at {_told(record_time)}, and a witness saw it in the "
                f"log at {_told(self.time * SECOND)} already"
            )
        if position > self.size and record_time < self.time * SECOND - TOLERANCE:
            return (
                f"the change was recorded at {_told(record_time)}, and a witness saw the log "
                f"without it at {_told(self.time * SECOND)}"
            )
        return None


def cosigned(size: int, signers: Signers) -> list[Cosigned]:
    """When witnesses cosigned the checkpoint of a size."""
    return [Cosigned(size, time) for times in signers.values() for time in times]


def check_witnesses(keys: Iterable[VerifierKey], *signed: Signers) -> None:
    """Check that each witness whose key was given has cosigned one of the checkpoints.

    :raises InvalidNote: one has not.
    """
    for key in keys:
        if key.kind == COSIGNATURE and not any(key in signers for signers in signed):
            raise InvalidNote(f"the witness {key.name}, key {key.key_id.hex()}, did not cosign")


def _told(microseconds: int) -> str:
    """A time, or, beyond the calendar, the number of seconds."""
    try:
        return rfc3339(from_microseconds(microseconds))
    except OverflowError:
        return f"{microseconds // SECOND} s after {EPOCH:%Y-%m-%d}"
