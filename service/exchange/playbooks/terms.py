"""The values of a playbook: from the plain texts, lists and mappings of a file, and back.

Values are those of the Python client, which has the names of their fields. Some have a short form
as well: a host may be ``CN``, a window ``2023-02-05 to 2023-02-06``.
"""

import re
from collections.abc import Callable
from dataclasses import MISSING, fields, replace
from datetime import date
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from chancery.client import times
from chancery.client.details import Counterpart, Host, Place, Principal, Window
from chancery.client.shorthand import COUNTRY
from chancery.client.value import Value

_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_FROM_TO = re.compile(r"(\S+) to (\S+)")
_OR_LATER = re.compile(r"(\S+) or later")
_BY = re.compile(r"by (\S+)")


def read(hint: Any, given: Any, path: str) -> Any:
    """The value of a type that a file gives; ``path`` is where it stands.

    :raises ValueError: it is none; the message begins with the path.
    """
    origin = get_origin(hint)
    if origin is UnionType:
        return read(next(each for each in get_args(hint) if each is not NoneType), given, path)
    if origin is tuple:
        several = given if isinstance(given, list) else [given]
        each = get_args(hint)[0]
        return tuple(read(each, one, f"{path}[{n}]") for n, one in enumerate(several, start=1))
    if origin is dict:
        if not isinstance(given, dict):
            raise ValueError(f"{path}: give names, each with what belongs to it")
        return {key: read(get_args(hint)[1], one, f"{path}.{key}") for key, one in given.items()}
    if isinstance(given, dict) and isinstance(hint, type) and issubclass(hint, Value):
        return _window(given, path) if hint is Window else _value(hint, given, path)
    if not isinstance(given, str):
        raise ValueError(f"{path}: give one text")
    try:
        return _of_text(hint, given)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def plain(content: Any) -> Any:
    """A value as texts, numbers, lists and mappings, without what is not said."""
    if isinstance(content, Value):
        return _short(content) or _in_full(content)
    if isinstance(content, tuple):
        return [plain(each) for each in content]
    if isinstance(content, dict):
        return {key: plain(each) for key, each in content.items()}
    return content.isoformat() if isinstance(content, date) else content


def _value(kind: type[Value], given: dict[str, Any], path: str) -> Value:
    hints = get_type_hints(kind)
    known = {field.name: field for field in fields(kind)}
    for name in given:
        if name not in known:
            raise ValueError(f"{path}: unknown key {name!r}; there are {', '.join(known)}")
    said: dict[str, Any] = {
        name: read(hints[name], content, f"{path}.{name}")
        for name, content in given.items()
        if content != ""
    }
    for name, field in known.items():
        if name not in said and field.default is MISSING:
            raise ValueError(f"{path}.{name}: it is missing")
    return kind(**said)


def _window(given: dict[str, Any], path: str) -> Window:
    """A window of which each part is said by its name; a month may stand for a day."""
    said = {name: text for name, text in given.items() if name not in ("start", "end")}
    window = _value(Window, said, path)
    assert isinstance(window, Window)
    ends = tuple(given.get(name) or None for name in ("start", "end"))
    if not any(ends):
        return window
    try:
        days = times.window(ends)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from None
    return replace(window, start=days.start, end=days.end)


def _of_text(hint: Any, text: str) -> Any:
    if hint in _SHORT:
        return _SHORT[hint](text)
    if get_origin(hint) is Literal:
        word = " ".join(re.split(r"[\s_-]+", text.strip().lower()))
        if word not in get_args(hint):
            raise ValueError(f"unknown word {text!r}; choose from {', '.join(get_args(hint))}")
        return word
    if isinstance(hint, type) and issubclass(hint, Value):
        names = ", ".join(field.name for field in fields(hint))
        raise ValueError(f"a text is not enough; there are {names}")
    return text


def _host(text: str) -> Host:
    return Host(text) if COUNTRY.fullmatch(text) else Host(organisation=text)


def _place(text: str) -> Place:
    city, _, last = (part.strip() for part in text.rpartition(","))
    if COUNTRY.fullmatch(last):
        return Place(city, last)
    return Place(text.strip())


def _days(text: str) -> Window:
    """``2023-02``, ``2023-02-05 to 2023-02-06``, ``2023-02-05 or later``, ``by 2023-02-06``."""
    text = text.strip()
    if match := _FROM_TO.fullmatch(text):
        return times.window((match[1], match[2]))
    if match := _OR_LATER.fullmatch(text):
        return times.window((match[1], None))
    if match := _BY.fullmatch(text):
        return times.window((None, match[1]))
    return times.window(text)


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a number")
    return int(text)


def _yes(text: str) -> bool:
    if text.lower() in ("yes", "true"):
        return True
    if text.lower() in ("no", "false"):
        return False
    raise ValueError(f"{text!r} is neither yes nor no")


_SHORT: dict[Any, Callable[[str], Any]] = {
    Principal: Principal,
    Counterpart: Counterpart,
    Host: _host,
    Place: _place,
    Window: _days,
    int: _number,
    bool: _yes,
    date: lambda text: times.window((text, None)).start,
}


def _short(value: Value) -> str:
    """The short form of a value, if that says all of it."""
    match value:
        case Principal(name=text) | Counterpart(name=text):
            pass
        case Host():
            text = value.country or value.organisation
        case Place():
            text = ", ".join(filter(None, (value.city, value.country)))
        case Window():
            text = str(value)
        case _:
            return ""
    try:
        return text if _SHORT[type(value)](text) == value else ""
    except ValueError:
        return ""


def _in_full(value: Value) -> dict[str, Any]:
    said = ((field, getattr(value, field.name)) for field in fields(value))
    return {
        field.name: plain(content)
        for field, content in said
        if field.default is MISSING or content != field.default
    }
