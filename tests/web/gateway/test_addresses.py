"""Questions that stand in the address."""

import base64
import random

import httpx
import pytest

from chancery.v1.values_pb2 import Host
from tests.support import messages
from tests.support.server import Client
from tests.web.gateway.asking import DESK, HISTORY, VISITS

GET_VISIT, LIST_VISITS = f"{VISITS}/GetVisit", f"{VISITS}/ListVisits"

QUERIES = {
    "name=visits/asked": 200,
    "name=visits/asked&as_of.known_at=2999-01-01T00:00:00Z": 400,
    "name=visits/asked&asOf.position=99&min_position=1": 400,
    "nam=visits/asked": 400,
    "name=visits/asked&name=visits/other": 400,
    "as_of=now": 400,
    "as_of=": 400,
    "as_of.known_at.seconds=1": 400,
    "name.first=x": 400,
    "message=%7B%7D": 400,
    "encoding=json&message=%7B%22name%22%3A%22visits/asked%22%7D": 200,
    "encoding=json&connect=v1&base64=1&message="
    + base64.b64encode(b'{"name":"visits/asked"}').decode(): 200,
    "encoding=json&connect=v2&message=%7B%7D": 400,
    f"name={'x' * 5000}": 400,
    "encoding=json&connect=v1&base64=1&message=bm8%3D%3D": 400,
    "encoding=xml&message=%7B%7D": 400,
    "encoding=json&base64=1&message=%FF": 400,
    "encoding=json&base64=2&message=%7B%7D": 400,
    "encoding=json&message=%FF": 400,
    "encoding=json&message=%7B%7D&name=x": 400,
    "encoding=json&compression=gzip&base64=1&message=AAAA": 400,
}


@pytest.mark.parametrize("query", QUERIES)
def test_a_question_can_stand_in_the_address(
    http: httpx.Client, client: Client, query: str
) -> None:
    client.record("visits/asked", messages.scheduled(), request_id="asked")
    answer = http.get(f"{GET_VISIT}?{query}")
    assert answer.status_code == QUERIES[query], answer.text


def test_each_field_of_a_question_in_an_address_is_taken_for_what_it_is(
    http: httpx.Client, client: Client
) -> None:
    client.record("visits/in-france", messages.scheduled(host=Host(country="FR")))
    query = (
        "filter.hostCountry=FR&filter.statuses=STATUS_SCHEDULED&filter.statuses=STATUS_POSTPONED"
        "&filter.days.start.year=2023&filter.days.start.month=2&filter.days.start.day=1"
        "&filter.overdue=true&order_by=name&page_size=5"
    )
    answer = http.get(f"{LIST_VISITS}?{query}")
    assert [each["name"] for each in answer.json()["visits"]] == ["visits/in-france"]


def test_recording_is_not_done_by_get(http: httpx.Client) -> None:
    answer = http.get(f"{DESK}/PostponeVisit?name=visits/asked")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


def test_no_address_is_a_defect(http: httpx.Client) -> None:
    """Of a question or of a tile, with characters changed and put in."""
    chance = random.Random("addresses")
    asked = [
        f"{LIST_VISITS}?filter.hostCountry=FR&filter.days.start.year=2023&page_size=5&query=x",
        f"{GET_VISIT}?encoding=json&base64=1&message=eyJuYW1lIjoidmlzaXRzL3gifQ&connect=v1",
        f"{HISTORY}/ReadEvents?after_position=0&change_types=CHANGE_TYPE_SCHEDULED",
        "/tile/0/x001/x234/067.p/5",
        "/tile/entries/000.p/1",
    ]
    for _ in range(150):
        address = chance.choice(asked)
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(1, len(address))
            put = chance.choice(
                ["", ".", "&", "=", "%", "%00", "%ff", "x", "0", "-", "%2e", "[", "9"]
            )
            address = address[:at] + put + address[at + chance.randrange(2) :]
        answer = http.get(address, headers={"connect-timeout-ms": "200"})
        assert answer.status_code < 500 or answer.status_code in (501, 504), address
        assert b"internal" not in answer.content
