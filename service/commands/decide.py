"""Deciding a change on the state of its visit, and making what is recorded of it."""

import secrets
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from domain.errors import InvalidValue, Refusal
from domain.validation import a_visit_id
from domain.visit import Visit
from service import codec
from service.commands.application import VisitApplication, entry
from service.commands.change import COMMANDS, Change
from service.limits import CHANGE_BYTES
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
    now: datetime,
) -> Decided:
    """Decide a change, and put the visit as it leaves it into ``visits``.

    ``now`` is the record time. A visit that is not among ``visits`` is a new one.

    :raises Refusal: the domain refuses it; then ``visits`` are as before.
    """
    before = visits.get(change.visit_id) or Visit.blank(change.visit_id, now)
    try:
        if other := change.values.get("merged_into"):
            _check_stays(other, visits.get(other))
        visit = before.fork()
        COMMANDS[change.topic](visit, change.context.at(now), **change.values)
        event = visit.changes[-1]
        body = application.visit_mapper.encode(event)
        if len(body) > CHANGE_BYTES:
            text = f"the change has {len(body)} bytes; at most {CHANGE_BYTES} are allowed"
            raise InvalidValue.of(change.topic, text)
    except InvalidValue as error:
        raise error.under(change.path) from None
    except Refusal as error:
        error.path = change.path
        raise
    visits[change.visit_id] = visit
    return Decided(visit, entry(event, body, change.request_digest))


def _check_stays(visit_id: str, visit: Visit | None) -> None:
    """Refuse to merge a visit into one that does not exist."""
    if visit is None or visit.state.status is None:
        raise InvalidValue.of("retracted.merged_into", f"there is no visit {visit_id!r}")
