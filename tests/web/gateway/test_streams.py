"""Streams over HTTP: they begin at once, go on as changes come, and end where they should."""

import base64
import gzip
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime

import httpx
import pytest

from tests.support import messages
from tests.support.board import ServedBoard
from tests.support.server import Client, Server
from tests.web.gateway.asking import AUDIT, HISTORY, VISITS, enveloped, envelopes

WATCH, READ = f"{HISTORY}/WatchEvents", f"{HISTORY}/ReadEvents"


@contextmanager
def watching(http: httpx.Client, **given: object) -> Iterator[httpx.Response]:
    """A watch as lines of JSON."""
    with http.stream("POST", WATCH, json=given) as answer:
        assert answer.status_code == 200
        yield answer


def test_the_head_of_a_stream_comes_before_its_first_message(
    http: httpx.Client, client: Client
) -> None:
    """Nothing is to be told for a while: a watch that is quiet must not look dead."""
    client.record("visits/quiet", messages.scheduled())
    far = {"minPosition": str(client.head + 1), "now": {}}
    begun = time.monotonic()
    with watching(http, **far) as answer:
        assert time.monotonic() - begun < 0.5
        client.record("visits/quiet", messages.postponed())
        assert json.loads(next(answer.iter_lines()))["logOrigin"]


def test_a_watch_tells_each_change_as_it_comes(http: httpx.Client, client: Client) -> None:
    client.record("visits/followed", messages.scheduled())
    with watching(http, visit="visits/followed", beginning={}) as answer:
        lines = answer.iter_lines()
        assert "scheduled" in json.loads(next(lines))["events"]["events"][0]["event"]
        assert "caughtUp" in json.loads(next(lines))
        client.record("visits/followed", messages.postponed())
        told = json.loads(next(lines))["events"]["events"][0]["event"]
        assert told["changeType"] == "CHANGE_TYPE_POSTPONED"


def test_a_watch_is_cancelled_at_the_server_as_soon_as_its_reader_goes(
    server: Server, client: Client, gateway: ServedBoard
) -> None:
    """Within 20 ms, if the machine has nothing else to do: here it may have."""
    taken = []
    for number in range(5):
        actor = f"leaves-{number}"
        with (
            gateway.client() as http,
            http.stream("POST", WATCH, json={"now": {}}, headers={"chancery-actor": actor}) as told,
        ):
            next(told.iter_lines())
            leaving = time.time()
        line = server.logged("call", actor=f"unverified:{actor}")
        assert line["code"] == "CANCELLED"
        taken.append(ended(line) - leaving)
    assert min(taken) < 0.02


def ended(line: dict[str, object]) -> float:
    """When the server was done with the call that a log line is about."""
    return datetime.fromisoformat(str(line["timestamp"])).timestamp()


def test_a_call_that_nobody_waits_for_is_cancelled_at_the_server(
    server: Server, client: Client, gateway: ServedBoard
) -> None:
    """One answer is waited for: the log does not reach that position."""
    asked = {"name": "visits/x", "minPosition": str(client.head + 1000)}
    headers = {"chancery-actor": "impatient", "content-type": "application/json"}
    with gateway.client() as http, pytest.raises(httpx.ReadTimeout):
        http.post(f"{VISITS}/GetVisit", json=asked, headers=headers, timeout=0.2)
    assert server.logged("call", actor="unverified:impatient")["code"] == "CANCELLED"


def test_a_stream_that_fails_says_so_in_its_last_line(http: httpx.Client) -> None:
    answer = http.get(f"{READ}?visit=visits/nobody")
    assert answer.status_code == 200
    (line,) = answer.text.splitlines()
    assert json.loads(line)["error"]["code"] == "not_found"


def test_a_stream_ends_at_its_deadline(http: httpx.Client) -> None:
    headers = {"connect-timeout-ms": "100"}
    with http.stream("POST", WATCH, json={"now": {}}, headers=headers) as answer:
        *_, last = answer.iter_lines()
    assert json.loads(last)["error"]["code"] == "deadline_exceeded"


def test_lines_are_lines_of_json_and_say_so(http: httpx.Client, client: Client) -> None:
    client.record("visits/lines", messages.scheduled(purpose="two\nlines"))
    answer = http.get(f"{READ}?visit=visits/lines")
    assert answer.headers["content-type"] == "application/jsonl"
    other = http.get(f"{READ}?visit=visits/lines", headers={"accept": "application/x-ndjson"})
    assert other.headers["content-type"] == "application/x-ndjson"
    assert other.content == answer.content
    (line,) = answer.text.splitlines()
    assert json.loads(line)["events"][0]["event"]["scheduled"]["details"]["purpose"] == "two\nlines"


def test_a_bundle_comes_whole(http: httpx.Client, client: Client) -> None:
    client.record("visits/bundled", messages.scheduled())
    parts = [json.loads(line) for line in http.get(f"{AUDIT}/ExportBundle").text.splitlines()]
    bundle = b"".join(base64.b64decode(each["data"]) for each in parts)
    assert b"Antony Blinken" in bundle
    assert parts[-1]["exportedChanges"] == parts[-1]["totalChanges"] == str(client.head)


def test_messages_of_a_stream_are_packed_if_that_is_asked_for(
    http: httpx.Client, client: Client
) -> None:
    client.record("visits/packed", messages.scheduled(purpose="talks " * 600))
    asked = gzip.compress(b'{"visit":"visits/packed"}')
    headers = {
        "content-type": "application/connect+json",
        "connect-content-encoding": "gzip",
        "connect-accept-encoding": "gzip",
    }
    answer = http.post(READ, content=enveloped(asked, 1), headers=headers)
    assert answer.headers["connect-content-encoding"] == "gzip"
    (flags, data), end = envelopes(answer.content)
    assert (flags, end) == (1, (2, b"{}"))
    assert b"talks talks" in gzip.decompress(data)


def test_a_stream_that_the_gateway_ends_is_told_why(
    start_gateway: Callable[[], ServedBoard],
) -> None:
    """Its channel is closed when it stops: whoever follows knows to come again."""
    gateway = start_gateway()
    with gateway.client() as http, watching(http, now={}) as answer:
        lines = answer.iter_lines()
        next(lines)
        gateway.close_the_channel()
        last = json.loads(list(lines)[-1])["error"]
        later = http.post(f"{VISITS}/ListVisits", json={})
        (line,) = http.get(READ).text.splitlines()
    for told in (last, later.json(), json.loads(line)["error"]):
        assert told["code"] == "unavailable"
        assert told["details"][0]["debug"]["reason"] == "DRAINING"
    assert later.status_code == 503


def test_a_call_that_waits_is_told_as_well(
    server: Server, client: Client, start_gateway: Callable[[], ServedBoard]
) -> None:
    gateway = start_gateway()
    asked = {"name": "visits/x", "minPosition": str(client.head + 1000)}
    with gateway.client() as http, ThreadPoolExecutor(1) as beside:
        waiting = beside.submit(http.post, f"{VISITS}/GetVisit", json=asked)
        with pytest.raises(TimeoutError):
            waiting.result(0.3)
        gateway.close_the_channel()
        answer = waiting.result(5)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
