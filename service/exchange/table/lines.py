"""Rows of a CSV file with the lines on which they stand, one by one.

A quote that is never closed would take the rest of the file into its cell. Here it spoils its own
line alone.
"""

import csv
from codecs import BOM_UTF8
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

# Lines and characters that one row may have.
ROW_LINES = 100
ROW_LENGTH = 100_000
_DELIMITERS = ",;\t"
_OPEN = "a quote is not closed"


class Cells(NamedTuple):
    """A row: the number of its first line, and its cells, or why it has none.

    ``at_fault`` is the number of the cell that is to blame, from 0; -1 if it is none in particular.
    """

    line: int
    cells: list[str]
    problem: str = ""
    at_fault: int = -1


class Lines:
    """The rows of a file, whose first one says by what cells part: comma, semicolon or tab."""

    def __init__(self, file: Iterable[bytes]) -> None:
        self._lines = _decoded(file)
        self._waiting: deque[tuple[int, str]] = deque()
        self._delimiter = ","
        self._width = 0

    def header(self) -> list[str]:
        """The names of the columns; none if the file is empty.

        :raises ValueError: the line that has them cannot be read.
        """
        number, text = next(((n, line) for n, line in self._lines if line.strip()), (0, ""))
        self._delimiter = max(_DELIMITERS, key=text.count)
        self._waiting.append((number, text))
        row = next(self.rows(), None)
        if row and row.problem:
            raise ValueError(row.problem)
        self._width = len(row.cells) if row else 0
        return row.cells if row else []

    def rows(self) -> Iterator[Cells]:
        """The rows that follow, without those that are empty."""
        while (line := self._next()) is not None:
            row = self._row(*line)
            if row.problem or any(cell.strip() for cell in row.cells):
                yield row

    def _next(self) -> tuple[int, str] | None:
        return self._waiting.popleft() if self._waiting else next(self._lines, None)

    def _row(self, number: int, text: str) -> Cells:
        """The row that begins on a line."""
        taken: list[tuple[int, str]] = []
        problem, cells = self._parsed(text)
        if problem == _OPEN:
            taken, whole = self._until_closed(text)
            problem, cells = self._parsed(whole)
            if problem or (self._width and len(cells) != self._width):
                self._waiting.extendleft(reversed(taken))
                return Cells(number, [], _OPEN, _cell_at_fault(text, self._delimiter))
        if problem:
            return Cells(number, [], problem, _cell_at_fault(text, self._delimiter))
        if self._width and len(cells) > self._width:
            return Cells(number, [], f"it has {len(cells)} cells, and the header {self._width}")
        return Cells(number, cells)

    def _until_closed(self, text: str) -> tuple[list[tuple[int, str]], str]:
        """The further lines up to the one that closes a quote, and the text of all."""
        taken: list[tuple[int, str]] = []
        parts, quotes, length = [text], text.count('"'), len(text)
        while quotes % 2 and len(taken) < ROW_LINES and length < ROW_LENGTH:
            line = self._next()
            if line is None:
                break
            taken.append(line)
            parts.append(line[1])
            quotes, length = quotes + line[1].count('"'), length + len(line[1])
        return taken, "".join(parts)

    def _parsed(self, text: str) -> tuple[str, list[str]]:
        """What is wrong with the text of a row, or its cells."""
        reader = csv.reader([text], delimiter=self._delimiter, strict=True)
        try:
            return "", next(reader, [])
        except csv.Error as error:
            return _reason(error), []


def _reason(error: csv.Error) -> str:
    if "unexpected end of data" in str(error):
        return _OPEN
    if "expected after" in str(error):
        return "a quote stands within a quoted cell: write it twice"
    if "new-line character seen" in str(error):
        return "a carriage return stands within a line: save it as CSV UTF-8"
    return str(error)


def _cell_at_fault(text: str, delimiter: str) -> int:
    """The number of the cell with a lone carriage return, or a quote that is wrong there."""
    at, is_quoted, is_first, position = 0, False, True, 0
    while position < len(text):
        character, after = text[position], text[position + 1 : position + 2]
        if is_quoted and character == '"':
            if after not in ('"', delimiter, "\r", "\n", ""):
                return at
            is_quoted = after == '"'
            position += after == '"'
        elif not is_quoted and character == "\r" and after not in ("\n", ""):
            return at
        elif not is_quoted and character == delimiter:
            at, is_first, position = at + 1, True, position + 1
            continue
        elif is_first and character == '"':
            is_quoted = True
        is_first, position = False, position + 1
    return at


def _decoded(file: Iterable[bytes]) -> Iterator[tuple[int, str]]:
    """The lines with their numbers. What is not UTF-8 becomes halves of characters."""
    for number, line in enumerate(file, start=1):
        line = line.removeprefix(BOM_UTF8) if number == 1 else line
        yield number, line.decode("utf-8", "surrogateescape")
