"""Connect's own client for browsers, in Chromium and in Firefox, is served in full.

A page of another origin, which the gateway allows, takes the same steps in each way to call: with
Connect in JSON, in proto and by GET, and with gRPC-Web.

``make foreign`` builds the page and runs this file; ``make test`` leaves it out, by its name.
"""

import asyncio
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Error

from service.web.board import BoardSettings
from tests.support.board import ServedBoard
from tests.support.browser import chromium, firefox
from tests.support.messages import amended
from tests.support.place import SqliteFile
from tests.support.server import Server

SCRIPT = Path(__file__).parents[2] / ".foreign" / "connect_web" / "build" / "client.js"
PAGE = b'<!doctype html><title>A page of another site</title><script src="/client.js"></script>'
WAYS = ("connect-json", "connect-proto", "connect-get", "grpc-web")
BROWSERS = {"chromium": chromium, "firefox": firefox}

Steps = dict[str, Any]


class Site:
    """A site with one page. Once the page follows a visit, somebody else changes it."""

    def __init__(self, server: Server) -> None:
        client = server.client()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.removeprefix("/following/")
                if name != self.path:
                    client.record(name, amended(title="Another title"))
                is_script = self.path == "/client.js"
                self.send_response(200)
                self.send_header("content-type", "text/javascript" if is_script else "text/html")
                self.end_headers()
                self.wfile.write(SCRIPT.read_bytes() if is_script else PAGE)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever)
        self.origin = f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> "Site":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


async def taken(browser: str, origin: str, address: str) -> dict[str, Steps]:
    """What a page of this origin told of the steps, for each way to call."""
    async with BROWSERS[browser]() as running:
        page = await running.new_page()
        await page.goto(f"{origin}/")
        steps = {}
        for way in WAYS:
            asked = [way, address, f"visits/{browser}-{way}"]
            steps[way] = await page.evaluate("asked => take(...asked)", asked)
        return steps


@dataclass(frozen=True)
class Told:
    """What a browser told of each way to call, and of calling where its site may not."""

    ways: dict[str, Steps]
    where_it_may_not: str


@pytest.fixture(scope="module", params=BROWSERS)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """What one browser told."""
    browser = request.param
    file = SqliteFile(tmp_path_factory.mktemp(browser) / "desk.db")
    with Server(file) as server, Site(server) as site:
        settings = BoardSettings(cors=(site.origin,))
        with ServedBoard(server.address, settings) as gateway:
            steps = asyncio.run(taken(browser, site.origin, gateway.address))
        with ServedBoard(server.address) as closed, pytest.raises(Error) as caught:
            asyncio.run(taken(browser, site.origin, closed.address))
    return Told({f"{browser}-{way}": each for way, each in steps.items()}, str(caught.value))


def test_a_change_is_recorded_once_and_the_visit_is_there(told: Told) -> None:
    for steps in told.ways.values():
        assert steps["replayed"] == [False, True]
        assert steps["visit"]["status"] == "STATUS_SCHEDULED"
        assert steps["visit"]["knownTime"] == "2023-01-17T12:00:00.123456Z"


def test_a_refusal_comes_with_its_details(told: Told) -> None:
    for name, steps in told.ways.items():
        refused = steps["refused"]
        assert (refused["code"], refused["reason"]) == ("FailedPrecondition", "CHANGE_NOT_ALLOWED")
        assert refused["rules"] == ["CHANGE_NOT_ALLOWED"]
        assert refused["metadata"]["visit"] == f"visits/{name}"
        assert steps["badField"]["fields"] == ["scheduled.details"]
        assert steps["missing"]["reason"] == "NOT_KNOWN_BY_THEN"
        assert "中文" in steps["unknown"]["message"]


def test_streams_come_whole(told: Told) -> None:
    for steps in told.ways.values():
        assert steps["types"] == ["scheduled", "completed"]
        assert steps["bytes"] > 500


def test_a_change_reaches_whoever_follows_and_leaves(told: Told) -> None:
    for steps in told.ways.values():
        assert steps["followed"] == {"told": ["caughtUp", "events"], "code": "Canceled"}
        assert steps["late"]["code"] == "DeadlineExceeded"


def test_a_page_of_a_site_that_is_not_allowed_calls_nothing(told: Told) -> None:
    assert "Failed to fetch" in told.where_it_may_not or "NetworkError" in told.where_it_may_not
