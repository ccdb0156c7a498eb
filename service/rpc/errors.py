"""The one place that turns refusals into gRPC errors: the error table of the contract.

Every failure carries a google.rpc.ErrorInfo with a reason of chancery.v1.ErrorReason,
and the details that the table names. See google/rpc/error_details.proto.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import error_details_pb2 as details
from google.rpc.status_pb2 import Status

from domain import errors as domain
from domain.status import TABLE
from service import errors as service
from service.codec import change_type_name, status_name, topic_name, visit_id, visit_name
from service.codec.canonical import NotCanonical
from service.limits import (
    ERROR_FIELD_BYTES,
    ERROR_FIELDS_BYTES,
    ERROR_MESSAGE_BYTES,
    ERROR_VALUE_BYTES,
)
from service.store import errors as store

DOMAIN = "chancery"
VISIT_NOT_FOUND = "VISIT_NOT_FOUND"
VISIT_WITHDRAWN = "VISIT_WITHDRAWN"
Code = grpc.StatusCode

Error = TypeVar("Error", bound=Exception)


@dataclass(frozen=True)
class Failure:
    """An error as the client gets it."""

    code: Code
    reason: str
    message: str
    details: tuple[Message, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)

    def at(self, path: str) -> "Failure":
        """The failure, for the change at ``path`` in the request."""
        return replace(
            self, message=f"{path}: {self.message}", metadata={**self.metadata, "path": path}
        )

    def status(self) -> Status:
        """The failure as a google.rpc.Status of less than 4 KB: clients refuse longer trailers."""
        info = details.ErrorInfo(reason=self.reason, domain=DOMAIN)
        for key, value in self.metadata.items():
            info.metadata[key] = _cut(value, ERROR_VALUE_BYTES)
        status = Status(code=self.code.value[0], message=_cut(self.message, ERROR_MESSAGE_BYTES))
        for detail in (info, *self.details):
            packed = AnyMessage()
            packed.Pack(detail)
            status.details.append(packed)
        return status


_CODES = {code.value[0]: code for code in Code}


def code_of(number: int) -> Code:
    """The status code of a number."""
    return _CODES[number]


class Failed(Exception):
    """A call failed, and how is encoded already. ``status`` is the google.rpc.Status."""

    def __init__(self, code: Code, message: str, status: bytes) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    @classmethod
    def of(cls, failure: Failure) -> "Failed":
        """A failure, encoded."""
        status = failure.status()
        return cls(failure.code, status.message, status.SerializeToString())


def failure_of(error: Exception, call_id: str) -> Failure:
    """The failure that reports an error. A defect is reported only by the id of its call."""
    for error_type in type(error).__mro__:
        if describe := _TABLE.get(error_type):
            failure = describe(error)
            path = getattr(error, "path", "")
            return failure.at(path) if path else failure
    return Failure(
        Code.INTERNAL,
        "INTERNAL",
        f"a defect of this server; look for {call_id} in its log",
        (details.RequestInfo(request_id=call_id),),
        {"request_id": call_id},
    )


def missing_visit(status: bytes) -> tuple[str, str, str]:
    """The reason of a failure about a visit, the visit's id, and the path of its change."""
    info, resource = details.ErrorInfo(), details.ResourceInfo()
    for packed in Status.FromString(status).details:
        packed.Unpack(info)
        packed.Unpack(resource)
    return info.reason, visit_id(resource.resource_name), info.metadata.get("path", "")


def _row(
    error_type: type[Error], describe: Callable[[Error], Failure]
) -> tuple[type[Error], Callable[[Any], Failure]]:
    """A row of the table, so that the type of the error is known where it is described."""
    return error_type, describe


_DOMAIN = (
    _row(domain.InvalidValue, lambda e: _bad_request("INVALID_FIELD", e, *e.problems)),
    _row(
        domain.VisitNotFound,
        lambda e: _visit(
            Code.NOT_FOUND, VISIT_NOT_FOUND, e, e.visit_id, **_known(nearest=_listed(e.nearest))
        ),
    ),
    _row(
        domain.VisitWithdrawn,
        lambda e: _visit(
            Code.NOT_FOUND,
            VISIT_WITHDRAWN,
            e,
            e.visit_id,
            **_known(merged_into=visit_name(e.merged_into)),
        ),
    ),
    _row(
        domain.NotVisibleThen,
        lambda e: _visit(
            Code.NOT_FOUND,
            f"{e.why.name}_BY_THEN",
            e,
            e.visit_id,
            **_known(first_known_time=e.first_known and domain.rfc3339(e.first_known)),
        ),
    ),
    _row(
        domain.VisitExists,
        lambda e: _visit(Code.ALREADY_EXISTS, "VISIT_EXISTS", e, e.visit_id, **_asked(e)),
    ),
    _row(domain.ChangeRefused, lambda e: _refused("CHANGE_NOT_ALLOWED", e, e.visit_id)),
    _row(
        domain.AliasTaken,
        lambda e: _visit(Code.ALREADY_EXISTS, "ALIAS_TAKEN", e, e.visit_id, alias=e.alias),
    ),
    _row(
        domain.OutOfOrder,
        lambda e: _refused(
            "OUT_OF_ORDER",
            e,
            e.visit_id,
            version=str(e.version),
            effective_time=domain.rfc3339(e.begin),
        ),
    ),
    _row(
        domain.NothingChanged,
        lambda e: _refused("NOTHING_CHANGED", e, e.visit_id, **_known(version=e.version)),
    ),
    _row(
        domain.NoWindow,
        lambda e: _refused("NO_WINDOW", e, e.visit_id, **_known(start=e.start, last_day=e.until)),
    ),
    _row(
        domain.CorrectionRefused,
        lambda e: _refused(
            "CORRECTION_NOT_ALLOWED",
            e,
            e.visit_id,
            versions=_listed(map(str, e.versions)),
            **_known(field=e.field, says=_listed(e.says)),
        ),
    ),
    _row(
        domain.RetractionRefused,
        lambda e: _refused("RETRACTION_NOT_ALLOWED", e, e.visit_id, version=str(e.version)),
    ),
    _row(
        domain.VersionMismatch,
        lambda e: _plain(
            Code.ABORTED,
            "VERSION_MISMATCH",
            e,
            visit=visit_name(e.visit_id),
            expected_version=str(e.expected),
            actual_version=str(e.actual),
        ),
    ),
)

_SERVICE = (
    _row(
        service.MalformedRequest,
        lambda e: _bad_request(
            "MALFORMED_REQUEST",
            e,
            domain.Problem("(request)", str(e)),
            message_type=e.message_type,
        ),
    ),
    _row(service.FieldNotServed, lambda e: _bad_request("FIELD_NOT_SERVED", e, *e.problems)),
    _row(
        service.TooLarge,
        lambda e: _bad_request(
            "TOO_LARGE", e, *e.problems, size_bytes=str(e.size), limit_bytes=str(e.limit)
        ),
    ),
    _row(
        service.MethodNotServed,
        lambda e: _plain(Code.UNIMPLEMENTED, "METHOD_NOT_SERVED", e, method=e.method),
    ),
    _row(
        service.InvalidPageToken,
        lambda e: _bad_request("INVALID_PAGE_TOKEN", e, domain.Problem("page_token", str(e))),
    ),
    _row(
        service.RequestIdReused,
        lambda e: _refused(
            "REQUEST_ID_REUSED",
            e,
            e.visit_id,
            request_id=e.request_id,
            version=str(e.version),
        ),
    ),
    _row(
        service.LogReplaced,
        lambda e: _precondition("LOG_REPLACED", e, "log", asked=e.asked, log_origin=e.origin),
    ),
    _row(
        service.PositionBeyondHead,
        lambda e: _plain(
            Code.OUT_OF_RANGE,
            "POSITION_BEYOND_HEAD",
            e,
            field=e.field,
            position=str(e.position),
            head_position=str(e.head),
        ),
    ),
    _row(
        service.ViewNotFresh,
        lambda e: _try_again(
            "VIEW_NOT_FRESH",
            e,
            milliseconds=100,
            min_position=str(e.min_position),
            view_position=str(e.position),
        ),
    ),
    _row(service.Draining, lambda e: _try_again("DRAINING", e, milliseconds=900)),
    _row(service.CallerGone, lambda e: _try_again("DRAINING", e, milliseconds=900)),
    _row(service.CoreAway, lambda e: _try_again("STORE_UNAVAILABLE", e, milliseconds=100)),
    _row(
        service.TooManyCalls,
        lambda e: _quota("TOO_MANY_CALLS", e, e.subject, _retry(500), limit=str(e.limit)),
    ),
    _row(
        service.NotInTime,
        lambda e: _plain(Code.DEADLINE_EXCEEDED, "NOT_IN_TIME", e, seconds=str(e.seconds)),
    ),
    _row(service.NotAuthenticated, lambda e: _plain(Code.UNAUTHENTICATED, "UNAUTHENTICATED", e)),
    _row(
        service.NotPermitted,
        lambda e: _plain(
            Code.PERMISSION_DENIED,
            "NOT_PERMITTED",
            e,
            roles=_listed(f"ROLE_{role.upper()}" for role in e.roles),
        ),
    ),
)

_STORE = (
    _row(store.StoreUnavailable, lambda e: _try_again("STORE_UNAVAILABLE", e, milliseconds=500)),
    _row(store.ReadOnly, lambda e: _precondition("READ_ONLY", e, "log")),
    _row(store.LogClosed, lambda e: _precondition("LOG_CLOSED", e, "log", why=e.reason)),
    _row(
        store.LogDamaged,
        lambda e: _plain(
            Code.DATA_LOSS,
            "LOG_DAMAGED",
            e,
            position=str(e.position),
            problem=e.problem,
            **_known(first_position=e.first if e.first < e.position else 0),
        ),
    ),
    _row(NotCanonical, lambda e: _plain(Code.DATA_LOSS, "LOG_DAMAGED", e, problem=str(e))),
    _row(store.DiskFull, lambda e: _quota("DISK_FULL", e, "disk")),
)

_TABLE: dict[type[Any], Callable[[Any], Failure]] = dict((*_DOMAIN, *_SERVICE, *_STORE))


def _plain(code: Code, reason: str, error: Exception, **metadata: str) -> Failure:
    """A failure without details."""
    return Failure(code, reason, str(error), metadata=metadata)


def _bad_request(
    reason: str, error: Exception, *problems: domain.Problem, **metadata: str
) -> Failure:
    """The request is wrong in these fields: as many of them as there is room for."""
    request = details.BadRequest()
    for problem in problems:
        violation = details.BadRequest.FieldViolation(
            field=_cut(problem.field, ERROR_VALUE_BYTES),
            description=_cut(problem.text, ERROR_FIELD_BYTES),
        )
        if request.ByteSize() + violation.ByteSize() > ERROR_FIELDS_BYTES:
            break
        request.field_violations.append(violation)
    metadata = {"fields": _listed(problem.field for problem in problems)} | metadata
    return Failure(Code.INVALID_ARGUMENT, reason, str(error), (request,), metadata)


def _visit(code: Code, reason: str, error: Exception, visit_id: str, **metadata: str) -> Failure:
    """The visit does not exist, or exists already."""
    info = details.ResourceInfo(
        resource_type="chancery.v1.Visit",
        resource_name=_cut(visit_name(visit_id), ERROR_VALUE_BYTES),
        description=_cut(str(error), ERROR_VALUE_BYTES),
    )
    return Failure(code, reason, str(error), (info,), {"visit": visit_name(visit_id)} | metadata)


def _known(**metadata: object) -> dict[str, str]:
    """Those of these variables that the message has."""
    return {key: str(value) for key, value in metadata.items() if value}


def _refused(reason: str, error: Exception, visit_id: str, **metadata: str) -> Failure:
    """The visit does not allow the change."""
    name = visit_name(visit_id)
    asked = _asked(error) if isinstance(error, domain.Refusal) else {}
    return _precondition(reason, error, name, visit=name, **asked, **metadata)


def _asked(error: domain.Refusal) -> dict[str, str]:
    """The status of the visit, the change that was asked for, and those that are allowed."""
    status = error.asked_in
    if status is None:
        return {}
    return {
        "status": status_name(status),
        "change": topic_name(error.asked),
        "allowed": _listed(map(change_type_name, TABLE[status])),
    }


def _precondition(reason: str, error: Exception, subject: str, **metadata: str) -> Failure:
    """The state of the subject does not allow the change."""
    violation = details.PreconditionFailure.Violation(
        type=reason, subject=subject, description=_cut(str(error), ERROR_MESSAGE_BYTES)
    )
    failure = details.PreconditionFailure(violations=[violation])
    return Failure(Code.FAILED_PRECONDITION, reason, str(error), (failure,), metadata)


def _try_again(reason: str, error: Exception, milliseconds: int, **metadata: str) -> Failure:
    """The same request may succeed after so many milliseconds."""
    return Failure(Code.UNAVAILABLE, reason, str(error), (_retry(milliseconds),), metadata)


def _retry(milliseconds: int) -> details.RetryInfo:
    return details.RetryInfo(retry_delay=Duration(nanos=milliseconds * 1_000_000))


def _quota(reason: str, error: Exception, subject: str, *more: Message, **metadata: str) -> Failure:
    """The server has no more of the subject to give."""
    violation = details.QuotaFailure.Violation(subject=subject, description=str(error))
    failure = details.QuotaFailure(violations=[violation])
    metadata = {"subject": subject} | metadata
    return Failure(Code.RESOURCE_EXHAUSTED, reason, str(error), (failure, *more), metadata)


def _listed(values: Iterable[str]) -> str:
    """Values with commas between them: as many as there is room for."""
    listed = ""
    for value in values:
        more = f"{listed},{value}" if listed else value
        if len(more.encode()) > ERROR_VALUE_BYTES:
            break
        listed = more
    return listed


def _cut(text: str, size: int) -> str:
    """The text in at most so many bytes, cut off between two words."""
    encoded = text.encode()
    if len(encoded) <= size:
        return text
    kept = encoded[: size - len(" ...")].decode(errors="ignore")
    return f"{kept.rsplit(None, 1)[0]} ..." if kept.strip() else "..."
