"""Pages of other sites record nothing, and read nothing that is not allowed to them."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from service.web.board import BoardSettings
from tests.support import messages
from tests.support.board import ServedBoard
from tests.support.server import Client
from tests.web.gateway.asking import DESK, VISITS

FRIEND, FOE = "https://desk.example", "https://foe.example"
RECORD, ASK = f"{DESK}/ScheduleVisit", f"{VISITS}/ListVisits"
# What browsers ask before they send a request of Connect's or gRPC-Web's clients.
PREFLIGHT = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type,connect-protocol-version,authorization",
}

Start = Callable[..., ServedBoard]


@pytest.fixture
def friendly(start_gateway: Start) -> Iterator[httpx.Client]:
    """A client of a gateway that allows the pages of one site to call."""
    with start_gateway(BoardSettings(cors=(FRIEND,))).client() as client:
        yield client


def recorded(http: httpx.Client, name: str, headers: dict[str, str]) -> httpx.Response:
    """The answer to a change of whoever sends these headers."""
    change = messages.request(f"visits/{name}", messages.scheduled())
    headers = {"content-type": "application/proto"} | headers
    return http.post(RECORD, content=change.SerializeToString(), headers=headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": FOE},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": FOE, "sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
    ids=str,
)
def test_a_page_of_another_site_records_nothing(
    http: httpx.Client, client: Client, headers: dict[str, str]
) -> None:
    head = client.head
    answer = recorded(http, "foreign", headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert client.head == head


def test_whoever_is_no_page_and_our_own_pages_record(
    http: httpx.Client, gateway: ServedBoard
) -> None:
    assert recorded(http, "by-a-script", {}).status_code == 200
    own = {"origin": gateway.address}
    assert recorded(http, "by-our-page", own).status_code == 200
    behind_a_proxy = {"origin": "https://board.example", "sec-fetch-site": "same-origin"}
    assert recorded(http, "behind-a-proxy", behind_a_proxy).status_code == 200


def test_a_page_of_a_site_that_is_allowed_calls_and_reads(friendly: httpx.Client) -> None:
    asked = friendly.options(ASK, headers={"origin": FRIEND} | PREFLIGHT)
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == FRIEND
    for name in PREFLIGHT["access-control-request-headers"].split(","):
        assert name in asked.headers["access-control-allow-headers"]
    answer = recorded(friendly, "by-a-friend", {"origin": FRIEND})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == FRIEND


def test_no_cookies_are_allowed_to_pages_of_other_sites(friendly: httpx.Client) -> None:
    for method in ("OPTIONS", "POST"):
        answer = friendly.request(method, ASK, headers={"origin": FRIEND} | PREFLIGHT)
        assert "access-control-allow-credentials" not in answer.headers


def test_a_page_of_any_other_site_is_told_nothing(friendly: httpx.Client) -> None:
    asked = friendly.options(ASK, headers={"origin": FOE} | PREFLIGHT)
    assert asked.status_code == 403
    answer = friendly.post(ASK, json={}, headers={"origin": FOE})
    for each in (asked, answer):
        assert "access-control-allow-origin" not in each.headers
    assert "Origin" in answer.headers["vary"]
    assert recorded(friendly, "by-a-foe", {"origin": FOE}).status_code == 403


def test_without_the_setting_no_site_is_allowed(http: httpx.Client) -> None:
    asked = http.options(ASK, headers={"origin": FRIEND} | PREFLIGHT)
    assert asked.status_code == 403
    answer = http.post(ASK, json={}, headers={"origin": FRIEND})
    assert "access-control-allow-origin" not in answer.headers


def test_all_sites_may_be_allowed(start_gateway: Start) -> None:
    with start_gateway(BoardSettings(cors=("*",))).client() as http:
        answer = http.post(ASK, json={}, headers={"origin": FOE})
        tile = http.get("/checkpoint", headers={"origin": FOE})
        refused = http.post(ASK, json={"a": 1}, headers={"origin": FOE})
    for each in (answer, tile, refused):
        assert each.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in each.headers
