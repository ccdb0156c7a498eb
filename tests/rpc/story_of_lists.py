"""A story of several visits, the moments to ask about it, and asking."""

from collections.abc import Sequence
from typing import Any

import grpc

from chancery.v1.values_pb2 import SIDE_GUEST, SIDE_HOST, STATEMENT_KIND_DENY, Principal
from chancery.v1.visit_pb2 import AsOf, Visit
from chancery.v1.visit_service_pb2 import BatchGetVisitsRequest, GetVisitRequest
from tests.support.messages import (
    amended,
    basis,
    cancelled,
    completed,
    deferred,
    disclosed,
    postponed,
    rescheduled,
    retracted,
    scheduled,
    stated,
    window,
)
from tests.support.server import Client

GUEST, HOST = [basis(SIDE_GUEST)], [basis(SIDE_HOST)]
YELLEN: dict[str, Any] = {
    "principal": Principal(name="Janet Yellen", country="US"),
    "trip": "summer",
}

Step = tuple[str, Any, dict[str, Any]]

# In the order of recording: the visit, the change, and its times.
STORY: list[Step] = [
    ("beijing", scheduled(window("2023-02-05", "2023-02-06")), {"effective": "2023-01-17"}),
    ("secret", disclosed(window("2023-05-10")), {"effective": "2023-05", "known": "2023-06-02"}),
    ("duplicate", scheduled(), {"effective": "2023-01-20"}),
    ("beijing", deferred(), {"effective": "2023-02-03", "basis": GUEST}),
    (
        "beijing",
        stated(STATEMENT_KIND_DENY, SIDE_HOST),
        {"effective": "2023-02-04", "basis": HOST},
    ),
    ("misled", scheduled(window("2023-03-01"), **YELLEN), {"effective": "2023-01-10"}),
    ("misled", postponed(), {"effective": "2023-02-01"}),
    ("duplicate", retracted(1, "visits/beijing"), {"known": "2023-02-15"}),
    ("misled", retracted(2), {"known": "2023-04-01", "reason": "It was never so"}),
    ("typo", scheduled(title="Tpyo", trip="summer"), {"effective": "2023-03-01"}),
    ("typo", amended(title="Typo"), {"effective": "2023-03-01"}),
    ("beijing", rescheduled(window("2023-06-18", "2023-06-19")), {"effective": "2023-06-14"}),
    ("late", scheduled(**YELLEN), {"effective": "2023-01-05", "known": "2023-06-01"}),
    ("late", postponed(), {"effective": "2023-02-20", "known": "2023-02-20"}),
    ("beijing", completed(), {"effective": "2023-06-19", "basis": GUEST + HOST}),
    ("called-off", scheduled(window("2023-04-01", "2023-04-30")), {"effective": "2023-02"}),
    ("called-off", cancelled(), {"effective": "2023-03-20", "known": "2023-03-22"}),
    ("today", scheduled(window("2023-12-01")), {}),
    ("misled", amended(purpose="To talk"), {"effective": "2023-02-10", "known": "2023-05-01"}),
]


IDS = sorted({visit_id for visit_id, _, _ in STORY})


DAYS = ["2023-01-18", "2023-02-10", "2023-03-25", "2023-05-15", "2023-06-20", ""]


MOMENTS: list[dict[str, Any]] = [
    {"known_at": known, "valid_at": valid, "position": position}
    for known in DAYS
    for valid in DAYS[1::2]
    for position in (None, 8, 13)
]


def batch(client: Client, moment: AsOf, *ids: str) -> Any:
    names = [f"visits/{visit_id}" for visit_id in ids]
    return client.visits.BatchGetVisits(BatchGetVisitsRequest(names=names, as_of=moment))


def got(client: Client, moment: AsOf, ids: Sequence[str] = IDS) -> dict[str, Visit]:
    """The visits that GetVisit finds as of a moment, by id."""
    found = {}
    for visit_id in ids:
        try:
            request = GetVisitRequest(name=f"visits/{visit_id}", as_of=moment)
            found[visit_id] = client.visits.GetVisit(request).visit
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.NOT_FOUND:
                raise
    return found
