"""GetVisit as of another moment: what was recorded, known and in force.

The story is the visit to Beijing that was planned for February 2023. There is also a secret
trip of May 2023, and a postponement that was entered in error.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from chancery.v1.values_pb2 import (
    ATTRIBUTION_ON_THE_RECORD,
    SIDE_GUEST,
    SIDE_HOST,
    STATUS_COMPLETED,
    STATUS_RESCHEDULED,
    STATUS_SCHEDULED,
    STATUS_WHEN_CONDITIONS_ALLOW,
    Status,
)
from chancery.v1.visit_pb2 import (
    STANCE_AGREES,
    STANCE_CONTRADICTS_STATUS,
    STANDING_DISPUTED,
    STANDING_OFFICIAL,
    STANDING_REPORTED,
    WINDOW_ENDING_PUT_OFF,
    AsOf,
    CurrentCondition,
    PreviousWindow,
    Visit,
    Word,
)
from chancery.v1.visit_service_pb2 import GetVisitRequest
from tests.rpc.story_of_beijing import BEIJING, FEBRUARY, STORY, WHEN_CONDITIONS_ALLOW
from tests.support.messages import (
    as_of_then,
    at,
    bytes_of,
    disclosed,
    get_visit,
    instant,
    scheduled,
    window,
)
from tests.support.server import Client, refusal

SECRET = "visits/burns-beijing"


@pytest.fixture(scope="module")
def beijing(client: Client) -> list[Any]:
    """What the server answered to each step of the story."""
    return [client.record(BEIJING, change, **context) for change, context in STORY]


@pytest.fixture(scope="module")
def secret(client: Client) -> Any:
    """A trip in May that became known on 2 June."""
    return client.record(
        SECRET,
        disclosed(window("2023-05-10", "2023-05-11", approximate=True)),
        effective="2023-05",
        known="2023-06-02",
    )


def reason(client: Client, name: str, **as_of: Any) -> str:
    """Why there is no answer as of that moment."""
    refused = refusal(client.visit, name, **as_of)
    assert refused.code == grpc.StatusCode.NOT_FOUND
    assert refused.details["ResourceInfo"].resource_name == name
    return refused.reason


def shifted(stamp: Timestamp, microseconds: int) -> Timestamp:
    return instant(stamp.ToDatetime(UTC) + timedelta(microseconds=microseconds))


def before(stamp: Timestamp) -> Timestamp:
    """A moment before a record time: the last one, unless that is in whole milliseconds.

    Those are asked about as a whole.
    """
    last = shifted(stamp, -1)
    return last if last.nanos % 1_000_000 else shifted(stamp, -2)


# What was known


@pytest.mark.parametrize(
    ("known_at", "status"),
    [
        ("2023-01-18", STATUS_SCHEDULED),
        ("2023-02-03 15:29:59.999999", STATUS_SCHEDULED),
        ("2023-02-03 15:30", STATUS_WHEN_CONDITIONS_ALLOW),
        ("2023-03-01", STATUS_WHEN_CONDITIONS_ALLOW),
        ("2023-06-07", STATUS_WHEN_CONDITIONS_ALLOW),
        ("2023-06-14 23:59:59.998999", STATUS_WHEN_CONDITIONS_ALLOW),
        ("2023-06-14 23:59:59.999", STATUS_RESCHEDULED),
        ("2023-06-19 12:00", STATUS_RESCHEDULED),
        ("2023-06-20", STATUS_COMPLETED),
        ("2024-01-01", STATUS_COMPLETED),
    ],
)
def test_what_was_known_on_a_day_is_one_call(
    client: Client, beijing: list[Any], known_at: str, status: Status.ValueType
) -> None:
    """A day means its last millisecond: the change does not claim to have been known earlier."""
    assert Status.Name(client.visit(BEIJING, known_at=known_at).status) == Status.Name(status)


@pytest.mark.parametrize(
    ("asked", "told"), [("known_at", "known_time"), ("valid_at", "effective_time")]
)
@pytest.mark.parametrize("known", ["", "2023-01-17", "2023-01-17 09:30:00.123456"])
def test_a_client_that_counts_in_milliseconds_meets_the_times_that_it_was_told(
    client: Client, name: str, known: str, asked: str, told: str
) -> None:
    visit = client.record(name, scheduled(), known=known).visit
    time = getattr(visit, told)
    cut = shifted(time, -(time.nanos // 1000 % 1000))
    moments: list[dict[str, Any]] = [{asked: cut}, {asked: shifted(cut, -1)}]
    then, before = (GetVisitRequest(name=name, as_of=AsOf(**each)) for each in moments)

    assert client.visits.GetVisit(then).visit.name == name
    assert refusal(client.visits.GetVisit, before).code == grpc.StatusCode.NOT_FOUND


def test_the_answer_as_of_a_day_has_no_fact_of_a_later_one(
    client: Client, beijing: list[Any]
) -> None:
    """On 1 March the guest has left the visit open, and the host's denial disputes it."""
    visit = client.visit(BEIJING, known_at="2023-03-01")
    last = beijing[-1]

    assert visit == Visit(
        name=BEIJING,
        details=last.visit.details,
        status=STATUS_WHEN_CONDITIONS_ALLOW,
        standing=STANDING_DISPUTED,
        previous_windows=[PreviousWindow(window=FEBRUARY, ending=WINDOW_ENDING_PUT_OFF, version=2)],
        conditions=[
            CurrentCondition(
                condition=WHEN_CONDITIONS_ALLOW, version=2, known_time=at("2023-02-03 15:30")
            )
        ],
        reason="A balloon was seen over Montana",
        words=[
            Word(
                side=SIDE_GUEST,
                country="US",
                speaker="State Department",
                attribution=ATTRIBUTION_ON_THE_RECORD,
                version=2,
                known_time=at("2023-02-03 15:30"),
                counts=True,
                stance=STANCE_AGREES,
            ),
            Word(
                side=SIDE_HOST,
                country="CN",
                attribution=ATTRIBUTION_ON_THE_RECORD,
                version=3,
                known_time=at("2023-02-04 23:59:59.999"),
                known_period="2023-02-04",
                statement=STORY[2][0].statement,
                counts=True,
                stance=STANCE_CONTRADICTS_STATUS,
            ),
        ],
        version=last.visit.version,
        status_version=2,
        effective_time=at("2023-02-03 15:30"),
        effective_period="2023-02-03",
        known_time=at("2023-02-03 15:30"),
        last_heard_time=at("2023-02-04 23:59:59.999"),
        last_heard_period="2023-02-04",
        position=last.visit.position,
        create_time=last.visit.create_time,
        update_time=last.visit.update_time,
    )


def test_the_standing_is_that_of_the_day(client: Client, beijing: list[Any]) -> None:
    standings = {
        day: client.visit(BEIJING, known_at=day).standing
        for day in ("2023-01-18", "2023-02-03 20:00", "2023-02-05", "2023-06-15", "2023-06-20")
    }

    assert list(standings.values()) == [
        STANDING_REPORTED,
        STANDING_OFFICIAL,
        STANDING_DISPUTED,
        STANDING_OFFICIAL,
        STANDING_OFFICIAL,
    ]


def test_before_its_first_change_was_known_there_is_no_visit(
    client: Client, beijing: list[Any]
) -> None:
    assert reason(client, BEIJING, known_at="2023-01-17") == "NOT_KNOWN_BY_THEN"


# What was in force


@pytest.mark.parametrize(
    ("valid_at", "status"),
    [
        ("2023-01-18", STATUS_SCHEDULED),
        ("2023-02-10", STATUS_WHEN_CONDITIONS_ALLOW),
        ("2023-06-15", STATUS_RESCHEDULED),
        ("2023-06-20", STATUS_COMPLETED),
    ],
)
def test_what_was_in_force_on_a_day_is_told_with_what_is_known_now(
    client: Client, beijing: list[Any], valid_at: str, status: int
) -> None:
    assert client.visit(BEIJING, valid_at=valid_at).status == status


def test_before_its_first_change_took_effect_nothing_was_in_force(
    client: Client, beijing: list[Any]
) -> None:
    assert reason(client, BEIJING, valid_at="2023-01-17") == "NOT_IN_FORCE_BY_THEN"


@pytest.mark.parametrize(
    ("as_of", "found"),
    [
        ({"known_at": "2023-06-01"}, "NOT_KNOWN_BY_THEN"),
        ({"known_at": "2023-06-02"}, "NOT_KNOWN_BY_THEN"),
        ({"known_at": "2023-06-03"}, "COMPLETED"),
        ({"valid_at": "2023-04-30"}, "NOT_IN_FORCE_BY_THEN"),
        ({"valid_at": "2023-05-20"}, "NOT_IN_FORCE_BY_THEN"),
        ({"valid_at": "2023-06-01"}, "COMPLETED"),
        ({"known_at": "2023-06-01", "valid_at": "2023-06-01"}, "NOT_KNOWN_BY_THEN"),
        ({"known_at": "2023-06-03", "valid_at": "2023-05-20"}, "NOT_IN_FORCE_BY_THEN"),
        ({"known_at": "2023-06-03", "valid_at": "2023-06-01"}, "COMPLETED"),
    ],
    ids=str,
)
def test_a_secret_trip_is_in_force_before_it_is_known(
    client: Client, secret: Any, as_of: dict[str, str], found: str
) -> None:
    """It took place in May, became known on 2 June, and was recorded long after."""
    if found == "COMPLETED":
        assert client.visit(SECRET, **as_of).status == STATUS_COMPLETED
    else:
        assert reason(client, SECRET, **as_of) == found


def test_what_was_known_on_a_day_about_another_is_one_call(
    client: Client, beijing: list[Any]
) -> None:
    """Known on 1 March about 1 February, and about 10 February."""
    about_before = client.visit(BEIJING, known_at="2023-03-01", valid_at="2023-02-01")
    about_after = client.visit(BEIJING, known_at="2023-03-01", valid_at="2023-02-10")

    assert about_before.status == STATUS_SCHEDULED
    assert about_before.window == FEBRUARY
    assert about_after.status == STATUS_WHEN_CONDITIONS_ALLOW


# What was recorded


@pytest.mark.parametrize("step", range(len(STORY)))
def test_each_step_can_be_asked_for_by_its_position(
    client: Client, beijing: list[Any], step: int
) -> None:
    """Byte for byte what was answered when it was recorded, but for what is allowed now."""
    answer = beijing[step]

    response = client.visits.GetVisit(get_visit(BEIJING, position=answer.event.position))

    assert bytes_of([response.visit]) == bytes_of([as_of_then(answer.visit)])
    assert response.view_position == answer.event.position


@pytest.mark.parametrize("step", range(len(STORY)))
def test_each_step_can_be_asked_for_by_its_record_time(
    client: Client, beijing: list[Any], step: int
) -> None:
    """From its microsecond until the next step's."""
    answer = beijing[step]
    recorded_at = answer.event.record_time

    assert client.visit(BEIJING, recorded_at=recorded_at) == as_of_then(answer.visit)
    if step + 1 < len(STORY):
        until = before(beijing[step + 1].event.record_time)
        assert client.visit(BEIJING, recorded_at=until) == as_of_then(answer.visit)


def test_before_its_first_change_was_recorded_there_is_no_visit(
    client: Client, beijing: list[Any]
) -> None:
    """Whatever the world knew: a story that was loaded later was not yet recorded then."""
    first = beijing[0].event

    assert reason(client, BEIJING, position=0) == "NOT_RECORDED_BY_THEN"
    assert reason(client, BEIJING, position=first.position - 1) == "NOT_RECORDED_BY_THEN"
    moment = before(first.record_time)
    assert reason(client, BEIJING, recorded_at=moment) == "NOT_RECORDED_BY_THEN"
    assert reason(client, BEIJING, recorded_at=at("2023-03-01")) == "NOT_RECORDED_BY_THEN"
    assert reason(client, BEIJING, recorded_at=at("0001-01-01")) == "NOT_RECORDED_BY_THEN"


def test_nothing_recorded_later_has_influence(client: Client, beijing: list[Any]) -> None:
    """As recorded up to the second step, the visit was never planned for June."""
    position = beijing[1].event.position

    visit = client.visit(BEIJING, position=position, known_at="2024", valid_at="2024")

    assert visit == as_of_then(beijing[1].visit)
    assert visit.version == 2


def test_version_and_position_are_of_the_last_change_recorded_by_then(
    client: Client, beijing: list[Any]
) -> None:
    """Whatever the other two times are."""
    visit = client.visit(BEIJING, position=beijing[3].event.position, known_at="2023-01-20")

    assert visit.status == STATUS_SCHEDULED
    assert (visit.version, visit.position) == (4, beijing[3].event.position)


def test_as_of_now_is_the_same_as_now(client: Client, beijing: list[Any]) -> None:
    now = datetime.now(UTC).isoformat()[:26]

    assert client.visit(BEIJING) == beijing[-1].visit
    assert client.visit(BEIJING, position=client.head) == beijing[-1].visit
    assert client.visit(BEIJING, known_at=now, valid_at=now, recorded_at=at(now)) == (
        beijing[-1].visit
    )


@pytest.mark.parametrize(
    ("as_of", "field"),
    [
        ({"recorded_at": at("2999-01-01")}, "as_of.recorded_at"),
        ({"known_at": "2999-01-01"}, "as_of.known_at"),
        ({"valid_at": "9999-12-31 23:59:59.999999"}, "as_of.valid_at"),
        ({"known_at": "2023-03-01", "valid_at": "2999"}, "as_of.valid_at"),
        ({"position": -1}, "as_of.position"),
        ({"position": -(2**63)}, "as_of.position"),
    ],
    ids=str,
)
def test_a_moment_that_has_not_come_is_refused_by_name(
    client: Client, beijing: list[Any], as_of: dict[str, Any], field: str
) -> None:
    refused = refusal(client.visit, BEIJING, **as_of)

    assert refused.code == grpc.StatusCode.INVALID_ARGUMENT
    assert refused.reason == "INVALID_FIELD"
    assert refused.fields == [field]


@pytest.mark.parametrize("beyond", [1, 1000, 2**62])
def test_a_position_beyond_the_head_is_out_of_range(
    client: Client, beijing: list[Any], beyond: int
) -> None:
    head = client.head

    refused = refusal(client.visit, BEIJING, position=head + beyond)

    assert refused.code == grpc.StatusCode.OUT_OF_RANGE
    assert refused.reason == "POSITION_BEYOND_HEAD"
    assert refused.metadata["head_position"] == str(head)
