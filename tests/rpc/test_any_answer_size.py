"""Whatever is stored and however it is asked for: no answer over 3 MiB, and each thing once.

The channel of these tests takes no message that is larger (``tests.support.server``), so that a
call which gets one fails.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chancery.v1.audit_service_pb2 import (
    ChangeFilter,
    ExportBundleRequest,
    GetInclusionProofRequest,
    GetTileRequest,
    ListChangesRequest,
)
from chancery.v1.desk_service_pb2 import Change, ImportChangesRequest
from chancery.v1.history_service_pb2 import (
    CompareVisitRequest,
    ListEventsRequest,
    ReadEventsRequest,
)
from chancery.v1.values_pb2 import SIDE_PRESS, SIDE_THIRD, STATEMENT_KIND_REPORT, Basis
from chancery.v1.visit_pb2 import AsOf
from chancery.v1.visit_service_pb2 import (
    BatchGetVisitsRequest,
    CountBy,
    CountVisitsRequest,
    ListVisitsRequest,
)
from tests.rpc.watching import log
from tests.support.examples import examples
from tests.support.messages import (
    amended,
    apply,
    basis,
    change,
    condition,
    corrected,
    scheduled,
    stated,
)
from tests.support.server import Client, refusal

VISITS = 8
LETTERS = ("x", "中", "\U0001f54a", "\U0001f54a")
STEP_BYTES = 700_000
REQUEST_BYTES = (4 << 20) - 100

tried = settings(
    max_examples=examples(8),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
# As many as the server likes, or so many at most.
visits_at_once = st.one_of(st.just(0), st.integers(1, 3), st.integers(4, 1000))
changes_at_once = st.one_of(st.just(0), st.integers(20, 1000))
moments = st.one_of(
    st.none(),
    st.integers(1, VISITS).map(lambda position: AsOf(position=position)),
    st.just(AsOf(position=0)),
)


def some_text(chance: random.Random) -> str:
    """A text of any length that is allowed, in letters of one to four bytes."""
    return chance.choice(LETTERS) * chance.choice([1, 400, 4000, 4000])


def some_bases(chance: random.Random) -> list[Basis]:
    """None, or some of them; together they may have almost a megabyte."""
    number = chance.choice([*[0] * 20, 5, 40])
    return [basis(SIDE_PRESS, outlet=f"o{n}", quote=some_text(chance)) for n in range(number)]


def some_step(chance: random.Random) -> Message:
    """A change that a scheduled visit allows."""
    if chance.random() < 0.3:
        return amended(purpose=some_text(chance) + str(chance.random()))
    if chance.random() < 0.2:
        return corrected(1, reason=some_text(chance)[:3000] + str(chance.random()))
    return stated(
        STATEMENT_KIND_REPORT,
        SIDE_THIRD,
        organisation=f"o{chance.randrange(60)}",
        text=some_text(chance),
        condition=condition(some_text(chance)) if chance.random() < 0.4 else None,
    )


def some_changes(chance: random.Random) -> Iterator[Change]:
    """The visits, and changes of them; each has at most ``STEP_BYTES``."""
    numbers = count()
    for number in range(VISITS):
        yield change(f"visits/any-{number}", scheduled(), request_id=f"any {next(numbers)}")
    for _ in range(280):
        step = change(
            f"visits/any-{chance.randrange(VISITS)}",
            some_step(chance),
            basis=some_bases(chance),
            request_id=f"any {next(numbers)}",
        )
        if step.ByteSize() < STEP_BYTES:
            yield step


@pytest.fixture(scope="module")
def changes(client: Client) -> list[Change]:
    """Random changes, which are imported; a few are refused, since their visits are too large."""
    asked = list(some_changes(random.Random(17)))
    results = [
        result
        for answer in client.desk.ImportChanges(_messages(asked))
        for result in answer.results
    ]
    assert [result.index for result in results] == list(range(len(asked)))
    return [each for each, result in zip(asked, results, strict=True) if result.HasField("event")]


def _messages(changes: Sequence[Change]) -> Iterator[ImportChangesRequest]:
    """Requests that are as large as may be."""
    request = ImportChangesRequest()
    for each in changes:
        if request.ByteSize() + each.ByteSize() > REQUEST_BYTES:
            yield request
            request = ImportChangesRequest()
        request.changes.append(each)
    yield request


def pages(call: Callable[[Any], Any], request: Any) -> Iterator[Any]:
    """All pages of a question."""
    while True:
        answer = call(request)
        yield answer
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token


def test_a_log_of_changes_of_any_size_is_there(client: Client, changes: list[Change]) -> None:
    """It is large enough to matter, and so are the visits."""
    assert client.head == len(changes) > 200
    assert sum(each.ByteSize() for each in changes) > 3 << 20
    states = [client.visit(f"visits/any-{number}") for number in range(VISITS)]
    assert sum(each.ByteSize() for each in states) > 1 << 20


@tried
@given(size=visits_at_once, backwards=st.booleans(), as_of=moments)
def test_paging_through_visits_reaches_each_once(
    client: Client, changes: list[Change], size: int, backwards: bool, as_of: AsOf | None
) -> None:
    request = ListVisitsRequest(
        as_of=as_of, page_size=size, order_by="name desc" if backwards else "name"
    )
    answers = pages(client.visits.ListVisits, request)
    names = [visit.name for page in answers for visit in page.visits]
    there = VISITS if as_of is None else as_of.position
    assert sorted(names, reverse=backwards) == names
    assert set(names) == {f"visits/any-{number}" for number in range(there)}
    assert len(names) == there


@tried
@given(size=changes_at_once, backwards=st.booleans(), visit=st.none() | st.integers(0, VISITS - 1))
def test_paging_through_changes_reaches_each_once(
    client: Client, changes: list[Change], size: int, backwards: bool, visit: int | None
) -> None:
    """As they are, and as an auditor looks at them."""
    name = "" if visit is None else f"visits/any-{visit}"
    events = ListEventsRequest(visit=name, page_size=size, backwards=backwards)
    audited = ListChangesRequest(
        filter=ChangeFilter(visit=name), page_size=size, backwards=backwards
    )
    listed = [
        [e.position for page in pages(client.history.ListEvents, events) for e in page.events],
        [
            c.event.position
            for page in pages(client.audit.ListChanges, audited)
            for c in page.changes
        ],
    ]
    at = [position for position, each in enumerate(changes, 1) if name in ("", each.name)]
    expected = at[::-1] if backwards else at
    assert listed == [expected, expected]


@tried
@given(names=st.lists(st.integers(0, VISITS + 3), min_size=1, max_size=1000), as_of=moments)
def test_each_name_of_a_batch_is_a_visit_missing_or_asked_for_again(
    client: Client, changes: list[Change], names: list[int], as_of: AsOf | None
) -> None:
    asked = [f"visits/any-{number}" for number in names]
    there = VISITS if as_of is None else as_of.position
    found: list[str] = []
    missing: set[str] = set()
    remaining = asked
    while remaining:
        answer = client.visits.BatchGetVisits(BatchGetVisitsRequest(names=remaining, as_of=as_of))
        assert answer.visits or not answer.remaining
        found += [visit.name for visit in answer.visits]
        missing |= set(answer.missing)
        remaining = list(answer.remaining)
    exist = {f"visits/any-{number}" for number in range(there)}
    assert found == [name for name in asked if name in exist]
    assert missing == {name for name in asked if name not in exist}


@tried
@given(data=st.data())
def test_the_answer_about_one_visit_fits(
    client: Client, changes: list[Change], data: st.DataObject
) -> None:
    """Compared at any two moments, and with the proof of any of its changes."""
    head = len(changes)
    before, after = (AsOf(position=data.draw(st.integers(VISITS, head))) for _ in range(2))
    name = f"visits/any-{data.draw(st.integers(0, VISITS - 1))}"
    compared = client.history.CompareVisit(
        CompareVisitRequest(name=name, before=before, after=after)
    )
    assert compared.before.name == compared.after.name == name
    position = data.draw(st.integers(1, head))
    proved = client.audit.GetInclusionProof(GetInclusionProofRequest(position=position))
    assert len(proved.parts) == 3


@tried
@given(data=st.data())
def test_the_answer_to_several_changes_fits_or_they_are_refused(
    client: Client, changes: list[Change], data: st.DataObject
) -> None:
    """Nothing is recorded here: they are validated, or were recorded before."""
    drawn = st.lists(st.integers(0, len(changes) - 1), min_size=1, max_size=30, unique=True)
    request = apply(*[changes[number] for number in data.draw(drawn)])
    validate_only = data.draw(st.booleans())
    for each in request.changes:
        each.context.validate_only = validate_only
    while request.ByteSize() > REQUEST_BYTES:
        request.changes.pop()
    try:
        answer = client.desk.ApplyChanges(request)
    except grpc.RpcError:
        assert refusal(client.desk.ApplyChanges, request).reason == "TOO_LARGE"
    else:
        visits = [each.event.event.visit for each in answer.changes]
        assert visits == [each.name for each in request.changes]
    assert client.head == len(changes)


def test_every_frame_of_a_stream_fits(client: Client, changes: list[Change]) -> None:
    head = len(changes)
    frames = client.history.ReadEvents(ReadEventsRequest())
    read = [each.position for frame in frames for each in frame.events]
    assert read == [each.position for each in log(client)] == list(range(1, head + 1))
    bundle = list(client.audit.ExportBundle(ExportBundleRequest()))
    assert bundle[-1].exported_changes == head


def test_what_does_not_grow_with_the_visits_fits(client: Client, changes: list[Change]) -> None:
    counted = client.visits.CountVisits(CountVisitsRequest(count_by=CountBy.values()[1:]))
    tile = client.audit.GetTile(GetTileRequest(width=min(len(changes), 255), entries=True))
    assert counted.visit_count == VISITS
    assert len(tile.data) == 50 * min(len(changes), 255)
