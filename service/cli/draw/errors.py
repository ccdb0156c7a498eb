"""Why a call failed, for a person: what is wrong, and what is allowed instead."""

from collections.abc import Iterator
from typing import Any, cast

import grpc
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, PreconditionFailure, RetryInfo
from grpc_status import rpc_status
from rich.text import Text

from chancery.client import Connection
from service.cli.notation.enums import CHANGE_TYPE, STATUS

REFUSED = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED,
}
IN_DOUBT = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNKNOWN,
}


# The command for each type of change.
COMMANDS = {
    "scheduled": "schedule",
    "disclosed": "disclose",
    "postponed": "postpone",
    "deferred": "defer",
    "rescheduled": "reschedule",
    "completed": "complete",
    "cancelled": "cancel",
}


def explain(error: grpc.RpcError, connection: Connection, repeat_with: str = "") -> Text:
    """Explain the error of a call on ``connection``, and what to do about it.

    ``repeat_with`` are the options with which a change can be repeated safely, if one was
    requested.
    """
    details = _details(error)
    lines = list(_from_details(error, details) if details else _from_code(error, connection))
    if repeat_with and error.code() in IN_DOUBT:
        lines.append(
            "The change may have been recorded. To repeat the request without recording it twice, "
            f"add {repeat_with}"
        )
    word = "Refused" if error.code() in REFUSED else "Failed"
    return Text.assemble((f"{word}: ", "bold red"), "\n".join(lines))


def _details(error: grpc.RpcError) -> dict[Any, Any]:
    """The error details by type, each empty if it was not sent; none at all if unreadable."""
    details: dict[Any, Any] = {
        kind: kind() for kind in (BadRequest, ErrorInfo, PreconditionFailure, RetryInfo)
    }
    try:
        status = rpc_status.from_call(cast(grpc.Call, error))
        for packed in status.details if status else ():
            for detail in details.values():
                packed.Unpack(detail)
    except (DecodeError, ValueError):
        return {}
    return details if status else {}


def _from_details(error: grpc.RpcError, details: dict[Any, Any]) -> Iterator[str]:
    facts = details[ErrorInfo].metadata
    message = error.details() or error.code().name
    if "allowed" in facts:
        refused = next(iter(details[PreconditionFailure].violations), None)
        visit = refused.subject if refused else "the visit"
        allowed = [_command(name) for name in facts["allowed"].split(",") if name]
        yield f"{visit} is {STATUS.named(facts['status'])}; asked for: {_command(facts['change'])}"
        yield f"Allowed from here: {', '.join(allowed) or 'no change of status'}"
        hint = message.partition("; ")[2]
        if hint and not hint.startswith("allowed"):
            yield f"Instead, {hint}"
    elif fields := details[BadRequest].field_violations:
        yield "the request is not valid"
        yield from (f"  {field.field}: {field.description}" for field in fields)
    else:
        yield message
    if delay := details[RetryInfo].retry_delay.ToMilliseconds():
        yield f"Try again in {delay / 1000:g} s"


def _command(change: str) -> str:
    """The command for a type of change, by its name in the contract; another text as it came."""
    word = CHANGE_TYPE.named(change)
    return COMMANDS.get(word, word)


def _from_code(error: grpc.RpcError, connection: Connection) -> Iterator[str]:
    match error.code():
        case grpc.StatusCode.UNAVAILABLE:
            yield f"cannot reach the server at {connection.target}"
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            yield f"no answer from {connection.target} within {connection.timeout:g} s"
        case grpc.StatusCode.UNIMPLEMENTED:
            yield f"the server at {connection.target} does not support this call"
        case code:
            yield f"{error.details() or 'the server gave no reason'} ({code.name})"
