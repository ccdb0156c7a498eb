"""A table of which every fourth row is broken: the others come in, in little memory.

Of a thousand rows; ``make record`` imports ten thousand (tests/cli/many_rows.py).
"""

from pathlib import Path

from tests.cli.broken_rows import MORE_MIB, growth
from tests.support.server import Server


def test_of_1000_rows_750_are_recorded_and_250_are_named_in_little_memory(
    server: Server, tmp_path: Path
) -> None:
    assert growth(server, tmp_path, 1_000, "row") < MORE_MIB
