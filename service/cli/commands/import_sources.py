"""What the files of an import hold: changes to record, and what cannot be recorded."""

from collections.abc import Callable, Iterator
from typing import IO, NamedTuple

from chancery.v1.desk_service_pb2 import Change
from service.cli.notation import lines
from service.exchange.playbooks import reading
from service.exchange.table import columns, exported, rows


class Place(NamedTuple):
    """Where something stands: in which file, and in which line or record."""

    file: str
    where: str


class Item(NamedTuple):
    """A change to record.

    ``column_of`` names the column of a table for a field of the contract. ``is_of_record`` says
    that it brings a visit up to the official record.
    """

    place: Place
    change: Change
    column_of: Callable[[str], str] | None = None
    is_of_record: bool = False

    @property
    def visit(self) -> str:
        """The id of its visit."""
        return self.change.name.removeprefix("visits/")

    @property
    def opens_of_record(self) -> bool:
        """Whether it records a visit of the official record."""
        return self.is_of_record and self.change.HasField("disclosed")


class Left(NamedTuple):
    """What is not recorded, what became of it, and why. ``visit`` is the id of one, if any."""

    place: Place
    fate: str
    visit: str
    reason: str


def of_file(kind: str, name: str, file: IO[bytes]) -> Iterator[Item | Left]:
    """What a file of a format holds that is read on its own."""
    if kind == "changes":
        return of_changes(name, file)
    return of_playbooks(name, file) if kind == "playbooks" else of_table(kind, name, file)


def of_changes(name: str, file: IO[bytes]) -> Iterator[Item | Left]:
    """The changes of a file of JSON lines."""
    for line in lines.read(file):
        place = Place(name, f"line {line.number}")
        if line.problem:
            yield Left(place, "unreadable", "", line.problem)
        else:
            yield Item(place, line.change)


def of_playbooks(name: str, file: IO[bytes]) -> Iterator[Item | Left]:
    """The changes of a file of playbooks."""
    for each in reading.read(file):
        if isinstance(each, reading.Read):
            yield Item(Place(name, each.where), each.change)
        else:
            yield Left(Place(name, each.where), "unreadable", each.visit, each.reason)


def of_table(kind: str, name: str, file: IO[bytes]) -> Iterator[Item | Left]:
    """The changes of a desk's table, or of one of visits that the project wrote."""
    read = exported.read if kind == "visits" else rows.read
    try:
        for row in read(file):
            place = Place(name, f"line {row.line}")
            if isinstance(row, rows.Row):
                yield Item(place, row.change, columns.column_of)
            else:
                column = f", column {row.column}" if row.column else ""
                yield Left(Place(name, place.where + column), "unreadable", "", row.reason)
    except ValueError as error:
        yield Left(Place(name, "line 1"), "unreadable", "", str(error))
