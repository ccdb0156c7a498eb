"""Hints on standard error about what may be a mistake. They never stop a change."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from rich.text import Text

from chancery.client import ChanceryError
from chancery.client.words import SIDE
from chancery.v1.desk_service_pb2 import Change, RecordStatementResponse
from chancery.v1.values_pb2 import Attribution, Basis, Host, Side, Statement, Window
from chancery.v1.visit_pb2 import Visit
from chancery.v1.visit_service_pb2 import DayKind, DaysFilter, ListVisitsRequest, VisitFilter
from service.cli.draw import moments
from service.cli.draw.visit import summary, title
from service.cli.options.client import ClientOptions
from service.cli.terminal import output

WINDOWS = ("window", "held_window", "window_given_up")
# Changes that are known as early as another one, if they do not say when.
KNOWN_WITH_ANOTHER = {"corrected", "retracted"}
FIRM = {
    Attribution.ATTRIBUTION_ON_THE_RECORD,
    Attribution.ATTRIBUTION_DOCUMENT,
    Attribution.ATTRIBUTION_READOUT,
    Attribution.ATTRIBUTION_OFFICIAL_RECORD,
}
# How long a hint may hold up a change, in seconds.
PATIENCE = 2.0
SHOWN = 3


def past_window(change: Change) -> None:
    """Say that a window is over although the change counts as known only from now on."""
    context = change.context
    if context.WhichOneof("known") or context.WhichOneof("effective"):
        return
    if change.WhichOneof("change") in KNOWN_WITH_ANOTHER:
        return
    # A day is over everywhere 12 hours after its end in UTC.
    today = (datetime.now(UTC) - timedelta(hours=12)).date()
    for window in _windows(change):
        if window.HasField("end") and _date(window) < today:
            _hint(
                f"{moments.window(window)} is over, and no time was given: this change counts as "
                "known only from now on. Say with --known when it became known."
            )
            return


def foreign_basis(change: Change, answer: RecordStatementResponse) -> None:
    """Say that a statement is not firm since those who vouch for it are of another side."""
    said = change.statement_recorded.statement
    firm = [basis for basis in change.context.basis if basis.attribution in FIRM]
    if firm and _voice(said, answer.visit) not in [_voice(basis, answer.visit) for basis in firm]:
        _hint(
            "the basis is of another side, country or organisation than the speaker, so the "
            "statement is not firm. It is its speaker's word, whoever carried it: write "
            f"--basis '{SIDE.of(said.side)}, on the record, outlet=...' if the speaker is quoted."
        )


def _voice(value: Statement | Basis, visit: Visit) -> tuple[int, str]:
    """The side, and the country or organisation: by default that of principal or host."""
    details = visit.details
    own = {
        Side.SIDE_GUEST: details.principal.country or details.principal.organisation,
        Side.SIDE_HOST: details.host.country or details.host.organisation,
    }
    return value.side, value.country or value.organisation or own.get(value.side, "")


def same_visit(change: Change, client: ClientOptions) -> None:
    """Say that a visit of the same principal, host and days is known under another id.

    Only before a change that opens a visit. If it cannot be found out soon, nothing is said.
    """
    request = _same_visit_request(change)
    if request is None:
        return
    found: list[Visit] = []
    with suppress(ChanceryError):
        quick = replace(client, timeout=min(client.timeout, PATIENCE))
        with quick.connection() as connection:
            found += next(connection.messages.list_visits(request)).visits
    host = _content(change).details.host
    for visit in found[:SHOWN]:
        if visit.name != change.name and _same_host(visit.details.host, host):
            _hint(
                Text.assemble(
                    f"{visit.name} has the same principal, host and days ({title(visit)}: ",
                    summary(visit),
                    ")",
                )
            )


def _same_visit_request(change: Change) -> ListVisitsRequest | None:
    """The question for visits like the one that a change opens; None if it cannot be asked."""
    content = _content(change)
    if not (
        "details" in content.DESCRIPTOR.fields_by_name
        and change.WhichOneof("change") not in {"amended", "corrected"}
        and content.details.HasField("host")
    ):
        return None
    details = content.details
    windows = [w for w in _windows(change) if w.HasField("start") or w.HasField("end")]
    if not (details.principal.name and windows):
        return None
    days = DaysFilter(kinds=[kind for kind in DayKind.values() if kind])
    for end in ("start", "end"):
        if windows[0].HasField(end):
            getattr(days, end).CopyFrom(getattr(windows[0], end))
    which = VisitFilter(
        principal=details.principal.name, host_country=details.host.country, days=days
    )
    return ListVisitsRequest(filter=which, page_size=20)


def _same_host(one: Host, other: Host) -> bool:
    return (one.country, one.organisation.casefold()) == (
        other.country,
        other.organisation.casefold(),
    )


def _windows(change: Change) -> Iterator[Window]:
    """The windows that a change gives, be it as planned, held, given up or claimed."""
    content = _content(change)
    for name in WINDOWS:
        if name in content.DESCRIPTOR.fields_by_name and content.HasField(name):
            yield getattr(content, name)
    if change.HasField("statement_recorded"):
        statement = change.statement_recorded.statement
        if statement.HasField("claimed_window"):
            yield statement.claimed_window


def _content(change: Change) -> Any:
    return getattr(change, str(change.WhichOneof("change")))


def _date(window: Window) -> date:
    return date(window.end.year, window.end.month, window.end.day)


def _hint(text: str | Text) -> None:
    output.complain(Text.assemble(("Note: ", "bold yellow"), text))
