"""What an import would do: its changes are checked by the server, which records nothing."""

import re
from collections.abc import Iterable
from itertools import groupby

from chancery.client import ChanceryError, Connection
from chancery.client.changes import ContentIds
from chancery.client.errors import InvalidRequest
from chancery.v1.desk_service_pb2 import Change
from service.cli.commands.import_sources import Item, Left
from service.cli.commands.import_tally import Tally
from service.cli.terminal.interrupts import Stop
from service.cli.terminal.progress import progress
from service.limits import APPLY_CHANGES


class Trial:
    """Counts what would become of the changes of an import.

    Changes of a visit that follow each other are checked together, up to 100. What comes later for
    a visit that is not recorded yet cannot be checked, and counts as recorded.
    """

    def __init__(self, connection: Connection, tally: Tally) -> None:
        self._connection = connection
        self._tally = tally
        self._keyed = ContentIds()
        self._waiting: list[tuple[Item, Change]] = []
        self._before: set[str] = set()  # the visits of earlier checks

    def run(self, source: Iterable[Item | Left], total: int, stop: Stop) -> None:
        """Check the changes of a source."""
        with progress("Checking") as show:
            for number, each in enumerate(source, start=1):
                if stop.is_asked:
                    return
                show(number, max(total, number))
                if isinstance(each, Left):
                    self._tally.left(each)
                else:
                    self._add(each)
            self._check_all()

    def _add(self, item: Item) -> None:
        """Check a change, with those that wait, once there are enough."""
        change = Change()
        change.CopyFrom(self._keyed(item.change))
        change.context.validate_only = True
        if len(self._waiting) == APPLY_CHANGES:
            last = self._waiting[-1][1].name
            visits = [(name, list(own)) for name, own in groupby(self._waiting, _visit)]
            held = visits.pop()[1] if len(visits) > 1 and change.name == last else []
            self._waiting = [each for _, own in visits for each in own]
            self._check_all()
            self._waiting = held
        self._waiting.append((item, change))

    def _check_all(self) -> None:
        """Check the changes that wait. Each that is refused is left out, and the rest go on."""
        waiting = [each for each in self._waiting if not self._is_unknown(each[1])]
        while waiting:
            try:
                answer = self._connection.messages.apply_changes(each for _, each in waiting)
            except ChanceryError as error:
                number = _number(error)
                if number is None:
                    raise
                item, _ = waiting.pop(number)
                self._tally.refused(item, error)
                continue
            for (item, _), done in zip(waiting, answer.changes, strict=True):
                self._tally.recorded(item, replayed=done.replayed)
            break
        self._before.update(change.name for _, change in self._waiting)
        self._waiting = []

    def _is_unknown(self, change: Change) -> bool:
        if change.name not in self._before:
            return False
        self._tally.counts["recorded"] += 1
        return True


def _visit(waiting: tuple[Item, Change]) -> str:
    return waiting[1].name


def _number(error: ChanceryError) -> int | None:
    """Which of the changes was refused."""
    paths = [error.path, *(error.fields if isinstance(error, InvalidRequest) else ())]
    found = filter(None, (re.match(r"changes\[(\d+)\]", path) for path in paths))
    return next((int(match[1]) for match in found), None)
