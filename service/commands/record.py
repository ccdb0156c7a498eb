"""Recording changes: decide on the present state, save, and answer retries like the first time."""

import asyncio
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.errors import InvalidValue, Refusal
from domain.times import Moment
from domain.validation import a_visit_id
from domain.visit import Visit
from service import codec
from service.codec import wire
from service.commands.change import COMMANDS, Change, Outcome, outcome
from service.commands.drafts import Draft, Recorded, draft
from service.commands.visits import Visits
from service.errors import LostRaces, RequestIdReused
from service.limits import ATTEMPTS, CHANGE_BYTES
from service.live.log_view import LogView
from service.live.reads import Reads
from service.projections.loading import visit_of
from service.projections.state_rows import visit_tail
from service.store.errors import ReadOnly, RequestIdTaken, VersionConflict
from service.store.log.rows import RequestRow

# The actor, and the request id.
RequestKey = tuple[str, str]


@dataclass(frozen=True)
class Commands:
    """Records changes."""

    visits: Visits
    reads: Reads
    log_view: LogView
    _in_flight: dict[RequestKey, asyncio.Event | None] = field(default_factory=dict)

    async def record(
        self, changes: Sequence[Change], *, validate_only: bool = False
    ) -> list[Outcome]:
        """Record the changes, all or none, and return an outcome for each, in order.

        A change that the same actor requested before, with the same request id and content, gets
        its first answer again. The others are recorded.

        :raises Refusal: the domain refuses a change.
        :raises RequestIdReused: a request id was used before, with different content.
        :raises ReadOnly: this server records no changes.
        :raises LostRaces: other changes of the visit kept coming first.
        :raises StoreError: the store cannot record them.
        """
        if self.visits.database.is_read_only:
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
        raise LostRaces("other changes of the visit kept coming first; try again")

    async def _begin(self, changes: Sequence[Change]) -> list[RequestKey]:
        """Wait until no other call has these request ids, and make later ones wait."""
        keys = [(c.context.actor, c.context.request_id) for c in changes]
        while taken := [key for key in keys if key in self._in_flight]:
            ended = self._in_flight[taken[0]] or asyncio.Event()
            self._in_flight[taken[0]] = ended
            await ended.wait()
        self._in_flight.update(dict.fromkeys(keys))
        return keys

    def _end(self, keys: Sequence[RequestKey]) -> None:
        """Let calls go on that wait for one of these request ids."""
        for key in keys:
            if ended := self._in_flight.pop(key):
                ended.set()

    async def _attempt(
        self, changes: Sequence[Change], validate_only: bool, is_first: bool
    ) -> list[Outcome]:
        """Decide the changes on the present state, and record them.

        On the first attempt, a visit to be opened that this process does not know is assumed to
        be new, as most are.
        """
        if not changes:
            return []
        changes = [c if c.visit_id else self._named(c) for c in changes]
        visit_ids = {c.visit_id for c in changes}
        opened = {c.visit_id for c in changes if is_first and c.is_opening}
        others = {c.values["merged_into"] for c in changes if c.values.get("merged_into")}
        with self.visits.hold(visit_ids | others):
            drafts = await self._decide_on_present_state(
                changes, visit_ids, others, set() if validate_only else opened, validate_only
            )
            if validate_only:
                return [_validated(each) for each in drafts]
            submitted = self.visits.submit(drafts, others - visit_ids)
            recorded = await asyncio.shield(submitted)
        return [outcome(each) for each in recorded]

    def _named(self, change: Change) -> Change:
        """The change, with a visit id of 80 random bits."""
        visit_id = f"v{secrets.token_hex(10)}"
        self.visits.begin(visit_id)
        return replace(change, visit_id=visit_id)

    async def _decide_on_present_state(
        self,
        changes: Sequence[Change],
        visit_ids: set[str],
        others: set[str],
        opened: set[str],
        validate_only: bool,
    ) -> list[Draft]:
        """Decide the changes. The caller must submit them before it awaits anything."""
        visits, concerned = self.visits, visit_ids | others
        must_wait = validate_only or any(c.names_its_times for c in changes)
        is_fresh = not (visits.database.is_shared or opened)
        if validate_only and not is_fresh:
            visits.refresh(concerned)
            is_fresh = True
        while True:
            new = set() if is_fresh else visits.unknown(opened)
            await visits.load(concerned - new)
            unsettled = visits.unsettled(visit_ids)
            in_the_way = visits.unsettled(others) + (unsettled if must_wait else [])
            if not in_the_way:
                try:
                    return self.decide(changes, new)
                except (
                    Refusal
                ):  # only on committed state, including that of others, may a change be refused
                    if not unsettled and is_fresh:
                        raise
                    in_the_way = unsettled
                    if not is_fresh:
                        visits.refresh(concerned)
                        is_fresh = True
            if in_the_way:
                await asyncio.wait(in_the_way)

    def decide(self, changes: Sequence[Change], new: Iterable[str]) -> list[Draft]:
        """Decide the changes, assuming that the visits in ``new`` are new.

        The caller must submit the drafts before it awaits anything. If a change is refused,
        nobody else takes those visits for new.
        """
        for visit_id in new:
            self.visits.begin(visit_id)
        try:
            return self._decide(changes)
        except Exception:
            self.visits.refresh(new)
            raise

    def _decide(self, changes: Sequence[Change]) -> list[Draft]:
        """Decide each change on the state after the ones before it."""
        now = self.log_view.now()
        changes = _with_times_where_needed(changes, now)
        decided: dict[str, Visit] = {}
        drafts = []
        for change in changes:
            before = decided.get(change.visit_id) or self.visits[change.visit_id]
            try:
                if other := change.values.get("merged_into"):
                    _check_stays(decided.get(other) or self.visits[other])
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
        """The answers to the changes that were recorded before, by their index.

        :raises RequestIdReused: one was recorded with different content.
        """
        asked = {c.context.request_id: i for i, c in enumerate(changes)}
        read, reader = self.reads.run, self.reads.reader
        rows = await read(reader.requests, changes[0].context.actor, list(asked))
        answers = {}
        for request_id, row in rows.items():
            index = asked[request_id]
            check_content(changes[index], row)
            history = await read(reader.history, row.visit_id, version=row.version)
            visit = visit_of(row.visit_id, history)
            state = codec.visit_to_bytes(visit.id, visit.version, visit.state)
            state += visit_tail(visit, row.position)
            first = Recorded(state, row.position, row.record_time, row.body)
            answers[index] = replace(outcome(first), replayed=True)
        return answers


def _check_names(changes: Sequence[Change]) -> None:
    seen: set[str] = set()
    for change in changes:
        if change.visit_id or not change.is_opening:
            try:
                a_visit_id(change.visit_id)
            except ValueError as error:
                text = f'must be "visits/" and the id of a visit: {error}'
                raise InvalidValue.of("name", text).under(change.path) from None
        request_id = change.context.request_id
        if request_id in seen:
            text = "must be different for each change of a call"
            raise InvalidValue.of("context.request_id", text).under(change.path)
        seen.add(request_id)


def _check_stays(visit: Visit) -> None:
    """Refuse to merge a visit into one that does not exist."""
    if visit.state.status is None:
        raise InvalidValue.of("retracted.merged_into", f"there is no visit {visit.id!r}")


def _with_times_where_needed(changes: Sequence[Change], now: datetime) -> list[Change]:
    """Give changes without times the time of the call, if a later change depends on their times.

    Record times are known only once the call is recorded. That is too late for a later change of
    the same visit and call that names its own times.
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
    if len(each.entry.body) > CHANGE_BYTES:
        raise InvalidValue.of(
            each.event.TOPIC,
            f"the change has {len(each.entry.body)} bytes; at most {CHANGE_BYTES} are allowed",
        )


def check_content(change: Change, row: RequestRow) -> None:
    """Check that a change has the content that was recorded with its request id.

    :raises RequestIdReused: ``row``, the entry of the log, has different content.
    """
    if row.request_digest != change.request_digest:
        raise RequestIdReused(row.request_id, row.visit_id, row.version)


def _validated(each: Draft) -> Outcome:
    """The outcome of a validation, without the fields that only the store knows."""
    assert each.entry.row is not None
    return Outcome(each.entry.row.state, wire.unrecorded_event(each.entry.body), position=0)
