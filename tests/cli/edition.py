"""Editions of the official record, imported by a desk for one test alone."""

import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.desk import Desk
from tests.exchange.records.record import xml

Import = Callable[..., tuple[int, str, str]]


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    """The first name of a person of this test alone, in letters."""
    number = zlib.crc32(str(request.node.name).encode())
    return "q" + "".join(chr(ord("a") + int(digit)) for digit in str(number))


@pytest.fixture
def edition(desk: Desk, tmp_path: Path) -> Import:
    """Imports an edition: its records, and options."""

    def make(*records: str, options: str = "") -> tuple[int, str, str]:
        path = tmp_path / "edition.xml"
        path.write_bytes(xml(*records))
        return desk.tries(f"import {path} {options}")

    return make
