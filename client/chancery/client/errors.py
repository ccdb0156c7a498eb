"""Why a call failed: a class for each reason of the contract.

::

    ChanceryError, which is a grpc.RpcError
    ├── InvalidRequest
    │   ├── MalformedRequest
    │   ├── FieldNotServed
    │   ├── InvalidPageToken
    │   └── TooLarge
    ├── NotFound
    │   ├── VisitNotFound
    │   ├── VisitWithdrawn
    │   ├── NotRecordedByThen
    │   ├── NotKnownByThen
    │   └── NotInForceByThen
    ├── AlreadyExists
    │   ├── VisitExists
    │   └── AliasTaken
    ├── Refused
    │   ├── ChangeRefused
    │   ├── NothingChanged
    │   ├── NoWindow
    │   ├── OutOfOrder
    │   ├── CorrectionRefused
    │   ├── RetractionRefused
    │   ├── RequestIdReused
    │   ├── ReadOnly
    │   ├── LogClosed
    │   └── LogReplaced
    ├── VersionMismatch
    ├── OutOfRange
    │   ├── PositionBeyondHead
    │   └── PositionNotKept
    ├── NotAuthenticated
    ├── NotPermitted
    ├── Unavailable
    │   ├── Draining
    │   ├── StoreUnavailable
    │   └── ViewNotFresh
    ├── DeadlineExceeded
    │   └── NotInTime
    ├── Exhausted
    │   ├── TooManyCalls
    │   └── DiskFull
    ├── MethodNotServed
    ├── LogDamaged
    └── ServerDefect

The text of an error is what the command line shows. A reason that is newer than this client is
raised as the class of its group.
"""

from collections.abc import Iterator

import grpc
from google.rpc.status_pb2 import Status

from chancery.client.error import ChanceryError, Failure
from chancery.client.failures import (
    DeadlineExceeded,
    DiskFull,
    Draining,
    Exhausted,
    LogDamaged,
    MethodNotServed,
    NotAuthenticated,
    NotInTime,
    NotPermitted,
    OutOfRange,
    PositionBeyondHead,
    PositionNotKept,
    ServerDefect,
    StoreUnavailable,
    TooManyCalls,
    Unavailable,
    ViewNotFresh,
)
from chancery.client.refusals import (
    AliasTaken,
    AlreadyExists,
    ChangeRefused,
    CorrectionRefused,
    FieldNotServed,
    InvalidPageToken,
    InvalidRequest,
    LogClosed,
    LogReplaced,
    MalformedRequest,
    NotFound,
    NothingChanged,
    NotInForceByThen,
    NotKnownByThen,
    NotRecordedByThen,
    NoWindow,
    OutOfOrder,
    ReadOnly,
    Refused,
    RequestIdReused,
    RetractionRefused,
    TooLarge,
    VersionMismatch,
    VisitExists,
    VisitNotFound,
    VisitWithdrawn,
)

__all__ = [
    "AliasTaken",
    "AlreadyExists",
    "ChanceryError",
    "ChangeRefused",
    "CorrectionRefused",
    "DeadlineExceeded",
    "DiskFull",
    "Draining",
    "Exhausted",
    "FieldNotServed",
    "InvalidPageToken",
    "InvalidRequest",
    "LogClosed",
    "LogDamaged",
    "LogReplaced",
    "MalformedRequest",
    "MethodNotServed",
    "NoWindow",
    "NotAuthenticated",
    "NotFound",
    "NotInForceByThen",
    "NotInTime",
    "NotKnownByThen",
    "NotPermitted",
    "NotRecordedByThen",
    "NothingChanged",
    "OutOfOrder",
    "OutOfRange",
    "PositionBeyondHead",
    "PositionNotKept",
    "ReadOnly",
    "Refused",
    "RequestIdReused",
    "RetractionRefused",
    "ServerDefect",
    "StoreUnavailable",
    "TooLarge",
    "TooManyCalls",
    "Unavailable",
    "VersionMismatch",
    "ViewNotFresh",
    "VisitExists",
    "VisitNotFound",
    "VisitWithdrawn",
]


def __dir__() -> list[str]:
    return __all__


def of_call(error: grpc.RpcError, target: str, timeout: float) -> ChanceryError:
    """The error for a call that gRPC says has failed.

    ``target`` is the server that was called, and ``timeout`` the seconds that the call had.
    """
    return _of(Failure.of_call(error), target, timeout)


def of_status(status: Status) -> ChanceryError:
    """The error for one change of many, which the contract tells as a status."""
    return _of(Failure.of_status(status), "", 0)


def _of(failure: Failure, target: str, timeout: float) -> ChanceryError:
    kind = _BY_REASON.get(failure.reason) or _BY_CODE.get(failure.code, ChanceryError)
    return kind("\n".join(failure.lines(target, timeout)), failure)


def _all(kind: type[ChanceryError]) -> Iterator[type[ChanceryError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _all(narrower)


_BY_REASON = {kind.REASON: kind for kind in _all(ChanceryError) if vars(kind).get("REASON")}
# A reason that this client does not know is raised as its group; a server that vanished in the
# middle of a call looks as if it had been cancelled.
_BY_CODE = {kind.CODE: kind for kind in _all(ChanceryError) if "CODE" in vars(kind)}
_BY_CODE[grpc.StatusCode.CANCELLED] = Unavailable
