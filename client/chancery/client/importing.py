"""Importing over cuts: changes that were not answered are sent again, and recorded once."""

from collections.abc import Callable

from chancery.client.changes import with_request_id
from chancery.client.errors import ChanceryError, Unavailable
from chancery.client.methods import IMPORT_CHANGES
from chancery.client.retry import Attempts
from chancery.client.steps import Give, Open, Plan, Read, Send, Take
from chancery.v1.desk_service_pb2 import Change, ImportChangesRequest, ImportResult

# How many changes one message holds, and how many bytes of changes.
CHANGES = 500
BYTES = 1 << 20


def imported(keyed: Callable[[Change], Change] = with_request_id) -> Plan[None]:
    """Take changes, and give the result of each, in order; its ``index`` counts them from 0.

    ``keyed`` gives a change a request id if it has none.

    :raises ChanceryError: the stream failed otherwise than by a cut, or too often in a row.
    """
    messages, first, is_open = _Messages(keyed), 0, False
    while (message := (yield from messages.next())) is not None:
        results = yield from _answered(message, is_open)
        is_open = True
        for number, result in enumerate(results, start=first):
            result.index = number
            yield Give(result)
        first += len(message.changes)


def _answered(message: ImportChangesRequest, is_open: bool) -> Plan[list[ImportResult]]:
    """The results of a message, which is sent again on another stream if the one is cut off."""
    attempts = Attempts()
    while True:
        try:
            if not is_open:
                yield Open(IMPORT_CHANGES)
            yield Send(message)
            results: list[ImportResult] = []
            while len(results) < len(message.changes):
                answer = yield Read()
                if answer is None:
                    raise Unavailable("the server ended the import early")
                results.extend(answer.results)
            return results
        except ChanceryError as error:
            is_open = False
            pause = attempts.pause(error)
        yield pause


class _Messages:
    """The changes in messages of up to CHANGES and BYTES; a larger change has its own."""

    def __init__(self, keyed: Callable[[Change], Change]) -> None:
        self._keyed = keyed
        self._held: Change | None = None  # what did not fit into the last one

    def next(self) -> Plan[ImportChangesRequest | None]:
        """The next message; None if there are no more changes."""
        message, size = ImportChangesRequest(), 0
        while len(message.changes) < CHANGES:
            change = self._held or (yield from self._taken())
            self._held = None
            if change is None:
                break
            size += change.ByteSize()
            if message.changes and size > BYTES:
                self._held = change
                break
            message.changes.append(change)
        return message if message.changes else None

    def _taken(self) -> Plan[Change | None]:
        change: Change | None = yield Take()
        return None if change is None else self._keyed(change)
