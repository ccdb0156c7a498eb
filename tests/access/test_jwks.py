"""The keys of an issuer that has an address: asked for, kept, and asked for again."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from structlog.testing import capture_logs

from service.access import jwks
from service.access.jwks import FetchedKeys, issuer_keys
from service.access.jwt import Jwts
from service.config import Settings
from service.errors import NotAuthenticated
from service.limits import KEYS_BYTES
from tests.support.issuer import AUDIENCE, ISSUER, KINDS, Issuer
from tests.support.waiting import wait_until


class Address(ThreadingHTTPServer):
    """Where an issuer has its keys. It answers ``status`` with ``text``.

    A redirect leads to other keys.
    """

    def __init__(self, text: str) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.text = text
        self.elsewhere = json.dumps({"keys": [KINDS["ES256"]("other").as_dict(private=False)]})
        self.status = 200
        self.asked = 0
        self.url = f"http://127.0.0.1:{self.server_port}/keys"


class Answering(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Address

    def do_GET(self) -> None:
        """Answer it."""
        self.server.asked += 1
        is_elsewhere = self.path == "/elsewhere"
        self.send_response(200 if is_elsewhere else self.server.status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write((self.server.elsewhere if is_elsewhere else self.server.text).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    """An issuer."""
    return Issuer(tmp_path / "jwks.json")


@pytest.fixture
def address(issuer: Issuer) -> Iterator[Address]:
    """The address of the issuer's keys."""
    with Address(issuer.file.read_text()) as address:
        thread = Thread(target=address.serve_forever, args=(0.01,))
        thread.start()
        yield address
        address.shutdown()
        thread.join()


@pytest.fixture
def keys(address: Address) -> FetchedKeys:
    """The keys at the address."""
    keys = issuer_keys(address.url)
    assert isinstance(keys, FetchedKeys)
    return keys


def refreshed(keys: FetchedKeys) -> Callable[[], bool]:
    """What looks whether the keys have changed."""

    def refresh() -> bool:
        return keys.refresh()

    return refresh


def test_the_keys_are_there_as_soon_as_somebody_looks(keys: FetchedKeys, issuer: Issuer) -> None:
    assert not keys.content
    assert keys.refresh()
    assert list(keys.content) == [issuer.key.thumbprint()]


def test_no_proxy_is_asked_for_keys_on_this_machine(
    keys: FetchedKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert keys.refresh()


def test_the_keys_are_asked_for_again_now_and_then(
    keys: FetchedKeys, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwks, "KEYS_SECONDS", 0.01)
    keys.refresh()
    wait_until(lambda: keys.refresh() or address.asked > 5)
    assert address.asked > 5  # nothing has changed meanwhile
    other = KINDS["ES256"]("second")
    address.text = json.dumps({"keys": [other.as_dict(private=False)]})
    wait_until(refreshed(keys))
    assert list(keys.content) == [other.thumbprint()]


def test_a_missing_key_is_asked_for_at_once_but_not_all_the_time(
    keys: FetchedKeys, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        keys.refresh()
        assert keys._fetching is not None
        keys._fetching.join()
        keys.hurry()
    assert address.asked == 1
    monkeypatch.setattr(jwks, "KEYS_AGAIN_SECONDS", 0.0)
    keys.hurry()
    keys.refresh()
    wait_until(lambda: address.asked == 2)


def test_a_token_with_a_key_that_is_new_is_valid_once_the_address_was_asked(
    address: Address, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwks, "KEYS_AGAIN_SECONDS", 0.0)
    given = {"jwks": address.url, "jwt_issuer": ISSUER, "jwt_audience": AUDIENCE}
    known = Jwts(Settings(**given))  # type: ignore[arg-type]
    known.refresh()
    new = Issuer(issuer.file.with_name("new.json"), kid="second")
    address.text = new.file.read_text()

    def is_valid() -> bool:
        known.refresh()
        try:
            return known.holder(new.token()).name == "Jo"
        except NotAuthenticated:
            return False

    known.refresh()
    assert address.asked == 1
    wait_until(is_valid)


@pytest.mark.parametrize(
    ("status", "text", "problem"),
    [
        (500, "", "HTTP Error 500"),
        (302, "", "HTTP Error 302"),
        (200, '{"keys": []}', "the JWKS has no public keys"),
        (200, "<html>", "this is not a JWKS"),
        (200, " " * (KEYS_BYTES + 1), f"the answer has more than {KEYS_BYTES} bytes"),
    ],
)
def test_the_last_good_keys_stay_and_what_went_wrong_is_told_once(
    keys: FetchedKeys,
    address: Address,
    status: int,
    text: str,
    problem: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No redirect is followed. Once the address answers again, its keys are taken."""
    keys.refresh()
    good, before = address.text, dict(keys.content)
    monkeypatch.setattr(jwks, "KEYS_AGAIN_SECONDS", 0.0)
    address.status, address.text = status, text
    keys.hurry()
    with capture_logs() as lines:
        wait_until(lambda: keys.refresh() or address.asked > 4)
        address.status, address.text = 200, good
        wait_until(lambda: keys.refresh() or len(lines) > 1)
    assert keys.content == before
    assert [line["event"] for line in lines] == ["keys not read", "keys read"]
    assert problem in lines[0]["reason"]


def test_a_server_starts_though_the_address_does_not_answer(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It knows nobody until it does."""
    keys = issuer_keys("http://127.0.0.1:1/keys")
    with capture_logs() as lines:
        assert not keys.refresh()
    assert not keys.content
    assert "Connection refused" in lines[0]["reason"]
