"""Errors for what the contract or the state of a visit does not allow."""

from datetime import datetime

from chancery.client.error import ChanceryError, Code
from chancery.client.words import CHANGE_TYPE, STATUS


class InvalidRequest(ChanceryError):
    """The request is wrong, whatever the state of any visit."""

    CODE = Code.INVALID_ARGUMENT
    REASON = "INVALID_FIELD"

    @property
    def fields(self) -> dict[str, str]:
        """What is wrong, by the path of the field: "scheduled.window.end"."""
        return dict(self._failure.fields)


class MalformedRequest(InvalidRequest):
    """The bytes of the request are no message of its type."""

    REASON = "MALFORMED_REQUEST"


class FieldNotServed(InvalidRequest):
    """This server does not know or serve a field of the request: it is older than the client."""

    REASON = "FIELD_NOT_SERVED"


class InvalidPageToken(InvalidRequest):
    """The page token is not this server's, or was given with other arguments."""

    REASON = "INVALID_PAGE_TOKEN"


class TooLarge(InvalidRequest):
    """The change would make the visit or the answer too large."""

    REASON = "TOO_LARGE"

    @property
    def limit_bytes(self) -> int:
        """The limit, in bytes."""
        return self._number("limit_bytes")


class NotFound(ChanceryError):
    """There is no such visit, or was none then."""

    CODE = Code.NOT_FOUND

    @property
    def visit(self) -> str:
        """The name that was asked for: "visits/charles-france"."""
        return self._fact("visit")


class VisitNotFound(NotFound):
    """No visit has this id or alias."""

    REASON = "VISIT_NOT_FOUND"

    @property
    def nearest(self) -> tuple[str, ...]:
        """The most similar ids."""
        return self._list("nearest")


class VisitWithdrawn(NotFound):
    """The visit was withdrawn: its first change was retracted."""

    REASON = "VISIT_WITHDRAWN"

    @property
    def merged_into(self) -> str:
        """The visit that stays, if this one was a duplicate; else empty."""
        return self._fact("merged_into")


class NotRecordedByThen(NotFound):
    """The visit was not recorded by the moment that was asked about."""

    REASON = "NOT_RECORDED_BY_THEN"


class NotKnownByThen(NotFound):
    """The visit was not known by the moment that was asked about."""

    REASON = "NOT_KNOWN_BY_THEN"

    @property
    def first_known_time(self) -> datetime | None:
        """When it became known; None if the server does not say."""
        told = self._fact("first_known_time")
        return datetime.fromisoformat(told) if told else None


class NotInForceByThen(NotFound):
    """The visit had no status in force at the moment that was asked about."""

    REASON = "NOT_IN_FORCE_BY_THEN"


class _Asked(ChanceryError):
    """Tells how the visit stands, and what is allowed instead."""

    @property
    def visit(self) -> str:
        """The visit: "visits/charles-france"; empty if it is about the log."""
        return self._fact("visit")

    @property
    def status(self) -> str:
        """How the visit stands: "completed"; empty if it is about the log."""
        return STATUS.named(self._fact("status"))

    @property
    def change(self) -> str:
        """The type of the change that was asked for: "postponed"."""
        return CHANGE_TYPE.named(self._fact("change"))

    @property
    def allowed(self) -> tuple[str, ...]:
        """The types of change that the status allows: "deferred", "rescheduled"."""
        return tuple(map(CHANGE_TYPE.named, self._list("allowed")))


class AlreadyExists(ChanceryError):
    """The id or alias is taken."""

    CODE = Code.ALREADY_EXISTS

    @property
    def visit(self) -> str:
        """The visit that has it: "visits/charles-france"."""
        return self._fact("visit")


class VisitExists(AlreadyExists, _Asked):
    """The id of the visit is taken."""

    REASON = "VISIT_EXISTS"


class AliasTaken(AlreadyExists):
    """Another visit has this alias, or it is another visit's id."""

    REASON = "ALIAS_TAKEN"

    @property
    def alias(self) -> str:
        """The alias."""
        return self._fact("alias")


class Refused(_Asked):
    """The state of the visit or of the log does not allow it."""

    CODE = Code.FAILED_PRECONDITION


class ChangeRefused(Refused):
    """The status of the visit does not allow the change."""

    REASON = "CHANGE_NOT_ALLOWED"


class NothingChanged(Refused):
    """The change would change nothing. To say that a word still holds, state "reaffirm"."""

    REASON = "NOTHING_CHANGED"


class NoWindow(Refused):
    """The visit has no such window to amend, or no exact one to complete with."""

    REASON = "NO_WINDOW"


class OutOfOrder(Refused):
    """The change of status lies wholly before one that stands."""

    REASON = "OUT_OF_ORDER"

    @property
    def version(self) -> int:
        """The version of the one that stands. To record the change, retract back to it."""
        return self._number("version")


class CorrectionRefused(Refused):
    """The change cannot be corrected like this."""

    REASON = "CORRECTION_NOT_ALLOWED"

    @property
    def versions(self) -> tuple[int, ...]:
        """The changes that gave the fields, if several did: correct each by its version."""
        return tuple(map(int, self._list("versions")))


class RetractionRefused(Refused):
    """The change is retracted already, or is a retraction that a change of status followed."""

    REASON = "RETRACTION_NOT_ALLOWED"

    @property
    def version(self) -> int:
        """The version of the change that was to be retracted."""
        return self._number("version")


class RequestIdReused(Refused):
    """The request id was used with another content."""

    REASON = "REQUEST_ID_REUSED"

    @property
    def request_id(self) -> str:
        """The request id."""
        return self._fact("request_id")

    @property
    def version(self) -> int:
        """The version of the change that was recorded under it."""
        return self._number("version")


class ReadOnly(Refused):
    """This server only reads."""

    REASON = "READ_ONLY"


class LogClosed(Refused):
    """The log takes no more changes, since it has moved to another database."""

    REASON = "LOG_CLOSED"


class LogReplaced(Refused):
    """This is another log than the one asked for: positions mean other changes."""

    REASON = "LOG_REPLACED"

    @property
    def log_origin(self) -> str:
        """The name of the log that is there. Read it from the beginning."""
        return self._fact("log_origin")


class VersionMismatch(ChanceryError):
    """The visit has another version than expected: somebody else recorded a change."""

    CODE = Code.ABORTED
    REASON = "VERSION_MISMATCH"

    @property
    def visit(self) -> str:
        """The visit: "visits/charles-france"."""
        return self._fact("visit")

    @property
    def expected(self) -> int:
        """The version that was expected; 0 if the visit was to be new."""
        return self._number("expected_version")

    @property
    def actual(self) -> int:
        """The version that the visit has."""
        return self._number("actual_version")
