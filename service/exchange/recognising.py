"""Which format a file has, by how it begins."""

import re
from codecs import BOM_UTF8
from typing import Literal, get_args

from service.exchange.table.columns import COLUMNS

Format = Literal["changes", "historian", "playbooks", "rows", "visits"]
FORMATS: tuple[Format, ...] = get_args(Format)
# Bytes of a file that are enough to know.
HEAD = 4096

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
# A key of playbooks at the begin of a line, or after a list's dash; and within JSON.
_IN_YAML = re.compile(rb"^(- )?(visit|first|changes|id|steps):(\s|$)", re.MULTILINE)
# A visit as GetVisit answers it.
_VISIT = re.compile(rb'\{"name": ?"visits/[^"]*", ?"details":')
# A line that is JSON, or begins like it: others may be broken.
_IN_LINES = re.compile(rb"^\s*[{\[]", re.MULTILINE)
_COLUMNS = {name.encode() for name in COLUMNS}
_IN_JSON = re.compile(rb'(?<!\\)"(changes|steps)"\s*:\s*\[')


def recognise(head: bytes) -> Format:
    """The format of a file that begins with ``head``.

    ``changes`` are JSON lines, ``historian`` the XML of the Office of the Historian, ``playbooks``
    stories in YAML or JSON, ``rows`` a desk's CSV, and ``visits`` the CSV of visits that the
    project writes.

    :raises ValueError: it is of none of them; the message says what to do.
    """
    if head.startswith(_UTF_16):
        if head[2:4] in (b"<\0", b"\0<"):
            return "historian"
        raise ValueError("it is not UTF-8 text: save it as CSV UTF-8")
    text = head.removeprefix(BOM_UTF8).lstrip()
    if text.startswith(b"<"):
        return "historian"
    if text.startswith((b"BEGIN:VCALENDAR", b"begin:vcalendar")):
        raise ValueError(
            "it is a calendar, which says neither who is visited nor who says so: complete the "
            "table that 'chancery import --template FILE' makes of it"
        )
    if text.startswith(b"PK\x03\x04"):
        raise ValueError("it is a spreadsheet's own format: save it as CSV UTF-8")
    if _VISIT.match(text):
        raise ValueError(
            "it has visits as they stand, without their history: take out changes, by "
            "'chancery export --format changes'"
        )
    if text.startswith((b"{", b"[")):
        return "playbooks" if _IN_JSON.search(text) else "changes"
    if _IN_YAML.search(text):
        return "playbooks"
    columns = set(re.split(rb"[,;\t]", text.split(b"\n", 1)[0].strip().lower()))
    if columns >= {b"visit", b"change", b"recorded"}:
        raise ValueError(
            "it is a table of changes in words, which leaves out too much: take them out as JSON, "
            "as 'chancery history --json' prints them"
        )
    if columns >= {b"visit", b"status", b"standing"}:
        return "visits"
    if len(columns) > 1 and columns & _COLUMNS:
        return "rows"  # which says what is wrong with its header
    if text and not _IN_LINES.search(text):
        raise ValueError(
            "its format is not known: a table has columns such as visit and change in its first "
            "line ('chancery import --template' prints an empty one); say it by --format otherwise"
        )
    return "changes"
