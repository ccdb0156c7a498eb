"""Recording changes: decide on what stands, save, and answer a retry as the first time."""

import asyncio
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from domain.checks import Context
from domain.errors import InvalidValue, Refusal
from domain.events import Amended, Retracted
from domain.rules import an_id
from domain.times import Moment
from domain.visit import Visit
from service import codec, wire
from service.application import VisitApplication
from service.drafts import Draft, Recorded, draft, visit_tail
from service.errors import LostRaces, RequestIdReused
from service.mapping import visit_of
from service.store.errors import ReadOnly, RequestIdTaken, VersionConflict

ATTEMPTS = 100
# A change is one member of a frame, and a frame is at most 1 MiB.
EVENT_BYTES = 1_000_000

OPENINGS = ("scheduled", "disclosed")
# The actor, and the request id.
RequestKey = tuple[str, str]
COMMANDS: Mapping[str, Callable[..., None]] = {
    "scheduled": Visit.schedule,
    "disclosed": Visit.disclose,
    "postponed": Visit.postpone,
    "deferred": Visit.defer,
    "rescheduled": Visit.reschedule,
    "completed": Visit.complete,
    "cancelled": Visit.cancel,
    "amended": Visit.amend,
    "statement_recorded": Visit.state,
    "retracted": Visit.retract,
}


@dataclass(frozen=True)
class Change:
    """A change that somebody asks for.

    ``topic`` names the command and ``values`` holds its arguments. The context's ``now``
    is set when the change is decided; an empty visit id is made. ``path`` is where the
    change stands in the request.
    """

    visit_id: str
    topic: str
    values: Mapping[str, Any]
    context: Context
    request_digest: bytes
    path: str = ""

    @property
    def is_opening(self) -> bool:
        """Whether it is the first of a visit."""
        return self.topic in OPENINGS

    @property
    def names_its_times(self) -> bool:
        """Whether it depends on the record times of the changes before it."""
        return (
            self.context.effective is not None
            or self.context.known is not None
            or self.topic == Retracted.TOPIC
            or (self.topic == Amended.TOPIC and bool(self.values["correction"]))
        )


@dataclass(frozen=True)
class Outcome:
    """What became of a change: the serialized Visit and RecordedEvent.

    The position is 0 where it was only validated.
    """

    visit: bytes
    event: bytes
    position: int
    replayed: bool = False


@dataclass(frozen=True)
class Desk:
    """Records changes."""

    application: VisitApplication
    _in_flight: dict[RequestKey, asyncio.Event | None] = field(default_factory=dict)

    async def record(
        self, changes: Sequence[Change], *, validate_only: bool = False
    ) -> list[Outcome]:
        """Record the changes, all or none, and give an outcome for each, in order.

        A change that the same actor asked for before, under the same request id and
        with the same content, gets its first answer again; the others are recorded.

        :raises Refusal: what the domain refuses.
        :raises RequestIdReused: the request id was used with another content.
        :raises ReadOnly: this server records no changes.
        :raises StoreError: the store cannot record it.
        """
        if self.application.database.is_read_only:
            raise ReadOnly
        _check_names(changes)
        answers: dict[int, Outcome] = {}
        keys = await self._begin(changes)
        try:
            if validate_only:
                answers = await self._first_answers(changes)
            for attempt in range(ATTEMPTS):
                waiting = [i for i in range(len(changes)) if i not in answers]
                try:
                    outcomes = await self._attempt(
                        [changes[i] for i in waiting], validate_only, is_first=attempt == 0
                    )
                    answers.update(zip(waiting, outcomes, strict=True))
                    return [answers[i] for i in range(len(changes))]
                except VersionConflict:
                    continue
                except (Refusal, RequestIdTaken) as refusal:
                    found = await self._first_answers(changes)
                    if isinstance(refusal, Refusal) and found.keys() <= answers.keys():
                        raise
                    answers.update(found)
        finally:
            self._end(keys)
        raise LostRaces("other changes of the visit came first, again and again: try again")

    async def _begin(self, changes: Sequence[Change]) -> list[RequestKey]:
        """Wait until no other call with one of the request ids runs, and let none begin."""
        keys = [(c.context.actor, c.context.request_id) for c in changes]
        while taken := [key for key in keys if key in self._in_flight]:
            ended = self._in_flight[taken[0]] or asyncio.Event()
            self._in_flight[taken[0]] = ended
            await ended.wait()
        self._in_flight.update(dict.fromkeys(keys))
        return keys

    def _end(self, keys: Sequence[RequestKey]) -> None:
        """Let those go on who wait for a call with one of the request ids."""
        for key in keys:
            if ended := self._in_flight.pop(key):
                ended.set()

    async def _attempt(
        self, changes: Sequence[Change], validate_only: bool, is_first: bool
    ) -> list[Outcome]:
        """Decide the changes on what stands, and record them.

        The first time, visits that nobody here knows and that are to be opened are taken to
        be new, which most are.
        """
        if not changes:
            return []
        changes = [c if c.visit_id else self._named(c) for c in changes]
        visit_ids = {c.visit_id for c in changes}
        opened = {c.visit_id for c in changes if is_first and c.is_opening}
        others = {c.values["merged_into"] for c in changes if c.values.get("merged_into")}
        with self.application.hold(visit_ids | others):
            drafts = await self._decide_on_what_stands(
                changes, visit_ids, others, set() if validate_only else opened, validate_only
            )
            if validate_only:
                return [_validated(each) for each in drafts]
            submitted = self.application.submit(drafts, others - visit_ids)
            recorded = await asyncio.shield(submitted)
        return [outcome(each) for each in recorded]

    def _named(self, change: Change) -> Change:
        """The change with an id that nobody else has: 80 random bits."""
        visit_id = f"v{secrets.token_hex(10)}"
        self.application.begin(visit_id)
        return replace(change, visit_id=visit_id)

    async def _decide_on_what_stands(
        self,
        changes: Sequence[Change],
        visit_ids: set[str],
        others: set[str],
        opened: set[str],
        validate_only: bool,
    ) -> list[Draft]:
        """Decide the changes; nothing is awaited between this and what follows."""
        application = self.application
        must_wait = validate_only or any(c.names_its_times for c in changes)
        is_fresh = not (application.database.is_shared or opened)
        if validate_only and not is_fresh:
            is_fresh = application.refresh(visit_ids | others)
        while True:
            new = set() if is_fresh else application.unknown(opened)
            await application.load((visit_ids | others) - new)
            unsettled = application.unsettled(visit_ids)
            in_the_way = application.unsettled(others) + (unsettled if must_wait else [])
            if not in_the_way:
                try:
                    return self.decide(changes, new)
                except Refusal:  # which rests on what is committed, also by others
                    if not unsettled and is_fresh:
                        raise
                    in_the_way = unsettled
                    is_fresh = is_fresh or application.refresh(visit_ids | others)
            if in_the_way:
                await asyncio.wait(in_the_way)

    def decide(self, changes: Sequence[Change], new: Iterable[str]) -> list[Draft]:
        """Decide the changes, for which the visits of ``new`` are taken to be new.

        What is decided is to be submitted before anything is awaited; where nothing is, nobody
        else sees those visits as new.
        """
        for visit_id in new:
            self.application.begin(visit_id)
        try:
            return self._decide(changes)
        except Exception:
            self.application.refresh(new)
            raise

    def _decide(self, changes: Sequence[Change]) -> list[Draft]:
        """Decide each change on what those before it leave."""
        now = self.application.now()
        changes = _with_times_where_needed(changes, now)
        decided: dict[str, Visit] = {}
        drafts = []
        for change in changes:
            before = decided.get(change.visit_id) or self.application.at_hand(change.visit_id)
            try:
                if other := change.values.get("merged_into"):
                    _check_stays(decided.get(other) or self.application.at_hand(other))
                visit = before.fork()
                COMMANDS[change.topic](visit, change.context.at(now), **change.values)
                each = draft(before, visit, change.request_digest)
                _check_size(each)
            except InvalidValue as error:
                raise error.under(change.path) from None
            except Refusal as error:
                error.path = change.path
                raise
            decided[change.visit_id] = visit
            drafts.append(each)
        return drafts

    async def _first_answers(self, changes: Sequence[Change]) -> dict[int, Outcome]:
        """The answers to those changes that were recorded before, by their index.

        :raises RequestIdReused: one was recorded with another content.
        """
        asked = {c.context.request_id: i for i, c in enumerate(changes)}
        application = self.application
        rows = await application.read(
            application.reader.requests, changes[0].context.actor, list(asked)
        )
        answers = {}
        for request_id, row in rows.items():
            index = asked[request_id]
            check_content(changes[index], row)
            history = await application.read(
                application.reader.history, row.visit_id, version=row.version
            )
            visit = visit_of(row.visit_id, history)
            state = codec.visit_to_bytes(visit.id, visit.version, visit.view)
            state += visit_tail(visit, row.position)
            first = Recorded(state, row.position, row.record_time, row.body)
            answers[index] = replace(outcome(first), replayed=True)
        return answers


def _check_names(changes: Sequence[Change]) -> None:
    seen: set[str] = set()
    for change in changes:
        if change.visit_id or not change.is_opening:
            try:
                an_id(change.visit_id)
            except ValueError as error:
                text = f'must be "visits/" and the id of a visit: {error}'
                raise InvalidValue.of("name", text).under(change.path) from None
        request_id = change.context.request_id
        if request_id in seen:
            text = "must be another for each change of a call"
            raise InvalidValue.of("context.request_id", text).under(change.path)
        seen.add(request_id)


def _check_stays(visit: Visit) -> None:
    """A visit that others are merged into is there."""
    if visit.view.status is None:
        raise InvalidValue.of("retracted.merged_into", f"there is no visit {visit.id!r}")


def _with_times_where_needed(changes: Sequence[Change], now: datetime) -> list[Change]:
    """Give changes without times that of the call, where a later one would depend on it.

    The record time is known only when the call is recorded, which is too late for a
    change of the same visit, in the same call, that names its times.
    """
    if len(changes) == 1:
        return list(changes)
    dated, depended_on = [], set()
    for change in reversed(changes):
        if change.names_its_times:
            depended_on.add(change.visit_id)
        elif change.visit_id in depended_on:
            context = replace(change.context, effective=Moment(now), known=Moment(now))
            change = replace(change, context=context)
        dated.append(change)
    return dated[::-1]


def _check_size(each: Draft) -> None:
    if len(each.entry.body) > EVENT_BYTES:
        raise InvalidValue.of(
            each.event.TOPIC,
            f"the change has {len(each.entry.body)} bytes; {EVENT_BYTES} are allowed",
        )


def check_content(change: Change, row: Any) -> None:
    """Refuse a change under the request id of another, whose row of the log that is.

    :raises RequestIdReused: it is another.
    """
    if row.request_digest != change.request_digest:
        raise RequestIdReused(row.request_id, row.visit_id, row.version)


def recorded_event(position: int, record_time: int, body: bytes) -> bytes:
    """The serialized RecordedEvent of a change that stands in the log."""
    return wire.recorded_event_head(position, record_time, len(body)) + body


def outcome(recorded: Recorded) -> Outcome:
    event = recorded_event(recorded.position, recorded.record_time, recorded.body)
    return Outcome(recorded.visit, event, recorded.position)


def _validated(each: Draft) -> Outcome:
    """What would be recorded; the fields that only the store knows are left out."""
    assert each.entry.row is not None
    return Outcome(each.entry.row.state, wire.bytes_field(3, each.entry.body), position=0)
