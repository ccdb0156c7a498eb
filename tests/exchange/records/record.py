"""Records as the Office of the Historian writes them: a few facts, in words of our own."""

import io
from collections.abc import Iterable
from xml.sax.saxutils import escape

from service.exchange.records import reading, stays, visits
from service.exchange.records.reading import Travels
from service.exchange.records.visits import Told
from tests.model.stories import data

BLINKEN = ("blinken-antony-j", "Antony John Blinken")


def trip(
    number: int,
    days: str,
    country: str,
    place: str = "",
    remarks: str = "",
    *,
    who: tuple[str, str] = BLINKEN,
    role: str = "secretary",
    id: str = "",
    created: str = "2023-07-03",
) -> str:
    """One leg; ``days`` is the first day and the last, or one day alone."""
    first, _, last = days.partition("/")
    return f"""
    <trip role="{role}" who="{who[0]}">
        <id>{number}</id>
        <role>{role}</role>
        <name>{who[1]}</name>
        <start-date>{first}</start-date>
        <end-date>{last or first}</end-date>
        <country id="{id or country.lower()}">{escape(country)}</country>
        <locale>{escape(place)}</locale>
        <remarks>{escape(remarks)}</remarks>
        <created-datetime>{created}T12:00:00-04:00</created-datetime>
        <last-modified-datetime/>
    </trip>"""


def visit(number: int, days: str, visitor: str, country: str, description: str = "") -> str:
    """One visit to the United States."""
    first, _, last = days.partition("/")
    return f"""
    <visit>
        <id>{number}</id>
        <start-date>{first}</start-date>
        <end-date>{last or first}</end-date>
        <visitor>{visitor}</visitor>
        <from id="{country.lower()}">{country}</from>
        <description>{description}</description>
        <created-datetime>2021-06-03T09:30:59-04:00</created-datetime>
    </visit>"""


def xml(*records: str) -> bytes:
    """A file with these records."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<trips>{"".join(records)}\n</trips>'.encode()


def travels(*files: bytes) -> Travels:
    """What is read from files, which are named 1.xml, 2.xml ..."""
    return reading.read((f"{i}.xml", io.BytesIO(data)) for i, data in enumerate(files, start=1))


def told(*records: str) -> list[Told]:
    """The visits that records tell of, of which none may be left out."""
    read = travels(xml(*records))
    found, left_out = stays.stays(read.legs)
    assert not read.left_out
    assert not left_out
    return visits.told(found)[0]


def ids(visits: Iterable[Told]) -> list[str]:
    """The ids of visits."""
    return [each.id for each in visits]


def whole() -> Travels:
    """All of the secretaries' travels."""
    folder = data("historyatstate/secretary-travels")
    files = sorted(folder.glob("*.xml"))
    return travels(*(file.read_bytes() for file in files))
