"""Signing in by a token, at a server that knows its callers."""

from collections.abc import Iterator

import httpx
import pytest

from chancery.client import Connection
from service.limits import SIGN_IN_FAILURES, SIGN_IN_SECONDS
from service.web.caller import SESSION_COOKIE
from service.web.forms.sign_in import safe
from tests.support.holders import NAMES, UNKNOWN, GuardedServer, guarded, is_known
from tests.support.place import Places
from tests.support.waiting import wait_until
from tests.web.forms.filling import SAME_ORIGIN, Inputs, filled, opened

FORM = "/visits/guarded/cancel"
AS_BROWSER = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture(scope="module")
def server(places: Places, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedServer]:
    """A server that knows its callers, with a visit."""
    with guarded(places.new(), tmp_path_factory.mktemp("holders")) as server:
        token = server.holders.tokens["editor"]
        with Connection(server.address, token=token) as connection:
            connection.schedule("guarded", title="t", principal="p", note="secret remark")
        yield server


@pytest.fixture
def desk(web: httpx.AsyncClient) -> httpx.AsyncClient:
    """A browser at the board, over https."""
    web.base_url = httpx.URL("https://localhost")
    web.headers.update({**SAME_ORIGIN, **AS_BROWSER})
    return web


async def signed_in(desk: httpx.AsyncClient, token: str, after: str = "/") -> httpx.Response:
    """The answer to a token, with whose cookie the client goes on."""
    form = await opened(desk, f"/sign-in?next={after}")
    answer = await desk.post("/sign-in", data={**form.values, "token": token})
    for cookie in answer.headers.get_list("set-cookie"):
        if "Max-Age=0" not in cookie:
            go_on(desk, cookie.partition(";")[0])
    return answer


def go_on(desk: httpx.AsyncClient, cookie: str) -> None:
    """Have a browser send this cookie, and no other."""
    desk.cookies.clear()
    desk.headers["Cookie"] = cookie


def held(server: GuardedServer, name: str) -> str:
    """A new token of an editor, which the server has taken note of."""
    token = server.holders.new("editor", name)
    with Connection(server.address, token=token) as connection:
        wait_until(lambda: is_known(connection))
    return token


async def test_a_page_leads_to_where_one_signs_in_and_back(
    desk: httpx.AsyncClient, server: GuardedServer
) -> None:
    asked = await desk.get(f"{FORM}?x=1%262")
    assert asked.status_code == 303
    assert asked.headers["location"] == "/sign-in?next=%2Fvisits%2Fguarded%2Fcancel%3Fx%3D1%25262"
    form = await opened(desk, asked.headers["location"])
    sent = {**form.values, "token": server.holders.tokens["editor"]}
    answer = await desk.post("/sign-in", data=sent)
    assert answer.headers["location"] == f"{FORM}?x=1%262"
    page = await desk.get(answer.headers["location"])
    assert page.status_code == 200
    assert NAMES["editor"] in page.text
    assert "officer" not in Inputs(page.text).names


async def test_the_cookie_is_a_random_id_for_this_host_and_nothing_else(
    desk: httpx.AsyncClient, server: GuardedServer
) -> None:
    token = server.holders.tokens["editor"]
    answers = [await signed_in(desk, token) for _ in range(2)]
    ids = set()
    for answer in answers:
        cookies = [
            each for each in answer.headers.get_list("set-cookie") if "Max-Age=0" not in each
        ]
        (cookie,) = cookies
        name, *attributes = cookie.split("; ")
        assert name.startswith("__Host-chancery=")
        assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} == set(attributes)
        ids.add(name.partition("=")[2])
        assert len(name) > 40
        assert token not in cookie
        assert token not in answer.text
        assert answer.headers["cache-control"] == "no-store"
    assert len(ids) == 2


async def test_what_is_recorded_has_the_name_of_whoever_signed_in(
    desk: httpx.AsyncClient, server: GuardedServer
) -> None:
    await signed_in(desk, held(server, "Noor"))
    sends = await filled(desk, "/visits/guarded/amend", {"amended.details.trip": "one"})
    answer = await desk.post("/visits/guarded/amend", data={**sends, "officer": "Mallory"})
    assert answer.status_code == 303
    with Connection(server.address, token=server.holders.tokens["auditor"]) as connection:
        assert connection.history("guarded")[-1].actor == "Noor"


async def test_a_reader_sees_no_forms_and_nothing_restricted(
    desk: httpx.AsyncClient, server: GuardedServer
) -> None:
    await signed_in(desk, server.holders.tokens["reader"])
    for path in (FORM, "/visits/new", "/visits/guarded/correct?change=1"):
        answer = await desk.get(path)
        assert answer.status_code == 403
        assert "As reader you may read here" in answer.text
        assert "secret remark" not in answer.text
        assert 'method="post" action="/visits' not in answer.text
    assert (await desk.post(FORM, data={"officer": "x"})).status_code == 403


async def test_a_session_that_somebody_fixed_is_never_taken_over(
    desk: httpx.AsyncClient, server: GuardedServer
) -> None:
    token, planted = server.holders.tokens["editor"], f"{SESSION_COOKIE}=planted"
    go_on(desk, planted)
    await signed_in(desk, token)
    first = desk.headers["Cookie"]
    assert first != planted
    assert (await desk.get(FORM)).status_code == 200
    await signed_in(desk, token)
    assert desk.headers["Cookie"] not in (first, planted)
    assert (await desk.get(FORM)).status_code == 200
    for over in (first, planted):
        go_on(desk, over)
        assert (await desk.get(FORM)).status_code == 303


async def test_another_id_than_ones_own_is_nobodys(desk: httpx.AsyncClient) -> None:
    for session_id in (b"A" * 43, b"", b"\xc3\xa9", b"\xff", b"x" * 5000):
        cookie = SESSION_COOKIE.encode() + b"=" + session_id
        answer = await desk.get(FORM, headers={b"Cookie": cookie, b"Accept": b"text/html"})
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in?")


async def test_a_token_that_is_taken_back_ends_the_session_and_keeps_what_was_written(
    desk: httpx.AsyncClient, server: GuardedServer
) -> None:
    token = held(server, "Paul")
    await signed_in(desk, token)
    said = {"amended.details.trip": "two", "context.reason": "kept <words>"}
    sends = await filled(desk, "/visits/guarded/amend", said)
    server.holders.revoke("Paul")
    with Connection(server.address, token=token) as connection:
        wait_until(lambda: not is_known(connection))
    lost = await desk.post("/visits/guarded/amend", data=sends)
    assert lost.status_code == 401
    assert "no longer signed in" in lost.text
    assert Inputs(lost.text).values["context.reason"] == "kept <words>"
    assert "Max-Age=0" in lost.headers["set-cookie"]
    asked = await desk.get(FORM)
    assert asked.headers["location"].startswith("/sign-in?")
    await signed_in(desk, server.holders.tokens["editor"])
    again = await desk.post("/visits/guarded/amend", data=Inputs(lost.text).values)
    assert again.status_code == 303


async def test_signing_out_ends_the_session(desk: httpx.AsyncClient, server: GuardedServer) -> None:
    await signed_in(desk, server.holders.tokens["editor"])
    assert (await desk.get("/sign-out")).status_code == 405
    assert (await desk.get("/visits/new")).status_code == 200
    answer = await desk.post("/sign-out")
    assert answer.headers["location"] == "/sign-in"
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert (await desk.get("/visits/new")).status_code == 303


@pytest.mark.parametrize("token", ["", UNKNOWN, "no token", "é", "x" * 5000, "a\nb"])
async def test_a_wrong_token_is_told_so(desk: httpx.AsyncClient, token: str) -> None:
    answer = await signed_in(desk, token)
    assert answer.status_code == 422
    assert 'aria-describedby="f-token-hint f-token-error"' in answer.text
    assert "set-cookie" not in answer.headers
    assert f'value="{token}' not in answer.text or not token


async def test_too_many_wrong_tokens_have_to_wait(
    desk: httpx.AsyncClient, server: GuardedServer
) -> None:
    for _ in range(SIGN_IN_FAILURES):
        assert (await signed_in(desk, UNKNOWN)).status_code == 422
    answer = await signed_in(desk, server.holders.tokens["editor"])
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= SIGN_IN_SECONDS
    assert "set-cookie" not in answer.headers


async def test_beyond_this_machine_a_token_is_taken_over_https_alone(
    desk: httpx.AsyncClient, server: GuardedServer
) -> None:
    desk.base_url = httpx.URL("http://192.0.2.1")
    page = await desk.get("/sign-in")
    assert "This needs <b>https</b>" in page.text
    assert 'name="token"' not in page.text
    answer = await desk.post("/sign-in", data={"token": server.holders.tokens["editor"]})
    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers
    desk.base_url = httpx.URL("http://127.0.0.1")
    assert 'name="token"' in (await desk.get("/sign-in")).text


async def test_a_request_with_a_token_of_its_own_needs_no_session(
    desk: httpx.AsyncClient, server: GuardedServer
) -> None:
    """So scripts call, and so does a proxy in front pass on who signed in there."""
    own = {"Authorization": f"Bearer {server.holders.tokens['editor']}"}
    assert (await desk.get(FORM, headers=own)).status_code == 200
    await signed_in(desk, server.holders.tokens["editor"])
    for token in (UNKNOWN, "é", ""):
        wrong = {b"Authorization": f"bearer {token}".encode()}
        answer = await desk.get(FORM, headers=wrong)
        assert answer.status_code == 303, "the cookie counts for nothing beside it"
    assert (await desk.get(FORM)).status_code == 200, "and its session goes on"


async def test_who_asks_for_no_page_is_told_by_a_status(desk: httpx.AsyncClient) -> None:
    answer = await desk.get(FORM, headers={"Accept": "*/*"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/a\r\nSet-Cookie: x=y",
        "/\u2028",
        "/[",
        "//[",
        "/sign-in?next=/",
    ],
)
async def test_no_address_of_another_site_is_gone_to(
    desk: httpx.AsyncClient, server: GuardedServer, address: str
) -> None:
    assert safe(address) in ("/", "/[")
    sent = {"next": address, "token": server.holders.tokens["editor"]}
    answer = await desk.post("/sign-in", data=sent)
    assert answer.headers["location"] in ("/", "/[", "/%5B")


def test_a_page_of_the_board_is_gone_to() -> None:
    for address in ("/", "/visits?q=a%26b&status=x", "/visits/x/compare?from=2023#f", "/é"):
        assert safe(address) == address
