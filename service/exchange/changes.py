"""A change in words, as the formats of others have no fields for it."""

from collections.abc import Iterator
from datetime import date

from chancery.client import (
    AuditedChange,
    Basis,
    Completed,
    Corrected,
    Disclosed,
    Event,
    Rescheduled,
    Retracted,
    Scheduled,
    StatementRecorded,
    Window,
)
from chancery.client.fields import instant
from service.exchange.names import as_told


def what(event: Event) -> str:
    """What a change did, in a few words: "rescheduled for 2023-09-20 to 2023-09-22"."""
    change, word = event.change, str(event.change_type)
    match change:
        case Scheduled(window=Window() as window) | Rescheduled(window=window):
            return f"{word} for {window}"
        case Disclosed(held_window=window) | Completed(held_window=Window() as window):
            return f"{word}, held {window}"
        case StatementRecorded(statement):
            return ", ".join(filter(None, (statement.side, statement.speaker, statement.kind)))
        case Corrected():
            return f"{word}: change {change.corrected_version}"
        case Retracted():
            taken_out = ", ".join(map(str, change.retracted_versions or [change.retracted_version]))
            return f"{word}: change {taken_out}"
        case _:
            condition = getattr(change, "condition", None)
            return f'{word}: "{condition.text}"' if condition else word


def altered(change: AuditedChange) -> Iterator[str]:
    """What became of each field: "status: scheduled -> postponed"; of lists, only their name."""
    for each in change.field_changes:
        values = each.old_value, each.new_value
        if all(value is None or isinstance(value, _PLAIN) for value in values):
            old, new = ("nothing" if value is None else str(value) for value in values)
            yield f"{each.path}: {old} -> {new}"
        else:
            yield each.path


def on_word_of(basis: Basis) -> str:
    """``guest, on the record, Ned Price: "when conditions allow"; CBS News, 2023-02-06``."""
    voice = (basis.side, basis.organisation, basis.country, basis.attribution or "", basis.speaker)
    quote = f': "{basis.quote}"' if basis.quote else ""
    published = basis.published.isoformat() if basis.published else ""
    printed = ", ".join(filter(None, (basis.outlet, published, basis.url)))
    return ", ".join(filter(None, voice)) + quote + (f"; {printed}" if printed else "")


def known(change: AuditedChange) -> str:
    """When it became known, as it was told."""
    told = change.message
    return as_told(instant(told.known_time), told.known_period)


def effective(change: AuditedChange) -> str:
    """When it took effect, as it was told."""
    told = change.message
    return as_told(instant(told.effective_time), told.effective_period)


_PLAIN = (str, int, float, date, Window)
