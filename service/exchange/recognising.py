"""Which format a file has, by how it begins."""

import re
from codecs import BOM_UTF8
from typing import Literal, get_args

Format = Literal["changes", "historian", "playbooks", "rows", "visits"]
FORMATS: tuple[Format, ...] = get_args(Format)
# Bytes of a file that are enough to know.
HEAD = 4096

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
# A key of playbooks at the begin of a line, or after a list's dash; and within JSON.
_IN_YAML = re.compile(rb"^(- )?(visit|first|changes|id|steps):(\s|$)", re.MULTILINE)
# A visit as GetVisit answers it.
_VISIT = re.compile(rb'\{"name": ?"visits/[^"]*", ?"details":')
_IN_JSON = re.compile(rb'(?<!\\)"(changes|steps)"\s*:\s*\[')


def recognise(head: bytes) -> Format:
    """The format of a file that begins with ``head``.

    ``changes`` are JSON lines, ``historian`` the XML of the Office of the Historian, ``playbooks``
    stories in YAML or JSON, ``rows`` a desk's CSV, and ``visits`` the CSV of visits that the
    project writes.

    :raises ValueError: it is of none of them; the message says what to do.
    """
    if head.startswith(_UTF_16):
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
    return "rows" if columns >= {b"visit", b"change"} else "changes"
