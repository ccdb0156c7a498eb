"""Visits on the plain eventsourcing library, recorded in a SQLite file or on PostgreSQL.

A file has a write-ahead journal and each commit is synced, as ours is. All other settings are
the library's defaults: no snapshots, and no cache of aggregates.
"""

from sqlite3 import Connection
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from sqlalchemy import Engine
from sqlalchemy.event import listens_for


class Visit(Aggregate):
    """A visit with its status and the last thing said about it."""

    @event("Scheduled")
    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.status = "scheduled"
        self.text = text

    @staticmethod
    def create_id(name: str) -> UUID:
        """The id of the visit with this name."""
        return uuid5(NAMESPACE_URL, name)

    @event("Postponed")
    def postpone(self, text: str) -> None:
        """Put it off."""
        self.status = "postponed"
        self.text = text

    @event("Rescheduled")
    def reschedule(self, text: str) -> None:
        """Give it a new window."""
        self.status = "scheduled"
        self.text = text

    @event("StatementRecorded")
    def state(self, text: str) -> None:
        """Record what somebody said."""
        self.text = text


CHANGES = {
    "PostponeVisit": Visit.postpone,
    "RescheduleVisit": Visit.reschedule,
    "RecordStatement": Visit.state,
}


class Visits(Application[UUID]):
    """Records one event for each call."""

    def record(self, kind: str, name: str, text: str) -> int:
        """Change the visit, and return its version once that is committed."""
        if kind == "ScheduleVisit":
            visit = Visit(name=name, text=text)
        else:
            visit = self.repository.get(Visit.create_id(name))
            CHANGES[kind](visit, text)
        self.save(visit)
        return visit.version


def visits(where: str) -> Visits:
    """The application on a file, or on the database of a URL."""
    if "://" not in where:
        file = {"PERSISTENCE_MODULE": "eventsourcing_sqlalchemy"}
        return Visits(env=file | {"SQLALCHEMY_URL": f"sqlite:///{where}"})
    url = urlsplit(where)
    return Visits(
        env={
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": url.path.removeprefix("/"),
            "POSTGRES_HOST": url.hostname or "",
            "POSTGRES_PORT": str(url.port),
            "POSTGRES_USER": url.username or "",
            "POSTGRES_PASSWORD": "",
        }
    )


@listens_for(Engine, "connect")
def _make_durable(connection: Connection, _record: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA busy_timeout=10000")
