"""How many visits there are of each year, host or principal: as a table with bars."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

# Columns of the longest bar; a narrow terminal makes all of them shorter.
WIDTH = 40
# Eighths of a column.
_PARTS = " ▏▎▍▌▋▊▉"
_WHOLE = "█"


@dataclass(frozen=True)
class _Bar:
    number: int
    most: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(bar(self.number, self.most, min(WIDTH, options.max_width)))

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(1, WIDTH)


def counts(by: str, found: Iterable[tuple[str, int]]) -> RenderableType:
    """The numbers, each with a bar; the longest bar is that of the largest."""
    rows = list(found)
    most = max((number for _, number in rows), default=1) or 1
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(by.capitalize(), no_wrap=True)
    table.add_column("Visits", justify="right", no_wrap=True)
    table.add_column("")
    for value, number in rows:
        table.add_row(Text(value), str(number), _Bar(number, most))
    return table


def bar(number: int, most: int, width: int = WIDTH) -> str:
    """A bar that is as long as the number says, and never empty for one that is not 0."""
    eighths = number * width * len(_PARTS) // most
    if number and not eighths:
        eighths = 1
    whole, part = divmod(eighths, len(_PARTS))
    return (_WHOLE * whole + _PARTS[part]).rstrip()
