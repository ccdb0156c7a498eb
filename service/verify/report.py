"""What was verified."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from service.tlog.bundle import Contents
from service.tlog.note import Checkpoint, InvalidNote, Note, Signers, VerifierKey, past_signers
from service.verify.witnesses import Cosigned, check_witnesses, cosigned

# Called now and then with the number of changes verified so far and the number in all. Each
# change counts twice, because it is checked twice.
Progress = Callable[[int, int], None]

WITHDRAWN = "withdrawn"


@dataclass
class Report:
    """What was verified. Times are in microseconds since 1970, UTC.

    ``since`` is the checkpoint that was kept, if one was given. ``signers`` and
    ``since_signers`` are the keys that signed the two checkpoints. ``states`` counts the visits
    by the status that was derived again. ``partial`` counts those for which this is impossible,
    because their first change is missing, and ``closed`` those of which a content is missing.
    ``withheld`` counts the changes without their restricted part, and ``destroyed`` those
    without their content.
    """

    contents: Contents
    checkpoint: Checkpoint
    signers: Signers = field(default_factory=dict)
    since: Checkpoint | None = None
    since_signers: Signers = field(default_factory=dict)
    changes: int = 0
    first_position: int = 0
    last_position: int = 0
    first_time: int = 0
    last_time: int = 0
    states: Counter[str] = field(default_factory=Counter)
    partial: int = 0
    closed: int = 0
    withheld: int = 0
    destroyed: int = 0
    _cosigned: list[Cosigned] = field(default_factory=list)

    def continue_from(self, since: Note | None, keys: Sequence[VerifierKey]) -> None:
        """Note the checkpoint that was kept, if there is one, to compare the log with it.

        :raises InvalidNote: it is of another log, its log did not sign it with any of the keys,
            or one of them is of a witness that has cosigned neither checkpoint.
        """
        if since is not None:
            self.since = Checkpoint.parse(since.text)
            if self.since.origin != self.checkpoint.origin:
                raise InvalidNote(
                    f"the checkpoint that was kept is of another log, {self.since.origin}; this "
                    f"is {self.checkpoint.origin}"
                )
            try:
                self.since_signers = past_signers(since, keys)
            except InvalidNote as error:
                raise InvalidNote(f"the checkpoint that was kept: {error}") from None
            self._cosigned += cosigned(self.since.size, self.since_signers)
        check_witnesses(keys, self.signers, self.since_signers)
        self._cosigned += cosigned(self.checkpoint.size, self.signers)

    def misdated(self, position: int, record_time: int) -> str | None:
        """Why a witness contradicts the record time of a change; None if none does."""
        found = (each.contradiction(position, record_time) for each in self._cosigned)
        return next(filter(None, found), None)

    def count(self, position: int, record_time: int) -> None:
        """Count a change that was verified."""
        self.changes += 1
        self.first_position = self.first_position or position
        self.first_time = self.first_time or record_time
        self.last_position, self.last_time = position, record_time
