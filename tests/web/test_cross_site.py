"""What other sites cannot do: record in somebody's name, frame a page, or go by another name."""

from collections.abc import Mapping

import httpx
import pytest

from chancery.client import Connection
from service.web.board import BoardSettings
from tests.support.server import Server

HOST = "127.0.0.1"
OWN = f"http://{HOST}"
FORMS = ("/visits/raided/cancel", "/visits/new?change=schedule", "/sign-in", "/sign-out")
SAYS = {"officer": "Mallory", "token": "x"}


@pytest.fixture
def board_settings() -> BoardSettings:
    """A board with a public name."""
    return BoardSettings(public="https://board.example")


@pytest.fixture(scope="module", autouse=True)
def raided(server: Server) -> None:
    """A visit that somebody might call off."""
    with Connection(server.address) as connection:
        connection.schedule("raided", title="t", principal="p")


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": f"{OWN}:8081"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": OWN},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"{OWN}:8081"},
        {"Origin": f"https://{HOST}"},
        {"Origin": f"{OWN}.evil.example"},
        {"Origin": ""},
        {},
    ],
    ids=str,
)
async def test_a_form_from_elsewhere_is_refused(
    web: httpx.AsyncClient, server: Server, headers: Mapping[str, str]
) -> None:
    for form in FORMS:
        answer = await web.post(form, data=SAYS, headers=headers)
        assert answer.status_code == 403, form
        assert "You may not do that" in answer.text
        assert "set-cookie" not in answer.headers
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "X"):
        assert (await web.request(method, FORMS[0], headers=headers)).status_code == 403
    with Connection(server.address) as connection:
        assert connection.visit("raided").version == 1


async def test_a_form_from_the_board_is_taken(web: httpx.AsyncClient) -> None:
    """The control: with the same body only the name is missing, or the form is shown."""
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": OWN}):
        for form in FORMS[:2]:
            answer = await web.post(form, data={"officer": ""}, headers=headers)
            assert answer.status_code == 422
        assert (await web.post("/sign-out", headers=headers)).status_code == 303


async def test_the_contract_over_http_has_rules_of_its_own(web: httpx.AsyncClient) -> None:
    answer = await web.post("/chancery.v1.VisitService/GetVisit", json={})
    assert answer.status_code != 403


async def test_no_page_can_be_framed_or_take_in_anything(web: httpx.AsyncClient) -> None:
    for path in ("/visits/raided/cancel", "/visits/new", "/sign-in", "/nothing"):
        policy = (await web.get(path)).headers["content-security-policy"]
        for rule in ("default-src 'none'", "frame-ancestors 'none'", "form-action 'self'"):
            assert rule in policy
        assert "base-uri 'none'" in policy


async def test_private_pages_are_kept_nowhere(web: httpx.AsyncClient) -> None:
    for path in ("/visits/raided/cancel", "/visits/new", "/sign-in", "/nothing"):
        headers = (await web.get(path)).headers
        assert headers["cache-control"] == "no-store"
        assert {"Cookie", "Authorization"} <= set(headers["vary"].split(", "))
    assert "vary" not in (await web.get("/static/board.css")).headers


@pytest.mark.parametrize(
    ("host", "is_taken"),
    [
        (HOST, True),
        (f"{HOST}:8080", True),
        ("localhost:8080", True),
        ("[::1]:8080", True),
        ("127.0.0.2", True),
        ("board.example", True),
        ("Board.Example:443", True),
        ("evil.example", False),
        ("board.example.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example:80", False),
        ("[", False),
        ("", False),
    ],
)
async def test_on_this_machine_the_board_goes_by_its_own_names_alone(
    web: httpx.AsyncClient, host: str, is_taken: bool
) -> None:
    for path in ("/visits/new", "/static/board.css", "/chancery.v1.InfoService/GetServerInfo"):
        answer = await web.get(path, headers={"Host": host})
        assert (answer.status_code != 421) is is_taken
    if not is_taken:
        assert "This is another board" in (await web.get("/", headers={"Host": host})).text


async def test_beyond_this_machine_a_board_cannot_know_its_names(web: httpx.AsyncClient) -> None:
    """There, whoever may reach it may do so by any name; access control is what protects it."""
    web.base_url = httpx.URL("http://192.0.2.1")
    assert (await web.get("/visits/new", headers={"Host": "any.example"})).status_code == 200


async def test_a_form_at_the_public_address_is_taken_by_its_origin(web: httpx.AsyncClient) -> None:
    headers = {"Host": "board.example", "Origin": "https://board.example"}
    answer = await web.post("/visits/raided/cancel", data={"officer": ""}, headers=headers)
    assert answer.status_code == 422
    headers["Origin"] = "https://board.example:8443"
    answer = await web.post("/visits/raided/cancel", data={"officer": ""}, headers=headers)
    assert answer.status_code == 403
