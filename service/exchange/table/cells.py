"""What a cell of a desk's table says: each kind of column has its own way of writing.

All raise ValueError with a message for whoever wrote the cell.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from chancery.client import times
from chancery.client.details import Place, Window
from chancery.client.words import ATTRIBUTION, SIDE, STATUS, VISIT_KIND
from domain import countries, validation
from service.exchange import sheets

# Half a character: what is not UTF-8 is read as such.
_HALF = re.compile("[\ud800-\udfff]")
_COUNTRY = re.compile("[A-Z]{2}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ID = re.compile("[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)

# A cell of an amendment that empties its field.
CLEAR = "-"


def text_of(cell: str) -> str:
    """The text of a cell, as it was before an export kept spreadsheets from running it."""
    if _HALF.search(cell):
        raise ValueError("it is not UTF-8 text: save the file as CSV UTF-8")
    if cell.startswith("'") and sheets.FORMULA.match(cell[1:]):
        cell = cell[1:]
    return cell.replace("\r\n", "\n").strip()


def visit(text: str) -> str:
    """The id of a visit."""
    text = text.removeprefix("visits/")
    if not _ID.fullmatch(text):
        raise ValueError(
            f"{text!r} is not an id: write 1 to 63 of a to z, 0 to 9 and -, such as ana-paris-2027"
        )
    return text


def time(text: str) -> Any:
    """An instant, or a day, month or year."""
    return times.told(text)


def day(text: str) -> date:
    """One day."""
    if not _DAY.fullmatch(text):
        raise ValueError(f"{text!r} is not a day: write 2023-06-07")
    return date.fromisoformat(text)


def window(cells: dict[str, Any]) -> Window | None:
    """The days and the phrase of a row; None if there are none.

    Without a last day it is the period of the first: a day, a month or a year.
    """
    first, last = cells.get("from"), cells.get("to")
    phrase, approximate = cells.get("as_stated", ""), cells.get("approximate", False)
    if not (first or last or phrase):
        return None
    days = Window()
    if first or last:
        days = times.window(first if first and not last else (first, last))
    if days.start and days.end and days.end < days.start:
        raise ValueError(f"{last} is before {first}")
    return Window(days.start, days.end, approximate, phrase)


def _period(text: str) -> str:
    times.window(text)
    return text


def _yes(text: str) -> bool:
    if text.lower() in ("yes", "true", "1", "x"):
        return True
    if text.lower() in ("no", "false", "0"):
        return False
    raise ValueError(f"{text!r} is neither yes nor no")


def represented(text: str) -> str:
    """A country by two capitals, or an organisation."""
    if _COUNTRY.fullmatch(text):
        if countries.is_organisation(text):
            return text
        return str(validation.a_country(text))
    if code := countries.code_of(text):
        raise ValueError(f"{text!r} is a country: write {code}")
    return _name(text)


def is_country(text: str) -> bool:
    """Whether what is represented is a country."""
    return bool(_COUNTRY.fullmatch(text)) and not countries.is_organisation(text)


def _places(text: str) -> tuple[Place, ...]:
    return tuple(map(_place, _several(text)))


def _place(text: str) -> Place:
    city, _, last = (part.strip() for part in text.rpartition(","))
    if _COUNTRY.fullmatch(last):
        return Place(_name(city), str(validation.a_country(last)))
    if city and (code := countries.code_of(last)):
        raise ValueError(f'{last!r} is a country: write "{city}, {code}"')
    return Place(_name(text))


def _several(text: str) -> tuple[str, ...]:
    parts = tuple(filter(None, (part.strip() for part in text.split(";"))))
    if problem := validation.too_many(parts):
        raise ValueError(problem)
    return parts


def _names(text: str) -> tuple[str, ...]:
    return tuple(map(_name, _several(text)))


def _name(text: str) -> str:
    return str(validation.a_name(text))


def _long(text: str) -> str:
    return str(validation.a_text(text))


def _word(words: Any) -> Callable[[str], str]:
    return lambda text: str(words.of(words.parse(text)))


READ: dict[str, Callable[[str], Any]] = {
    "visit": visit,
    "change": str.lower,
    "known": time,
    "effective": time,
    "from": _period,
    "to": _period,
    "approximate": _yes,
    "as_stated": _name,
    "title": _name,
    "principal": _name,
    "other_names": _names,
    "office": _name,
    "represents": represented,
    "host": represented,
    "destinations": _places,
    "kind": _word(VISIT_KIND),
    "purpose": _long,
    "trip": _name,
    "aliases": _names,
    "side": _word(SIDE),
    "speaker": _name,
    "attribution": _word(ATTRIBUTION),
    "outlet": _name,
    "url": validation.a_url,
    "published": day,
    "quote": _long,
    "reason": _long,
    "condition": _long,
    "says": _long,
    "claims": _word(STATUS),
}
