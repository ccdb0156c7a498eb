"""``make record``: ten thousand rows of which every fourth is broken, in one go."""

from pathlib import Path

from tests.cli.broken_rows import MORE_MIB, growth
from tests.support.server import Server

ROWS = 10_000
# What an import does that reads all of a table before it records any of it.
HOLDING = """
from service.exchange.table import rows
read = rows.read
rows.read = lambda file: iter(list(read(file)))
"""


def test_of_10000_rows_7500_are_recorded_and_2500_are_named_in_flat_memory(
    server: Server, tmp_path: Path
) -> None:
    assert growth(server, tmp_path, ROWS, "row") < MORE_MIB


def test_an_import_that_holds_all_rows_is_noticed(server: Server, tmp_path: Path) -> None:
    """The control."""
    assert growth(server, tmp_path, ROWS, "held", HOLDING) > MORE_MIB
