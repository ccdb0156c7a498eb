"""Deciding a change on the state of its visit, and making what is recorded of it."""

import secrets
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import ClassVar

from domain.errors import InvalidValue, Refusal
from domain.validation import a_visit_id
from domain.visit import Visit
from service import codec
from service.codec import wire
from service.commands.application import VisitApplication, entry
from service.commands.change import COMMANDS, Change
from service.commands.names import Names
from service.errors import TooLarge
from service.limits import CHANGE_BYTES, VISIT_BYTES
from service.projections.state_rows import visit_tail
from service.store.log.entry import Entry


@dataclass(frozen=True)
class Decided:
    """A change that is decided: the visit as it leaves it, and the entry without its row."""

    visit: Visit
    entry: Entry

    @cached_property
    def state(self) -> bytes:
        """The serialized Visit without the fields that depend on its position."""
        return codec.visit_to_bytes(self.visit.id, self.visit.version, self.visit.state)

    def state_at(self, position: int) -> bytes:
        """The serialized Visit, once the change is recorded at this position."""
        return self.state + visit_tail(self.visit, position)


class Sizes:
    """At most how many bytes each serialized visit has, so that few have to be measured."""

    # Changes that may bring back what earlier ones had replaced.
    _RESTORING: ClassVar = ("retracted", "corrected")

    def __init__(self) -> None:
        self._bounds: dict[str, int] = {}

    def check(self, decided: Decided) -> None:
        """Refuse a change that makes its visit too large.

        :raises TooLarge: it does.
        """
        visit, entry = decided.visit, decided.entry
        before = 0 if visit.version == 1 else self._bounds.get(visit.id, VISIT_BYTES)
        # A visit shows what a change says at most twice.
        at_most = before + 2 * len(entry.body) + 256
        if at_most > VISIT_BYTES or entry.topic in self._RESTORING:
            at_most = len(decided.state) + wire.VISIT_TAIL
            if at_most > VISIT_BYTES:
                raise TooLarge.by(entry.topic, "the visit", at_most, VISIT_BYTES)
        self._bounds[visit.id] = at_most


def check_names(changes: Sequence[Change]) -> None:
    """Check the names of visits, and that no two changes have the same request id.

    :raises InvalidValue: one is not valid.
    """
    seen: set[str] = set()
    for change in changes:
        check_name(change)
        if change.context.request_id in seen:
            text = "must be different for each change of a call"
            raise InvalidValue.of("context.request_id", text).under(change.path)
        seen.add(change.context.request_id)


def check_name(change: Change) -> None:
    """Check the name of the visit. A change that opens one may leave it out.

    :raises InvalidValue: it is not valid.
    """
    if change.visit_id or not change.is_opening:
        try:
            a_visit_id(change.visit_id)
        except ValueError as error:
            text = f'must be "visits/" and the id of a visit: {error}'
            raise InvalidValue.of("name", text).under(change.path) from None


def named(change: Change) -> Change:
    """The change, with a new visit id of 80 random bits if it has none."""
    return change if change.visit_id else replace(change, visit_id=f"v{secrets.token_hex(10)}")


def decide(
    application: VisitApplication,
    change: Change,
    visits: MutableMapping[str, Visit],
    names: Names,
    sizes: "Sizes",
    now: datetime,
) -> Decided:
    """Decide a change, and put the visit as it leaves it into ``visits``.

    ``now`` is the record time. A visit that is not among ``visits`` is a new one.

    :raises TooLarge: the change, or the visit that it leaves, would be too large.
    :raises Refusal: the domain refuses it; then ``visits`` are as before.
    """
    before = visits.get(change.visit_id) or Visit.blank(change.visit_id, now)
    try:
        if other := change.values.get("merged_into"):
            _check_stays(other, visits.get(other))
        visit = before.fork()
        COMMANDS[change.topic](visit, change.context.at(now), **change.values)
        names.check(visits.get(change.visit_id), visit, visits)
        event = visit.changes[-1]
        body = application.visit_mapper.encode(event)
        if len(body) > CHANGE_BYTES:
            raise TooLarge.by(change.topic, "the change", len(body), CHANGE_BYTES)
        decided = Decided(visit, entry(event, body, change.request_digest))
        sizes.check(decided)
    except InvalidValue as error:
        raise error.under(change.path) from None
    except Refusal as error:
        error.path, error.asked, error.asked_in = change.path, change.topic, before.state.status
        raise
    visits[change.visit_id] = visit
    return decided


def _check_stays(visit_id: str, visit: Visit | None) -> None:
    """Refuse to merge a visit into one that does not exist."""
    if visit is None or visit.state.status is None:
        raise InvalidValue.of("retracted.merged_into", f"there is no visit {visit_id!r}")
