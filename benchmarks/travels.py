"""Travels as the Office of the Historian writes them, of presidents that there never were."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import cycle
from pathlib import Path

PEOPLE = 70
LEGS = 49
FIRST = date(1866, 1, 3)
PLACES = (
    ("norway", "Norway", "Oslo, Bergen"),
    ("sweden", "Sweden", "Stockholm"),
    ("china", "China", "Peking"),
    ("france", "France", "Paris"),
    ("brazil", "Brazil", "Rio de Janeiro"),
    ("japan", "Japan", "Tokyo"),
    ("egypt", "Egypt", "Cairo"),
)
REMARKS = "Met with the Foreign Minister and discussed fisheries. Attended a dinner."


def write(folder: Path) -> list[Path]:
    """Write a file for each person, of as many records as the official record has in all."""
    folder.mkdir()
    return [_written(folder / f"q{number}.xml", number) for number in range(PEOPLE)]


def _written(file: Path, number: int) -> Path:
    file.write_text(f"<trips>{''.join(_legs(number))}</trips>", encoding="utf-8")
    return file


def _legs(number: int) -> Iterator[str]:
    """The legs of a person: journeys of three, then three weeks at home."""
    day = FIRST + timedelta(number * 800)
    for leg, (id, country, place) in zip(range(LEGS), cycle(PLACES), strict=False):
        last = day + timedelta(2)
        yield (
            f'<trip role="president" who="q{number}"><id>{number * LEGS + leg}</id>'
            f"<role>president</role><name>Q{number} Silva</name>"
            f"<start-date>{day}</start-date><end-date>{last}</end-date>"
            f'<country id="{id}">{country}</country><locale>{place}</locale>'
            f"<remarks>{REMARKS}</remarks>"
            f"<created-datetime>{last}T12:00:00-04:00</created-datetime>"
            "<last-modified-datetime/></trip>\n"
        )
        day = last + timedelta(1 if (leg + 1) % 3 else 21)
