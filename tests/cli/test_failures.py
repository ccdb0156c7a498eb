"""What a person reads where a call failed."""

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from chancery.client.errors import of_call
from service.cli.draw.errors import explain

DETAILS_KEY = "grpc-status-details-bin"


class FailedCall(grpc.RpcError):
    """A call that failed, as the client of grpcio raises it."""

    def __init__(self, code: grpc.StatusCode, message: str, trailer: bytes | None) -> None:
        self._code = code
        self._message = message
        self._trailer = trailer

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return self._message

    # The stubs of grpcio name a class here that it does not have.
    def trailing_metadata(  # type: ignore[override]
        self,
    ) -> tuple[tuple[str, bytes], ...]:
        return ((DETAILS_KEY, self._trailer),) if self._trailer is not None else ()


def failed(code: grpc.StatusCode, message: str, *details: Message) -> FailedCall:
    """A call that a server failed with these details."""
    status = Status(code=code.value[0], message=message)
    for detail in details:
        status.details.add().Pack(detail)
    return FailedCall(code, message, status.SerializeToString() if details else None)


def told(error: grpc.RpcError, repeat_with: str = "") -> str:
    """What a person reads of a call to a server that had 2.5 s."""
    return explain(of_call(error, "desk.example:50051", 2.5), repeat_with).plain


def refused(message: str, **facts: str) -> FailedCall:
    """A change that a server refused because of the status."""
    return failed(
        grpc.StatusCode.FAILED_PRECONDITION,
        message,
        ErrorInfo(reason="CHANGE_NOT_ALLOWED", metadata=facts),
    )


def test_a_refused_change_tells_the_status_what_was_asked_and_what_is_allowed() -> None:
    error = refused(
        "cannot postpone visit 'x'",
        visit="visits/x",
        status="STATUS_CANCELLED",
        change="CHANGE_TYPE_POSTPONED",
        allowed="CHANGE_TYPE_DEFERRED,CHANGE_TYPE_RESCHEDULED",
    )
    assert told(error) == (
        "Refused: visits/x is cancelled; asked for: postpone\nAllowed from here: defer, reschedule"
    )


def test_a_change_of_a_completed_visit_is_told_that_nothing_is_allowed() -> None:
    facts = {"status": "STATUS_COMPLETED", "change": "CHANGE_TYPE_CANCELLED", "allowed": ""}
    error = failed(
        grpc.StatusCode.FAILED_PRECONDITION,
        "no",
        ErrorInfo(reason="CHANGE_NOT_ALLOWED", metadata=facts),
    )
    assert told(error).endswith("Allowed from here: no change of status")


def test_a_refused_change_tells_what_to_do_instead_if_the_server_says_so() -> None:
    facts = {"status": "STATUS_POSTPONED", "change": "CHANGE_TYPE_DEFERRED", "allowed": ""}
    message = "cannot defer visit 'x': it is postponed; leave out the details"
    error = failed(
        grpc.StatusCode.FAILED_PRECONDITION,
        message,
        ErrorInfo(reason="CHANGE_NOT_ALLOWED", metadata=facts),
    )
    assert told(error).endswith("\nInstead, leave out the details")


def test_a_bad_request_names_each_field_and_what_is_allowed() -> None:
    fields = {"scheduled.window.end": "must not lie before the start", "name": "is no id"}
    violations = [
        BadRequest.FieldViolation(field=field, description=text) for field, text in fields.items()
    ]
    error = failed(
        grpc.StatusCode.INVALID_ARGUMENT, "2 fields", BadRequest(field_violations=violations)
    )
    assert told(error) == (
        "Refused: the request is not valid\n"
        "  scheduled.window.end: must not lie before the start\n"
        "  name: is no id"
    )


def test_another_refusal_is_told_in_the_words_of_the_server() -> None:
    error = failed(grpc.StatusCode.ABORTED, "visit 'x' is at version 6, not at 5", ErrorInfo())
    assert told(error) == "Refused: visit 'x' is at version 6, not at 5"


def test_a_server_that_is_busy_says_when_to_try_again() -> None:
    retry = RetryInfo(retry_delay=Duration(nanos=500_000_000))
    error = failed(grpc.StatusCode.UNAVAILABLE, "the server is shutting down", ErrorInfo(), retry)
    assert told(error) == ("Failed: the server is shutting down\nTry again in 0.5 s")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (grpc.StatusCode.UNAVAILABLE, "cannot reach the server at desk.example:50051"),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "no answer from desk.example:50051 within 2.5 s"),
        (grpc.StatusCode.UNIMPLEMENTED, "the server at desk.example:50051 does not support this"),
        (grpc.StatusCode.UNKNOWN, "odd (UNKNOWN)"),
    ],
)
def test_a_failure_without_details_is_told_from_its_code(code: grpc.StatusCode, text: str) -> None:
    assert told(failed(code, "odd")).startswith(f"Failed: {text}")


@pytest.mark.parametrize("trailer", [b"\xff", b"", Status(code=3, message="x").SerializeToString()])
def test_details_that_are_damaged_or_contradict_the_call_are_passed_over(trailer: bytes) -> None:
    error = FailedCall(grpc.StatusCode.INTERNAL, "a defect", trailer)
    assert told(error) == "Failed: a defect (INTERNAL)"


def test_a_change_in_doubt_can_be_asked_for_again_by_its_request_id() -> None:
    in_doubt = failed(grpc.StatusCode.DEADLINE_EXCEEDED, "")
    refused = failed(grpc.StatusCode.INVALID_ARGUMENT, "no", ErrorInfo())
    assert "--request-id key-1" in told(in_doubt, "--request-id key-1")
    assert "--request-id" not in told(refused, "--request-id key-1")
