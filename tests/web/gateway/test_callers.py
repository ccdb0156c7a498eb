"""Who calls over HTTP is who the caller's own credentials say, and nobody by a cookie."""

import base64
from collections.abc import Iterator

import httpx
import pytest

from tests.support import messages
from tests.support.board import ServedBoard
from tests.support.holders import NAMES, UNKNOWN, GuardedServer, guarded
from tests.support.place import Places
from tests.support.server import Client
from tests.support.waiting import wait_until
from tests.web.gateway.asking import DESK, HISTORY, VISITS

VISIT = "visits/guarded"


@pytest.fixture(scope="module")
def knowing(places: Places, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedServer]:
    """A server that knows its callers, with a visit."""
    with guarded(places.new(), tmp_path_factory.mktemp("tokens")) as server:
        server.held("editor").record(VISIT, messages.scheduled())
        yield server


@pytest.fixture(scope="module")
def guarding(knowing: GuardedServer) -> Iterator[httpx.Client]:
    """A client of the gateway in front of it."""
    with ServedBoard(knowing.address) as gateway, gateway.client() as client:
        yield client


def token(server: GuardedServer, role: str) -> dict[str, str]:
    """The header that shows the token of a role."""
    return {"authorization": f"Bearer {server.holders.tokens[role]}"}


@pytest.mark.parametrize(
    "path",
    [f"{VISITS}/ListVisits", f"{DESK}/PostponeVisit", "/checkpoint", "/tile/0/000.p/1"],
)
def test_who_shows_no_credentials_is_refused(guarding: httpx.Client, path: str) -> None:
    is_call = path.startswith("/chancery")
    answer = guarding.post(path, json={}) if is_call else guarding.get(path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_cookie_makes_nobody_known(guarding: httpx.Client, knowing: GuardedServer) -> None:
    """A browser sends them with whatever page asks."""
    shown = knowing.holders.tokens["editor"]
    for cookie in (f"__Host-session={shown}", f"token={shown}", f"authorization=Bearer {shown}"):
        headers = {"cookie": cookie}
        answer = guarding.post(f"{VISITS}/ListVisits", json={}, headers=headers)
        assert answer.status_code == 401


def test_each_role_may_what_it_may_over_grpc(
    guarding: httpx.Client, knowing: GuardedServer
) -> None:
    for role in NAMES:
        headers = token(knowing, role)
        assert guarding.post(f"{VISITS}/ListVisits", json={}, headers=headers).status_code == 200
        asked = {"name": VISIT, "context": {"validateOnly": True}, "postponed": {}}
        answer = guarding.post(f"{DESK}/PostponeVisit", json=asked, headers=headers)
        assert answer.status_code == (200 if role in ("editor", "operator") else 403)


def test_a_reader_sees_nothing_restricted(guarding: httpx.Client, knowing: GuardedServer) -> None:
    asked = f"{HISTORY}/ListEvents?visit={VISIT}"
    seen = {role: guarding.get(asked, headers=token(knowing, role)).text for role in NAMES}
    assert '"actor":"Édith"' in seen["auditor"]
    assert "actor" not in seen["reader"]


def test_the_actor_is_the_holder_of_the_token(
    guarding: httpx.Client, knowing: GuardedServer
) -> None:
    headers = token(knowing, "editor") | {"chancery-actor": "somebody-else"}
    asked = {"name": VISIT, "context": {"validateOnly": True}, "postponed": {}}
    answer = guarding.post(f"{DESK}/PostponeVisit", json=asked, headers=headers)
    assert answer.json()["event"]["event"]["actor"] == "Édith"


@pytest.mark.parametrize("shown", ["Bearer", "Basic YTpi", f"Bearer {UNKNOWN}", "", "Bearer é"])
def test_bad_credentials_are_refused(guarding: httpx.Client, shown: str) -> None:
    headers = {"authorization": shown.encode()}
    answer = guarding.post(f"{VISITS}/ListVisits", json={}, headers=headers)  # type: ignore[arg-type]
    assert answer.status_code in (400, 401)


def test_two_credentials_are_refused(guarding: httpx.Client, knowing: GuardedServer) -> None:
    (shown,) = token(knowing, "editor").items()
    headers = [shown, shown, ("content-type", "application/json")]
    answer = guarding.post(f"{VISITS}/ListVisits", content="{}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert "once" in answer.json()["message"]


def test_a_stream_ends_when_its_token_is_withdrawn(
    guarding: httpx.Client, knowing: GuardedServer
) -> None:
    headers = {"authorization": f"Bearer {knowing.holders.new('reader', 'Nina')}"}
    ask = f"{VISITS}/ListVisits"
    wait_until(lambda: guarding.get(ask, headers=headers).status_code == 200)
    asked: dict[str, object] = {"beginning": {}}
    with guarding.stream("POST", f"{HISTORY}/WatchEvents", json=asked, headers=headers) as answer:
        lines = answer.iter_lines()
        next(lines)
        knowing.holders.revoke("Nina")
        assert '"unauthenticated"' in list(lines)[-1]


def test_a_full_tile_is_kept_by_nobody_else_where_credentials_are_needed(
    guarding: httpx.Client, knowing: GuardedServer
) -> None:
    editor = knowing.held("editor")
    for _ in range(3):
        steps = [messages.change(VISIT, messages.stated()) for _ in range(90)]
        editor.desk.ApplyChanges(messages.apply(*steps))
    answer = guarding.get("/tile/0/000", headers=token(knowing, "reader"))
    assert answer.headers["cache-control"].startswith("private, ")


def test_a_name_that_is_not_verified_is_sent_on(http: httpx.Client, client: Client) -> None:
    """Where nobody is known: as ASCII, or as UTF-8 in base64 with or without its end."""
    asked = {"name": "visits/named", "scheduled": {}, "context": {"validateOnly": True}}
    asked["scheduled"] = {
        "details": {
            "title": "T",
            "principal": {"name": "P", "country": "FR"},
            "host": {"country": "CN"},
        }
    }
    packed = base64.b64encode("Édith".encode()).decode()
    for headers, actor in (
        ({"chancery-actor": "anna"}, "unverified:anna"),
        ({"chancery-actor-bin": packed}, "unverified:Édith"),
        ({"chancery-actor-bin": packed.rstrip("=")}, "unverified:Édith"),
        ({}, "unverified:unknown"),
    ):
        answer = http.post(f"{DESK}/ScheduleVisit", json=asked, headers=headers)
        assert answer.json()["event"]["event"]["actor"] == actor


@pytest.mark.parametrize(
    ("name", "value"),
    [("chancery-actor", "é"), ("chancery-actor-bin", "%%"), ("chancery-actor-bin", "/w==")],
)
def test_a_name_that_is_none_is_refused(http: httpx.Client, name: str, value: str) -> None:
    headers = {name: value.encode()}
    answer = http.post(f"{VISITS}/ListVisits", json={}, headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 400
    assert name in answer.json()["message"]
