"""Which format a file has, by how it begins."""

from codecs import BOM_UTF8
from typing import Literal, get_args

Format = Literal["changes", "historian", "rows"]
FORMATS: tuple[Format, ...] = get_args(Format)
# Bytes of a file that are enough to know.
HEAD = 4096

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def recognise(head: bytes) -> Format:
    """The format of a file that begins with ``head``.

    ``changes`` are JSON lines, ``historian`` the XML of the Office of the Historian, and ``rows``
    a desk's CSV.

    :raises ValueError: it is of none of them; the message says what to do.
    """
    if head.startswith(_UTF_16):
        raise ValueError("it is not UTF-8 text: save it as CSV UTF-8")
    text = head.removeprefix(BOM_UTF8).lstrip()
    if text.startswith(b"<"):
        return "historian"
    if text.startswith((b"BEGIN:VCALENDAR", b"begin:vcalendar")):
        raise ValueError(
            "it is a calendar, which says neither who is visited nor who says so: write its visits "
            "into the table that 'chancery import --template' prints"
        )
    if text.startswith(b"PK\x03\x04"):
        raise ValueError("it is a spreadsheet's own format: save it as CSV UTF-8")
    first = text.split(b"\n", 1)[0].lower()
    if b"visit" in first and b"change" in first and not text.startswith((b"{", b"[")):
        return "rows"
    return "changes"
