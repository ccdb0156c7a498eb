"""No answer is larger than 3 MiB: what would need one is cut, split, or refused beforehand."""

from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from chancery.v1.audit_service_pb2 import ChangeFilter, ListChangesRequest
from chancery.v1.desk_service_pb2 import ImportChangesRequest
from chancery.v1.values_pb2 import SIDE_THIRD, STATEMENT_KIND_REPORT
from chancery.v1.visit_pb2 import AsOf
from chancery.v1.visit_service_pb2 import BatchGetVisitsRequest, ListVisitsRequest
from domain.countries import CODES
from tests.rpc.comparing import compare
from tests.support.messages import (
    amended,
    apply,
    as_of,
    as_of_then,
    bytes_of,
    cancelled,
    change,
    much_said,
    scheduled,
    stated,
)
from tests.support.server import Client, refusal

MIB = 1 << 20
MOST = 3 * MIB
BIRD = "\U0001f54a"
# A visit has the last word of each country, here of some 16 kB.
LONG_WORDS = [
    stated(STATEMENT_KIND_REPORT, SIDE_THIRD, country=country, text=BIRD * 4000)
    for country in sorted(CODES)[:70]
]


@pytest.fixture(scope="module")
def large(client: Client) -> list[str]:
    """Visits of some 900 kB each."""
    names = [f"visits/large-{number}" for number in range(5)]
    for name in names:
        steps = [scheduled(), *LONG_WORDS[:54]]
        changes = [change(name, step, request_id=f"{name} {i}") for i, step in enumerate(steps)]
        list(client.desk.ImportChanges(iter([ImportChangesRequest(changes=changes)])))
        assert 800_000 < client.visit(name).ByteSize() < MIB
    return names


# A visit


def test_a_change_that_would_make_its_visit_larger_than_a_mebibyte_is_refused(
    client: Client, large: list[str]
) -> None:
    """With the limit in the metadata, and nothing is recorded."""
    name, steps = large[0], iter(LONG_WORDS[54:])
    recorded = 55
    while True:
        step = next(steps)
        try:
            client.record(name, step)
            recorded += 1
        except grpc.RpcError:
            break

    told = refusal(client.record, name, step)

    assert (told.code, told.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "TOO_LARGE")
    assert told.fields == ["statement_recorded"]
    size = int(told.metadata["size_bytes"])
    assert MIB < size < MIB + 20_000
    assert told.metadata == {
        "fields": "statement_recorded",
        "size_bytes": str(size),
        "limit_bytes": str(MIB),
    }
    visit = client.visit(name)
    assert MIB - 20_000 < visit.ByteSize() <= MIB
    assert visit.version == recorded
    assert client.record(name, cancelled()).visit.version == recorded + 1


def test_an_import_does_not_make_a_visit_too_large_either(client: Client) -> None:
    """The changes that are too much are refused, each for itself; a small one still fits."""
    name = "visits/imported-large"
    steps = [scheduled(), *LONG_WORDS, amended(title="A title")]
    changes = [
        change(name, step, request_id=f"large {number}") for number, step in enumerate(steps)
    ]
    requests = [
        ImportChangesRequest(changes=changes[:40]),
        ImportChangesRequest(changes=changes[40:]),
    ]

    results = [r for answer in client.desk.ImportChanges(iter(requests)) for r in answer.results]

    outcomes = [result.WhichOneof("outcome") for result in results]
    fitted = outcomes.index("error")
    assert 60 < fitted < 70
    assert outcomes == ["event"] * fitted + ["error"] * (len(LONG_WORDS) + 1 - fitted) + ["event"]
    assert client.visit(name).ByteSize() <= MIB


# Several visits


def batched(client: Client, names: list[str], as_of_: AsOf | None = None) -> Iterator[Any]:
    """The answers until no name remains."""
    remaining = names
    while remaining:
        answer = client.visits.BatchGetVisits(BatchGetVisitsRequest(names=remaining, as_of=as_of_))
        yield answer
        remaining = list(answer.remaining)


@pytest.mark.parametrize("then", [None, as_of(known_at="2023-01-01")], ids=["now", "then"])
def test_a_batch_names_what_did_not_fit(
    client: Client, large: list[str], then: AsOf | None
) -> None:
    """Every name asked for is a visit, missing or remaining."""
    names = [large[1], "visits/nowhere", *large[1:], "visits/not-there", large[0]]
    if then is not None:
        then = AsOf(position=client.head)

    answers = list(batched(client, names, then))

    assert all(answer.ByteSize() <= MOST for answer in answers)
    assert len(answers) > 1
    visits = [visit.name for answer in answers for visit in answer.visits]
    assert visits == [name for name in names if name in large]
    assert list(answers[0].missing) == ["visits/nowhere", "visits/not-there"]
    for answer in answers:
        asked = len(answer.visits) + len(answer.missing) + len(answer.remaining)
        assert asked <= len(names)


# Several changes


def test_changes_whose_answer_would_be_too_large_are_refused_before_they_are_recorded(
    client: Client, large: list[str]
) -> None:
    """With what is small, they are recorded; and so the retry of any call can be answered."""
    head = client.head
    four = apply(*[change(name, amended(title="Another title")) for name in large[1:]])

    told = refusal(client.desk.ApplyChanges, four)

    assert (told.code, told.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "TOO_LARGE")
    assert told.fields == ["changes"]
    assert int(told.metadata["size_bytes"]) > MOST
    assert told.metadata["limit_bytes"] == str(MOST)
    assert client.head == head

    for each in four.changes:
        each.context.validate_only = True
    assert refusal(client.desk.ApplyChanges, four).reason == "TOO_LARGE"

    three = apply(*[change(n, amended(title="Third"), request_id=n) for n in large[1:4]])
    answer = client.desk.ApplyChanges(three)
    assert 2 * MIB < answer.ByteSize() <= MOST
    again = client.desk.ApplyChanges(three)
    assert all(each.replayed for each in again.changes)
    assert bytes_of([c.visit for c in again.changes]) == bytes_of([c.visit for c in answer.changes])


def test_changes_that_were_recorded_one_by_one_are_not_replayed_in_too_large_an_answer(
    client: Client, large: list[str]
) -> None:
    """Each of them alone is answered again."""
    changes = [change(n, amended(title="Fourth"), request_id=f"4 {n}") for n in large[1:]]
    for each in changes:
        client.desk.ApplyChanges(apply(each))

    assert refusal(client.desk.ApplyChanges, apply(*changes)).reason == "TOO_LARGE"
    for each in changes:
        (again,) = client.desk.ApplyChanges(apply(each)).changes
        assert again.replayed


def test_the_results_of_one_message_may_come_in_several(client: Client) -> None:
    """In order, each once; a message of almost 4 MiB is answered to a client with defaults."""
    client.record("visits/imported", scheduled())
    steps = [
        change("visits/imported", stated(text=f"{n}"), basis=much_said(), request_id=f"much {n}")
        for n in range(4)
    ]
    request = ImportChangesRequest(changes=steps)
    assert 3.9e6 < request.ByteSize() < 4 * MIB

    answers = list(client.desk.ImportChanges(iter([request])))

    assert len(answers) > 1
    assert all(answer.ByteSize() <= MOST for answer in answers)
    results = [result for answer in answers for result in answer.results]
    assert [result.index for result in results] == [0, 1, 2, 3]
    assert all(result.HasField("event") for result in results)


# Other moments


@pytest.fixture(scope="module")
def larger_then(client: Client) -> str:
    """A visit that is small now, and as known in 2023 larger than any answer.

    Its voices were heard in 2024 first; what they said before was recorded later.
    """
    name = "visits/larger-then"
    client.record(name, scheduled(), known="2022-01-01")
    for known, text in ("2024-01-01", "short"), ("2023-01-01", BIRD * 4000):
        said = [
            stated(STATEMENT_KIND_REPORT, SIDE_THIRD, organisation=f"o{number}", text=text)
            for number in range(200)
        ]
        for begin in range(0, 200, 40):
            changes = [change(name, each, known=known) for each in said[begin : begin + 40]]
            client.desk.ApplyChanges(apply(*changes))
    assert client.visit(name).ByteSize() < 100_000
    return name


def test_a_visit_that_was_too_large_for_an_answer_then_is_refused(
    client: Client, larger_then: str
) -> None:
    """With the bound, and its changes one by one tell what it was."""
    then = as_of(known_at="2023-06-01")

    for told in (
        refusal(client.visit, larger_then, known_at="2023-06-01"),
        refusal(
            client.visits.BatchGetVisits, BatchGetVisitsRequest(names=[larger_then], as_of=then)
        ),
        refusal(client.visits.ListVisits, ListVisitsRequest(query="Beijing", as_of=then)),
    ):
        assert (told.code, told.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "TOO_LARGE")
        assert told.fields == ["as_of"]
        assert int(told.metadata["limit_bytes"]) <= MOST < int(told.metadata["size_bytes"])
    assert refusal(compare, client, larger_then, then).fields == ["before"]
    assert client.visit(larger_then, known_at="2022-06-01").version == 401


# Comparisons


def test_a_comparison_leaves_out_changes_first_and_then_fields(
    client: Client, large: list[str]
) -> None:
    """The two visits are whole, and the answer says what it left out."""
    name = large[2]
    (opening, *_) = client.audit.ListChanges(
        ListChangesRequest(filter=ChangeFilter(visit=name))
    ).changes
    before = AsOf(position=opening.event.position)
    client.record(name, stated(), basis=much_said())
    told = compare(client, name, before)

    assert told.after == as_of_then(client.visit(name))
    assert told.more_events
    assert not told.more_field_changes
    assert told.ByteSize() <= MOST
    assert "words" in {each.path for each in told.field_changes}

    client.record(name, stated(STATEMENT_KIND_REPORT, SIDE_THIRD, country=sorted(CODES)[0]))
    both_large = compare(client, name, AsOf(position=client.head - 1))

    assert both_large.ByteSize() <= MOST
    assert both_large.more_field_changes
    assert both_large.before.version + 1 == both_large.after.version == client.visit(name).version


def test_a_recorded_change_says_if_it_leaves_out_fields(client: Client, large: list[str]) -> None:
    """Many long words before and after take more than one answer has."""
    name = large[3]
    request = ListChangesRequest(filter=ChangeFilter(visit=name), backwards=True, page_size=1)
    (last,) = client.audit.ListChanges(request).changes

    assert last.ByteSize() <= MOST
    assert last.event.event.visit == name
