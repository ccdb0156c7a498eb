"""Why a call failed: a class for each reason, with what the server told, and its text."""

import inspect
import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest

from chancery.client import ChanceryError, Condition, Connection, draft, errors
from chancery.v1.error_pb2 import ErrorReason
from chancery.v1.visit_service_pb2 import ListVisitsRequest

Calling = Callable[..., Any]
CLASSES: dict[str, type[ChanceryError]] = {name: getattr(errors, name) for name in errors.__all__}
PLAN = {"title": "To France", "principal": "Charles III"}


def caught(kind: type[ChanceryError], call: Callable[..., Any], *args: Any) -> Any:
    """The error that a call raises, which is of this very class."""
    with pytest.raises(ChanceryError) as raised:
        call(*args)
    assert type(raised.value) is kind, repr(raised.value)
    return raised.value


# The classes


def test_the_errors_are_as_the_tree_in_the_documentation_shows_them() -> None:
    shown: dict[str, str] = {}
    above = ["ChanceryError"]
    for line in str(errors.__doc__).splitlines():
        branch, _, name = line.partition("── ")
        if name:
            depth = len(branch) // 4
            above[depth:] = [name]
            shown[name] = above[depth - 1]
    assert shown == {
        name: next(base.__name__ for base in kind.__mro__[1:] if base in CLASSES.values())
        for name, kind in CLASSES.items()
        if kind is not ChanceryError
    }
    assert issubclass(ChanceryError, grpc.RpcError)


def test_every_reason_of_the_contract_has_a_class() -> None:
    reasons = {name.removeprefix("ERROR_REASON_") for name in ErrorReason.keys()[1:]}
    assert reasons == {kind.REASON for kind in CLASSES.values() if kind.REASON}


@pytest.mark.parametrize("kind", CLASSES.values())
def test_every_error_and_what_it_tells_is_documented(kind: type[ChanceryError]) -> None:
    for name, member in vars(kind).items():
        if isinstance(member, property) or inspect.isfunction(member):
            assert name.startswith("_") or inspect.getdoc(member)
    assert vars(kind)["__doc__"]


# What a visit does not allow


def test_a_change_that_the_status_does_not_allow_tells_what_it_does(
    calling: Calling, visit: str
) -> None:
    calling(lambda c: c.cancel(visit))
    error = caught(errors.ChangeRefused, calling, lambda c: c.postpone(visit))
    assert (error.visit, error.status, error.change) == (
        f"visits/{visit}",
        "cancelled",
        "postponed",
    )
    assert error.allowed == ("deferred", "rescheduled", "completed")
    assert str(error) == (
        f"visits/{visit} is cancelled; asked for: postpone\n"
        "Allowed from here: defer, reschedule, complete"
    )
    assert (error.code(), error.reason) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "CHANGE_NOT_ALLOWED",
    )
    assert error.is_refusal
    assert not error.is_in_doubt


def test_one_of_several_changes_that_is_refused_is_named(calling: Calling, visit: str) -> None:
    changes = [draft.cancel(visit), draft.postpone(visit)]
    error = caught(errors.ChangeRefused, calling, lambda c: c.apply(changes))
    assert error.path == "changes[1]"
    assert str(error).startswith(f"changes[1]: visits/{visit} is cancelled; asked for: postpone\n")


def test_a_visit_of_another_version_than_expected_tells_both(calling: Calling, visit: str) -> None:
    error = caught(errors.VersionMismatch, calling, lambda c: c.cancel(visit, expected_version=7))
    assert (error.visit, error.expected, error.actual) == (f"visits/{visit}", 7, 1)
    assert str(error) == f"visit '{visit}' is at version 1, not at 7"


def test_an_id_that_is_taken_tells_by_what(calling: Calling, visit: str) -> None:
    error = caught(errors.VisitExists, calling, lambda c: c.schedule(visit, **PLAN))
    assert (error.visit, error.status) == (f"visits/{visit}", "scheduled")
    assert "postponed" in error.allowed
    assert "already exists" in str(error)


def test_an_alias_that_is_taken_tells_by_which_visit(calling: Calling, visit: str) -> None:
    error = caught(errors.AliasTaken, calling, lambda c: c.schedule(**PLAN, aliases=visit))
    assert (error.alias, error.visit) == (visit, f"visits/{visit}")


REFUSED: dict[str, tuple[type[ChanceryError], Callable[[Connection, str], Any]]] = {
    "the same values": (
        errors.NothingChanged,
        lambda c, visit: c.amend(visit, title="Charles III to France"),
    ),
    "no window": (errors.NoWindow, lambda c, visit: c.amend(visit, held_window="2023-03-26")),
    "before another change": (
        errors.OutOfOrder,
        lambda c, visit: c.cancel(visit, known="2023-03-01"),
    ),
    "what the change did not say": (
        errors.CorrectionRefused,
        lambda c, visit: c.correct(visit, 1, condition=Condition("if", "host")),
    ),
    "the same again": (
        errors.RetractionRefused,
        lambda c, visit: [c.cancel(visit), c.retract(visit, 2), c.retract(visit, 2)],
    ),
    "another change by a request id": (
        errors.RequestIdReused,
        lambda c, visit: [
            c.cancel(visit, request_id=visit),
            c.defer(visit, condition=Condition("if", "host"), request_id=visit),
        ],
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_each_rule_has_an_error_of_its_own(direct: Connection, visit: str, case: str) -> None:
    kind, call = REFUSED[case]
    assert caught(kind, call, direct, visit).visit == f"visits/{visit}"


def test_errors_tell_the_versions_that_they_are_about(direct: Connection, visit: str) -> None:
    def told(case: str) -> Any:
        kind, call = REFUSED[case]
        return caught(kind, call, direct, visit)

    assert told("before another change").version == 1
    assert told("what the change did not say").versions == (1,)
    assert told("the same again").version == 2
    direct.amend(visit, purpose="Talks")
    mixed = caught(errors.CorrectionRefused, lambda: direct.correct(visit, title="x", purpose="y"))
    assert mixed.versions == (1, 4)
    direct.cancel(visit, request_id=f"a {visit}")
    again = caught(
        errors.RequestIdReused, lambda: direct.amend(visit, trip="t", request_id=f"a {visit}")
    )
    assert (again.request_id, again.version) == (f"a {visit}", 5)


# What is not there


def test_a_visit_that_is_not_found_tells_the_nearest(calling: Calling, visit: str) -> None:
    error = caught(errors.VisitNotFound, calling, lambda c: c.visit(f"{visit}x"))
    assert error.visit == f"visits/{visit}x"
    assert visit in error.nearest
    assert not error.is_refusal


def test_a_visit_that_was_not_there_then_tells_why(direct: Connection, visit: str) -> None:
    known = caught(errors.NotKnownByThen, lambda: direct.visit(visit, known_at="2023-03-02"))
    assert known.first_known_time == datetime(2023, 3, 3, 23, 59, 59, 999000, UTC)
    position = direct.visit(visit).position
    before = caught(errors.NotRecordedByThen, lambda: direct.visit(visit, position=position - 1))
    assert before.visit == f"visits/{visit}"
    caught(errors.NotInForceByThen, lambda: direct.visit(visit, valid_at="2022"))


def test_a_duplicate_tells_the_visit_that_stays(direct: Connection, visit: str, name: str) -> None:
    direct.schedule(name, title="To France", principal="Charles III")
    direct.retract(name, 1, merged_into=visit)
    error = caught(errors.VisitWithdrawn, lambda: direct.visit(name))
    assert (error.visit, error.merged_into) == (name, f"visits/{visit}")


def test_a_position_beyond_the_log_tells_its_end(direct: Connection, visit: str) -> None:
    head = direct.visit(visit).view_position
    error = caught(errors.PositionBeyondHead, lambda: direct.visit(visit, position=head + 10**6))
    assert error.head_position >= head


def test_an_answer_that_cannot_be_fresh_in_time_tells_how_fresh_it_could_be(
    calling: Calling, visit: str
) -> None:
    with pytest.raises(errors.ViewNotFresh) as raised:
        calling(lambda c: c.visit(visit, min_position=10**9), timeout=0.5)
    assert raised.value.view_position > 0
    assert raised.value.retry_after > 0


# What is wrong with a request


def test_a_request_that_is_not_valid_tells_each_field(calling: Calling) -> None:
    error = caught(
        errors.InvalidRequest,
        calling,
        lambda c: c.schedule(title="", principal="x", window=("2023-03-29", "2023-03-26")),
    )
    assert error.fields == {
        "scheduled.details.title": "is required",
        "scheduled.window.end": "must not be before the start, 2023-03-29",
    }
    assert str(error).splitlines() == [
        "the request is not valid",
        "  scheduled.details.title: is required",
        "  scheduled.window.end: must not be before the start, 2023-03-29",
    ]


def test_a_token_of_another_list_is_not_taken(direct: Connection, visit: str) -> None:
    request = ListVisitsRequest(page_token="another")
    caught(errors.InvalidPageToken, lambda: next(direct.messages.list_visits(request)))


# What a program does with them


def test_an_error_survives_a_way_to_another_process(direct: Connection, visit: str) -> None:
    error = caught(errors.VersionMismatch, lambda: direct.cancel(visit, expected_version=3))
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy)) == (errors.VersionMismatch, str(error))
    assert (copy.expected, copy.actual, copy.code()) == (3, 1, error.code())


def test_a_failed_call_may_be_caught_as_grpcio_raises_it(calling: Calling) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        calling(lambda c: c.visit("nobody-at-all"))
    error: Any = raised.value
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert error.details() == "there is no visit 'nobody-at-all'"
    assert "grpc-status-details-bin" in dict(error.trailing_metadata())


def test_a_change_is_in_doubt_if_its_answer_did_not_come(calling_at: Calling) -> None:
    with pytest.raises(errors.Unavailable) as raised:
        calling_at("127.0.0.1:1", lambda c: c.cancel("a"), timeout=0.3)
    assert raised.value.is_in_doubt
