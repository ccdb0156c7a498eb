"""The store as the eventsourcing library sees it: recorders and their factory.

Every change goes through here: ``service.commands.application`` is an Application on these
recorders. So whatever else speaks to an eventsourcing application works on the same log: a tool,
a projection, a notification log reader. The library's contract cases show that the store keeps
what its interfaces promise (``tests/store/test_contract_cases.py``).
"""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    ListenNotifySubscription,
    Notification,
    ProcessRecorder,
    StoredEvent,
    Tracking,
    TrackingRecorder,
)
from eventsourcing.utils import Environment
from sqlalchemy import func, select

from service.store.engines.database import Database
from service.store.engines.opening import open_database
from service.store.log.entry import Entry
from service.store.log.reader import Reader
from service.store.log.writer import LockedLog, Writer
from service.store.tables import log


class LogAggregateRecorder(AggregateRecorder):
    """Records and selects events by their aggregate."""

    def __init__(self, database: Database, writer: Writer) -> None:
        self.database = database
        self.writer = writer
        self.reader = Reader(database)

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        """Append the events, and wait for the commit.

        ``entries``, if given, has for each event who asked and the state that it leaves, and
        ``log`` is the log if the caller has locked it.

        :raises IntegrityError: an aggregate has such a version already; then none is recorded.
        """
        self._append(stored_events, **kwargs)
        return None

    def _append(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        entries: Sequence[Entry] | None = None,
        log: LockedLog | None = None,
        tracking: Tracking | None = None,
    ) -> Sequence[int]:
        if tracking is not None:
            raise NotImplementedError("this store tracks no consumers")
        return self.writer.append(
            entries
            or [
                Entry(str(e.originator_id), e.originator_version, e.topic, e.state)
                for e in stored_events
            ],
            log,
        )

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The events of an aggregate with a version above ``gt`` and up to ``lte``."""
        version = log.c.version
        statement = (
            select(log.c.visit_id, version, log.c.topic, log.c.body)
            .where(log.c.visit_id == str(originator_id))
            .order_by(version.desc() if desc else version)
            .limit(limit)
        )
        if gt is not None:
            statement = statement.where(version > gt)
        if lte is not None:
            statement = statement.where(version <= lte)
        with self.database.readers.connect() as connection:
            return [StoredEvent(*row) for row in connection.execute(statement)]


class LogApplicationRecorder(LogAggregateRecorder, ApplicationRecorder):
    """Records and selects events of all aggregates, in the order of their positions."""

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        """Append the events, wait for the commit, and return their positions."""
        return list(self._append(stored_events, **kwargs))

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The events from position ``start`` up to ``stop``."""
        position = log.c.position
        statement = (
            select(log.c.visit_id, log.c.version, log.c.topic, log.c.body, position)
            .order_by(position)
            .limit(limit)
        )
        if start is not None:
            statement = statement.where(
                position >= start if inclusive_of_start else position > start
            )
        if stop is not None:
            statement = statement.where(position <= stop)
        if topics:
            statement = statement.where(log.c.topic.in_(topics))
        with self.database.readers.connect() as connection:
            return [Notification(*row) for row in connection.execute(statement)]

    def max_notification_id(self) -> int | None:
        """The last position; None if the log is empty."""
        with self.database.readers.connect() as connection:
            return cast("int | None", connection.execute(select(func.max(log.c.position))).scalar())

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> "LogSubscription":
        """Iterate over the events after position ``gt``, and wait for new ones."""
        return LogSubscription(self, gt, topics)


class LogSubscription(ListenNotifySubscription[LogApplicationRecorder]):
    """A subscription that reads on whenever the log has grown."""

    def __init__(
        self, recorder: LogApplicationRecorder, gt: int | None, topics: Sequence[str]
    ) -> None:
        super().__init__(recorder=recorder, gt=gt, topics=topics)
        recorder.database.listeners.add(self._wake)
        recorder.database.listen()

    def stop(self) -> None:
        """Stop the subscription."""
        self._recorder.database.listeners.discard(self._wake)
        super().stop()

    def _wake(self, _size: int) -> None:
        self._has_been_notified.set()


class Factory(InfrastructureFactory[TrackingRecorder]):
    """Makes the recorders of one database. If none is given, it opens ``DATABASE_URL``."""

    def __init__(
        self,
        env: Environment,
        database: Database | None = None,
        writer: Writer | None = None,
    ) -> None:
        super().__init__(env)
        self._database = database or open_database(env["DATABASE_URL"])
        self._writer = writer or Writer(self._database)

    def aggregate_recorder(self, purpose: str = "events") -> LogAggregateRecorder:
        """A recorder of the log; there are no snapshots.

        :raises NotImplementedError: the purpose is not "events".
        """
        if purpose != "events":
            raise NotImplementedError(f"this store keeps no {purpose}")
        return LogAggregateRecorder(self._database, self._writer)

    def application_recorder(self) -> LogApplicationRecorder:
        """A recorder of the log."""
        return LogApplicationRecorder(self._database, self._writer)

    def tracking_recorder(
        self, tracking_recorder_class: type[TrackingRecorder] | None = None
    ) -> TrackingRecorder:
        """Raise NotImplementedError: consumers keep their own positions."""
        raise NotImplementedError("this store tracks no consumers")

    def process_recorder(self) -> ProcessRecorder:
        """Raise NotImplementedError: consumers keep their own positions."""
        raise NotImplementedError("this store tracks no consumers")

    def close(self) -> None:
        """Close the database."""
        self._writer.close()
        self._database.close()
