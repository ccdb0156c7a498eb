"""Visits and changes as rows of a spreadsheet: comma-separated values, one cell for each field."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from chancery.client import AuditedChange, Principal, Visit, Window
from chancery.client.fields import instant
from service.exchange import changes, names

Cell = str | int
Row = Sequence[Cell]

# It tells spreadsheets that the rest is UTF-8.
MARK = "\ufeff"
# The start of a formula, also in full width, and after characters a spreadsheet may ignore.
FORMULA = re.compile("[\\s\"']*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]")

VISITS = (
    "visit",
    "title",
    "principal",
    "office",
    "represents",
    "host_country",
    "host_organisation",
    "destinations",
    "kind",
    "status",
    "standing",
    "start",
    "end",
    "days",
    "approximate",
    "as_stated",
    "which",
    "previous",
    "conditions",
    "reason",
    "trip",
    "purpose",
    "aliases",
    "effective",
    "known",
    "recorded",
    "version",
    "position",
)
CHANGES = (
    "position",
    "visit",
    "version",
    "change",
    "what",
    "fields",
    "actor",
    "effective",
    "known",
    "recorded",
    "reason",
    "basis",
    "sources",
    "note",
    "request_id",
    "retracted_by",
    "corrected_by",
)


def lines(rows: Iterable[Row]) -> str:
    """The rows as text; none of their cells is a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for row in rows:
        writer.writerow([defused(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue()


def defused(text: str) -> str:
    """``text``, with an apostrophe before it if a spreadsheet could take it for a formula."""
    return f"'{text}" if FORMULA.match(text) else text


def visit(found: Visit) -> Row:
    """The cells of a visit, in the order of ``VISITS``."""
    details = found.details
    who, host = details.principal or Principal(""), details.host
    which, window = names.days_of(found) or ("", Window())
    return (
        found.id,
        details.title,
        who.name,
        who.office,
        who.country or who.organisation,
        host.country if host else "",
        host.organisation if host else "",
        _several(map(names.place, details.destinations)),
        details.kind or "",
        found.status or "",
        found.standing or "",
        window.start.isoformat() if window.start else "",
        window.end.isoformat() if window.end else "",
        (window.end - window.start).days + 1 if window.start and window.end else "",
        "yes" if window.approximate else "",
        window.as_stated,
        which,
        _several(str(each.window) for each in found.previous_windows),
        _several(f"{each.condition.text} ({each.condition.side})" for each in found.conditions),
        found.reason,
        details.trip,
        details.purpose,
        _several(details.aliases),
        _time(found.effective_time, found.effective_period),
        _time(found.known_time, found.known_period),
        _time(found.update_time),
        found.version,
        found.position,
    )


def change(found: AuditedChange) -> Row:
    """The cells of a change, in the order of ``CHANGES``."""
    event, told = found.event, found.message
    return (
        event.position,
        event.visit.removeprefix("visits/"),
        event.version,
        str(event.change_type),
        changes.what(event),
        _several(each.path for each in told.field_changes),
        event.actor,
        _time(instant(told.effective_time), told.effective_period),
        _time(instant(told.known_time), told.known_period),
        _time(event.record_time),
        event.reason,
        _several(map(changes.on_word_of, event.basis)),
        _several(map(changes.on_word_of, event.sources)),
        event.note,
        event.request_id,
        event.retracted_by or "",
        _several(map(str, event.corrected_by)),
    )


def _time(moment: datetime | None, period: str = "") -> str:
    """A time as it was told, in a form that spreadsheets read: "2023-06", or UTC to the second."""
    if period or moment is None:
        return period
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "seconds")


def _several(texts: Iterable[str]) -> str:
    """As a desk's own sheet has lists: parted at semicolons."""
    return "; ".join(texts)
