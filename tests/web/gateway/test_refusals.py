"""A refusal says the same in every way of calling as over gRPC: its code, message and details."""

from typing import Any

import grpc
import httpx
import pytest
from google.rpc.status_pb2 import Status

from chancery.v1.audit_service_pb2 import ExportBundleRequest, GetTileRequest
from chancery.v1.history_service_pb2 import ReadEventsRequest, WatchEventsRequest
from chancery.v1.visit_service_pb2 import GetVisitRequest, ListVisitsRequest
from service.web.gateway.methods import METHODS
from tests.support import messages
from tests.support.server import Client
from tests.web.gateway.asking import AUDIT, DESK, HISTORY, VISITS, WAYS
from tests.web.gateway.test_methods import called

THERE = "visits/there"
# A path and a request that is refused, by the reason.
REFUSED: dict[str, tuple[str, Any]] = {
    "VISIT_NOT_FOUND": (f"{VISITS}/GetVisit", GetVisitRequest(name="visits/nobody")),
    "INVALID_FIELD": (f"{VISITS}/GetVisit", GetVisitRequest(name="no name, but 中文 and %")),
    "INVALID_PAGE_TOKEN": (f"{VISITS}/ListVisits", ListVisitsRequest(page_token="x")),
    "POSITION_BEYOND_HEAD": (f"{AUDIT}/GetTile", GetTileRequest(index=99, width=1)),
    "LOG_REPLACED": (
        f"{HISTORY}/WatchEvents",
        WatchEventsRequest(after_position=1, log_origin="another.example/log"),
    ),
    "VISIT_NOT_FOUND (stream)": (f"{HISTORY}/ReadEvents", ReadEventsRequest(visit="visits/no")),
    "INVALID_FIELD (stream)": (f"{AUDIT}/ExportBundle", ExportBundleRequest(visit="!")),
    "CHANGE_NOT_ALLOWED": (
        f"{DESK}/ScheduleVisit",
        messages.request(THERE, messages.scheduled()),
    ),
    "VERSION_MISMATCH": (
        f"{DESK}/PostponeVisit",
        messages.request(THERE, messages.postponed(), expected_version=7),
    ),
    "INVALID_FIELD (record)": (
        f"{DESK}/AmendVisit",
        messages.request(THERE, messages.amended(title="\x00")),
    ),
}
# The status of HTTP for the number of a code.
HTTP = {3: 400, 5: 404, 6: 409, 9: 400, 10: 409, 11: 400}


@pytest.fixture(scope="module")
def there(client: Client) -> Client:
    """A client, once there is a visit."""
    client.record(THERE, messages.scheduled())
    return client


def refused_over_grpc(client: Client, path: str, request: Any) -> Status:
    with pytest.raises(grpc.RpcError) as caught:
        list(called(client, METHODS[path], request))
    (packed,) = (
        each.value
        for each in caught.value.trailing_metadata() or ()
        if each.key == "grpc-status-details-bin"
    )
    return Status.FromString(packed)


@pytest.mark.parametrize("way", WAYS)
def test_a_refusal_is_that_of_grpc(there: Client, http: httpx.Client, way: str) -> None:
    for reason, (path, request) in REFUSED.items():
        if way == "GET" and not METHODS[path].reads:
            continue
        status = refused_over_grpc(there, path, request)
        told = WAYS[way](http, path, request)
        assert told.message == status.message, reason
        assert told.details == tuple(each.value for each in status.details), reason
        name = grpc.StatusCode(next(c.value for c in grpc.StatusCode if c.value[0] == status.code))
        assert told.code in (status.code, name.name.lower()), reason


def test_a_refusal_is_readable_and_has_the_status_of_http(
    there: Client, http: httpx.Client
) -> None:
    for path, request in REFUSED.values():
        if METHODS[path].streams:
            continue
        status = refused_over_grpc(there, path, request)
        answer = http.post(
            path,
            content=request.SerializeToString(),
            headers={"content-type": "application/proto"},
        )
        assert answer.status_code == HTTP[status.code]
        for told, packed in zip(answer.json()["details"], status.details, strict=True):
            assert told["type"] == packed.TypeName()
            assert told["debug"]


def test_a_server_that_is_away_is_said_to_be_so_and_when_to_try_again(away: httpx.Client) -> None:
    """Without the addresses that gRPC speaks of."""
    answer = away.post(f"{VISITS}/ListVisits", json={})
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["details"][0]["debug"]["reason"] == "STORE_UNAVAILABLE"
    assert "127.0.0.1" not in answer.text
