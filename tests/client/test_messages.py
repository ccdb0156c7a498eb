"""The calls with the messages of the contract, by either client."""

from collections.abc import Callable
from typing import Any

import pytest

from chancery.client import Messages, draft
from chancery.v1 import audit_service_pb2 as audit
from chancery.v1 import history_service_pb2 as history
from chancery.v1 import visit_service_pb2 as visits
from chancery.v1.visit_pb2 import AsOf

Calling = Callable[..., Any]

CALLS: dict[str, Callable[[Any, str], Any]] = {
    "record": lambda m, v: m.record(draft.cancel(v)),
    "record_statement": lambda m, v: m.record_statement(draft.state(v, "decline", "host")),
    "apply_changes": lambda m, v: m.apply_changes([draft.cancel(v)]),
    "import_changes": lambda m, v: m.import_changes([draft.cancel(v)]),
    "get_visit": lambda m, v: m.get_visit(visits.GetVisitRequest(name=f"visits/{v}")),
    "batch_get_visits": lambda m, v: m.batch_get_visits(
        visits.BatchGetVisitsRequest(names=[f"visits/{v}"])
    ),
    "list_visits": lambda m, v: m.list_visits(visits.ListVisitsRequest(page_size=1000)),
    "all_visits": lambda m, v: m.all_visits(visits.ListVisitsRequest()),
    "count_visits": lambda m, v: m.count_visits(visits.CountVisitsRequest()),
    "list_events": lambda m, v: m.list_events(history.ListEventsRequest(visit=f"visits/{v}")),
    "all_events": lambda m, v: m.all_events(history.ListEventsRequest(visit=f"visits/{v}")),
    "read_events": lambda m, v: m.read_events(history.ReadEventsRequest(visit=f"visits/{v}")),
    "watch_events": lambda m, v: m.watch_events(
        history.WatchEventsRequest(visit=f"visits/{v}", after_position=0)
    ),
    "compare_visit": lambda m, v: m.compare_visit(
        history.CompareVisitRequest(name=f"visits/{v}", after=AsOf(position=1))
    ),
    "list_changes": lambda m, v: m.list_changes(audit.ListChangesRequest()),
    "all_changes": lambda m, v: m.all_changes(audit.ListChangesRequest()),
    "get_checkpoint": lambda m, v: m.get_checkpoint(audit.GetCheckpointRequest()),
    "get_inclusion_proof": lambda m, v: m.get_inclusion_proof(
        audit.GetInclusionProofRequest(position=1)
    ),
    "get_consistency_proof": lambda m, v: m.get_consistency_proof(
        audit.GetConsistencyProofRequest(first_size=1)
    ),
    "get_tile": lambda m, v: m.get_tile(audit.GetTileRequest(width=1)),
    "export_bundle": lambda m, v: m.export_bundle(audit.ExportBundleRequest()),
    "get_server_info": lambda m, v: m.get_server_info(),
}


@pytest.mark.parametrize("method", CALLS)
def test_each_method_of_the_contract_is_called_with_its_messages(
    calling: Calling, visit: str, method: str
) -> None:
    answer = calling(lambda c: CALLS[method](c.messages, visit), first=1)
    message = answer[0] if isinstance(answer, list) else answer
    assert message.DESCRIPTOR.file.package == "chancery.v1"
    assert message.ByteSize()


def test_every_call_is_tried_above() -> None:
    assert set(CALLS) == {name for name in dir(Messages) if not name.startswith("_")}
