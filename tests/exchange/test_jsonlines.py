"""Visits as JSON, read back as the contract's messages."""

from google.protobuf.json_format import Parse
from hypothesis import HealthCheck, given, settings

from chancery.client import Visit
from chancery.v1.visit_pb2 import Visit as VisitMessage
from chancery.v1.visit_service_pb2 import ListVisitsResponse
from service.exchange import jsonlines
from tests.exchange import some
from tests.support.examples import examples


@given(some.visits())
@settings(max_examples=examples(80), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_visit_is_a_line_of_the_contract(visit: Visit) -> None:
    line = jsonlines.line(visit)
    assert "\n" not in line
    assert Parse(line, VisitMessage()) == visit.message


def test_a_list_is_that_of_the_contract() -> None:
    lines = [jsonlines.line(some.visit(name=f"visits/{name}")) for name in ("a", "b")]
    text = jsonlines.HEAD + jsonlines.BETWEEN.join(lines) + jsonlines.tail(7)
    answer = Parse(text, ListVisitsResponse())
    assert ([each.name for each in answer.visits], answer.view_position) == (
        ["visits/a", "visits/b"],
        7,
    )
