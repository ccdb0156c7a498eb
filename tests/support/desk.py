"""A server with visits to look at, and its board."""

from datetime import UTC, datetime
from pathlib import Path

from chancery.client import Connection
from examples import invented_visits
from service.cli.notation.lines import read_changes
from tests.support.board import ON_BOARD, board_of
from tests.support.place import SqliteFile
from tests.support.server import Server

STORY = Path(__file__).parents[2] / "examples" / "beijing-2023.jsonl"
VISIT = "blinken-beijing-2023"


class Desk(Server):
    """A server with the story of Beijing in 2023, seventeen invented visits, and a board."""

    def __init__(self, file: Path, *options: str) -> None:
        super().__init__(SqliteFile(file), *ON_BOARD, *options)

    def fill(self) -> None:
        """Record all visits."""
        with Connection(self.address, actor="desk", timeout=20) as connection:
            for change in read_changes(STORY.read_bytes()):
                connection.record(change)
            invented_visits.record(connection, datetime.now(UTC))

    @property
    def board(self) -> str:
        """The address of the board, without a slash at its end."""
        return board_of(self)
