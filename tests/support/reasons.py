"""The reasons of errors, as docs/errors.md has them: their codes, and what is in the metadata."""

import re
from pathlib import Path

_DOCUMENT = Path(__file__).parents[2] / "docs" / "errors.md"


def _sections() -> dict[str, str]:
    _, *parts = re.split(r"^## ([A-Z_]+)$", _DOCUMENT.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


_SECTIONS = _sections()


def code_of(reason: str) -> str:
    """The status code that comes with a reason."""
    (code,) = re.findall(r"^`([A-Z_]+)`$", _SECTIONS[reason], re.MULTILINE)
    return str(code)


def variables_of(reason: str) -> set[str]:
    """What may be in the metadata. The path of the change among several may always be."""
    (line,) = re.findall(r"^- In the metadata: .*$", _SECTIONS[reason], re.MULTILINE) or [""]
    return {"path", *re.findall(r"`(\w+)`", line)}


def details_of(reason: str) -> set[str]:
    """The types of the details that come with it."""
    (line,) = re.findall(r"^- Other details: (.*)\.$", _SECTIONS[reason], re.MULTILINE) or [""]
    return {"ErrorInfo", *filter(None, line.split(", "))}
