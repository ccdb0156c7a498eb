"""A few visits, and the addresses of all files about them."""

from typing import Any

import pytest

from chancery.v1 import values_pb2 as values
from tests.support.messages import (
    basis,
    cancelled,
    postponed,
    rescheduled,
    retracted,
    scheduled,
    window,
)
from tests.support.server import Server

BEIJING, PARIS, RETRACTED = "blinken-beijing", "charles-france", "nobody"
FRANCE = {
    "host": values.Host(country="FR"),
    "title": "Charles III to France",
    "aliases": ["Le roi à Paris"],
}
# Every address, and the type of what it answers.
FILES = {
    "/visits.ics": "text/calendar; charset=utf-8",
    f"/visits/{BEIJING}.ics": "text/calendar; charset=utf-8",
    "/visits.json": "application/json",
    f"/visits/{BEIJING}.json": "application/json",
    f"/visits/{BEIJING}.jsonld": "application/ld+json",
    "/changes.atom": "application/atom+xml; charset=utf-8",
    "/visits.csv": "text/csv; charset=utf-8; header=present",
    "/changes.csv": "text/csv; charset=utf-8; header=present",
    "/log.bundle": "application/octet-stream",
    f"/visits/{BEIJING}.bundle": "application/octet-stream",
}
paths = pytest.mark.parametrize("path", FILES)


def record(server: Server, **shown: Any) -> None:
    """A visit that was planned, put off and planned again, and one that was called off."""
    client = server.client(**shown)
    client.record(f"visits/{BEIJING}", scheduled(), known="2023-01-17")
    client.record(
        f"visits/{BEIJING}",
        postponed(),
        known="2023-02-03",
        reason="A balloon",
        note="Secret note",
        sources=[basis(speaker="Deep Throat")],
    )
    client.record(f"visits/{BEIJING}", rescheduled(), known="2023-06-14")
    client.record(f"visits/{PARIS}", scheduled(window("2023-03-26", "2023-03-29"), **FRANCE))
    client.record(f"visits/{PARIS}", cancelled())
    client.record(f"visits/{RETRACTED}", scheduled())
    client.record(f"visits/{RETRACTED}", retracted(1))
