"""The one place that turns refusals into gRPC errors: the error table of the contract.

Every failure carries a google.rpc.ErrorInfo with a reason of chancery.v1.ErrorReason,
and the details that the table names. See google/rpc/error_details.proto.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn, TypeVar

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import error_details_pb2 as details
from google.rpc.status_pb2 import Status

from domain import errors as domain
from service import errors as service
from service.codec import visit_name
from service.store import errors as store

DOMAIN = "chancery"
MESSAGE_LENGTH = 500
VALUE_LENGTH = 200
FIELDS = 8

Error = TypeVar("Error", bound=Exception)


@dataclass(frozen=True)
class Failure:
    """What a client is told."""

    code: grpc.StatusCode
    reason: str
    message: str
    details: tuple[Message, ...] = ()
    metadata: Mapping[str, str] | None = None

    def at(self, path: str) -> "Failure":
        """The failure of the change that stands at ``path`` in the request."""
        metadata = {**(self.metadata or {}), "path": path}
        return replace(self, message=f"{path}: {self.message}", metadata=metadata)

    def status(self) -> Status:
        """The failure as a message. Details stay under 4 KB, since longer trailers are refused."""
        info = details.ErrorInfo(reason=self.reason, domain=DOMAIN)
        for key, value in (self.metadata or {}).items():
            info.metadata[key] = _cut(value, VALUE_LENGTH)
        status = Status(code=self.code.value[0], message=_cut(self.message, MESSAGE_LENGTH))
        for detail in (info, *self.details):
            packed = AnyMessage()
            packed.Pack(detail)
            status.details.append(packed)
        return status

    async def abort(self, context: "grpc.aio.ServicerContext[Any, Any]") -> NoReturn:
        """End the call."""
        status = self.status()
        trailer = (("grpc-status-details-bin", status.SerializeToString()),)
        await context.abort(self.code, status.message, trailer)


def failure_of(error: Exception, call_id: str) -> Failure:
    """What a client is told of an error; of a defect, only that there was one."""
    for error_type in type(error).__mro__:
        if describe := _TABLE.get(error_type):
            failure = describe(error)
            path = getattr(error, "path", "")
            return failure.at(path) if path else failure
    return Failure(
        grpc.StatusCode.INTERNAL,
        "INTERNAL",
        f"a defect of this server; its log tells more under {call_id}",
        (details.RequestInfo(request_id=call_id),),
    )


_TABLE: dict[type[Any], Callable[[Any], Failure]] = {}


def _tells(
    error_type: type[Error],
) -> Callable[[Callable[[Error], Failure]], Callable[[Error], Failure]]:
    def register(describe: Callable[[Error], Failure]) -> Callable[[Error], Failure]:
        _TABLE[error_type] = describe
        return describe

    return register


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 3] + "..."


def _bad_fields(reason: str, message: str, *problems: domain.Problem) -> Failure:
    violations = [
        details.BadRequest.FieldViolation(
            field=_cut(p.field, VALUE_LENGTH), description=_cut(p.text, VALUE_LENGTH)
        )
        for p in problems[:FIELDS]
    ]
    request = details.BadRequest(field_violations=violations)
    return Failure(grpc.StatusCode.INVALID_ARGUMENT, reason, message, (request,))


def _visit(
    code: grpc.StatusCode, reason: str, error: Exception, visit_id: str, **metadata: str
) -> Failure:
    info = details.ResourceInfo(
        resource_type="chancery.v1.Visit",
        resource_name=_cut(visit_name(visit_id), VALUE_LENGTH),
        description=_cut(str(error), VALUE_LENGTH),
    )
    return Failure(code, reason, str(error), (info,), metadata)


def _precondition(reason: str, error: Exception, visit_id: str, **metadata: str) -> Failure:
    violation = details.PreconditionFailure.Violation(
        type=reason, subject=visit_name(visit_id), description=_cut(str(error), MESSAGE_LENGTH)
    )
    failure = details.PreconditionFailure(violations=[violation])
    code = grpc.StatusCode.FAILED_PRECONDITION
    return Failure(code, reason, str(error), (failure,), metadata)


def _changes_refused(reason: str, error: Exception) -> Failure:
    violation = details.PreconditionFailure.Violation(
        type=reason, subject="log", description=_cut(str(error), MESSAGE_LENGTH)
    )
    failure = details.PreconditionFailure(violations=[violation])
    return Failure(grpc.StatusCode.FAILED_PRECONDITION, reason, str(error), (failure,))


def _try_again(reason: str, error: Exception, milliseconds: int) -> Failure:
    retry = details.RetryInfo(retry_delay=Duration(nanos=milliseconds * 1_000_000))
    return Failure(grpc.StatusCode.UNAVAILABLE, reason, str(error), (retry,))


def _quota(reason: str, error: Exception, subject: str) -> Failure:
    violation = details.QuotaFailure.Violation(subject=subject, description=str(error))
    failure = details.QuotaFailure(violations=[violation])
    return Failure(grpc.StatusCode.RESOURCE_EXHAUSTED, reason, str(error), (failure,))


# The domain's refusals


@_tells(domain.InvalidValue)
def _(error: domain.InvalidValue) -> Failure:
    return _bad_fields("INVALID_FIELD", str(error), *error.problems)


@_tells(domain.VisitNotFound)
def _(error: domain.VisitNotFound) -> Failure:
    return _visit(grpc.StatusCode.NOT_FOUND, "VISIT_NOT_FOUND", error, error.visit_id)


@_tells(domain.VisitWithdrawn)
def _(error: domain.VisitWithdrawn) -> Failure:
    code = grpc.StatusCode.NOT_FOUND
    merged = {"merged_into": visit_name(error.merged_into)} if error.merged_into else {}
    return _visit(code, "VISIT_WITHDRAWN", error, error.visit_id, **merged)


@_tells(domain.NotVisibleThen)
def _(error: domain.NotVisibleThen) -> Failure:
    reason = f"{error.why.name}_BY_THEN"
    return _visit(grpc.StatusCode.NOT_FOUND, reason, error, error.visit_id)


@_tells(domain.VisitExists)
def _(error: domain.VisitExists) -> Failure:
    code = grpc.StatusCode.ALREADY_EXISTS
    return _visit(code, "VISIT_EXISTS", error, error.visit_id, status=error.status)


@_tells(domain.ChangeRefused)
def _(error: domain.ChangeRefused) -> Failure:
    return _precondition(
        "CHANGE_REFUSED",
        error,
        error.visit_id,
        status=error.status,
        change=error.change,
        allowed=",".join(error.allowed),
    )


@_tells(domain.RetractionRefused)
def _(error: domain.RetractionRefused) -> Failure:
    return _precondition("RETRACTION_REFUSED", error, error.visit_id)


@_tells(domain.NoWindowToAmend)
def _(error: domain.NoWindowToAmend) -> Failure:
    return _precondition("NO_WINDOW", error, error.visit_id, status=error.status)


@_tells(domain.VersionMismatch)
def _(error: domain.VersionMismatch) -> Failure:
    versions = {"expected_version": str(error.expected), "actual_version": str(error.actual)}
    code = grpc.StatusCode.ABORTED
    return Failure(code, "VERSION_MISMATCH", str(error), metadata=versions)


# The service's refusals


@_tells(service.MalformedRequest)
def _(error: service.MalformedRequest) -> Failure:
    problem = domain.Problem("(request)", str(error))
    return _bad_fields("MALFORMED_REQUEST", str(error), problem)


@_tells(service.FieldNotServed)
def _(error: service.FieldNotServed) -> Failure:
    problem = domain.Problem(error.field, "this server does not serve this field")
    return _bad_fields("FIELD_NOT_SERVED", str(error), problem)


@_tells(service.InvalidPageToken)
def _(error: service.InvalidPageToken) -> Failure:
    return _bad_fields("INVALID_PAGE_TOKEN", str(error), domain.Problem("page_token", str(error)))


@_tells(service.AliasAmbiguous)
def _(error: service.AliasAmbiguous) -> Failure:
    return _visit(grpc.StatusCode.NOT_FOUND, "ALIAS_AMBIGUOUS", error, error.alias)


@_tells(service.RequestIdReused)
def _(error: service.RequestIdReused) -> Failure:
    return _precondition("REQUEST_ID_REUSED", error, error.visit_id, version=str(error.version))


@_tells(service.PositionBeyondHead)
def _(error: service.PositionBeyondHead) -> Failure:
    head = {"head_position": str(error.head)}
    code = grpc.StatusCode.OUT_OF_RANGE
    return Failure(code, "POSITION_BEYOND_HEAD", str(error), metadata=head)


@_tells(service.ViewNotFresh)
def _(error: service.ViewNotFresh) -> Failure:
    return _try_again("VIEW_NOT_FRESH", error, 100)


@_tells(service.Draining)
def _(error: service.Draining) -> Failure:
    return _try_again("DRAINING", error, 900)


@_tells(service.LostRaces)
def _(error: service.LostRaces) -> Failure:
    return _try_again("STORE_UNAVAILABLE", error, 100)


@_tells(store.StoreUnavailable)
def _(error: store.StoreUnavailable) -> Failure:
    return _try_again("STORE_UNAVAILABLE", error, 500)


@_tells(store.ReadOnly)
def _(error: store.ReadOnly) -> Failure:
    return _changes_refused("READ_ONLY", error)


@_tells(store.LogClosed)
def _(error: store.LogClosed) -> Failure:
    return _changes_refused("LOG_CLOSED", error)


@_tells(store.LogDamaged)
def _(error: store.LogDamaged) -> Failure:
    position = {"position": str(error.position)}
    return Failure(grpc.StatusCode.DATA_LOSS, "LOG_DAMAGED", str(error), metadata=position)


@_tells(service.TooManyCalls)
def _(error: service.TooManyCalls) -> Failure:
    return _quota("TOO_MANY_CALLS", error, error.subject)


@_tells(store.DiskFull)
def _(error: store.DiskFull) -> Failure:
    return _quota("DISK_FULL", error, "disk")
