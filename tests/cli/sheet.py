"""A sheet of visits as ``chancery export`` writes it, with texts that programs take for others.

It has accents, quotes, line breaks, and what would be a formula but for the apostrophe before it.
"""

import csv
import io
from pathlib import Path

from tests.cli.desk import Desk

SHEET = Path(__file__).parent / "sheet.csv"
# What a visit has of the log in which it is recorded.
OF_A_LOG = ("recorded", "position")


def cells(data: bytes) -> list[dict[str, str]]:
    """The rows of a sheet, by their columns."""
    text = io.StringIO(data.decode("utf-8-sig"), newline="")
    return list(csv.DictReader(text, strict=True))


def facts(data: bytes) -> list[dict[str, str]]:
    """The same without what is of a log, of the visits that the sheet has."""
    rows = [row for row in cells(data) if row["visit"].startswith("sheet-")]
    return [{name: cell for name, cell in row.items() if name not in OF_A_LOG} for row in rows]


def out_again(desk: Desk, file: Path) -> bytes:
    """What is exported after a file was imported."""
    desk.does(f"import {file}")
    out = file.with_suffix(".out")
    desk.does(f"export --format visits --output {out}")
    return out.read_bytes()
