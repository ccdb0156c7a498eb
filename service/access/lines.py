"""Files with a caller on each line."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from service.store import files
from service.store.errors import StartupRefused

Parsed = TypeVar("Parsed")


def read_lines(
    file: Path, what: str, a_line: str, parse: Callable[[str], Parsed]
) -> Sequence[Parsed]:
    """What is parsed from each line; ``what`` the file has, and a line is, people are told.

    :raises StartupRefused: it cannot be read, others may read or write it, or ``parse`` refuses a
        line with a ValueError.
    """
    try:
        lines = files.read_secret(file, what).splitlines()
    except UnicodeDecodeError:
        raise StartupRefused(f"cannot read {file}: it is not UTF-8") from None
    parsed = []
    for number, line in enumerate(lines, start=1):
        try:
            parsed.append(parse(line))
        except ValueError:
            raise StartupRefused(f"line {number} of {file} is not {a_line}") from None
    return parsed
