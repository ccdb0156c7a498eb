"""What a failed call tells: as gRPC has it, as a person reads it, and as an error to catch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, cast

import grpc
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from chancery.client.words import CHANGE_TYPE, STATUS

Code = grpc.StatusCode

# What people ask for to change the status, by the type of change: the methods and the commands.
ACTIONS = {
    "scheduled": "schedule",
    "disclosed": "disclose",
    "postponed": "postpone",
    "deferred": "defer",
    "rescheduled": "reschedule",
    "completed": "complete",
    "cancelled": "cancel",
}
# What the table of changes has to do with a refusal.
TABLE = {"status", "change", "allowed"}
# Why a server is not reached that is there, by what gRPC says then.
_UNREACHED = {
    "Hostname Verification": "its certificate is for another name",
    "certificate has expired": "its certificate has expired",
    "certificate signature failure": "no authority that is trusted here certifies it",
    "CERTIFICATE_VERIFY_FAILED": "no authority that is trusted here certifies it",
    "WRONG_VERSION_NUMBER": "it takes no encrypted calls",
    "Socket closed": "it ends the connection, as one that wants encryption or a certificate does",
}
_CODES: dict[int, Code] = {code.value[0]: code for code in Code}


class Metadatum(NamedTuple):
    """One pair of metadata, as grpcio has it."""

    key: str
    value: str | bytes


@dataclass(frozen=True)
class Failure:
    """A failed call: its code and message, and the details if the server sent some.

    ``reason`` is a name of the contract's ErrorReason without its prefix, and empty without
    details. ``facts`` are the variables of the message by name, ``fields`` what is wrong in which
    field, and ``retry_after`` the seconds to wait.
    """

    code: Code
    message: str = ""
    metadata: tuple[Metadatum, ...] = ()
    reason: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[tuple[str, str], ...] = ()
    retry_after: float = 0.0
    is_told: bool = False

    @classmethod
    def of_call(cls, error: Any) -> "Failure":
        """What a call tells that gRPC raised. Details that are damaged are passed over."""
        metadata = tuple(Metadatum(*each) for each in error.trailing_metadata() or ())
        try:
            status = rpc_status.from_call(cast(grpc.Call, error))
            told = _details(status) if status else {}
        except (DecodeError, ValueError):
            told = {}
        return cls(error.code(), error.details() or "", metadata, **told)

    @classmethod
    def of_status(cls, status: Status) -> "Failure":
        """What the contract tells of one change among many."""
        return cls(_CODES.get(status.code, Code.UNKNOWN), status.message, **_details(status))

    def lines(self, target: str, timeout: float) -> Iterator[str]:
        """The failure in words, for whoever called ``target`` with so many seconds to wait."""
        return self._from_details() if self.is_told else self._from_code(target, timeout)

    def _from_details(self) -> Iterator[str]:
        message = self.message or self.code.name
        if self.reason == "CHANGE_NOT_ALLOWED" and self.facts.keys() >= TABLE:
            allowed = [_action(name) for name in self.facts["allowed"].split(",") if name]
            status, asked = STATUS.named(self.facts["status"]), _action(self.facts["change"])
            path = f"{self.facts['path']}: " if "path" in self.facts else ""
            yield f"{path}{self.facts.get('visit', 'the visit')} is {status}; asked for: {asked}"
            yield f"Allowed from here: {', '.join(allowed) or 'no change of status'}"
            hint = message.partition("; ")[2]
            if hint and not hint.startswith("allowed"):
                yield f"Instead, {hint}"
        elif self.fields:
            yield "the request is not valid"
            yield from (f"  {name}: {problem}" for name, problem in self.fields)
        else:
            yield message
        if self.retry_after:
            yield f"Try again in {self.retry_after:g} s"

    def _from_code(self, target: str, timeout: float) -> Iterator[str]:
        match self.code:
            case Code.UNAVAILABLE:
                yield f"cannot reach the server at {target}{self._why_not_connected()}"
            case Code.DEADLINE_EXCEEDED:
                yield f"no answer from {target} within {timeout:g} s"
            case Code.UNIMPLEMENTED:
                yield f"the server at {target} does not support this call"
            case code:
                yield f"{self.message or 'the server gave no reason'} ({code.name})"

    def _why_not_connected(self) -> str:
        if not self.message.startswith("failed to connect"):
            return ""
        return next((f": {why}" for said, why in _UNREACHED.items() if said in self.message), "")


def _details(status: Status) -> dict[str, Any]:
    """The details of a status, as the fields of a Failure."""
    info, request, retry = ErrorInfo(), BadRequest(), RetryInfo()
    for packed in status.details:
        for detail in (info, request, retry):
            packed.Unpack(detail)
    return {
        "reason": info.reason,
        "facts": dict(info.metadata),
        "fields": tuple((each.field, each.description) for each in request.field_violations),
        "retry_after": retry.retry_delay.ToMilliseconds() / 1000,
        "is_told": True,
    }


def _action(change: str) -> str:
    """What to ask for, by a type of change as the contract names it; another text as it came."""
    word = CHANGE_TYPE.named(change)
    return ACTIONS.get(word, word)


class ChanceryError(grpc.RpcError):
    """A call failed. Its text says why, and what is allowed instead if the server said so."""

    CODE: ClassVar[Code] = Code.UNKNOWN
    REASON: ClassVar[str] = ""

    def __init__(self, text: str = "", failure: Failure | None = None) -> None:
        super().__init__(text)
        self._failure = failure or Failure(self.CODE, text)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (str(self), self._failure)

    @property
    def reason(self) -> str:
        """The contract's name for the reason, such as "VISIT_NOT_FOUND"; empty if none was told."""
        return self._failure.reason

    @property
    def facts(self) -> dict[str, str]:
        """Every variable of the message by its name, as the server sent it."""
        return dict(self._failure.facts)

    @property
    def path(self) -> str:
        """Which of several changes failed: "changes[3]". Empty for a single one."""
        return self._fact("path")

    @property
    def retry_after(self) -> float:
        """After how many seconds the server asks to be called again; 0 if it does not say."""
        return self._failure.retry_after

    @property
    def is_refusal(self) -> bool:
        """Whether the server refused the request. Otherwise it could not carry it out."""
        return self.code() in _REFUSALS

    @property
    def is_in_doubt(self) -> bool:
        """Whether a change that was asked for may have been recorded all the same.

        It is safe to ask for it again under the same request id.
        """
        return self.code() in _IN_DOUBT

    def code(self) -> Code:
        """The status code of gRPC."""
        return self._failure.code

    def details(self) -> str:
        """The message as the server sent it."""
        return self._failure.message

    # The stubs of grpcio name a class here that it does not have.
    def trailing_metadata(  # type: ignore[override]
        self,
    ) -> tuple[Metadatum, ...]:
        """The metadata that came with the status, details included."""
        return self._failure.metadata

    def _fact(self, name: str) -> str:
        return self._failure.facts.get(name, "")

    def _number(self, name: str) -> int:
        return int(self._fact(name) or 0)

    def _list(self, name: str) -> tuple[str, ...]:
        return tuple(each for each in self._fact(name).split(",") if each)


_REFUSALS = {
    Code.INVALID_ARGUMENT,
    Code.FAILED_PRECONDITION,
    Code.ALREADY_EXISTS,
    Code.ABORTED,
    Code.OUT_OF_RANGE,
    Code.UNAUTHENTICATED,
    Code.PERMISSION_DENIED,
}
_IN_DOUBT = {Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.INTERNAL, Code.UNKNOWN}
