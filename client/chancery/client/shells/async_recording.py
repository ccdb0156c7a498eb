"""Recording what becomes of a visit."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable
from typing import Unpack

from chancery.client import draft, results
from chancery.client.answers import Applied, Imported, Recorded, RecordedStatement
from chancery.client.changes import ContentIds
from chancery.client.details import Condition, Principal
from chancery.client.importing import imported
from chancery.client.keywords import (
    About,
    Amending,
    Correcting,
    Days,
    Facts,
    Opening,
    Stating,
)
from chancery.client.shells.async_base import AsyncBase
from chancery.client.words import SideWord, StatementWord
from chancery.v1.desk_service_pb2 import Change


class AsyncRecording(AsyncBase):
    """The methods that record a change. Each answers once it is committed and synced.

    ``visit`` is an id or ``visits/{id}``. Where a change may open a visit, it may be left out: the
    server then makes an id. Beside what they name, all take the keywords of :class:`About`.

    All raise :class:`ChangeRefused` if the status does not allow the change,
    :class:`VersionMismatch` if the visit has another version than ``expected_version``,
    :class:`RequestIdReused`, :class:`InvalidRequest` and :class:`VisitNotFound`; and ValueError
    for a time without a time zone, or a word that is none of the contract's.
    """

    async def schedule(
        self,
        visit: str = "",
        *,
        title: str,
        principal: Principal | str,
        window: Days | None = None,
        **facts: Unpack[Facts],
    ) -> Recorded:
        """Plan a visit.

        ``window`` is when it is planned; leave it out if that was not said. Beside the title and
        the principal, the facts are those of :class:`Facts`.

        :raises VisitExists: the id is taken.
        :raises AliasTaken: another visit has one of the aliases.
        """
        return await self.record(
            draft.schedule(visit, title=title, principal=principal, window=window, **facts)
        )

    async def disclose(
        self,
        visit: str = "",
        *,
        title: str,
        principal: Principal | str,
        held_window: Days,
        **facts: Unpack[Facts],
    ) -> Recorded:
        """Record a visit that became known only after it took place.

        ``held_window`` is when it took place. Without ``effective``, it takes its last day.

        :raises VisitExists: the id is taken.
        """
        return await self.record(
            draft.disclose(
                visit, title=title, principal=principal, held_window=held_window, **facts
            )
        )

    async def postpone(
        self, visit: str = "", *, condition: Condition | None = None, **facts: Unpack[Opening]
    ) -> Recorded:
        """Put a visit off, without a new date.

        ``condition`` is on what it depends, if that was said. Give the title, the principal and
        other facts of :class:`Opening` only if the visit was not recorded before.
        """
        return await self.record(draft.postpone(visit, condition=condition, **facts))

    async def defer(
        self, visit: str = "", *, condition: Condition, **facts: Unpack[Opening]
    ) -> Recorded:
        """Leave a visit open until a stated condition is met.

        Give facts of :class:`Opening` only if the visit was not recorded before.

        :raises NothingChanged: it is left open on the same condition already.
        """
        return await self.record(draft.defer(visit, condition=condition, **facts))

    async def reschedule(
        self, visit: str = "", *, window: Days, **facts: Unpack[Opening]
    ) -> Recorded:
        """Give a visit a new window.

        Give facts of :class:`Opening` only if the visit was not recorded before.

        :raises NothingChanged: it is planned for these days already.
        """
        return await self.record(draft.reschedule(visit, window=window, **facts))

    async def complete(
        self, visit: str, *, held_window: Days | None = None, **about: Unpack[About]
    ) -> Recorded:
        """Record that a visit took place.

        ``held_window`` is when; leave it out if the visit took place as planned.

        :raises NoWindow: it is left out, and no exact days are planned.
        """
        return await self.record(draft.complete(visit, held_window=held_window, **about))

    async def cancel(
        self, visit: str = "", *, condition: Condition | None = None, **facts: Unpack[Opening]
    ) -> Recorded:
        """Call a visit off.

        ``condition`` is on what it might still come about. Give facts of :class:`Opening` only if
        the visit was not recorded before.
        """
        return await self.record(draft.cancel(visit, condition=condition, **facts))

    async def amend(self, visit: str, **facts: Unpack[Amending]) -> Recorded:
        """Change facts of a visit other than its status; see :class:`Amending`.

        Each fact replaces the whole field. The old values were right until now: if a value was
        entered wrongly, use ``correct``.

        :raises NothingChanged: the visit has these values already.
        :raises NoWindow: the visit has no such window to amend.
        """
        return await self.record(draft.amend(visit, **facts))

    async def correct(self, visit: str, version: int = 0, **facts: Unpack[Correcting]) -> Recorded:
        """Say what an earlier change should have said, because it was entered wrongly.

        ``version`` is that of the change; 0 is the one that gave the fields their present values.
        The correction stands where the mistake was made, and counts as known as early, unless
        ``known`` says otherwise. See :class:`Correcting` for what can be corrected.

        :raises CorrectionRefused: the fields came from different changes, or cannot be corrected.
        """
        return await self.record(draft.correct(visit, version, **facts))

    async def state(
        self, visit: str, kind: StatementWord, side: SideWord, **said: Unpack[Stating]
    ) -> RecordedStatement:
        """Record what somebody said about a visit, which does not change its status.

        ``side`` is who speaks, whoever carried it. Without a basis, it is on the record if a
        speaker is named. See :class:`Stating` for the rest.
        """
        change = draft.state(visit, kind, side, **said)
        return results.recorded_statement(await self.messages.record_statement(change))

    async def retract(
        self, visit: str, version: int, *, merged_into: str = "", **about: Unpack[About]
    ) -> Recorded:
        """Take out a change that was entered in error.

        Retracting a change of status also takes out all changes of status after it; with
        ``validate_only``, the ``event.change.retracted_versions`` of the answer tell beforehand
        which. Without ``known``, what is taken out counts as never known. To undo the latest
        retraction, retract it. ``merged_into`` is the visit that stays, if the first change of a
        duplicate is retracted.

        :raises RetractionRefused: it is retracted already, or a change of status followed.
        """
        return await self.record(draft.retract(visit, version, merged_into=merged_into, **about))

    async def record(self, change: Change) -> Recorded:
        """Record a change from a message, such as a function of ``chancery.client.draft`` makes.

        :raises ValueError: the change does not say what changes.
        """
        return results.recorded(await self.messages.record(change))

    async def apply(self, changes: Iterable[Change]) -> Applied:
        """Record up to 100 changes of any visits, all of them or none: see ``record``.

        The ``path`` of an error says which of them is refused.
        """
        return results.applied(await self.messages.apply_changes(changes))

    async def import_changes(
        self, changes: Iterable[Change] | AsyncIterable[Change]
    ) -> AsyncIterator[Imported]:
        """Record any number of changes, each on its own, and report the result of each.

        Iterate over the results: changes are sent as they are asked for. Changes of one visit are
        applied in order. A refused change is reported in its result; it does not raise. The import
        has no deadline. If the stream is cut off, unanswered changes are sent again.

        A change without a request id gets one that is derived from itself, so that importing the
        same changes again adds nothing.
        """
        async for result in self._driver.given(imported(ContentIds()), changes):
            yield results.imported(result)
