"""Every refusal of the domain, with the facts behind it.

Refusal
├── InvalidValue          a value that is never allowed; names each field
├── VisitNotFound         no such visit
│   └── VisitWithdrawn    its first change was retracted
├── VisitExists           the id is taken
├── AliasTaken            another visit has the alias, or it is its id
├── NotVisibleThen        the visit had no status at the moment asked about
├── ChangeRefused         the table of changes does not allow the change
├── OutOfOrder            the change lies before one that stands
├── NothingChanged        the change would change nothing
├── NoWindow              the visit has no such window
├── CorrectionRefused     the change cannot be corrected like this
├── RetractionRefused     the change cannot be retracted
└── VersionMismatch       the visit is not at the expected version
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from domain.status import TABLE, Status, StatusChange


def rfc3339(instant: datetime) -> str:
    """An instant, which is in UTC, as messages name it: in RFC 3339, to the microsecond."""
    return f"{instant:%Y-%m-%dT%H:%M:%S.%fZ}"


class Refusal(Exception):
    """The domain says no. The message tells a person why.

    ``path`` locates the change in a request that asks for several. ``asked`` is the topic of the
    change that was asked for, and ``asked_in`` the status in which the visit was then.
    """

    path = ""
    asked = ""
    asked_in: Status | None = None


@dataclass(frozen=True)
class Problem:
    """A field, by its path in the request, and what it must hold."""

    field: str
    text: str


class InvalidValue(Refusal):
    """Fields hold values that are never allowed."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.field}: {p.text}" for p in self.problems))

    @classmethod
    def of(cls, field: str, text: str) -> "InvalidValue":
        """A refusal of a single field."""
        return cls([Problem(field, text)])

    def under(self, path: str) -> "InvalidValue":
        """The same problems, with ``path`` in front of each field, or in place of an empty one.

        An empty path changes nothing.
        """
        if not path:
            return self
        return InvalidValue(
            Problem(f"{path}.{p.field}" if p.field else path, p.text) for p in self.problems
        )


class VisitNotFound(Refusal):
    """No such visit. ``nearest`` are the ids of visits that may be meant, the nearest first."""

    nearest: Sequence[str] = ()

    def __init__(self, visit_id: str, nearest: Sequence[str] = ()) -> None:
        self.visit_id = visit_id
        self.nearest = nearest
        meant = f"; the nearest: {', '.join(nearest)}" if nearest else ""
        super().__init__(f"there is no visit {visit_id!r}{meant}")


class VisitWithdrawn(VisitNotFound):
    """The visit's first change was retracted: its history stays, its status is gone."""

    def __init__(self, visit_id: str, merged_into: str) -> None:
        self.visit_id = visit_id
        self.merged_into = merged_into
        merged = f", a duplicate of {merged_into!r}" if merged_into else ""
        Refusal.__init__(self, f"visit {visit_id!r} was withdrawn{merged}")


class VisitExists(Refusal):
    """The id is taken."""

    def __init__(self, visit_id: str, status: Status) -> None:
        self.visit_id = visit_id
        self.status = status
        super().__init__(f"visit {visit_id!r} already exists and is {status}")


class AliasTaken(Refusal):
    """Another visit has the alias, or it is that visit's id."""

    def __init__(self, alias: str, visit_id: str) -> None:
        self.alias = alias
        self.visit_id = visit_id
        super().__init__(f"{alias!r} already names visit {visit_id!r}: choose another alias or id")


class Invisible(StrEnum):
    """Why a visit had no status at a moment."""

    NOT_RECORDED = "not recorded"
    NOT_KNOWN = "not known"
    NOT_IN_FORCE = "not in force"


class NotVisibleThen(Refusal):
    """The visit had no status at the moment asked about."""

    def __init__(self, visit_id: str, why: Invisible, first_known: datetime | None = None) -> None:
        self.visit_id = visit_id
        self.why = why
        self.first_known = first_known
        since = f": it became known at {rfc3339(first_known)}" if first_known else ""
        super().__init__(f"visit {visit_id!r} was {why} by then{since}")


class ChangeRefused(Refusal):
    """The table of changes does not allow the change in the visit's status."""

    def __init__(self, visit_id: str, status: Status, change: StatusChange, hint: str = "") -> None:
        self.visit_id = visit_id
        self.status = status
        self.change = change
        self.allowed = tuple(TABLE[status])
        allowed = ", ".join(self.allowed) or "no change of status"
        super().__init__(
            f"cannot {change} visit {visit_id!r}: it is {status}; "
            + (hint or f"allowed from here: {allowed}")
        )


class OutOfOrder(Refusal):
    """A change of the status lies wholly before one that stands."""

    def __init__(self, visit_id: str, version: int, begin: datetime) -> None:
        self.visit_id = visit_id
        self.version = version
        self.begin = begin
        super().__init__(
            f"the change takes effect before change {version} of visit {visit_id!r}, which took "
            f"effect at {rfc3339(begin)}: retract change {version} first, and then "
            "record both"
        )


class NothingChanged(Refusal):
    """The change would change nothing. The message says what to do instead.

    ``version`` is the change that says so already, or 0.
    """

    def __init__(self, visit_id: str, why: str, version: int = 0) -> None:
        self.visit_id = visit_id
        self.version = version
        super().__init__(f"this would change nothing of visit {visit_id!r}: {why}")


class NoWindow(Refusal):
    """The visit has no such window, or none that is exact enough or has begun by ``until``."""

    def __init__(
        self,
        visit_id: str,
        status: Status,
        why: str,
        start: date | None = None,
        until: date | None = None,
    ) -> None:
        self.visit_id = visit_id
        self.status = status
        self.start = start
        self.until = until
        super().__init__(f"visit {visit_id!r} is {status} and {why}")


class CorrectionRefused(Refusal):
    """The change cannot be corrected like this.

    ``versions`` are the changes that gave the values, or the one that cannot be corrected. If that
    does not say ``field``, ``says`` are the fields that it says.
    """

    def __init__(
        self,
        visit_id: str,
        why: str,
        versions: Iterable[int],
        field: str = "",
        says: Iterable[str] = (),
    ) -> None:
        self.visit_id = visit_id
        self.versions = tuple(versions)
        self.field = field
        self.says = tuple(says)
        super().__init__(f"cannot correct visit {visit_id!r}: {why}")


class RetractionRefused(Refusal):
    """The change cannot be retracted."""

    def __init__(self, visit_id: str, version: int, why: str) -> None:
        self.visit_id = visit_id
        self.version = version
        super().__init__(f"cannot retract change {version} of visit {visit_id!r}: {why}")


class VersionMismatch(Refusal):
    """The visit is not at the expected version."""

    def __init__(self, visit_id: str, expected: int, actual: int) -> None:
        self.visit_id = visit_id
        self.expected = expected
        self.actual = actual
        super().__init__(f"visit {visit_id!r} is at version {actual}, not at {expected}")
